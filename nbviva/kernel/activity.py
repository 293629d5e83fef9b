"""What a kernel's processes did with their time: whether a limit was reached because the machine was busy.

A notebook that computes uses its time; one that sleeps or waits for itself wants none. One that wanted to go on for
most of the time, and got the processor for less than a quarter of it, was kept waiting by others.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from nbviva.sandbox.cgroup import process_tree

_TICKS = os.sysconf("SC_CLK_TCK")
_WANTS = frozenset("RDTt")  # runs or could run, waits for a disk or for memory, was stopped
_USER, _SYSTEM, _CHILDREN = 11, 12, slice(13, 15)  # in /proc/PID/stat, counted from the state


@dataclass(frozen=True)
class _Seen:
    """What a tree of processes has used, in seconds, and whether any of its threads wants to go on."""

    used: float
    wants: bool


class Activity:
    """Looks at a process and all below it from time to time; made when what is watched begins."""

    def __init__(self, pid: int) -> None:
        self._pid, self._began = pid, time.monotonic()
        self._last, self._wanted = self._began, 0.0
        self._first: _Seen | None = None
        self._used = 0.0

    def sample(self) -> None:
        """Look; what is seen stands for the time since the last look."""
        now, seen = time.monotonic(), _seen(self._pid)
        self._first = self._first or seen
        self._used = max(self._used, seen.used - self._first.used)
        self._wanted += (now - self._last) if seen.wants else 0.0
        self._last = now

    @property
    def starved(self) -> bool:
        """Whether it wanted to go on for most of the time, and could for less than a quarter of it."""
        seconds = self._last - self._began
        return self._wanted > seconds / 2 and self._used < seconds / 4


def _seen(pid: int) -> _Seen:
    used, wants = 0.0, False
    for process in process_tree(pid) if pid else ():
        fields = _stat(Path(f"/proc/{process}/stat"))
        used += sum(map(int, (fields[_USER], fields[_SYSTEM], *fields[_CHILDREN]))) / _TICKS if fields else 0.0
        wants = wants or any(_WANTS.intersection(_stat(path)[:1]) for path in _threads(process))
    return _Seen(used, wants)


def _threads(process: int) -> list[Path]:
    return list(Path(f"/proc/{process}/task").glob("*/stat"))


def _stat(path: Path) -> list[str]:
    try:
        return path.read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return []
