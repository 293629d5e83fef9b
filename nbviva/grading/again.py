"""Ask a hand-in again under other secrets: whether a verdict hangs on the questions that one group happened to get.

Nothing of it is stored as a report and no mark changes: it is a second and a third opinion for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbviva.course import Course
from nbviva.files import digest
from nbviva.grading.grade import grade
from nbviva.grading.stored import submission
from nbviva.grading.verdict import Outcome, Verdict
from nbviva.kernel.room import Room
from nbviva.secret import secret_of
from nbviva.week.draws import generators

TIMES = 2


@dataclass(frozen=True)
class OtherVerdict:
    """How a question ended when it was asked with other hidden questions: in a word, and what was found."""

    outcome: str
    found: tuple[str, ...]


def ask_again(
    course: Course, week: str, group: str, question: str, room: Room | None = None
) -> tuple[OtherVerdict, ...]:
    """Run a hand-in and ask it as a group with another secret would be asked, so many times."""
    return tuple(_asked(course, week, group, question, room, turn) for turn in range(1, TIMES + 1))


def _asked(course: Course, week: str, group: str, question: str, room: Room | None, turn: int) -> OtherVerdict:
    secret = bytes.fromhex(digest(secret_of(course.root), "again", str(turn)))
    item = replace(submission(course, week, group, room), draw=generators(secret, week, group))
    report = grade(item).report
    own = [verdict for verdict in report.verdicts if verdict.exercise == question]
    outcome = next(mark.outcome for mark in report.marks if mark.question == question)
    return OtherVerdict(str(outcome), tuple(_said(verdict) for verdict in own if verdict.outcome is not Outcome.PASSED))


def _said(verdict: Verdict) -> str:
    return f"{verdict.sentence} {verdict.detail}".strip()
