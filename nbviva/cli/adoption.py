"""What `nbviva adopt` prints: a row a cell, and the marks that are others than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from nbviva.adopt.adoption import AdoptedCell, BothMarks
from nbviva.cli.printing import print_json
from nbviva.cli.tables import print_table
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
    rows = (_row(cell, found) for cell in found.adoption.cells)
    print_table(_COLUMNS, rows, title=f"{week}: how its cells are marked", right=_COLUMNS[2:7])
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


def _row(cell: AdoptedCell, found: Adopted) -> Iterator[Text]:
    several = len(found.adoption.fingerprints) > 1
    name = f"{cell.notebook}/{cell.cell}" if several else cell.cell
    numbers = (cell.solution.plain, cell.solution.here, cell.blank.plain, cell.blank.here)
    texts = (name, cell.state, f"{cell.points:g}", *map(_points, numbers), cell.why)
    return (Text(text, "red" if cell in found.differing else "") for text in texts)


def _points(number: float | None) -> str:
    return "-" if number is None else f"{number:g}"


def _print_moved(week: str, moved: Sequence[Moved]) -> None:
    headings = ("group", "question", "before", "after", "by a person")
    rows = ((item.group, item.question, *map(_points, (item.before, item.after, item.manual))) for item in moved)
    if moved:
        print_table(headings, rows, title=f"{week}: marks before and after", right=headings[2:])


def print_undone(week: str, groups: Sequence[str], *, as_json: bool) -> None:
    """Print what was put back."""
    if as_json:
        print_json({"week": week, "groups": list(groups)})
        return
    back = f", with the marks of {counted(len(groups), 'hand-in')}" if groups else ""
    typer.echo(f"{week} is nbgrader's again{back}. Marks and comments that a person gave are as they are.")
