"""The gradebook: opened in this one place, by the course's URL; what keeps it from being used is one sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import func, select
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.orm import selectinload

from nbviva.configuration import configuration, db_url
from nbviva.course import Course
from nbviva.errors import DiskFull, InUse, Refused
from nbviva.naming import natural_order

Tables: Any = api  # nbgrader's tables, whose columns it does not annotate as SQLAlchemy's types want them
OWN_COURSE = "default_course"  # of nbgrader's `Gradebook`, where it is told none
LOST = "Nothing that was graded is lost: run the same command again afterwards."

IN_USE = f"The gradebook is in use by another program: let that come to its end. {LOST}"


@dataclass(frozen=True)
class GradeRow:
    """A row of nbgrader's table of grades, with the names that its keys stand for."""

    id: str
    group: str
    notebook: str
    cell: str
    auto: float | None
    manual: float | None
    extra: float | None
    needs_person: bool

    @property
    def score(self) -> float | None:
        """The mark that counts: the manual one, else the automatic one, with the extra credit; None without either."""
        mark = self.auto if self.manual is None else self.manual
        return None if mark is None else mark + (self.extra or 0.0)


@dataclass(frozen=True)
class CommentRow:
    """A row of nbgrader's table of comments."""

    id: str
    group: str
    notebook: str
    cell: str
    auto: str | None
    manual: str | None


def present(course: Course) -> bool:
    """Whether there is a gradebook: a file of SQLite may be missing, a server's is taken to be there."""
    url = db_url(course.root)
    place = url.removeprefix("sqlite:///")
    return place == url or Path(place.partition("?")[0]).is_file()


@contextmanager
def opened(course: Course, url: str = "") -> Iterator[Gradebook]:
    """Open the gradebook, and create it where there is none; `url` is that of another one, such as a kept copy.

    Raises
    ------
    Refused
        Where the database cannot be used, be it now or by what is done with it.
    """
    try:
        with _open(course, url or db_url(course.root)) as book:
            yield book
    except IntegrityError as error:
        raise InUse(IN_USE) from error
    except (DBAPIError, api.InvalidEntry) as error:  # nbgrader's own name for what it could not write
        raise _refused(str(getattr(error, "orig", error))) from error
    except (ArgumentError, ModuleNotFoundError) as error:
        raise Refused(_no_such_database(error)) from error


def _open(course: Course, url: str) -> Gradebook:
    name = str(configuration(course.root).CourseDirectory.get("course_id", ""))
    if not name and not url.startswith("sqlite"):
        raise Refused(
            "This database wants a course to have a name: add c.CourseDirectory.course_id = 'a-name' to "
            "nbgrader_config.py, above the call of configure."
        )
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])  # nbgrader calls alembic through it
    try:
        book = Gradebook(url, name)
    finally:
        os.environ["PATH"] = path
    _add_own_course(book)
    return book


def _add_own_course(book: Gradebook) -> None:
    """Make the row that nbgrader's preprocessors make, each for itself, where they open the gradebook by its URL alone.

    Two page processes that made it at the same time would stop each other.
    """
    try:
        book.check_course(OWN_COURSE)
    except IntegrityError:  # another program was faster
        book.db.rollback()


def _refused(said: str) -> Refused:
    if "locked" in said:
        return InUse(IN_USE)
    if "full" in said or "No space" in said:
        return DiskFull(f"There is no room left for the gradebook: make room on its disk. {LOST}")
    return Refused(f"The gradebook cannot be used ({(said.splitlines() or ['no reason was given'])[0]}). {LOST}")


def _no_such_database(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"The gradebook's database needs the Python package {error.name}: pip install 'nbviva[postgresql]'."
    return "NBVIVA_DB is no database's URL; an example: postgresql+psycopg://user:password@host/gradebook."


def find_assignment(book: Gradebook, week: str) -> Any:
    """Give nbgrader's entry of a week, or None."""
    return book.db.scalar(select(Tables.Assignment).where(Tables.Assignment.name == week))


def grade_rows(book: Gradebook, week: str, groups: Sequence[str] | None = None) -> list[GradeRow]:
    """Give the grades of a week (of all groups, or of these), in one query."""
    grade = Tables.Grade
    columns = (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade)
    return [GradeRow(*row) for row in _of_week(book, week, groups, grade, *columns)]


def comment_rows(book: Gradebook, week: str, groups: Sequence[str] | None = None) -> list[CommentRow]:
    """Give the comments of a week (of all groups, or of these), in one query."""
    comment = Tables.Comment
    return [
        CommentRow(*row) for row in _of_week(book, week, groups, comment, comment.auto_comment, comment.manual_comment)
    ]


def _of_week(
    book: Gradebook, week: str, groups: Sequence[str] | None, table: Any, *columns: Any
) -> Iterator[tuple[Any, ...]]:
    """Give rows that begin with id, group, notebook and cell."""
    submission, notebook, cell = Tables.SubmittedAssignment, Tables.SubmittedNotebook, Tables.BaseCell
    source = Tables.Notebook
    query = (
        select(table.id, submission.student_id, source.name, cell.name, *columns)
        .join(notebook, notebook.id == table.notebook_id)
        .join(source, source.id == notebook.notebook_id)
        .join(submission, submission.id == notebook.assignment_id)
        .join(Tables.Assignment, Tables.Assignment.id == submission.assignment_id)
        .join(cell, cell.id == table.cell_id)
        .where(Tables.Assignment.name == week)
    )
    query = query if groups is None else query.where(submission.student_id.in_(groups))
    yield from book.db.execute(query)


def scores(book: Gradebook, assignment_id: str) -> dict[str, float]:
    """Give the score of each submitted notebook of a week by its id, manual marks first, in one query."""
    submission, notebook, grade = Tables.SubmittedAssignment, Tables.SubmittedNotebook, Tables.Grade
    query = (
        select(notebook.id, func.sum(grade.score))
        .join(grade, grade.notebook_id == notebook.id)
        .join(submission, submission.id == notebook.assignment_id)
        .where(submission.assignment_id == assignment_id)
        .group_by(notebook.id)
    )
    return {name: float(score) for name, score in book.db.execute(query)}


def student_ids(book: Gradebook) -> list[str]:
    """Give the names of all groups, which are students to nbgrader."""
    return sorted(book.db.scalars(select(Tables.Student.id)).all())


def submissions(book: Gradebook, assignment_id: str) -> Sequence[Any]:
    """Give a week's submissions in the order of their groups, their notebooks read with them."""
    table = Tables.SubmittedAssignment
    query = select(table).where(table.assignment_id == assignment_id)
    found = book.db.scalars(query.options(selectinload(table.notebooks))).all()
    return sorted(found, key=lambda item: natural_order(item.student_id))


def formgrader_pages(course: Course, week: str) -> dict[str, str]:
    """Give the address of each group's page in the formgrader, as `make lab` starts it, or at NBVIVA_FORMGRADER."""
    if not present(course):
        return {}
    base = os.environ.get("NBVIVA_FORMGRADER", "http://localhost:8888/formgrader").rstrip("/")
    with opened(course) as book:
        entry = find_assignment(book, week)
        found = submissions(book, entry.id) if entry is not None else ()
        return {item.student_id: f"{base}/submissions/{item.notebooks[0].id}/" for item in found if item.notebooks}
