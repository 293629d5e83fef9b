"""Forks in every process that it has, until it may not."""

CELLS = [
    """
import os, time
end = time.monotonic() + 2
while time.monotonic() < end:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
""",
]
