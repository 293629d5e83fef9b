"""The command line: `nbviva COMMAND`, with one sentence for a fault that a person can mend."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from nbviva.cli import asking, authoring, beginning, clusters, handing, marking, results
from nbviva.cli.app import app
from nbviva.cli.exits import SAID, ExitCode, code_of
from nbviva.course import Course
from nbviva.errors import CourseError, Refused, missing_extra

__all__ = [
    "asking",
    "authoring",
    "beginning",
    "clusters",
    "handing",
    "main",
    "marking",
    "results",
]  # that they are imported makes the commands known

_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


def main() -> None:
    """Run the command line; a fault that a person can mend is one sentence."""
    for stream in (sys.stdout, sys.stderr):  # a name that is no text is shown as far as it is one
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app(standalone_mode=True)
    except SAID as error:
        _end(error, code_of(error))
    except ModuleNotFoundError as error:
        if not (sentence := missing_extra(error)):
            raise
        _end(sentence, ExitCode.USAGE)
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        _end(Refused(f"{error.filename or 'A file'} cannot be written: {error.strerror}."), ExitCode.OURS)


def _terminate(*_: object) -> NoReturn:
    """End as an exception does, so that workers, kernels and folders go."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would stop the clearing up
    raise SystemExit(ExitCode.TERMINATED)


def _end(error: Exception, code: ExitCode) -> NoReturn:
    """Say it in red, with paths as they are in the course, and end."""
    from rich.console import Console
    from rich.text import Text

    sentence = str(error)
    with suppress(CourseError):
        sentence = sentence.replace(f"{Course.find().root}{os.sep}", "")
    Console(stderr=True).print(Text(f"nbviva: {sentence}", style="red"), soft_wrap=True)
    raise SystemExit(code) from None
