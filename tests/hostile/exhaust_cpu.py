"""Spins in a cell and swallows every interruption."""

CELLS = [
    """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
]
SECONDS = 15
