"""One share of the CPU for a kernel that has no control group: the more of its threads compute, the nicer they are.

Linux shares a core by weight, and each step of niceness takes a fifth of it. So what a kernel starts is made as nice as
it has to be for all of it together to weigh as much as one thread, or half as much where the kernel's own first thread
computes, too; that one stays as it is, unless it has started very many: an ordinary user cannot take niceness back.
Started by the provisioner. What lives shorter than a look of ours is not seen.
"""

import contextlib
import math
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from nbviva.sandbox.cgroup import process_tree

INTERVAL = 0.1  # seconds between two looks
STEP, NICEST = 1.25, 19  # how much less each step weighs; the last one
MANY = 16  # computing threads: so many are nobody's library


class CpuWatch(threading.Thread):
    """Looks at a kernel and all below it again and again, and makes them nicer where they are many."""

    def __init__(self, pid: int, kernel: int) -> None:
        super().__init__(name=f"cpu-watch-{pid}", daemon=True)
        self._pid, self._kernel = pid, kernel
        self._before = os.getpriority(os.PRIO_PROCESS, pid)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Go on until it is stopped."""
        while not self._stopped.wait(INTERVAL):
            computing = set(_computing(self._pid))
            others = computing - {self._kernel}
            nice = self._before + niceness(len(others), busy=self._kernel in computing)
            for thread in computing if len(others) > MANY else others:
                _make_nicer(thread, nice)

    def stop(self) -> None:
        """Called before the kernel's id can be given to another process."""
        self._stopped.set()
        self.join(1.0)


def niceness(threads: int, *, busy: bool) -> int:
    """Give how nice so many threads have to be to weigh as much as one, or half as much beside a busy first one."""
    return math.ceil(math.log(threads * (1 + busy), STEP)) if threads else 0


def _computing(pid: int) -> Iterator[int]:
    """Give the threads that run, or would if they could."""
    for process in process_tree(pid):
        for task in Path(f"/proc/{process}/task").glob("*/stat"):
            with contextlib.suppress(OSError):
                if task.read_text("ascii", "replace").rpartition(")")[2].split()[:1] == ["R"]:
                    yield int(task.parent.name)


def _make_nicer(thread: int, nice: int) -> None:
    with contextlib.suppress(OSError):  # it has ended
        if os.getpriority(os.PRIO_PROCESS, thread) < min(nice, NICEST):
            os.setpriority(os.PRIO_PROCESS, thread, min(nice, NICEST))
