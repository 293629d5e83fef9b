"""Statistics of a week: how hard its questions were, what checks measured, and what the reference measured.

A check notes a value by a name such as `roc_auc`. A name with a number in brackets, `roc_auc[8]`, is one point of a
curve: the value at that setting. What the week's own solution measured is kept by `nbviva verify`: a mark to see a
class by.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nbviva.course import Course
from nbviva.files import write
from nbviva.grading.verdict import Outcome, Report
from nbviva.records import kept, to_json
from nbviva.week.spec import Assignment, Question

_POINT = re.compile(r"(?P<name>.+)\[(?P<setting>-?\d+(\.\d+)?)\]")


FEWEST = 5  # hand-ins below which a correlation says nothing


@dataclass(frozen=True)
class NamedValues:
    """What checks noted under one name."""

    name: str

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Distribution(NamedValues):
    """The values that checks noted under one name.

    Attributes
    ----------
    bound
        What they are held against, if anything; where groups had other bounds, the most frequent one.
    reference
        The value of the week's own solution, if it is known.
    numbers
        A group and its value, finite ones only.
    infinite
        How many values were infinite or no number.
    """

    bound: float | None
    reference: float | None
    numbers: tuple[tuple[str, float], ...]
    infinite: int


@dataclass(frozen=True)
class Curves(NamedValues):
    """One curve a hand-in: the value at each setting."""

    bound: float | None
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]


def noted(report: Report) -> dict[str, tuple[float, float | None]]:
    """Give a report's values by name, each with its bound; what a shared fixture noted stands in several verdicts."""
    found: dict[str, tuple[float, float | None]] = {}
    for verdict in report.verdicts:
        for value in verdict.values:
            found.setdefault(value.name, (value.number, value.bound))
    return found


def distributions(
    reports: Sequence[Report], reference: Mapping[str, float] | None = None
) -> tuple[tuple[Distribution, ...], tuple[Curves, ...]]:
    """Give a distribution for every value's name that occurs, and the curves."""
    values = {report.group: noted(report) for report in reports}
    names = dict.fromkeys(name for found in values.values() for name in found)
    single = [name for name in names if not _POINT.fullmatch(name)]
    curved = dict.fromkeys(match["name"] for name in names if (match := _POINT.fullmatch(name)))
    return (
        tuple(_distribution(name, values, reference or {}) for name in single),
        tuple(_curves(name, values) for name in curved),
    )


def _distribution(
    name: str, values: Mapping[str, Mapping[str, tuple[float, float | None]]], reference: Mapping[str, float]
) -> Distribution:
    pairs = [(group, found[name][0]) for group, found in values.items() if name in found]
    finite = tuple((group, number) for group, number in pairs if math.isfinite(number))
    bound = _frequent([found[name][1] for found in values.values() if name in found])
    return Distribution(name, bound, reference.get(name), finite, len(pairs) - len(finite))


def _curves(name: str, values: Mapping[str, Mapping[str, tuple[float, float | None]]]) -> Curves:
    curves, bounds = [], []
    for group, found in values.items():
        points = sorted(
            (float(match["setting"]), number)
            for key, (number, _) in found.items()
            if (match := _POINT.fullmatch(key)) and match["name"] == name and math.isfinite(number)
        )
        if points:
            curves.append((group, tuple(points)))
            bounds += [bound for key, (_, bound) in found.items() if key.startswith(f"{name}[")]
    return Curves(name, _frequent(bounds), tuple(curves))


def _frequent(bounds: Sequence[float | None]) -> float | None:
    there = [bound for bound in bounds if bound is not None and math.isfinite(bound)]
    return max(sorted(set(there)), key=there.count) if there else None


@dataclass(frozen=True)
class QuestionStatistics:
    """What a class made of one question.

    Attributes
    ----------
    maximum
        Its points; 0 where a cell only supports other answers, and then passing stands in for points.
    mean_share
        The mean share of its points, from 0 (nobody) to 1 (everybody); None where nothing is marked.
    discrimination
        The item-rest correlation, from -1 to 1; None where it is not defined.
    outcomes
        How many hand-ins ended so, by the outcome's name.
    state
        In an adopted week how it is marked; else empty.
    """

    name: str
    number: str
    title: str
    maximum: float
    bonus: bool
    mean_share: float | None
    discrimination: float | None
    outcomes: tuple[tuple[str, int], ...]
    state: str = ""


def items(
    assignment: Assignment, reports: Sequence[Report], marks: Sequence[Sequence[float | None]]
) -> tuple[QuestionStatistics, ...]:
    """Give the statistics of each question.

    Parameters
    ----------
    reports
        Those of hand-ins that could be read.
    marks
        For each report its points by question, None where a person has yet to decide.
    """
    questions = assignment.questions
    passed = [_passed(report) for report in reports]
    shares = np.array(
        [
            [_share(question, mark, question.name in done) for question, mark in zip(questions, row, strict=True)]
            for row, done in zip(marks, passed, strict=True)
        ],
        dtype=float,
    ).reshape(len(reports), len(questions))  # (hand-ins, questions)
    weights = np.array([question.points for question in questions])
    return tuple(
        QuestionStatistics(
            question.name,
            question.number,
            question.title,
            question.points,
            question.bonus,
            _mean(shares[:, i]),
            discrimination(shares[:, i], _rest(shares * weights, i)),
            _outcomes(question, reports),
            question.state or "",
        )
        for i, question in enumerate(questions)
    )


def discrimination(item: NDArray[np.float64], rest: NDArray[np.float64]) -> float | None:
    """Give the item-rest correlation: Pearson's r of a question's share and the points of all the others.

    The question itself is left out of the sum, so that it does not correlate with itself; J. Nunnally and I. Bernstein,
    Psychometric Theory (3rd edition, 1994), chapter 8. Below about 0.2 a question hardly tells strong from weak
    hand-ins; below 0 strong ones fail it more often, which mostly means that the question or its check is wrong.
    """
    known = ~np.isnan(item)
    item, rest = item[known], rest[known]
    if len(item) < FEWEST or np.ptp(item) == 0 or np.ptp(rest) == 0:
        return None
    return float(np.corrcoef(item, rest)[0, 1])


def _rest(points: NDArray[np.float64], i: int) -> NDArray[np.float64]:
    return np.asarray(np.nansum(np.delete(points, i, axis=1), axis=1))


def _share(question: Question, mark: float | None, passed: bool) -> float:
    if not question.points:
        return float(passed)
    return np.nan if mark is None else mark / question.points


def _mean(shares: NDArray[np.float64]) -> float | None:
    known = shares[~np.isnan(shares)]
    return float(known.mean()) if len(known) else None


def _passed(report: Report) -> set[str]:
    return {mark.question for mark in report.marks if mark.outcome is Outcome.PASSED}


def _outcomes(question: Question, reports: Sequence[Report]) -> tuple[tuple[str, int], ...]:
    counts = Counter(mark.outcome for report in reports for mark in report.marks if mark.question == question.name)
    return tuple((str(outcome), counts[outcome]) for outcome in Outcome)


def keep(course: Course, week: str, values: Mapping[str, float]) -> None:
    """Keep the values by their names; a page shows finite ones."""
    finite = {name: value for name, value in values.items() if math.isfinite(value)}
    write(_reference(course, week), to_json(finite))


def known(course: Course, week: str) -> dict[str, float]:
    """Give the values that were kept; none where the week was never verified, or the file is none of ours."""
    return kept(dict[str, float], _reference(course, week)) or {}


def _reference(course: Course, week: str) -> Path:
    return course.root / ".nbviva" / "reference" / f"{week}.json"
