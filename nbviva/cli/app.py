"""The application that all commands belong to, the arguments that they share, and the exit codes."""

from __future__ import annotations

from typing import Annotated

import typer

NEEDS_PERSON, USAGE, OUR_FAULT, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Mark notebooks by asking them: student code never runs in the process that decides a mark.",
    epilog="Exit codes: 0 fine, 1 something needs a person, 2 wrong usage, 3 our own fault, 130 interrupted.",
)
Week = Annotated[str, typer.Argument(help="The week's folder in graders/, such as week11.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
