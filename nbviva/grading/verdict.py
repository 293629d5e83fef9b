"""Outcome, Verdict, Mark and Report, and their JSON: what one hand-in's grading found, as frozen plain data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from nbviva.handin.doubt import Doubt
from nbviva.records import of_tree, to_json, tree_of
from nbviva.week.declare import Plot, Value
from nbviva.week.spec import Question


class Outcome(StrEnum):
    """How a check ended, or a question: `error` is our fault, `for a person` nobody's yet; neither gives a mark.

    A question ends `for a person` where the hand-in leaves a doubt; a check where it is a person's from the outset.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"
    PERSON = "for a person"


NO_NOTEBOOK = "NoNotebook"


@dataclass(frozen=True)
class Verdict:
    """What one check found.

    Attributes
    ----------
    exercise
        The `grade_id` of the graded cell that the check belongs to.
    sentence
        The check's docstring: what must hold.
    detail
        What was measured: the student's value and the bound, never a hidden input.
    cause
        For a failure without an answer its kind (`Raised`, `TimedOut`, `Died`, `UnreadableAnswer`, or `NO_NOTEBOOK`),
        for an error the exception; else empty.
    values, plots, doubts
        What the check, and the fixtures that it used, noted in their `findings`.
    credit
        The points that it gave in part; None: all of the question's if all of its checks pass.
    """

    check: str
    exercise: str
    outcome: Outcome
    sentence: str
    detail: str = ""
    cause: str = ""
    values: tuple[Value, ...] = ()
    plots: tuple[Plot, ...] = ()
    doubts: tuple[str, ...] = ()
    credit: float | None = None


@dataclass(frozen=True)
class Mark:
    """The mark of one question; `points` is None where a person must decide.

    Attributes
    ----------
    provisional
        Where the outcome is `for a person`: the points that nbviva would give, if there were no doubt.
    """

    question: str
    number: str
    title: str
    points: float | None
    maximum: float
    bonus: bool
    outcome: Outcome
    provisional: float | None = None


_HALF = re.compile("[\ud800-\udfff]")
FORMAT = 2  # of report.json; the first had no number, and reads the same


@dataclass(frozen=True)
class Report:
    """All that grading one hand-in found; equal hand-ins give equal reports, but for `seconds` and `memory`.

    Attributes
    ----------
    notes
        Sentences on the hand-in as a whole: cells that were missing, a notebook that could not be read.
    doubts
        Why a person decides about questions that nbviva could mark.
    sandbox
        How the student's code was kept apart: the sandbox and who held its memory limit, or `none`.
    seconds
        On the clock: `total`, and in it `started` (its kernel), `ran` (the notebook) and `asked`; before it `waited`
        (for a worker), after it `recorded` (what is kept). Of a hand-in that was run again, of the run that counts.
    digest
        SHA-256 of hand-in, week, framework and environment; a report whose digest is still right is used again.
    memory
        The most bytes that its kernel took (above its template's, where it was forked); 0 where nobody measured.
    """

    week: str
    group: str
    digest: str
    sandbox: str
    verdicts: tuple[Verdict, ...]
    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict, compare=False)
    memory: int = field(default=0, compare=False)
    doubts: tuple[Doubt, ...] = ()

    @property
    def points(self) -> float:
        """Points without the extra ones; a question without a mark counts as 0 until a person decides."""
        return sum(mark.points or 0 for mark in self.marks if not mark.bonus)

    @property
    def extra_points(self) -> float:
        """Extra points, which the maximum does not contain."""
        return sum(mark.points or 0 for mark in self.marks if mark.bonus)

    @property
    def needs_person(self) -> bool:
        """Whether a question has no mark: a check of ours failed on this hand-in, or it leaves a doubt."""
        return any(mark.points is None for mark in self.marks)

    @property
    def provisional(self) -> float:
        """Points that nbviva would give beside those that stand, if there were no doubt; the extra ones with them."""
        return sum(mark.provisional or 0 for mark in self.marks)

    def to_json(self) -> str:
        """Give the report as JSON text, valid also where a number is not finite: such a number is a text there."""
        text = to_json({"format": FORMAT, **asdict(self)}, indent=1, ascii_only=False)
        return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)  # of a folder's name that is no UTF-8

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Read what `to_json` wrote, of this format or an older one; raises ValueError else."""
        tree = tree_of(text)
        if (of_tree(FileHead, tree).format or 1) not in range(1, FORMAT + 1):
            raise ValueError("a newer nbviva wrote this report")
        return of_tree(cls, tree)


@dataclass(frozen=True)
class FileHead:
    """What the file of a report says of itself; `nbviva.grading.reports` writes the seal."""

    format: int | None = None
    seal: str = ""


def combine(outcomes: list[Outcome]) -> Outcome:
    """Give the outcome of a question from those of its checks: all or nothing, and our own fault before theirs."""
    for outcome in (Outcome.ERROR, Outcome.PERSON, Outcome.FAILED, Outcome.SKIPPED):
        if outcome in outcomes:
            return outcome
    return Outcome.PASSED


def mark(question: Question, verdicts: tuple[Verdict, ...], doubts: Sequence[Doubt] = ()) -> Mark:
    """Give the mark of a question from its verdicts: all or nothing, and none where our own check failed.

    Credit that a check gave in part counts where all pass. Where a doubt concerns the question, that mark is
    provisional. A cell that only supports an answer has no mark.
    """
    own = [verdict for verdict in verdicts if verdict.exercise == question.name]
    outcome = combine([verdict.outcome for verdict in own])
    given = min((verdict.credit for verdict in own if verdict.credit is not None), default=question.points)
    points = {Outcome.PASSED: given, Outcome.ERROR: None, Outcome.PERSON: None}.get(outcome, 0.0)
    provisional = None
    if question.points and points is not None and any(doubt.concerns(question.name) for doubt in doubts):
        outcome, points, provisional = Outcome.PERSON, None, points
    return Mark(
        question.name, question.number, question.title, points, question.points, question.bonus, outcome, provisional
    )
