"""The command line: `nbviva COMMAND`, with one sentence for a fault that a person can mend."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NoReturn

from nbviva.cli import authoring, beginning, marking, results
from nbviva.cli.app import OUR_FAULT, USAGE, app
from nbviva.course import Course
from nbviva.errors import CourseError, Refused, SpecError, missing_extra

__all__ = ["authoring", "beginning", "main", "marking", "results"]  # that they are imported makes the commands known


def main() -> None:
    """Run the command line; a fault that a person can mend is one sentence."""
    try:
        app(standalone_mode=True)
    except (CourseError, SpecError) as error:
        _end(error, USAGE)
    except ModuleNotFoundError as error:
        if not (sentence := missing_extra(error)):
            raise
        _end(sentence, USAGE)
    except Refused as error:
        _end(error, OUR_FAULT)


def _end(error: Exception, code: int) -> NoReturn:
    """Say it in red, with paths as they are in the course, and end."""
    from rich.console import Console
    from rich.text import Text

    sentence = str(error)
    with suppress(CourseError):
        sentence = sentence.replace(f"{Course.find().root}{os.sep}", "")
    Console(stderr=True).print(Text(f"nbviva: {sentence}", style="red"), soft_wrap=True)
    raise SystemExit(code) from None
