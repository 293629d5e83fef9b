"""Margins: how far honest numbers keep from a bound, against scipy's exact answers."""

import math

import numpy as np
import pytest
from scipy import stats

from nbviva.verify.margin import clopper_pearson, margin


@pytest.mark.parametrize(("wrong", "n"), [(0, 20), (1, 20), (3, 50), (0, 3000), (20, 20)])
def test_counting_limit_is_that_of_clopper_and_pearson(wrong, n):
    exact = 1.0 if wrong == n else stats.beta.ppf(0.95, wrong + 1, n - wrong)
    assert clopper_pearson(wrong, n) == pytest.approx(exact, abs=1e-9)


def test_tail_is_the_normal_one_below_the_bound():
    numbers = np.random.default_rng(0).normal(0.85, 0.01, 40).tolist()
    found = margin(numbers, 0.75)
    distance = (np.mean(numbers) - 0.75) / np.std(numbers, ddof=1)
    assert found.distance == pytest.approx(distance)
    assert found.tail == pytest.approx(stats.norm.cdf(-distance), rel=1e-3)
    assert (0, False) == (found.wrong, found.too_thin)


def test_upper_limit_is_near_the_exact_one_of_the_noncentral_t():
    found = margin(np.random.default_rng(1).normal(0.5, 0.1, 30).tolist(), 0.2)
    exact = _exact_limit(found.distance, 30)
    assert found.tail < found.tail_at_most
    assert math.log10(found.tail_at_most) == pytest.approx(math.log10(exact), abs=0.25)


def _exact_limit(distance, n):
    low, high = 0.0, 0.5
    for _ in range(60):
        middle = (low + high) / 2
        seen = stats.nct.cdf(-distance * math.sqrt(n), n - 1, stats.norm.ppf(middle) * math.sqrt(n))
        low, high = (middle, high) if seen > 0.05 else (low, middle)
    return high


def test_a_bound_from_above_counts_the_other_side():
    found = margin([0.5, 0.52, 0.49, 0.8], 0.75)
    assert (1, True) == (found.wrong, found.too_thin)


def test_numbers_near_their_bound_are_too_thin_before_one_falls_below():
    found = margin([0.77, 0.78, 0.79, 0.80, 0.76, 0.81, 0.765, 0.79, 0.80, 0.78], 0.75)
    assert (0, True) == (found.wrong, found.too_thin)


def test_equal_numbers_are_certain():
    assert 0.0 == margin([0.9, 0.9, 0.9], 0.75).tail


def test_infinite_numbers_are_counted_on_their_side_and_spoil_no_mean():
    found = margin([12.0, 13.0, math.inf, 14.0], 10.0)
    assert (4, 0, 13.0, 1.0) == (found.count, found.wrong, found.mean, found.deviation)
    assert margin([12.0, 13.0, 14.0, -math.inf, math.nan], 10.0).wrong == 2
    assert (0, math.inf) == (margin([math.inf, math.inf], 10.0).wrong, margin([math.inf, math.inf], 10.0).distance)
