"""One row of the table of marks: a report in a few words, with the reason for every lost point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbviva.course import Course
from nbviva.deadline import handed_in_at, late_minutes
from nbviva.reports import stored_report
from nbviva.verdict import NO_NOTEBOOK, Mark, Outcome, Report


@dataclass(frozen=True)
class Row:
    """What the table of marks says about one hand-in."""

    group: str
    points: float
    extra: float
    late: str
    reasons: tuple[str, ...]
    needs_person: bool


def stored_rows(course: Course, week: str, groups: Sequence[str]) -> list[Row]:
    """Give the rows of the stored reports of these groups, those that need a person first."""
    reports = (stored_report(course.report(week, group)) for group in groups)
    return sorted((row(course, report) for report in reports if report), key=lambda item: not item.needs_person)


def row(course: Course, report: Report) -> Row:
    """Give the row of a report."""
    read = any(verdict.cause != NO_NOTEBOOK for verdict in report.verdicts)
    lost = tuple(_reason(mark, report) for mark in report.marks if read and mark.outcome is not Outcome.PASSED)
    late = lateness(course, report.week, report.group)
    return Row(report.group, report.points, report.extra_points, late, (*report.notes, *lost), report.needs_person)


def lateness(course: Course, week: str, group: str) -> str:
    """Say how late a hand-in came, by its timestamp.txt; a dash where it is in time or has none."""
    stamp = course.submitted(week, group) / "timestamp.txt"
    if not stamp.is_file():
        return "-"
    moment = handed_in_at(stamp)
    if moment is None:
        return "?"
    assignment = course.assignment(week)
    minutes = late_minutes(moment, course.extensions(assignment).due(group, assignment.due))
    return f"{minutes} min" if minutes else "-"


def _reason(mark: Mark, report: Report) -> str:
    first = next(v for v in report.verdicts if v.exercise == mark.question and v.outcome is mark.outcome)
    return f"{mark.number} {mark.title}: {first.detail}"
