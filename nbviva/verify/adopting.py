"""`nbviva adopt`: the solution and the blank are marked in plain nbgrader and here, and each cell gets a state."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from nbviva.adopt.adoption import AdoptedCell, Adoption, BothMarks, adoption_path, adoption_text, read_adoption
from nbviva.adopt.cells import CellKind, GradedCell, graded_cells
from nbviva.adopt.credit import functions_in, shows_students_value
from nbviva.adopt.fields import read_fields
from nbviva.adopt.reading import fingerprints, given_notebooks, source_texts
from nbviva.configuration import CONFIG
from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.files import write
from nbviva.gradebook.plain import BLANK, SOLUTION, markers, plain_marks
from nbviva.grading.reports import allowed
from nbviva.grading.stored import graded
from nbviva.grading.verdict import Report
from nbviva.kernel.room import GivenFiles, Room
from nbviva.naming import qualified
from nbviva.notebooks import is_answer
from nbviva.sandbox import scratch
from nbviva.verify.tried_outside import OutsideTrial, TrialPlace, tried_outside
from nbviva.week.allowance import AS_EVER
from nbviva.week.spec import CellState
from nbviva.week.week import GivenNotebooks

STUDENTS_VALUE = "its partial credit is a value that the student's code gives"
ANSWER, TASK = "a written answer", "a task"
BY_HAND = "left to a person by hand"
OTHERWISE = "outside it is not marked as in plain nbgrader"
_CLOSE = 1e-9
Plain = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class Adopted:
    """What adopting a week found."""

    adoption: Adoption

    @property
    def differing(self) -> tuple[AdoptedCell, ...]:
        """The cells for which the instructor's solution has another mark here than in plain nbgrader."""
        return tuple(
            cell for cell in self.adoption.cells if not same(cell.solution) and cell.state is not CellState.MANUAL
        )

    @property
    def generous(self) -> tuple[AdoptedCell, ...]:
        """The cells for which the blank has more here than in plain nbgrader."""
        return tuple(cell for cell in self.adoption.cells if (cell.blank.here or 0) > (cell.blank.plain or 0) + _CLOSE)


def same(measured: BothMarks) -> bool:
    """Whether both have the same mark, or neither."""
    if measured.plain is None or measured.here is None:
        return measured.plain is measured.here
    return abs(measured.plain - measured.here) <= _CLOSE


def adopt(course: Course, week: str, say: Callable[[str], None], room: Room | None = None) -> Adopted:
    """Measure a week's cells and write `adopted/WEEK.toml`; what a person wrote there stays.

    Raises
    ------
    CourseError
        If there is no such assignment, or it is a week of nbviva's own.
    """
    if course.is_ours(week) and not course.is_adopted(week):
        raise CourseError(f"{week} is a week of nbviva's own, by its folder in graders/: there is nothing to adopt.")
    texts, path = source_texts(course.source(week)), adoption_path(course.root, week)
    before = read_adoption(path, path.read_text("utf-8")) if path.is_file() else Adoption(week, {})
    fresh = replace(before, fingerprints=fingerprints(texts), markers=markers(course))
    given = given_notebooks(texts, fresh.markers)
    say("plain nbgrader marks the solution and the blank")
    plain = plain_marks(course, week)
    say("the same outside of the student's kernel")
    limits = read_fields(path, "", fresh.assignment).get("limits", AS_EVER)
    bench = TrialPlace(GivenFiles(course.source(week)), *allowed(room or Room(), limits))
    tried = tried_outside(given, bench, plain[SOLUTION], plain[BLANK])
    say("the same in the sandbox")
    found = _measured(course, before, fresh, given, plain, tried, room)
    write(path, adoption_text(found))
    path.chmod(0o644)
    return Adopted(found)


def _measured(
    course: Course, before: Adoption, fresh: Adoption, given: GivenNotebooks, plain: Plain,
    tried: Mapping[str, OutsideTrial], room: Room | None,
) -> Adoption:  # fmt: skip
    """Mark as hand-ins are marked, until no test that runs outside has another mark than in plain nbgrader."""
    several = len(given.sources) > 1
    while True:
        reports = _here(course, replace(fresh, cells=tuple(_wanted(given, tried))), given, room)
        found = replace(fresh, cells=tuple(_cells(given, plain, reports, before, tried)))
        wrong = [cell for cell in found.cells if cell.state is CellState.HARDENED and not _holds(cell)]
        if not wrong:
            return found
        tried = {**tried, **{_name(cell, several=several): OutsideTrial(OTHERWISE) for cell in wrong}}


def _holds(cell: AdoptedCell) -> bool:
    return same(cell.solution) and (cell.blank.here or 0) <= (cell.blank.plain or 0) + _CLOSE


def _name(cell: AdoptedCell, *, several: bool) -> str:
    return qualified(cell.notebook if several else "", cell.cell)


def _wanted(given: GivenNotebooks, tried: Mapping[str, OutsideTrial]) -> Iterator[AdoptedCell]:
    """Give the test cells in the state that they are to be tried in."""
    several = len(given.sources) > 1
    for name, source in given.sources.items():
        for cell in graded_cells(name, source):
            if cell.kind is CellKind.TEST:
                found = tried[cell.name(several=several)]
                state = CellState.SANDBOXED if found.why else CellState.HARDENED
                yield AdoptedCell(name, cell.cell, state, found.why, cell.points, operations=found.operations)


def _here(course: Course, adoption: Adoption, given: GivenNotebooks, room: Room | None) -> Mapping[str, Report]:
    """Mark the solution and the blank as hand-ins are marked, in a course directory of their own."""
    with scratch.folder() as place:
        own = Course(Path(place) / "course")
        shutil.copytree(
            course.source(adoption.week), own.source(adoption.week), ignore=shutil.ignore_patterns("__pycache__")
        )
        (own.root / CONFIG).write_text("", "utf-8")
        write(adoption_path(own.root, adoption.week), adoption_text(adoption))
        for group, notebooks in ((SOLUTION, given.sources), (BLANK, given.releases)):
            folder = own.submitted(adoption.week, group)
            folder.mkdir(parents=True)
            for name, notebook in notebooks.items():
                nbformat.write(notebook, folder / f"{name}.ipynb")
        return {group: graded(own, adoption.week, group, room=room)[0] for group in (SOLUTION, BLANK)}


def _cells(
    given: GivenNotebooks,
    plain: Plain,
    reports: Mapping[str, Report],
    before: Adoption,
    tried: Mapping[str, OutsideTrial],
) -> Iterator[AdoptedCell]:
    several = len(given.sources) > 1
    credits_ = {verdict.exercise for verdict in reports[SOLUTION].verdicts if verdict.credit is not None}
    here = {group: {mark.question: mark.points for mark in report.marks} for group, report in reports.items()}
    for name, source in given.sources.items():
        locked = (cell for cell in source.cells if cell.cell_type == "code" and not is_answer(cell))
        examiners = set[str]().union(*(functions_in(cell.source) for cell in locked if cell.metadata.get("nbgrader")))
        for cell in graded_cells(name, source):
            known = cell.name(several=several)
            found = tried.get(known, OutsideTrial("runs in the student's kernel"))
            state, why = _state(cell, before, found, partial=known in credits_, examiners=examiners)
            operations = found.operations if state is CellState.HARDENED else ()
            solution, blank = (
                BothMarks(plain[group].get(known), here[group].get(known)) for group in (SOLUTION, BLANK)
            )
            yield AdoptedCell(name, cell.cell, state, why, cell.points, solution, blank, operations)


def _state(
    cell: GradedCell, before: Adoption, found: OutsideTrial, *, partial: bool, examiners: set[str]
) -> tuple[CellState, str]:
    """Say how a cell is marked, and why it has no better state."""
    if cell.kind is not CellKind.TEST:
        return CellState.MANUAL, ANSWER if cell.kind is CellKind.ANSWER else TASK
    if partial and shows_students_value(cell.source, examiners):
        return CellState.MANUAL, STUDENTS_VALUE
    state, why = before.state(cell.notebook, cell.cell)
    if state is CellState.MANUAL and why != STUDENTS_VALUE:
        return CellState.MANUAL, why or BY_HAND
    return (CellState.SANDBOXED, found.why) if found.why else (CellState.HARDENED, "")
