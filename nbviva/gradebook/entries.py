"""Enter reports: graded notebooks into `autograded/`, their marks and comments into the gradebook, in one commit.

What stands there afterwards is what `nbgrader autograde` with our preprocessor writes, the notebook read-only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader import utils
from nbgrader.api import Gradebook
from sqlalchemy import Boolean, bindparam, or_, update

from nbviva.course import Course
from nbviva.errors import Refused
from nbviva.files import FROM_HANDIN, read_small, whole_folder
from nbviva.gradebook.book import Tables, comment_rows, grade_rows
from nbviva.gradebook.nbgrader import with_verdicts
from nbviva.gradebook.outline import Outline, add_submissions, as_recorded
from nbviva.grading.reports import stored_whole
from nbviva.notebooks import NotebookNode, grade_id, read, to_text
from nbviva.week.spec import Assignment


def write_autograded(target: Path, handin: Path, texts: Mapping[str, str]) -> None:
    """Put graded notebooks in the place of older ones, all or none.

    Parameters
    ----------
    target, handin
        The group's folders in `autograded/` and `submitted/`.
    texts
        What goes into each notebook, by its file's name.
    """
    with whole_folder(target) as new:
        for name, text in texts.items():
            (new / name).write_text(text, encoding="utf-8")
        for small in FROM_HANDIN:
            if (content := read_small(handin / small)) is not None:
                (new / small).write_bytes(content)
        for path in new.iterdir():
            path.chmod(0o444)


@dataclass(frozen=True)
class Entry:
    """A group's points by graded cell (None where a person decides), and automatic comments by solution cell."""

    points: Mapping[str, float | None]
    comments: Mapping[str, str | None]


def enter(book: Gradebook, course: Course, week: str, wanted: Outline, groups: Sequence[str]) -> None:
    """Write the stored reports of these groups. Marks and comments that a person gave are not touched.

    Files are written first: where the commit does not happen, the next call finds nothing entered and does it again.
    """
    entries = {group: _write_notebook(course, week, wanted, group) for group in groups}
    add_submissions(book, week, groups)
    grades, comments = grade_rows(book, week, groups), comment_rows(book, week, groups)
    name = wanted.assignment.known_as
    _update_grades(book, [(row.id, entries[row.group].points[name(row.notebook, row.cell)]) for row in grades])
    _update_comments(
        book, [(row.id, entries[row.group].comments.get(name(row.notebook, row.cell))) for row in comments]
    )
    book.db.commit()


def _write_notebook(course: Course, week: str, wanted: Outline, group: str) -> Entry:
    folder = course.report(week, group)
    report = stored_whole(folder)
    notebook = read(folder / "notebook.ipynb")
    asked = (cell for cell in notebook.cells if utils.is_grade(cell) or utils.is_task(cell))
    graded = {name for cell in asked if (name := grade_id(cell))}
    if report is None or not graded == wanted.graded == {mark.question for mark in report.marks}:
        raise Refused(
            f"The report on {group} is not one on the week's questions as they are now: run 'nbviva grade {week}'."
        )
    marked = with_verdicts(notebook, report)
    parts = as_recorded(marked, wanted)
    texts = {f"{name}.ipynb": to_text(part) for name, part in parts.items()}
    write_autograded(course.autograded(week, group), course.submitted(week, group), texts)
    points = {mark.question: mark.points for mark in report.marks}
    return Entry(points, dict(_comments(parts, wanted.assignment)))


def _comments(parts: Mapping[str, NotebookNode], assignment: Assignment) -> Iterator[tuple[str, str | None]]:
    """Give nbgrader's own comment on the solution cells, which tells those that were left as they were released."""
    for part, notebook in parts.items():
        for cell in notebook.cells:
            if utils.is_solution(cell) and (name := grade_id(cell)):
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                yield assignment.known_as(part, name), "No response." if untouched else None


def _update_grades(book: Gradebook, points: Sequence[tuple[str, float | None]]) -> None:
    """Write automatic marks; a mark that a person gave stays, and is to be looked at again."""
    table = Tables.Grade.__table__
    again = or_(bindparam("missing", type_=Boolean), table.c.manual_score.is_not(None))
    statement = update(table).where(table.c.id == bindparam("row"))
    statement = statement.values(auto_score=bindparam("points"), needs_manual_grade=again)
    _many(book, statement, [{"row": row, "points": mark, "missing": mark is None} for row, mark in points])


def _update_comments(book: Gradebook, comments: Sequence[tuple[str, str | None]]) -> None:
    table = Tables.Comment.__table__
    statement = update(table).where(table.c.id == bindparam("row")).values(auto_comment=bindparam("text"))
    _many(book, statement, [{"row": row, "text": text} for row, text in comments])


def _many(book: Gradebook, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        book.db.execute(statement, rows)
