"""Leaves a daemon behind: two forks, a session of its own, no open files."""

CELLS = [
    """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        os.closerange(0, 1000)
        while True:
            time.sleep(1)
    os._exit(0)
""",
]
