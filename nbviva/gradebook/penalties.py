"""What being late costs: a plugin for nbgrader's late penalties, and their recomputation without marking anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from nbgrader.api import Gradebook
from nbgrader.plugins.base import BasePlugin

from nbviva.course import Course
from nbviva.feedback.nbgrader import write_pages
from nbviva.gradebook.book import find_assignment, opened, present, scores, submissions
from nbviva.handin.arrival import Arrival, arrival, charged
from nbviva.lock import only_one
from nbviva.naming import natural_order
from nbviva.week.deadline import clock_note
from nbviva.week.spec import Assignment


@dataclass(frozen=True)
class Penalised:
    """What recomputing changed for one group: points lost before and after, and its deadline."""

    group: str
    before: float
    after: float
    due: datetime


class LatePenalty(BasePlugin):
    """Gives nbgrader the week's own penalties: `AssignLatePenalties.plugin_class` in nbgrader's configuration."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Called by nbgrader's autograde for each notebook of a late hand-in; None where being late costs it nothing.

        nbgrader measures from the deadline in its gradebook; here the rule's own and the group's extension count.
        """
        del score, total_seconds_late
        preprocessor: Any = self.parent  # nbgrader's AssignLatePenalties, which has the gradebook open
        course = Course.find()
        assignment = course.assignment(preprocessor.assignment_id)
        if not assignment.dated:
            return None
        notebooks = _in_order(preprocessor.gradebook.find_submission(assignment.week, student_id))
        came = arrival(course, assignment, student_id)
        lost = charged(came, assignment.late, [notebook.score for notebook in notebooks])
        return lost[[notebook.name for notebook in notebooks].index(preprocessor.notebook_id)] or None


def _in_order(submission: Any) -> list[Any]:
    """Give a submission's notebooks as nbgrader marks them one after another: by the names of their files."""
    return sorted(submission.notebooks, key=lambda notebook: f"{notebook.name}.ipynb")


def reapply(course: Course, week: str, book: Gradebook | None = None) -> tuple[Penalised, ...]:
    """Bring deadline, extensions and late penalties in the gradebook up to date; marks nothing, runs nothing.

    Gives the groups whose penalty changed. An open gradebook is used where one is given.
    """
    if book is not None:
        return _reapply(course, week, book)
    if not present(course):
        return ()
    with opened(course) as own:
        return _reapply(course, week, own)


def _reapply(course: Course, week: str, book: Gradebook) -> tuple[Penalised, ...]:
    entry = find_assignment(book, week)
    if entry is None:
        return ()
    assignment = course.assignment(week)
    given = course.extensions(assignment)
    if not assignment.dated:
        _stamp_all(course, book, week, entry)
        return ()
    entry.duedate = assignment.due_utc.replace(tzinfo=None)
    book.db.flush()
    points = scores(book, entry.id)
    changed: list[Penalised] = []
    for submission in submissions(book, entry.id):
        before = sum(float(notebook.late_submission_penalty or 0) for notebook in _in_order(submission))
        came = arrival(course, assignment, submission.student_id, given)
        after = _update(assignment, submission, came, points)
        if after != before:
            changed.append(Penalised(submission.student_id, before, after, came.due))
    book.db.commit()
    return tuple(changed)


def _stamp_all(course: Course, book: Gradebook, week: str, entry: Any) -> None:
    """Enter when each hand-in came; nbgrader's own deadline, extensions and penalties of the week stay."""
    for submission in submissions(book, entry.id):
        moment = arrival(course, course.assignment(week), submission.student_id).moment
        if moment is not None:
            submission.timestamp = moment.replace(tzinfo=None)
    book.db.commit()


def _update(assignment: Assignment, submission: Any, came: Arrival, points: Mapping[str, float]) -> float:
    extra = came.due.astimezone(UTC) - assignment.due_utc
    submission.extension = extra or None
    if came.moment is not None:
        submission.timestamp = came.moment.replace(tzinfo=None)
    notebooks = _in_order(submission)
    shares = charged(came, assignment.late, [points.get(notebook.id, 0.0) for notebook in notebooks])
    for notebook, lost in zip(notebooks, shares, strict=True):
        notebook.late_submission_penalty = lost or None
    return sum(shares)


@dataclass(frozen=True)
class Dates:
    """A week's deadline, the groups whose penalty changed, and a sentence for all that looks like a mistake."""

    due: datetime
    changed: tuple[Penalised, ...] = ()
    problems: tuple[str, ...] = ()


def recompute(course: Course, week: str) -> Dates:
    """Recompute lateness and penalties of a week, and write anew the pages of those for whom anything changed.

    Raises
    ------
    Busy
        If another command is at work on this course, which has a gradebook.
    """
    assignment = course.assignment(week)
    changed: tuple[Penalised, ...] = ()
    if present(course):
        with only_one(course):
            with opened(course) as book:
                before = _dated(book, week)
                changed = reapply(course, week, book)
                moved = {group for group, dates in _dated(book, week).items() if dates != before[group]}
            groups = sorted(moved | {item.group for item in changed}, key=natural_order)
            shown = [group for group in groups if course.feedback(week, group).is_dir()]
            write_pages(course, week, assignment.notebooks, shown)
    return Dates(assignment.due, changed, date_problems(course, assignment))


def _dated(book: Gradebook, week: str) -> dict[str, tuple[object, ...]]:
    entry = find_assignment(book, week)
    found = submissions(book, entry.id) if entry is not None else ()
    return {item.student_id: (entry.duedate, item.extension, item.timestamp) for item in found}


def date_problems(course: Course, assignment: Assignment) -> tuple[str, ...]:
    """Give a sentence for each date that can be read in two ways, and each extension that helps nobody."""
    given = course.extensions(assignment)
    absent = sorted(set(given.by_group) - set(course.groups(assignment.week)), key=natural_order)
    lost = tuple(f"extensions.csv: '{group}' has handed nothing in; is its name right?" for group in absent)
    zone = assignment.due.tzinfo
    note = clock_note(assignment.due.replace(tzinfo=None), zone) if isinstance(zone, ZoneInfo) else ""
    return (*([note] if note else []), *given.problems, *lost)
