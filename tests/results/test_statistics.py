"""Difficulty and discrimination of questions, on numbers that can be worked out by hand."""

import numpy as np
import pytest

from nbviva.grading.verdict import Mark, Outcome, Report
from nbviva.results.statistics import discrimination, items


def report(group, assignment, outcomes):
    marks = tuple(
        Mark(q.name, q.number, q.title, q.points if outcome == "passed" else 0.0, q.points, q.bonus, Outcome(outcome))
        for q, outcome in zip(assignment.questions, outcomes, strict=True)
    )
    return Report("toy", group, "d", "s", (), marks)


def found(course, outcomes, points=None):
    assignment = course.week("toy").assignment
    reports = [report(f"g{i}", assignment, row) for i, row in enumerate(outcomes)]
    rows = points or [[mark.points for mark in item.marks] for item in reports]
    return {item.name: item for item in items(assignment, reports, rows)}


P, F, S = "passed", "failed", "skipped"


def test_mean_share_is_that_of_the_points(course):
    table = found(course, [(P, P, F, F), (P, F, F, F)], [[2, 3, 0, 0], [1, 0, 0, 0]])
    assert [0.75, 0.5, 0.0] == [table[name].mean_share for name in ("double", "half", "colour")]


def test_missing_marks_count_neither_way(course):
    assert 1.0 == found(course, [(P, P, F, F), (P, P, F, F)], [[2, None, 0, 0], [2, 3, 0, 0]])["half"].mean_share


def test_outcomes_are_counted(course):
    item = found(course, [(P, F, F, F), (F, S, F, F), (P, P, F, F)])["half"]
    assert {"passed": 1, "failed": 1, "skipped": 1, "error": 0, "for a person": 0} == dict(item.outcomes)


def test_question_itself_is_not_in_the_sum_that_it_is_correlated_with(course):
    # `half` (3 points) alternates against all others: a correlation with the whole total would be positive
    rows = [(P, F, F, P), (F, P, F, F), (P, F, F, P), (F, P, F, F), (P, F, F, P), (F, P, F, F)]
    assert -1.0 == pytest.approx(found(course, rows)["half"].discrimination)


def test_discrimination_is_pearsons_r():
    item, rest = np.array([0, 0, 1, 1, 1.0]), np.array([1, 2, 2, 4, 6.0])
    assert np.corrcoef(item, rest)[0, 1] == pytest.approx(discrimination(item, rest))


@pytest.mark.parametrize("item", [[1, 1, 1, 1, 1.0], [0, 1, 0, 1.0]])
def test_discrimination_needs_variance_and_hand_ins(item):
    assert discrimination(np.array(item), np.arange(len(item), dtype=float)) is None
