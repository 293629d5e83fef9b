"""How a batch is run: how many hand-ins at a time, and what they may take together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from nbviva.errors import CourseError
from nbviva.kernel.room import Room
from nbviva.machine import not_linux
from nbviva.sandbox.limits import GIB

EXAMINER_BYTES = 1 * GIB  # a worker's own share beside its kernel's limit: the week's libraries and what answers take


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is run.

    Attributes
    ----------
    workers
        The most hand-ins at a time.
    memory
        Bytes for all workers and kernels together; None: what the machine has available.
    again
        Whether hand-ins with a fresh report are graded anew, too.
    """

    workers: int = 1
    memory: int | None = None
    again: bool = False
    room: Room = field(default_factory=Room)


def workers_that_fit(options: BatchOptions) -> int:
    """Give the number of workers that the memory allows, each with a kernel that takes all that it may.

    Raises
    ------
    CourseError
        If there is not enough for one.
    """
    memory = available_memory() if options.memory is None else options.memory
    each = options.room.limits.memory + EXAMINER_BYTES
    if options.memory is not None and memory < each:
        raise CourseError(f"--memory must be at least {each / GIB:.0f} GiB: that is what one hand-in may take.")
    return max(1, min(options.workers, memory // each))


def available_memory() -> int:
    """Give the bytes that the machine can hand out without swapping."""
    if sentence := not_linux("Marking"):
        raise CourseError(sentence)
    for line in Path("/proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise CourseError("/proc/meminfo does not tell how much memory is available: say it with --memory.")


def read_size(text: str) -> int | None:
    """Give the bytes of a size such as `16G` or `900M`; None for an empty text.

    Raises
    ------
    CourseError
        If it is no size.
    """
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])i?B?", text.strip(), re.IGNORECASE)
    if not found:
        raise CourseError(f"'{text}' is no size of memory: write it as 16G or 900M.")
    return int(float(found[1]) * 1024 ** ("KMGT".index(found[2].upper()) + 1))
