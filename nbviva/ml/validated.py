"""A student's function that gives one held-out score for each of several settings, asked where that score is known.

It trains a model with each setting on a part of the items and scores the rest, `compare(X, y, settings)`, and answers
with numbers alone. So it is asked about items on which every honest model, whatever its setting, has a known score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviva.ml.estimators import Floats, Items, least_of
from nbviva.week.compare import as_numbers, require

_N, _POSITIVE, _ALIKE = 1000, 0.1, 0.3
KNOWN = 1 - _ALIKE / 2  # the ROC-AUC in `ask_known`
TRIES = 4


@dataclass(frozen=True)
class Validation:
    """A function of items, labels and settings that gives one held-out ROC-AUC a setting, in their order."""

    ask: Callable[[list[Any], NDArray[Any], list[Any]], object]
    name: str

    def scores(self, X: Items, y: NDArray[Any], settings: Sequence[Any], rng: np.random.Generator) -> Floats:
        """Ask about several settings at once, in random order; (n_settings,)."""
        order = rng.permutation(len(settings))
        answer = self.ask(list(X), np.asarray(y, np.int64), [settings[i] for i in order])
        found: Floats = as_numbers(answer, shape=(len(settings),), name=f"{self.name}(...)")[np.argsort(order)]
        return found

    def score(self, X: Items, y: NDArray[Any], setting: Any, rng: np.random.Generator) -> float:
        """Ask about one setting."""
        return float(self.scores(X, y, [setting], rng)[0])


def ask_ruleless(
    validation: Validation, X: Items, setting: Any, rng: np.random.Generator, *, bound: float, positive: float = 0.2
) -> float:
    """Ask about random labels, `positive` of which are 1: scores on the training set, and accuracies, are high there.

    A small validation set may be lucky: above the bound other labels are asked about once; the smaller is given.
    """

    def ask() -> float:
        return validation.score(X, rng.permutation(len(X)) < positive * len(X), setting, rng)

    return least_of(ask, bound, 2)


def ask_known(
    validation: Validation, one: Any, other: Any, settings: Sequence[Any], rng: np.random.Generator, tolerance: float,
    same: float,
) -> Floats:  # fmt: skip
    """Ask about copies of two items: all positives are the first, and of the negatives a known share.

    What a model learns is the same with every setting, and its ROC-AUC is `KNOWN` but for the split's chance, and for
    rounding, by which copies of one item may differ. A mean further away than the tolerance, or scores that differ by
    more than `same`, are asked for again, twice at the most. Scores of classes, accuracies and another split for each
    setting give something else each time.
    """
    for _ in range(3):
        y = np.arange(_N) < _POSITIVE * _N
        alike = y | (np.arange(_N) >= (1 - _ALIKE * (1 - _POSITIVE)) * _N)
        order = rng.permutation(_N)
        found = validation.scores([one if alike[i] else other for i in order], y[order], settings, rng)
        if abs(found.mean() - KNOWN) <= tolerance and np.ptp(found) <= same:
            break
    return found


def require_known(found: Floats, tolerance: float, same: float) -> None:
    """Refuse scores of `ask_known` that are not the known one, or that differ between settings by more than `same`."""
    said = f"Where the ROC-AUC is known to be {KNOWN:.2f}, you give {found.min():.2f} to {found.max():.2f}"
    near = np.abs(found - KNOWN).max() < 2 * tolerance and abs(found.mean() - KNOWN) <= tolerance
    require(near, f"{said}. Give the ROC-AUC of the scores, not of classes, and not the share of right classes.")
    require(np.ptp(found) <= same, f"{said}. It depends on the split alone: use the same for each of them.")


def ask_contradicted(
    validation: Validation, X: Items, setting: Any, rng: np.random.Generator, bound: float = 0.5
) -> float:
    """Ask about items that each occur twice, with both labels: the twin of a held-out one misleads.

    So an honest ROC-AUC is below 0.5, and one that was turned round above. Who hardly learns by heart is misled by
    little: above the bound it is asked again; the smallest is given.
    """
    n = len(X)

    def ask() -> float:
        order = rng.permutation(2 * n)
        return validation.score([X[i % n] for i in order], order < n, setting, rng)

    return least_of(ask, bound, TRIES)
