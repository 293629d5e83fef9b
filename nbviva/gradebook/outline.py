"""The outline of a week in the gradebook, brought up to the week as it is: its notebook, its cells, their points.

nbgrader writes the outline with the release and changes no cell once somebody has handed in. A question that was
renamed, added or removed since then, and a gradebook that was deleted, are put right here before anything is recorded.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells
from sqlalchemy import delete, insert, or_, select

from nbviva.configuration import configuration
from nbviva.course import Course
from nbviva.errors import Refused
from nbviva.gradebook.book import Tables, find_assignment, opened, present
from nbviva.notebooks import NotebookNode, grade_id, split
from nbviva.week.source import source_notebooks
from nbviva.week.spec import Assignment

_ROWS = (  # what a submitted notebook has for each cell of a kind
    (Tables.Grade, Tables.GradeCell), (Tables.Comment, Tables.SolutionCell),
    (Tables.Grade, Tables.TaskCell), (Tables.Comment, Tables.TaskCell),
)  # fmt: skip


@dataclass(frozen=True)
class OutlineCell:
    """A cell of the source that nbgrader keeps; `points` is None for one that is not graded, `task` is nbgrader's."""

    name: str
    kind: str
    locked: bool
    solution: bool
    points: float | None
    source: str
    checksum: str
    task: bool = False


@dataclass(frozen=True)
class OutlineNotebook:
    """What nbgrader keeps of a source notebook."""

    notebook: str
    kernelspec: str
    cells: tuple[OutlineCell, ...]


@dataclass(frozen=True)
class Outline:
    """What nbgrader keeps of a week's source notebooks."""

    parts: tuple[OutlineNotebook, ...]
    assignment: Assignment = dataclasses.field(repr=False)  # other dates make no other outline

    @property
    def notebooks(self) -> tuple[str, ...]:
        """Names of the notebooks."""
        return tuple(part.notebook for part in self.parts)

    @property
    def graded(self) -> frozenset[str]:
        """Names of the graded cells, each with its notebook's where there are several."""
        return frozenset(
            self.assignment.known_as(part.notebook, cell.name)
            for part in self.parts
            for cell in part.cells
            if cell.points is not None
        )


def outline(course: Course, week: str) -> Outline:
    """Give a week's outline, with the texts and checksums that nbgrader's own preprocessors give."""
    loaded, config = course.week(week), configuration(course.root)
    found = source_notebooks(loaded)
    parts = tuple(_notebook(name, notebook, config) for name, notebook in found.items())
    return Outline(parts, loaded.assignment)


def as_recorded(notebook: NotebookNode, wanted: Outline) -> dict[str, NotebookNode]:
    """Give a graded notebook as the notebooks that it was joined from, by their names.

    Of an adopted week the cells have the checksums by which nbgrader knows an answer that nobody worked on.
    """
    parts = split(notebook, wanted.notebooks)
    for part in wanted.parts if wanted.assignment.adopted else ():
        known = {cell.name: cell.checksum for cell in part.cells}
        for cell in parts[part.notebook].cells:
            if (name := grade_id(cell)) in known:
                cell.metadata.nbgrader["checksum"] = known[str(name)]
    return parts


def _notebook(name: str, notebook: NotebookNode, config: Any) -> OutlineNotebook:
    resources: Any = {}
    for step in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    cells = tuple(_cell(cell) for cell in notebook.cells if _kept(cell))
    return OutlineNotebook(name, json.dumps(notebook.metadata.get("kernelspec", {})), cells)


def _kept(cell: NotebookNode) -> bool:
    return bool(utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell) or utils.is_task(cell))


def _cell(cell: NotebookNode) -> OutlineCell:
    ours = cell.metadata.nbgrader
    task = utils.is_task(cell)
    points = float(ours["points"]) if utils.is_grade(cell) or task else None
    flags = utils.is_locked(cell), utils.is_solution(cell)
    return OutlineCell(ours["grade_id"], cell.cell_type, *flags, points, cell.source, str(ours.get("checksum")), task)


def keep_up(course: Course, week: str) -> None:
    """Bring the outline of a week up to date, if there is a gradebook: nbgrader's release cannot, once work is in."""
    if present(course):
        with opened(course) as book:
            bring_up(book, course, week, outline(course, week))


def bring_up(book: Gradebook, course: Course, week: str, wanted: Outline) -> None:
    """Make the gradebook's outline of a week the `wanted` one.

    Raises
    ------
    Refused
        If a cell has left the week for which a person gave marks or comments: they are not thrown away.
    """
    assignment = course.assignment(week)
    entry = find_assignment(book, week) or Tables.Assignment(week, course_id=book.course_id)
    book.db.add(entry)
    if assignment.dated:  # else the gradebook's own deadline, if it has one, stays
        entry.duedate = assignment.due_utc.replace(tzinfo=None)
    book.db.flush()
    for notebook in entry.notebooks:
        if notebook.name not in wanted.notebooks:
            _remove_notebook(book, notebook)
    for part in wanted.parts:
        _bring_up_notebook(book, entry, part)
    book.db.flush()
    _fill(book, Tables.SubmittedAssignment.assignment_id == entry.id)
    book.db.commit()


def _bring_up_notebook(book: Gradebook, entry: Any, wanted: OutlineNotebook) -> None:
    found = [item for item in entry.notebooks if item.name == wanted.notebook]
    notebook = found[0] if found else Tables.Notebook(name=wanted.notebook, assignment=entry)
    if not found:
        notebook.kernelspec = wanted.kernelspec
    book.db.add(notebook)
    _bring_up_cells(book, notebook, wanted)


def _bring_up_cells(book: Gradebook, notebook: Any, wanted: OutlineNotebook) -> None:
    graded = {cell.name: cell for cell in wanted.cells if cell.points is not None and not cell.task}
    tasks = {cell.name: cell for cell in wanted.cells if cell.task}
    answers = {cell.name: cell for cell in wanted.cells if cell.solution}
    kept = {cell.name: cell for cell in wanted.cells}
    _remove_cells(book, [cell for cell in notebook.grade_cells if cell.name not in graded])
    _remove_cells(book, [cell for cell in notebook.solution_cells if cell.name not in answers])
    _remove_cells(book, [cell for cell in notebook.task_cells if cell.name not in tasks])
    for cell in [cell for cell in notebook.source_cells if cell.name not in kept]:
        book.db.delete(cell)
    _put(book, Tables.GradeCell, notebook, notebook.grade_cells, {
        name: {"max_score": cell.points, "cell_type": cell.kind} for name, cell in graded.items()
    })  # fmt: skip
    _put(book, Tables.TaskCell, notebook, notebook.task_cells, {
        name: {"max_score": cell.points, "cell_type": cell.kind} for name, cell in tasks.items()
    })  # fmt: skip
    _put(book, Tables.SolutionCell, notebook, notebook.solution_cells, {name: {} for name in answers})
    _put(book, Tables.SourceCell, notebook, notebook.source_cells, {
        cell.name: {"cell_type": cell.kind, "locked": cell.locked, "source": cell.source, "checksum": cell.checksum}
        for cell in wanted.cells
    })  # fmt: skip


def _put(book: Gradebook, table: Any, notebook: Any, there: Sequence[Any], wanted: dict[str, dict[str, Any]]) -> None:
    """Give every wanted cell a row with its fields; equal fields change nothing."""
    rows = {cell.name: cell for cell in there}
    for name, fields in wanted.items():
        row = rows.get(name)
        if row is None:
            book.db.add(table(name=name, notebook=notebook, **fields))
            continue
        for field, value in fields.items():
            if getattr(row, field) != value:
                setattr(row, field, value)


def _remove_notebook(book: Gradebook, notebook: Any) -> None:
    _remove_cells(book, [*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells])
    book.db.execute(delete(Tables.SubmittedNotebook).where(Tables.SubmittedNotebook.notebook_id == notebook.id))
    for cell in notebook.source_cells:
        book.db.delete(cell)
    book.db.delete(notebook)
    book.db.flush()
    book.db.expire_all()


def _remove_cells(book: Gradebook, cells: Sequence[Any]) -> None:
    for cell in cells:
        if by_hand := _by_hand(book, cell):
            raise Refused(
                f"The cell '{cell.name}' has left the week, but a person gave marks or comments for it to "
                f"{', '.join(by_hand[:5])}: give the cell its old name again, or take them back in the formgrader."
            )
    for table in (Tables.Grade, Tables.Comment):
        book.db.execute(delete(table).where(table.cell_id.in_([cell.id for cell in cells])))
    for cell in cells:
        book.db.delete(cell)
    book.db.flush()
    book.db.expire_all()


def _by_hand(book: Gradebook, cell: Any) -> list[str]:
    grade, comment = Tables.Grade, Tables.Comment
    marked = or_(grade.manual_score.is_not(None), grade.extra_credit.is_not(None))
    groups = set()
    for table, given in ((grade, marked), (comment, comment.manual_comment.is_not(None))):
        query = select(Tables.SubmittedAssignment.student_id).join(Tables.SubmittedNotebook).join(table)
        groups |= set(book.db.scalars(query.where(table.cell_id == cell.id, given)))
    return sorted(groups)


def add_submissions(book: Gradebook, week: str, groups: Sequence[str]) -> None:
    """Give each of these groups a submission with a row for each cell, where they are missing."""
    db, student, submission, entry = book.db, Tables.Student, Tables.SubmittedAssignment, find_assignment(book, week)
    known = set(db.scalars(select(student.id).where(student.id.in_(groups))))
    _insert(book, student, [{"id": group} for group in groups if group not in known])
    ours = (submission.assignment_id == entry.id, submission.student_id.in_(groups))
    known = set(db.scalars(select(submission.student_id).where(*ours)))
    new = [{"assignment_id": entry.id, "student_id": group} for group in groups if group not in known]
    _insert(book, submission, new)
    _fill(book, *ours)


def _fill(book: Gradebook, *ours: Any) -> None:
    """Give submissions (those of which `ours` holds) the rows that they lack: of the notebook, grades, comments."""
    submission, notebook, source = Tables.SubmittedAssignment, Tables.SubmittedNotebook, Tables.Notebook
    there = select(notebook.id).where(notebook.notebook_id == source.id, notebook.assignment_id == submission.id)
    pairs = select(submission.id, source.id).join(source, source.assignment_id == submission.assignment_id)
    found = book.db.execute(pairs.where(*ours, ~there.exists()))
    _insert(book, notebook, [{"assignment_id": a, "notebook_id": n} for a, n in found])
    for table, cell in _ROWS:
        there = select(table.id).where(table.cell_id == cell.id, table.notebook_id == notebook.id)
        pairs = (
            select(notebook.id, cell.id)
            .join(submission, submission.id == notebook.assignment_id)
            .join(cell, cell.notebook_id == notebook.notebook_id)
        )
        found = book.db.execute(pairs.where(*ours, ~there.exists()))
        _insert(book, table, [{"notebook_id": n, "cell_id": c} for n, c in found])


def _insert(book: Gradebook, table: Any, rows: list[dict[str, str]]) -> None:
    if rows:
        book.db.execute(insert(table), rows)
