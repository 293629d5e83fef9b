"""Statistics of a week's questions: how hard each one was, and whether it tells strong hand-ins from weak ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbviva.spec import Assignment, Question
from nbviva.verdict import Outcome, Report

FEWEST = 5  # hand-ins below which a correlation says nothing


@dataclass(frozen=True)
class Item:
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
    """

    name: str
    number: str
    title: str
    maximum: float
    bonus: bool
    mean_share: float | None
    discrimination: float | None
    outcomes: tuple[tuple[str, int], ...]


def items(
    assignment: Assignment, reports: Sequence[Report], marks: Sequence[Sequence[float | None]]
) -> tuple[Item, ...]:
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
        Item(
            question.name,
            question.number,
            question.title,
            question.points,
            question.bonus,
            _mean(shares[:, i]),
            discrimination(shares[:, i], _rest(shares * weights, i)),
            _outcomes(question, reports),
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
