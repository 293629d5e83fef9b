"""One batch at a time: a lock on a course that ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from nbviva.course import Course, CourseError


class Busy(CourseError):
    """Another command is at work on this course; the text says which process, and what to do."""


@contextmanager
def only_one(course: Course) -> Iterator[None]:
    """Hold the course's lock inside the block.

    Raises
    ------
    Busy
        If another process holds it. Nothing has been done then.
    """
    path = course.root / ".nbviva" / "lock"
    path.parent.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise Busy(f"Another nbviva (process {holder}) is at work on this course: wait until it is done.") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
