"""An adopted week: its source notebooks and its entry in `adopted/`, read as a `Week` like any other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat

from nbviva.adopt.adoption import Adoption, adoption_path, read_adoption
from nbviva.adopt.cells import CellKind, GradedCell, fingerprint, graded_cells, tidied
from nbviva.adopt.fields import read_fields
from nbviva.adopt.judging import check_of
from nbviva.adopt.markers import Markers
from nbviva.adopt.regions import without_solutions, without_tests
from nbviva.errors import CourseError, SpecError
from nbviva.files import regular_files
from nbviva.naming import natural_order
from nbviva.notebooks import NotebookNode, grade_id, node
from nbviva.week.declare import Check
from nbviva.week.spec import Assignment, CellState, Kind, Question
from nbviva.week.week import GivenNotebooks, Week

_FAR_OFF = datetime(2999, 12, 31, tzinfo=UTC)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_RULE = "Your hand-in must contain the notebooks of the assignment, under the names that they were released with."


def source_texts(folder: Path) -> dict[str, bytes]:
    """Give the source notebooks of a week by their names, in the order of these.

    Raises
    ------
    SpecError
        If there is none.
    """
    files = (path for path in folder.glob("*.ipynb") if path.is_file())
    found = sorted(files, key=lambda path: natural_order(path.stem))
    if not found:
        raise SpecError(f"There is no notebook in {folder}: an assignment is adopted by its source notebooks.")
    return {path.stem: path.read_bytes() for path in found}


def read_week(root: Path, week: str) -> Week:
    """Read an adopted week; it is read again only when a file of it has changed."""
    path, folder = adoption_path(root, week), root / "source" / week
    texts = source_texts(folder)
    files = tuple(_beside(folder))
    return _week(path, path.read_text("utf-8"), folder, tuple(texts.items()), files)


def require_unchanged(root: Path, week: str) -> None:
    """Refuse a week whose notebooks are not those that were measured.

    Raises
    ------
    CourseError
        With one sentence that says so.
    """
    path = adoption_path(root, week)
    adoption = read_adoption(path, path.read_text("utf-8"))
    now, then = fingerprints(source_texts(root / "source" / week)), adoption.fingerprints
    changed = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
    if changed:
        listed = ", ".join(f"{name}.ipynb" for name in changed)
        raise CourseError(
            f"The source of {week} has changed since it was adopted ({listed}): run 'nbviva adopt {week}'."
        )


def fingerprints(texts: Mapping[str, bytes]) -> dict[str, str]:
    """Give the fingerprint of each notebook by its name."""
    return {name: _fingerprint(name, text) for name, text in texts.items()}


@lru_cache(maxsize=32)
def _fingerprint(name: str, text: bytes) -> str:
    return fingerprint(_parsed(name, text))


def _parsed(name: str, text: bytes) -> NotebookNode:
    try:
        found = node(nbformat.reads(text.decode("utf-8"), as_version=4))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise SpecError(f"{name}.ipynb is no notebook that can be read ({type(error).__name__}).") from None
    for number, cell in enumerate(found.cells):
        cell.setdefault("id", f"cell-{number:04d}")  # older notebooks have none
    found.nbformat_minor = max(5, found.nbformat_minor)
    return found


def _beside(folder: Path) -> Iterator[tuple[str, str]]:
    """Give the files that the release has beside its notebooks."""
    for path in regular_files(folder):
        place = path.relative_to(folder)
        if path.suffix != ".ipynb" and not any(part.startswith(".") or part == "__pycache__" for part in place.parts):
            yield os.fspath(place), os.fspath(place)


@lru_cache(maxsize=8)
def _week(
    path: Path, text: str, folder: Path, texts: tuple[tuple[str, bytes], ...], files: tuple[tuple[str, str], ...]
) -> Week:
    adoption = read_adoption(path, text)
    said = read_fields(path, text, adoption.assignment)
    return week_of(folder, adoption, dict(texts), files, said)


def week_of(
    folder: Path, adoption: Adoption, texts: Mapping[str, bytes], files: tuple[tuple[str, str], ...],
    said: Mapping[str, Any],
) -> Week:  # fmt: skip
    """Give the week of these notebooks; a cell that the adoption does not know is sandboxed, or a person's.

    Parameters
    ----------
    files
        What the release has beside them.
    said
        What a person says of the week.
    """
    given = given_notebooks(texts, adoption.markers)
    several = len(texts) > 1
    assignment = asked_in(folder.name, adoption, given.sources, files, said)
    cells = [cell for name, source in given.sources.items() for cell in graded_cells(name, source)]
    states = {cell: _state(adoption, cell) for cell in cells}
    blanks = {(name, grade_id(cell)): cell.source for name, frame in given.frames.items() for cell in frame.cells}
    checks = tuple(
        check_of(cell, cell.name(several=several), *states[cell], blanks[cell.notebook, cell.cell]) for cell in cells
    )
    return Week(folder, assignment, _some(checks), given=given)


def asked_in(
    week: str, adoption: Adoption, notebooks: Mapping[str, NotebookNode], files: tuple[tuple[str, str], ...],
    said: Mapping[str, Any],
) -> Assignment:  # fmt: skip
    """Give what an adopted week asks, by its notebooks, be they those of the source or of the release."""
    several = len(notebooks) > 1
    cells = [cell for name, notebook in notebooks.items() for cell in graded_cells(name, notebook)]
    questions = tuple(_question(adoption, cell, str(number), several=several) for number, cell in enumerate(cells, 1))
    return _assignment(week, tuple(notebooks), questions, files, said)


def given_notebooks(texts: Mapping[str, bytes], markers: Markers) -> GivenNotebooks:
    """Give source notebooks, and what is made of them."""
    sources = {name: tidied(name, _parsed(name, text)) for name, text in texts.items()}
    frames = {name: without_solutions(source, markers) for name, source in sources.items()}
    releases = {name: without_tests(frame, markers) for name, frame in frames.items()}
    return GivenNotebooks(sources, frames, releases)


def _some(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    if not checks:
        raise SpecError("The source notebooks have no graded cell: there is nothing to mark.")
    return checks


def _state(adoption: Adoption, cell: GradedCell) -> tuple[CellState, str]:
    state, why = adoption.state(cell.notebook, cell.cell)
    if cell.kind is not CellKind.TEST:
        return CellState.MANUAL, why
    return state or CellState.SANDBOXED, why


def _question(adoption: Adoption, cell: GradedCell, number: str, *, several: bool) -> Question:
    title = f"{cell.notebook}: {cell.cell}" if several else cell.cell
    name = cell.name(several=several)
    (state, _), known = _state(adoption, cell), adoption.of(cell.notebook, cell.cell)
    operations = known.operations if known and state is CellState.HARDENED else ()
    return Question(
        name, number, title, Kind.CODE, cell.points, state=state, notebook=cell.notebook, operations=operations
    )


def _assignment(
    week: str, names: tuple[str, ...], questions: tuple[Question, ...], files: tuple[tuple[str, str], ...],
    said: Mapping[str, Any],
) -> Assignment:  # fmt: skip
    bare = Assignment(
        week=week, course="", title=week, term="", notebook=names[0], issued=_LONG_AGO, due=_FAR_OFF, group_size=1,
        rule=_RULE, questions=questions, files=files, parts=names if len(names) > 1 else (), adopted=True,
        dated="due" in said,
    )  # fmt: skip
    return replace(bare, **said)
