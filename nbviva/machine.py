"""What differs from one operating system to another: authors work anywhere, students' code is run on Linux only."""

from __future__ import annotations

import os
import platform
import time

_PROFILED = ~0 << 3  # this process, by CPUCLOCK_PROF of linux/posix-timers.h: ticks in user and system mode
WAYS = "use Linux, WSL on Windows, a container engine, or a Dask worker on Linux (nbviva grade --scheduler)"


def on_linux() -> bool:
    """Whether this machine runs Linux, which the sandbox, forked processes and their limits are made for."""
    return platform.system() == "Linux"


def cores() -> int:
    """Give the number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux' own
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def not_linux(doing: str) -> str | None:
    """Give a sentence that names the ways where something is asked for that only Linux can do; None on Linux."""
    return None if on_linux() else f"{doing} needs Linux, and this is {platform.system() or 'another system'}: {WAYS}."


def counted_seconds() -> float:
    """Give the CPU seconds that this process has used as Linux' own limit counts them: by the clock's ticks.

    Other clocks count exactly, and after an hour of short jobs the two are seconds apart: a limit set by another
    clock can be over at once.
    """
    return time.clock_gettime(_PROFILED)
