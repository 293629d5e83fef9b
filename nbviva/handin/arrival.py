"""When a hand-in came, by when it had to, and what being late costs: asked for here by all who show or enter it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nbviva.course import Course
from nbviva.files import STAMP
from nbviva.week.deadline import Extensions, Late, handed_in_at, late_minutes, penalty
from nbviva.week.spec import Assignment


@dataclass(frozen=True)
class Arrival:
    """When a group's hand-in came.

    Attributes
    ----------
    moment
        In UTC; None where it is not known.
    due
        The group's own deadline.
    is_unreadable
        Whether a time is there that nobody can read.
    """

    moment: datetime | None
    due: datetime
    is_unreadable: bool = False

    @property
    def late_minutes(self) -> int | None:
        """Minutes after the deadline, a started one counted as whole; None where the time cannot be read."""
        return None if self.is_unreadable else late_minutes(self.moment, self.due)


def arrival(course: Course, assignment: Assignment, group: str, given: Extensions | None = None) -> Arrival:
    """Give when a group's hand-in came, by its timestamp.txt; a week's extensions are read where they are not given."""
    stamp = course.submitted(assignment.week, group) / STAMP
    moment = handed_in_at(stamp)
    due = (given or course.extensions(assignment)).due(group, assignment.due)
    return Arrival(moment, due, moment is None and stamp.exists())


def charged(came: Arrival, rule: Late, scores: Iterable[float]) -> tuple[float, ...]:
    """Give the points that each notebook of a hand-in loses for its being late, which is charged once for all of them.

    The first ones pay first, and none more than it has: what one pays hangs on no later one, which may not be marked.
    """
    had = [max(0.0, score) for score in scores]
    left, shares = penalty(came.moment, came.due, rule, sum(had)), list[float]()
    for score in had:
        shares.append(min(score, left))
        left -= shares[-1]
    return tuple(shares)
