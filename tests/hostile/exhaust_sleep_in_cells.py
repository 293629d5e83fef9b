"""Sleeps forever in each of ten cells: after the first one that does not end, no other may take its time."""

from nbviva.kernel.room import Clock

CELLS = ["import time\nwhile True:\n    try:\n        time.sleep(1000)\n    except BaseException:\n        pass"] * 10
CLOCK = Clock(cell=3, grace=1, notebook=60)
SECONDS = 10


def after(report, notebook, outside):
    assert outside.seconds < 20
