"""The command line: `nbviva COMMAND`, with one sentence for a fault that a person can mend."""

from __future__ import annotations

import typer

from nbviva.cli import authoring, marking
from nbviva.cli.app import OUR_FAULT, USAGE, app
from nbviva.errors import CourseError, Refused, SpecError, missing_extra

__all__ = ["authoring", "main", "marking"]  # that they are imported makes the commands known


def main() -> None:
    """Run the command line; a fault that a person can mend is one sentence."""
    try:
        app(standalone_mode=True)
    except (CourseError, SpecError) as error:
        typer.echo(f"nbviva: {error}", err=True)
        raise SystemExit(USAGE) from None
    except ModuleNotFoundError as error:
        if not (sentence := missing_extra(error)):
            raise
        typer.echo(f"nbviva: {sentence}", err=True)
        raise SystemExit(USAGE) from None
    except Refused as error:
        typer.echo(f"nbviva: {error}", err=True)
        raise SystemExit(OUR_FAULT) from None
