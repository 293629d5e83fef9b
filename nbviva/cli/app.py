"""The application that all commands belong to, and the arguments that they share."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup


class _FlagsTakeNothing:
    """On a help page a flag stands without the kind of its value: there is none to give."""

    def get_params(self, ctx: Any) -> Any:
        """Called for each help page and each command line."""
        params = super().get_params(ctx)  # type: ignore[misc]  # of the command that this is mixed into
        for item in params:
            if getattr(item, "is_flag", False):
                item.metavar = ""
        return params


class _Command(_FlagsTakeNothing, TyperCommand):
    """One command."""


class _Group(_FlagsTakeNothing, TyperGroup):
    """All commands."""


class _App(typer.Typer):
    """Typer, whose commands show their flags as flags."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:
        """Register a command, as in Typer."""
        return super().command(name, cls=_Command, **settings)


app = _App(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Mark notebooks by asking them: student code never runs in the process that decides a mark.",
    epilog=(
        "Exit codes: 0 fine, 1 something needs a person, 2 wrong usage, 3 our own fault, 4 a hand-in cannot be taken, "
        "5 busy, 130 interrupted, 143 terminated."
    ),
)
Week = Annotated[str, typer.Argument(help="The week's folder in graders/, such as week11.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Sandbox = Annotated[
    str, typer.Option("--sandbox", help="What builds it: bubblewrap or podman; default: NBVIVA_SANDBOX, or bubblewrap.")
]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"nbviva {version('nbviva')}")
        raise typer.Exit


@app.callback()
def front(
    shown: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Mark notebooks by asking them: student code never runs in the process that decides a mark."""
    del shown
