"""Confirm: a person takes what nbviva would have given where there was a doubt, and it becomes the person's mark."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.gradebook.book import GradeRow, Tables, grade_rows, opened
from nbviva.gradebook.record import record
from nbviva.grading.reports import stored_report
from nbviva.grading.verdict import Mark
from nbviva.lock import only_one


@dataclass(frozen=True)
class Confirmed:
    """What was confirmed for a group.

    Attributes
    ----------
    given
        The marks that stand now, each with the points that nbviva would have given.
    kept
        Marks that a person had given before: they stand as they were.
    waiting
        Marks that nbviva cannot give, since a check of ours failed: a person has to.
    """

    group: str
    given: tuple[Mark, ...] = ()
    kept: tuple[Mark, ...] = ()
    waiting: tuple[Mark, ...] = ()


def confirm(course: Course, week: str, group: str) -> Confirmed:
    """Give a group the marks that nbviva would have given, wherever no person has given one; its page is made anew.

    Raises
    ------
    CourseError
        If there is no report on the group.
    """
    report = stored_report(course.report(week, group))
    if report is None:
        raise CourseError(f"There is no report on {group}: run 'nbviva grade {week} {group}'.")
    record(course, week, [group])
    with only_one(course), opened(course) as book:
        name = course.assignment(week).known_as
        rows = {name(row.notebook, row.cell): row for row in grade_rows(book, week, [group])}
        found = _sorted_out(group, report.marks, rows)
        grade = Tables.Grade
        for mark in found.given:
            book.db.execute(
                update(grade)
                .where(grade.id == rows[mark.question].id)
                .values(manual_score=mark.provisional, needs_manual_grade=False)
            )
        book.db.commit()
    record(course, week, [group])
    return found


def _sorted_out(group: str, marks: tuple[Mark, ...], rows: dict[str, GradeRow]) -> Confirmed:
    open_ = [mark for mark in marks if mark.points is None]
    kept = tuple(mark for mark in open_ if rows[mark.question].manual is not None)
    rest = [mark for mark in open_ if mark not in kept]
    given = tuple(mark for mark in rest if mark.provisional is not None)
    return Confirmed(group, given, kept, tuple(mark for mark in rest if mark.provisional is None))
