"""A course in the middle of its term: what stood there before a week was adopted is kept, compared, and put back.

Kept are the gradebook as a whole, and the week's graded notebooks and pages. Put back are the week's automatic marks
and what is to be looked at; what a person gave, before or since, is never touched.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select, update

from nbviva.adopt.adoption import adoption_path
from nbviva.course import Course
from nbviva.errors import CourseError, Refused
from nbviva.files import make_folder, whole_folder
from nbviva.gradebook.book import GradeRow, Tables, find_assignment, grade_rows, opened, present
from nbviva.gradebook.done import gradebook_file, note_path
from nbviva.grading.reports import stored_report
from nbviva.lock import only_one
from nbviva.naming import natural_order

_GRADEBOOK = "gradebook.db"
_STAGES = ("autograded", "feedback")


@dataclass(frozen=True)
class Moved:
    """A mark that is another one here than it was: what stood in the gradebook, and what nbviva gives; None: none.

    `manual` is what a person gave, which stays and counts.
    """

    group: str
    question: str
    before: float | None
    after: float | None
    manual: float | None


def keep_before(course: Course, week: str) -> Path | None:
    """Keep gradebook, graded notebooks and pages as they are; once a week. None where nothing was marked yet.

    Raises
    ------
    Refused
        If the gradebook is on a server: who keeps that has to say so.
    """
    place = _place(course, week)
    if place.is_dir():
        return place
    if not present(course):
        return None
    if not (file := gradebook_file(course)):
        raise Refused("The gradebook is on a server, which nbviva does not copy: adopt a week before it is marked.")
    with only_one(course), whole_folder(place, 0o700) as aside:
        (aside / _GRADEBOOK).touch(0o600)
        with (
            contextlib.closing(sqlite3.connect(file)) as ours,
            contextlib.closing(sqlite3.connect(aside / _GRADEBOOK)) as kept,
        ):
            ours.backup(kept)
        for stage in _STAGES:
            for folder in (course.root / stage).glob(f"*/{week}"):
                shutil.copytree(folder, aside / stage / folder.parent.name, symlinks=True)
    return place


def marks_moved(course: Course, week: str, groups: Sequence[str]) -> tuple[Moved, ...]:
    """Give the marks of these groups that are others by their stored reports than those that were kept."""
    kept = _place(course, week) / _GRADEBOOK
    if not kept.is_file():
        return ()
    name = course.assignment(week).known_as
    with opened(course, f"sqlite:///{kept}") as book:
        rows = {(row.group, name(row.notebook, row.cell)): row for row in grade_rows(book, week, groups)}
    return tuple(_moved(course, week, groups, rows))


def _moved(course: Course, week: str, groups: Sequence[str], rows: dict[tuple[str, str], GradeRow]) -> Iterator[Moved]:
    for group in sorted(groups, key=natural_order):
        report = stored_report(course.report(week, group))
        for mark in report.marks if report else ():
            row = rows.get((group, mark.question))
            before = row.auto if row else None
            if before != mark.points:
                yield Moved(group, mark.question, before, mark.points, row.manual if row else None)


def put_back(course: Course, week: str) -> tuple[str, ...]:
    """Undo an adoption: marks, notebooks and pages are as they were kept; give the groups that had marks.

    Raises
    ------
    CourseError
        If the week is not adopted.
    """
    if not course.is_adopted(week):
        raise CourseError(f"{week} is not adopted: there is nothing to put back.")
    place = _place(course, week)
    kept = place / _GRADEBOOK
    groups: tuple[str, ...] = ()
    with only_one(course):
        if kept.is_file():
            groups = _marks_back(course, week, kept)
            _files_back(course, week, place)
        elif present(course):
            _forget_marks(course, week)
        adoption_path(course.root, week).unlink()
        shutil.rmtree(course.root / "reports" / week, ignore_errors=True)
        note_path(course, week).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
    return groups


def _marks_back(course: Course, week: str, kept: Path) -> tuple[str, ...]:
    with opened(course, f"sqlite:///{kept}") as book:
        before = {(row.group, row.notebook, row.cell): row for row in grade_rows(book, week)}
    grade = Tables.Grade
    with opened(course) as book:
        for row in grade_rows(book, week):
            was = before.get((row.group, row.notebook, row.cell))
            values = {"auto_score": was.auto if was else None, "needs_manual_grade": bool(was and was.needs_person)}
            book.db.execute(update(grade).where(grade.id == row.id).values(**values))
        book.db.commit()
        _remove_new(book, week, {group for group, *_ in before})
    return tuple(sorted({group for group, *_ in before}, key=natural_order))


def _forget_marks(course: Course, week: str) -> None:
    """Take back all marks that nbviva gave where there were none before."""
    grade = Tables.Grade
    with opened(course) as book:
        for row in grade_rows(book, week):
            book.db.execute(update(grade).where(grade.id == row.id).values(auto_score=None, needs_manual_grade=False))
        book.db.commit()
        _remove_new(book, week, set())


def _remove_new(book: object, week: str, known: set[str]) -> None:
    """Remove the submissions that nbviva entered, unless a person gave them a mark or a comment since."""
    db = book.db  # type: ignore[attr-defined]  # nbgrader's gradebook
    entry = find_assignment(book, week)  # type: ignore[arg-type]
    submission, notebook, grade, comment = (
        Tables.SubmittedAssignment, Tables.SubmittedNotebook, Tables.Grade, Tables.Comment,
    )  # fmt: skip
    for item in db.scalars(select(submission).where(submission.assignment_id == entry.id)).all() if entry else ():
        ours = [one.id for one in item.notebooks]
        by_hand = [
            *db.scalars(select(grade.id).where(grade.notebook_id.in_(ours), grade.manual_score.is_not(None))),
            *db.scalars(select(comment.id).where(comment.notebook_id.in_(ours), comment.manual_comment.is_not(None))),
        ]
        if item.student_id in known or by_hand:
            continue
        for table in (grade, comment):
            db.execute(delete(table).where(table.notebook_id.in_(ours)))
        db.execute(delete(notebook).where(notebook.assignment_id == item.id))
        db.execute(delete(submission).where(submission.id == item.id))
    db.commit()


def _files_back(course: Course, week: str, place: Path) -> None:
    for stage in _STAGES:
        for folder in (course.root / stage).glob(f"*/{week}"):
            shutil.rmtree(folder)
        for folder in (place / stage).glob("*"):
            target = course.root / stage / folder.name / week
            make_folder(target.parent)
            shutil.copytree(folder, target, symlinks=True)


def _place(course: Course, week: str) -> Path:
    return course.root / ".nbviva" / "before" / week
