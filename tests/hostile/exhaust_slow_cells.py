"""Lets a hundred cells each take nearly the time of one: the notebook has a limit too."""

from nbviva.kernel.room import Clock

CELLS = ["import time\ntime.sleep(2)"] * 100
CLOCK = Clock(cell=4, grace=1, notebook=8)
SECONDS = 15
