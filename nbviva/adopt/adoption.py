"""`adopted/WEEK.toml`: how each cell of an adopted week is marked, why, and what was measured; a person may edit it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbviva.adopt.markers import USUAL, Markers
from nbviva.errors import SpecError
from nbviva.week.spec import CellState

_HEAD = (
    "# Written by 'nbviva adopt'; to be committed. [assignment] is yours: title, due, zone, group_size ...",
    '# So is the state of a cell: "manual" leaves it to a person. All else is measured anew.',
)
_MEASURED = ("solution", "blank")
_CELL = ("notebook", "cell", "state", "why", "points", "operations", *_MEASURED)


@dataclass(frozen=True)
class BothMarks:
    """The points of a cell in plain nbgrader and here; None where a person gives them, or nothing was measured."""

    plain: float | None = None
    here: float | None = None


@dataclass(frozen=True)
class AdoptedCell:
    """A graded cell: its state, why it has no better one, and the marks of the instructor's solution and the blank.

    Attributes
    ----------
    operations
        What objects of the solution's own classes compute in a test that runs outside.
    """

    notebook: str
    cell: str
    state: CellState
    why: str = ""
    points: float = 0.0
    solution: BothMarks = BothMarks()
    blank: BothMarks = BothMarks()
    operations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adoption:
    """An adopted week.

    Attributes
    ----------
    fingerprints
        Of each notebook, by its name, as it was when its cells were measured.
    markers
        What marks solutions and hidden tests in this course.
    assignment
        What a person says of the week, as fields of an assignment.toml.
    """

    week: str
    fingerprints: Mapping[str, str]
    cells: tuple[AdoptedCell, ...] = ()
    markers: Markers = USUAL
    assignment: Mapping[str, Any] = field(default_factory=dict)

    def of(self, notebook: str, cell: str) -> AdoptedCell | None:
        """Give what is known of a cell; None for one that was not there."""
        return next((item for item in self.cells if (item.notebook, item.cell) == (notebook, cell)), None)

    def state(self, notebook: str, cell: str) -> tuple[CellState | None, str]:
        """Give the state of a cell and why it is that; None for a cell that was not there."""
        found = self.of(notebook, cell)
        return (found.state, found.why) if found else (None, "")


def adoption_path(root: Path, week: str) -> Path:
    """Say where a course keeps it."""
    return root / "adopted" / f"{week}.toml"


def is_adopted(root: Path, week: str) -> bool:
    """Whether a course has adopted a week."""
    return adoption_path(root, week).is_file()


def adopted_weeks(root: Path) -> list[str]:
    """Give the names of the weeks that a course has adopted."""
    return [path.stem for path in (root / "adopted").glob("*.toml")]


def read_adoption(path: Path, text: str) -> Adoption:
    """Read the text of such a file.

    Raises
    ------
    SpecError
        With one sentence that says what to do.
    """
    try:
        data = tomllib.loads(text)
        return Adoption(
            week=path.stem,
            fingerprints=_texts(data["notebooks"]),
            cells=tuple(map(_cell, data.get("cell", ()))),
            markers=Markers(**_texts(data.get("markers", {}))),
            assignment=dict(data.get("assignment", {})),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SpecError(
            f"{path} cannot be read ({why}): mend it, or run 'nbviva adopt {path.stem}', which writes it anew."
        ) from None


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    if not all(type(value) is str for value in table.values()):
        raise TypeError("a table of texts is expected")
    return dict(table)


def _cell(item: Mapping[str, Any]) -> AdoptedCell:
    if unknown := sorted(set(item) - set(_CELL)):
        raise ValueError(f"a cell has no field '{unknown[0]}'")
    operations = item.get("operations", [])
    if not all(type(name) is str for name in operations):
        raise TypeError("'operations' is a list of texts")
    solution, blank = (_measured(item.get(name, {})) for name in _MEASURED)
    return AdoptedCell(
        str(item["notebook"]), str(item["cell"]), CellState(item["state"]), str(item.get("why", "")),
        float(item["points"]), solution, blank, tuple(operations),
    )  # fmt: skip


def _measured(table: Mapping[str, Any]) -> BothMarks:
    return BothMarks(**{name: float(value) for name, value in table.items()})


def adoption_text(adoption: Adoption) -> str:
    """Give the text of the file."""
    lines = [*_HEAD, "", *_table("assignment", adoption.assignment), *_table("notebooks", adoption.fingerprints)]
    changed = {name: text for name, text in vars(adoption.markers).items() if text != getattr(USUAL, name)}
    lines += _table("markers", changed) if changed else []
    for cell in adoption.cells:
        fields = ((name, getattr(cell, name)) for name in _CELL)
        lines += ["[[cell]]", *(_field(name, value) for name, value in fields if value != ()), ""]
    return "\n".join(lines)


def _table(name: str, fields: Mapping[str, Any]) -> list[str]:
    plain = {field: value for field, value in fields.items() if not isinstance(value, dict)}
    inner = [line for field, value in fields.items() if field not in plain for line in _table(f"{name}.{field}", value)]
    return [f"[{name}]", *(_field(field, value) for field, value in plain.items()), "", *inner]


def _field(name: str, value: Any) -> str:
    return f"{_key(name)} = {_value(value)}"


def _key(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, BothMarks):
        inner = (f"{name} = {_value(number)}" for name, number in vars(value).items() if number is not None)
        text = ", ".join(inner)
        return f"{{ {text} }}" if text else "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return json.dumps(str(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)
