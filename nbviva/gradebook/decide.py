"""A person's decision on a mark: it becomes the mark, or the mark stays, and the words become a comment on the page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from nbgrader.api import Gradebook
from sqlalchemy import update

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.gradebook.book import Tables, comment_rows, grade_rows, opened
from nbviva.gradebook.record import record
from nbviva.lock import only_one
from nbviva.naming import answer_cell
from nbviva.notebooks import grade_id
from nbviva.week.question import Question
from nbviva.week.source import frame


@dataclass(frozen=True)
class DecidedMark:
    """A group's points for a question before and after a decision, and the cell that has its words; empty: none has."""

    before: float | None
    after: float | None
    commented: str


def decide(
    course: Course, week: str, group: str, question: Question, points: float | None, words: str
) -> DecidedMark:  # fmt: skip
    """Give a group a mark for a question, or leave the one that it has, and say why on its page, which is made anew.

    Raises
    ------
    CourseError
        If the points are none that the question can give.
    """
    if points is not None and not 0 <= points <= question.points:
        raise CourseError(f"{question.number} {question.title} gives from 0 to {question.points:g} points.")
    record(course, week, [group])
    name = course.assignment(week).known_as
    with only_one(course), opened(course) as book:
        rows = {name(row.notebook, row.cell): row for row in grade_rows(book, week, [group])}
        row = rows.get(question.name)
        if row is None:
            raise CourseError(f"The gradebook has no mark of {group} for {question.number} {question.title}.")
        if points is not None:
            grade = Tables.Grade
            values = {"manual_score": points - (row.extra or 0.0), "needs_manual_grade": False}
            book.db.execute(update(grade).where(grade.id == row.id).values(**values))
        commented = _comment(book, course, week, group, question.name, words)
        book.db.commit()
    record(course, week, [group])
    return DecidedMark(row.score, row.score if points is None else points, commented)


def _comment(book: Gradebook, course: Course, week: str, group: str, question: str, words: str) -> str:
    """Put words below those that a person wrote before; give the cell that has them."""
    name_of = course.assignment(week).known_as
    rows = {name_of(row.notebook, row.cell): row for row in comment_rows(book, week, [group])}
    name = _commented_cell(course, week, question, rows)
    if name:
        said = "\n".join(filter(None, (rows[name].manual, words)))
        table = Tables.Comment
        book.db.execute(update(table).where(table.id == rows[name].id).values(manual_comment=said))
    return name


def _commented_cell(course: Course, week: str, question: str, known: Collection[str]) -> str:
    """Give the cell of a question that takes comments: its answer, else the last that is written before its tests."""
    names = [grade_id(cell) or "" for cell in frame(course.asked(week)).cells]
    before = names[: names.index(question)][::-1] if question in names else []
    return next((name for name in (answer_cell(question), question, *before) if name in known), "")
