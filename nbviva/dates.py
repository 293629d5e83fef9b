"""Deadline, extensions and what being late costs, brought into gradebook and feedback again; marks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nbgrader.api import Gradebook

from nbviva.course import Course
from nbviva.deadline import clock_note, spoken_moment
from nbviva.gradebook import find_assignment, opened, present, submissions
from nbviva.late import Penalised, reapply
from nbviva.pages import write_pages
from nbviva.spec import Assignment


@dataclass(frozen=True)
class Dates:
    """A week's deadline, the groups whose penalty changed, and a sentence for all that looks like a mistake."""

    due: datetime
    changed: tuple[Penalised, ...] = ()
    problems: tuple[str, ...] = ()


def recompute(course: Course, week: str) -> Dates:
    """Recompute lateness and penalties of a week, and write anew the pages of those for whom anything changed."""
    assignment = course.assignment(week)
    changed: tuple[Penalised, ...] = ()
    if present(course):
        with opened(course) as book:
            before = _dated(book, week)
            changed = reapply(course, week, book)
            moved = {group for group, dates in _dated(book, week).items() if dates != before[group]}
        groups = sorted(moved | {item.group for item in changed})
        shown = [group for group in groups if course.feedback(week, group).is_dir()]
        write_pages(course, week, assignment.notebook, shown)
    return Dates(assignment.due, changed, date_problems(course, assignment))


def _dated(book: Gradebook, week: str) -> dict[str, tuple[object, ...]]:
    entry = find_assignment(book, week)
    found = submissions(book, entry.id) if entry is not None else ()
    return {item.student_id: (entry.duedate, item.extension, item.timestamp) for item in found}


def told(week: str, found: Dates) -> list[str]:
    """Say what recomputing found, in lines."""
    utc = found.due.astimezone(UTC)
    lines = [f"{week}: submit until {spoken_moment(found.due)} ({found.due.tzinfo}), {utc:%Y-%m-%d %H:%M} UTC."]
    for item in found.changed:
        due = spoken_moment(item.due) if item.due != found.due else "the week's"
        points = f"{item.after:g} point{'' if item.after == 1 else 's'}"
        lines.append(f"{item.group}: loses {points}, before {item.before:g}; its deadline is {due}.")
    count = len(found.changed)
    return [*lines, f"{count} {'penalty' if count == 1 else 'penalties'} changed."]


def date_problems(course: Course, assignment: Assignment) -> tuple[str, ...]:
    """Give a sentence for each date that can be read in two ways, and each extension that helps nobody."""
    given = course.extensions(assignment)
    absent = sorted(set(given.by_group) - set(course.groups(assignment.week)))
    lost = tuple(f"extensions.csv: '{group}' has handed nothing in; is its name right?" for group in absent)
    zone = assignment.due.tzinfo
    note = clock_note(assignment.due.replace(tzinfo=None), zone) if isinstance(zone, ZoneInfo) else ""
    return (*([note] if note else []), *given.problems, *lost)
