"""The lock of a course: one command at a time. It ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nbviva.configuration import share_with_group
from nbviva.course import Course
from nbviva.errors import Busy, Refused, unwritable
from nbviva.files import OF_GROUP, is_shared


@contextmanager
def only_one(course: Course) -> Iterator[None]:
    """Hold the course's lock inside the block.

    Raises
    ------
    Busy
        If another process holds it. Nothing has been done then.
    Refused
        If the course cannot be written, or lies where there are no locks.
    """
    path = course.root / ".nbviva" / "lock"
    try:
        path.parent.mkdir(exist_ok=True)
        share_with_group(course.root)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if is_shared(path.parent):
            with suppress(PermissionError):
                os.fchmod(descriptor, OF_GROUP)
    except OSError as error:
        raise Refused(unwritable(path, error)) from error
    try:
        _take(descriptor)
        yield
        share_with_group(course.root)  # a gradebook that was made meanwhile
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows, where an author writes a week and nobody marks
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise Busy(f"Another nbviva (process {holder}) is at work on this course: wait until it is done.") from None
    except OSError as error:
        raise Refused(
            f"Where the course lies, no file can be locked ({error.strerror}): move it to a file system with locks, so "
            "that two calls cannot write at the same time."
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
