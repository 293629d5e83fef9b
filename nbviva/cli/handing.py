"""The command for who hands in: look at a hand-in before it is handed in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbviva.cli.app import Json, app
from nbviva.cli.exits import ExitCode
from nbviva.wording import counted

if TYPE_CHECKING:
    from nbviva.precheck.look import Looked

PANEL = "Hand in"


@app.command(rich_help_panel=PANEL)
def check(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="What you are about to hand in; default: here.")
    ] = Path(),
    no_run: Annotated[bool, typer.Option("--no-run", help="Do not run the notebook; look at the files alone.")] = False,
    as_json: Json = False,
) -> None:
    """Look at a hand-in before it is handed in: what will be taken, what is missing; 1 where it is not ready.

    It runs your notebook once, in a copy of the folder, as you would; it knows no hidden test and gives no points.
    """
    from nbviva.cli.printing import print_json
    from nbviva.precheck.description import find_description, read_description
    from nbviva.precheck.look import look

    description = read_description(find_description(folder))
    if not (no_run or as_json):
        typer.echo("Running the notebook from top to bottom (--no-run leaves it out) ...", err=True)
    looked = look(folder, description, running=not no_run)
    if as_json:
        print_json(asdict(looked) | {"ready": looked.is_ready})
    else:
        _print(looked)
    if not looked.is_ready:
        raise typer.Exit(ExitCode.PERSON)


def _print(looked: Looked) -> None:
    taken = ", ".join(looked.taken) or "nothing"
    typer.echo(f"{looked.week}: {taken} will be taken as your hand-in (fingerprint {looked.fingerprint}).")
    open_ = [remark for remark in looked.remarks if remark.missing]
    for remark in (*open_, *(remark for remark in looked.remarks if not remark.missing)):
        where = f"{remark.question}: " if remark.question else ""
        typer.echo(f"{'  - ' if remark.missing else '  (to know) '}{where}{remark.sentence}")
    if looked.is_ready:
        typer.secho("Ready to hand in.", fg="green", bold=True)
    else:
        typer.secho(f"Not ready to hand in: {counted(len(open_), 'thing')} to mend.", fg="red", bold=True)
    if not looked.ran:
        typer.echo("The notebook was not run: whether its code works was not looked at.")
