"""How far a measured number keeps from its bound, and how likely an honest one falls on the wrong side.

Two answers, since neither is enough alone. The normal tail uses all numbers and believes in their shape; its upper
limit (95 %) takes into account that mean and deviation are estimated, by the usual approximation for one-sided
tolerance factors (Natrella, Experimental Statistics, 1963, section 2-13). The exact limit of Clopper and Pearson (1934)
believes in nothing and needs thousands of runs to say as much.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
LARGEST = 1e-3  # the probability of refusing an honest answer that is accepted
FEWEST = 10  # numbers from which on a tail is believed
_Z = statistics.NormalDist().inv_cdf(CONFIDENCE)


@dataclass(frozen=True)
class Margin:
    """Numbers that right answers gave where a bound is asked for.

    Attributes
    ----------
    distance
        Of the mean from the bound, in standard deviations; negative on the wrong side.
    tail, tail_at_most
        The normal tail beyond the bound, and its upper limit.
    count_at_most
        The upper limit of the probability by counting alone.
    """

    count: int
    smallest: float
    mean: float
    largest: float
    deviation: float
    bound: float
    wrong: int
    distance: float
    tail: float
    tail_at_most: float
    count_at_most: float

    @property
    def too_thin(self) -> bool:
        """Whether honest answers fall on the wrong side more often than is accepted."""
        return self.wrong > 0 or (self.count >= FEWEST and self.tail > LARGEST)


def margin(numbers: Sequence[float], bound: float) -> Margin:
    """Give the margin of numbers (at least one) to a bound; the side on which most of them lie is the right one.

    Infinite ones are counted and have no part in mean and deviation; what is no number lies on the wrong side.
    """
    finite = [number for number in numbers if math.isfinite(number)]
    n, mean = len(numbers), statistics.fmean(finite) if finite else statistics.median(numbers)
    sign = 1 if statistics.median(numbers) >= bound else -1
    deviation = statistics.stdev(finite) if len(finite) > 1 else math.inf if n == 1 else 0.0
    distance = sign * (mean - bound) / deviation if deviation > 0 else math.copysign(math.inf, sign * (mean - bound))
    wrong = sum(not sign * (number - bound) >= 0 for number in numbers)
    return Margin(
        n, min(numbers), mean, max(numbers), deviation, bound, wrong, distance,
        _beyond(distance), _tail_at_most(distance, len(finite)), clopper_pearson(wrong, n),
    )  # fmt: skip


def _beyond(distance: float) -> float:
    """Give the normal tail; `NormalDist.cdf` rounds a small one to zero."""
    return math.erfc(distance / math.sqrt(2)) / 2


def _tail_at_most(distance: float, n: int) -> float:
    if math.isinf(distance):
        return 0.0 if distance > 0 else 1.0
    if n < 2:
        return 1.0
    return _beyond(distance - _Z * math.sqrt(1 / n + distance**2 / (2 * (n - 1))))


def clopper_pearson(wrong: int, n: int) -> float:
    """Give the exact one-sided upper limit (95 %) of a probability of which `wrong` of `n` were seen."""
    low, high = wrong / n, 1.0
    if wrong == n:
        return 1.0
    for _ in range(60):
        middle = (low + high) / 2
        seen = sum(math.comb(n, k) * middle**k * (1 - middle) ** (n - k) for k in range(wrong + 1))
        low, high = (middle, high) if seen > 1 - CONFIDENCE else (low, middle)
    return high
