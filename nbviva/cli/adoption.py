"""What `nbviva adopt` prints: a row a cell, and the marks that are others than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.box import HEAVY_HEAD
from rich.markup import escape
from rich.table import Table

from nbviva.adopt.adoption import BothMarks
from nbviva.cli.printing import console, print_json
from nbviva.wording import counted

if TYPE_CHECKING:
    from nbviva.course import Course
    from nbviva.gradebook.before import Moved
    from nbviva.verify.adopting import Adopted

_COLUMNS = ("cell", "state", "points", "solution", "here", "blank", "here", "why")


def print_adopted(course: Course, week: str, found: Adopted, moved: Sequence[Moved], *, as_json: bool) -> None:
    """Print what adopting found; `moved` are marks of hand-ins that are others now."""
    if as_json:
        print_json({**asdict(found.adoption), "moved": [asdict(item) for item in moved]})
        return
    console().print(_table(week, found))
    for cell in found.differing:
        typer.echo(
            f"{cell.notebook}: {cell.cell} gives the solution {_points(cell.solution.here)} here, where plain nbgrader "
            f"gives {_points(cell.solution.plain)}.{_guess(cell.solution)}"
        )
    for cell in found.generous:
        typer.echo(f"{cell.notebook}: {cell.cell} gives the blank more here than plain nbgrader does.")
    if accepting := [cell.cell for cell in found.adoption.cells if (cell.blank.here or 0) > 0]:
        typer.echo(f"Tests that accept the blank, whole or in part: {', '.join(accepting)}.")
    _print_moved(week, moved)
    typer.echo(f"Written: adopted/{week}.toml, to be committed. Next: nbviva release {week}, or nbviva grade {week}.")
    if course.groups(week):
        typer.echo(f"No mark in the gradebook was changed: 'nbviva grade {week}' enters those of the hand-ins.")


def _guess(solution: BothMarks) -> str:
    if not solution.plain and solution.here:
        return " It takes a warning on stderr for an error, which here means nothing."
    return " Look at the cell, or make it manual in the file."


def _table(week: str, found: Adopted) -> Table:
    table = Table(box=HEAVY_HEAD, title=f"{week}: how its cells are marked", title_justify="left")
    for number, name in enumerate(_COLUMNS):
        table.add_column(name, justify="right" if 2 <= number <= 6 else "left", overflow="fold")
    several = len(found.adoption.fingerprints) > 1
    for cell in found.adoption.cells:
        name = f"{cell.notebook}/{cell.cell}" if several else cell.cell
        style = "red" if cell in found.differing else ""
        numbers = (cell.solution.plain, cell.solution.here, cell.blank.plain, cell.blank.here)
        table.add_row(
            escape(name), cell.state, f"{cell.points:g}", *map(_points, numbers), escape(cell.why), style=style
        )
    return table


def _points(number: float | None) -> str:
    return "-" if number is None else f"{number:g}"


def _print_moved(week: str, moved: Sequence[Moved]) -> None:
    if not moved:
        return
    table = Table(box=HEAVY_HEAD, title=f"{week}: marks before and after", title_justify="left")
    for name in ("group", "question", "before", "after", "by a person"):
        table.add_column(name, justify="left" if name in ("group", "question") else "right", overflow="fold")
    for item in moved:
        table.add_row(escape(item.group), escape(item.question), *map(_points, (item.before, item.after, item.manual)))
    console().print(table)


def print_undone(week: str, groups: Sequence[str], *, as_json: bool) -> None:
    """Print what was put back."""
    if as_json:
        print_json({"week": week, "groups": list(groups)})
        return
    back = f", with the marks of {counted(len(groups), 'hand-in')}" if groups else ""
    typer.echo(f"{week} is nbgrader's again{back}. Marks and comments that a person gave are as they are.")
