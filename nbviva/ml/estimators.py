"""A student's estimator, `fit_predict(X_train, y_train, X_test)`, asked so that only learning helps.

What it predicts is scored here, from labels that stay here. Looking labels up, remembering earlier calls, bringing
trained weights along and leaving the prescribed model out each fail a question that learning passes:

- `cross_validate`: on data nobody has seen; among the test items are twins, altered a little, which a table of known
  items does not hold. A model gives an item and its twin nearly one score (`require_steady`).
- `ask_after_permuted_labels`: a real training fold whose labels say nothing, after which nothing can be known.
- `ask_without_model`: the prescribed model computes zeros, so that its user can only guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviva.kernel.student import NoAnswer, Student, muted
from nbviva.ml.scores import score, splits
from nbviva.week.compare import as_numbers, require

Floats = NDArray[np.float64]
Items = Sequence[Any]
_TRIES = 4  # permutations of labels, until one leaves the estimator at chance
Fold = tuple[NDArray[Any], Floats]  # labels of the test items, and their scores


@dataclass(frozen=True)
class Estimator:
    """A function of the student's that learns and predicts in one call.

    Attributes
    ----------
    ask
        Such as `student.fit_predict`: of training items (a list), their labels (n,) and test items.
    name
        How sentences call it.
    n_classes
        Columns of scores that it gives for each item; 0 for one score (or one quantity) each.
    """

    ask: Callable[[list[Any], NDArray[Any], list[Any]], object]
    name: str = "fit_predict"
    n_classes: int = 0

    def predict(self, X_train: Items, y_train: NDArray[Any], X_test: Items) -> Floats:
        """Ask for scores of test items: (n,), or (n, n_classes)."""
        answer = self.ask(list(X_train), y_train, list(X_test))
        found, n = as_numbers(answer, name=f"{self.name}(...)"), len(X_test)
        fitting: tuple[tuple[int, ...], ...] = ((n, self.n_classes),) if self.n_classes else ((n,), (n, 1))
        what = f"{self.n_classes} scores" if self.n_classes else "one number"
        given = f"`{self.name}` gives shape {found.shape} for {n} test items"
        require(found.shape in fitting, f"{given}: give {what} for each.")
        return found if self.n_classes else found.reshape(-1)


@dataclass(frozen=True)
class Answers:
    """What cross-validation gave.

    Attributes
    ----------
    folds
        For each fold the labels of its test items, and their scores.
    twins
        The same for the twins of these items, in the same order; empty where none were asked about.
    probes
        Scores of the same other items, asked about in every fold.
    """

    folds: tuple[Fold, ...]
    twins: tuple[Fold, ...] = ()
    probes: tuple[Floats, ...] = ()

    def score(self, name: str) -> float:
        """Give the mean over the folds of a score, by its name in scikit-learn."""
        return float(np.mean(self.scores(name)))

    def scores(self, name: str) -> list[float]:
        """Give a score of each fold."""
        return [score(name, y_true, y_score) for y_true, y_score in self.folds]

    def twins_score(self, name: str) -> float:
        """Give the mean over the folds of a score on the twins."""
        return float(np.mean([score(name, y_true, y_score) for y_true, y_score in self.twins]))

    @property
    def trained_anew(self) -> bool:
        """Whether the probes' scores change with the training fold; true where there are no probes."""
        return not self.probes or any(not np.allclose(self.probes[0], other) for other in self.probes[1:])

    @property
    def distinct(self) -> int:
        """The number of different scores in the fold with the fewest: two are classes, and no scores."""
        return min(len(np.unique(y_score, axis=0)) for _, y_score in self.folds)


def cross_validate(
    estimator: Estimator, X: Items, y: NDArray[Any], *, random_state: int, n_splits: int = 5,
    twin: Callable[[Any], Any] | None = None, probes: Items = (),
) -> Answers:  # fmt: skip
    """Cross-validate an estimator in folds of ours, stratified where the labels are classes.

    Parameters
    ----------
    twin
        Gives an item altered so little that a model has nearly the same score for it. Each fold's test items are then
        asked about together with their twins, in random order.
    probes
        Items that are asked about in every fold: who trains anew scores them a little otherwise each time.
    """
    rng, folds, twins, seen = np.random.default_rng(random_state), [], [], []
    for train, test in splits(y, n_splits, random_state):
        items = [X[i] for i in test]
        asked = [*items, *([] if twin is None else map(twin, items)), *probes]
        order = rng.permutation(len(asked))
        found = estimator.predict([X[i] for i in train], y[train], [asked[i] for i in order])[np.argsort(order)]
        folds.append((y[test], found[: len(items)]))
        if twin is not None:
            twins.append((y[test], found[len(items) : 2 * len(items)]))
        seen.append(found[len(found) - len(probes) :])
    return Answers(tuple(folds), tuple(twins), tuple(seen) if len(probes) else ())


def agreement(answers: Answers) -> float:
    """Give the rank correlation of items and their twins, of the fold where it is smallest."""
    return min(
        _rank_correlation(own, its) for (_, own), (_, its) in zip(answers.folds, answers.twins, strict=True)
    )  # fmt: skip


def require_steady(answers: Answers, least: float, name: str = "fit_predict") -> float:
    """Refuse scores that change with a detail of an item that tells nothing; give how well twins agree."""
    found = agreement(answers)
    require(
        found > least,
        f"`{name}` scores the same items otherwise when a detail of them is changed (rank correlation {found:.2f}; "
        f"more than {least:g} is expected). Scores have to come from what it learns, not from items that it knows.",
    )
    return found


def _rank_correlation(a: Floats, b: Floats) -> float:
    a, b = (_ranks(column) for column in (a.reshape(-1), b.reshape(-1)))
    if a.std() == 0 or b.std() == 0:
        return float(a.std() == b.std())  # one score for everything says nothing, and contradicts nothing
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Floats) -> Floats:
    """Give mid-ranks: equal values share one."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = (ends - (counts - 1) / 2)[place]
    return ranks


def ask_after_permuted_labels(
    estimator: Estimator, X: Items, y: NDArray[Any], name: str, *, bound: float, random_state: int, n_splits: int = 5,
) -> float:  # fmt: skip
    """Let it learn a real training fold with permuted labels, then score the test fold by the true ones.

    Nothing tells the labels, so that an honest score is that of chance. A table, a model that is trained on and on, and
    weights that were trained beforehand know better. What few features can say may be right or wrong by chance: above
    the bound it is asked again, with another permutation; the smallest score is given.
    """
    rng, found = np.random.default_rng([random_state, 1]), np.inf
    train, test = splits(y, n_splits, random_state)[0]
    for _ in range(_TRIES):
        scores = estimator.predict([X[i] for i in train], rng.permutation(y[train]), [X[i] for i in test])
        found = min(found, score(name, y[test], scores))
        if found < bound:
            break
    return found


def ask_without_model(
    student: Student, model: str, estimator: Estimator, train: tuple[Items, NDArray[Any]],
    test: tuple[Items, NDArray[Any]], name: str, chance: float,
) -> float:  # fmt: skip
    """Give the score on test items while the student's `model` computes zeros; `chance` where that raises.

    It catches who never trains the model that is prescribed. Who looks for the silence can notice it.
    """
    with muted(student, model):
        try:
            found = estimator.predict(*train, test[0])
        except NoAnswer:
            return chance
    return score(name, test[1], found)
