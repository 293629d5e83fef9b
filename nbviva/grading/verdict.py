"""Outcome, Verdict, Mark and Report, and their JSON: what one hand-in's grading found, as frozen plain data."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from nbviva.handin.doubt import Doubt
from nbviva.week.declare import Plot, PlotKind, Series, Value
from nbviva.week.spec import Question


class Outcome(StrEnum):
    """How a check ended, or a question: `error` is our fault, `for a person` nobody's yet; neither gives a mark.

    No check ends `for a person`: a question does, where the hand-in leaves a doubt.
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
        data = {"format": FORMAT, **_encoded(asdict(self))}
        text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
        return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)  # of a folder's name that is no UTF-8

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read what `to_json` wrote, of this format or an older one; raises ValueError, KeyError or TypeError else."""
        data = json.loads(text)
        if type(data) is not dict:
            raise TypeError("a report is a JSON object")
        for name in ("notebook", "seal"):  # of the files (`nbviva.grading.reports`)
            data.pop(name, None)
        if data.pop("format", 1) not in range(1, FORMAT + 1):
            raise ValueError("a newer nbviva wrote this report")
        verdicts = tuple(_verdict(item) for item in data.pop("verdicts"))
        marks = tuple(Mark(**{**item, "outcome": Outcome(item["outcome"])}) for item in data.pop("marks"))
        doubts = tuple(Doubt(item["sentence"], tuple(item["questions"])) for item in data.pop("doubts", ()))
        return cls(**{**data, "verdicts": verdicts, "marks": marks, "notes": tuple(data["notes"]), "doubts": doubts})


def combine(outcomes: list[Outcome]) -> Outcome:
    """Give the outcome of a question from those of its checks: all or nothing, and our own fault before theirs."""
    for outcome in (Outcome.ERROR, Outcome.PERSON, Outcome.FAILED, Outcome.SKIPPED):
        if outcome in outcomes:
            return outcome
    return Outcome.PASSED


def mark(question: Question, verdicts: tuple[Verdict, ...], doubts: Sequence[Doubt] = ()) -> Mark:
    """Give the mark of a question from its verdicts: all or nothing, and none where our own check failed.

    Where a doubt concerns the question, that mark is provisional. A cell that only supports an answer has no mark.
    """
    outcome = combine([verdict.outcome for verdict in verdicts if verdict.exercise == question.name])
    points = {Outcome.PASSED: question.points, Outcome.ERROR: None}.get(outcome, 0.0)
    provisional = None
    if question.points and points is not None and any(doubt.concerns(question.name) for doubt in doubts):
        outcome, points, provisional = Outcome.PERSON, None, points
    return Mark(
        question.name, question.number, question.title, points, question.points, question.bonus, outcome, provisional
    )


def _encoded(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _encoded(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_encoded(item) for item in data]
    return str(data) if isinstance(data, float) and not math.isfinite(data) else data


def _verdict(item: dict[str, Any]) -> Verdict:
    item = dict(item)  # raises what is promised for what is none
    values = tuple(
        Value(**{**value, "number": _number(value["number"]), "bound": _bound(value)})
        for value in item.get("values", ())
    )
    plots = tuple(_plot(plot) for plot in item.get("plots", ()))
    return Verdict(
        **{
            **item,
            "outcome": Outcome(item["outcome"]),
            "values": values,
            "plots": plots,
            "doubts": tuple(item.get("doubts", ())),
        }
    )


def _plot(item: dict[str, Any]) -> Plot:
    series = tuple(
        Series(**{**one, "x": tuple(map(_number, one["x"])), "y": tuple(map(_number, one["y"]))})
        for one in item["series"]
    )
    return Plot(**{**item, "kind": PlotKind(item["kind"]), "series": series, "bound": _bound(item)})


def _bound(item: dict[str, Any]) -> float | None:
    return None if item.get("bound") is None else _number(item["bound"])


def _number(value: object) -> float:
    if type(value) not in (int, float, str):
        raise TypeError("a number, or the text of one, is expected")
    return float(str(value))  # through its text, since a whole number may be too large for a float
