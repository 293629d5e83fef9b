"""What checks measured across a class: one distribution for each value's name, and curves over a setting.

A check notes a value by a name such as `roc_auc`. A name with a number in brackets, `roc_auc[8]`, is one point of a
curve: the value at that setting.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbviva.verdict import Report

_POINT = re.compile(r"(?P<name>.+)\[(?P<setting>-?\d+(\.\d+)?)\]")


@dataclass(frozen=True)
class Named:
    """What checks noted under one name."""

    name: str

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Distribution(Named):
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
class Curves(Named):
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
