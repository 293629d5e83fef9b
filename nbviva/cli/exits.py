"""The exit codes: whose fault it was, so that a script need not read what was printed."""

from __future__ import annotations

from enum import IntEnum

from nbviva.errors import Busy, CourseError, InUse, Refused, SpecError


class ExitCode(IntEnum):
    """What a command ended with; docs/exit-codes.md says it in a table."""

    FINE = 0
    PERSON = 1  # done, and something of it waits for a person
    USAGE = 2  # asked for what is not there, or in words that no command takes
    OURS = 3  # our own fault, or the machine's: nothing that a hand-in did
    THEIRS = 4  # something that was handed in cannot be taken
    BUSY = 5  # another program holds the course or the gradebook: the same call later
    INTERRUPTED = 130  # by Ctrl-C
    TERMINATED = 143  # by SIGTERM, as `docker stop`, systemd and batch systems send it


_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (Busy, ExitCode.BUSY),
    (InUse, ExitCode.BUSY),
    (CourseError, ExitCode.USAGE),
    (SpecError, ExitCode.USAGE),
    (Refused, ExitCode.OURS),
)
SAID = tuple(kind for kind, _ in _CODES)


def code_of(error: Exception) -> ExitCode:
    """Give the exit code of one of the errors that are one sentence."""
    return next(code for kind, code in _CODES if isinstance(error, kind))
