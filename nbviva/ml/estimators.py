"""A student's estimator, `fit_predict(X_train, y_train, X_test)`, asked so that only learning helps.

What it predicts is scored here, from labels that stay here. Looking labels up, remembering earlier calls, bringing
trained weights along and leaving the prescribed model out each fail a question that learning passes:

- `cross_validate`: on data nobody has seen; among the test items are twins, altered a little, which a table of known
  items does not hold. A model gives an item and its twin nearly one score (`require_steady`).
- `cross_validate(edit=...)` and `ask_once`: counterfactual items. Where what makes an item positive is broken or
  planted, the score has to follow (`require_followed`); a table gives what it knows of the item as it was.
- `ask_after_permuted_labels`: a real training fold whose labels say nothing, after which nothing can be known.
- `ask_after_noise`: a few random items, from which nothing can be known and of what was learnt nothing is unlearnt.
- `ask_without_model`: the prescribed model computes zeros, so that its user can only guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbviva.kernel.student import NoAnswer, Raised, Student, muted
from nbviva.ml.scores import score, splits
from nbviva.week.compare import as_numbers, require

Floats = NDArray[np.float64]
Items = Sequence[Any]
_FEW = 100  # random items
_TRIES = 4  # permutations of labels, until one leaves the estimator at chance
Fold = tuple[NDArray[Any], Floats]  # labels of the test items, and their scores
Labelled = tuple[Items, NDArray[Any]]  # items and their labels
Pair = tuple[Any, Any, int]  # an item, the same edited, and where its score has to go: 1 up, -1 down
Edit = Callable[[Any, Any], tuple[Any, int] | None]  # gives for an item and its label the rest of a pair, or nothing


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
    remark
        A sentence that is told where it raises, such as on what machine it is asked.
    """

    ask: Callable[[list[Any], NDArray[Any], list[Any]], object]
    name: str = "fit_predict"
    n_classes: int = 0
    remark: str = ""

    def predict(self, X_train: Items, y_train: NDArray[Any], X_test: Items) -> Floats:
        """Ask for scores of test items: (n,), or (n, n_classes)."""
        try:
            answer = self.ask(list(X_train), y_train, list(X_test))
        except Raised as error:
            raise Raised(f"{error} {self.remark}".strip()) from None
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
    moves
        How far the score of each edited item went to where it has to go.
    """

    folds: tuple[Fold, ...]
    twins: tuple[Fold, ...] = ()
    probes: tuple[Floats, ...] = ()
    moves: tuple[float, ...] = ()

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
    def followed(self) -> float:
        """The share of edited items whose score went to where it has to go; 1 where none were edited."""
        return float(np.mean(np.array(self.moves) > 0)) if self.moves else 1.0

    @property
    def distinct(self) -> int:
        """The number of different scores in the fold with the fewest: two are classes, and no scores."""
        return min(len(np.unique(y_score, axis=0)) for _, y_score in self.folds)


def cross_validate(  # noqa: PLR0913 - as many parameters as there are questions
    estimator: Estimator, X: Items, y: NDArray[Any], *, random_state: int, n_splits: int = 5,
    twin: Callable[[Any], Any] | None = None, edit: Edit | None = None, probes: Items = (),
    enough: Callable[[Answers], bool] = lambda _: False, order: Iterable[int] | None = None,
) -> Answers:  # fmt: skip
    """Cross-validate an estimator in folds of ours, stratified where the labels are classes.

    Parameters
    ----------
    twin
        Gives an item altered so little that a model has nearly the same score for it. Each fold's test items are then
        asked about together with their twins, in random order.
    edit
        Gives an item altered so that its score has to rise or fall, with 1 or -1; None where nothing is to be altered.
    probes
        Items that are asked about in every fold: who trains anew scores them a little otherwise each time.
    enough
        Asked after each fold: whether what came so far decides, so that no other fold need be trained for.
    order
        The numbers of the folds in the order in which they are asked.
    """
    rng, answers, folds = np.random.default_rng(random_state), Answers(()), splits(y, n_splits, random_state)
    for train, test in (folds[i] for i in (range(n_splits) if order is None else order)):
        items, twins = [X[i] for i in test], [] if twin is None else [twin(X[i]) for i in test]
        pairs = [] if edit is None else [(X[i], *made) for i in test if (made := edit(X[i], y[i]))]
        parts = (items, twins, [edited for _, edited, _ in pairs], list(probes))
        own, its, edits, seen = _predict_parts(estimator, ([X[i] for i in train], y[train]), parts, rng)
        before = dict(zip(items, own, strict=True)) if pairs else {}
        answers = Answers(
            (*answers.folds, (y[test], own)),
            (*answers.twins, *([] if twin is None else [(y[test], its)])),
            (*answers.probes, *([seen] if len(probes) else [])),
            (*answers.moves, *_moves(pairs, [before[item] for item, _, _ in pairs], edits)),
        )
        if enough(answers):
            break
    return answers


def ask_once(
    estimator: Estimator, train: Labelled, test: Labelled, pairs: Sequence[Pair] = (), random_state: int = 0
) -> Answers:
    """Let an estimator learn once; give its scores of test items, and how the scores of pairs follow their edits."""
    parts = (list(test[0]), [item for item, _, _ in pairs], [edited for _, edited, _ in pairs])
    own, before, after = _predict_parts(estimator, train, parts, np.random.default_rng(random_state))
    return Answers(((test[1], own),), moves=tuple(_moves(pairs, before, after)))


def _predict_parts(
    estimator: Estimator, train: Labelled, parts: Sequence[list[Any]], rng: np.random.Generator
) -> list[Floats]:
    """Ask about several lists of items at once, in random order, and give the scores of each list."""
    asked = [item for part in parts for item in part]
    order = rng.permutation(len(asked))
    found = estimator.predict(*train, [asked[i] for i in order])[np.argsort(order)]
    return np.split(found, np.cumsum([len(part) for part in parts])[:-1])


def _moves(pairs: Sequence[Pair], before: Iterable[Any], after: Iterable[Any]) -> list[float]:
    changes = zip(pairs, before, after, strict=True)
    return [direction * float(edited - own) for (_, _, direction), own, edited in changes]


def require_followed(answers: Answers, least: float, name: str = "fit_predict") -> float:
    """Refuse scores that do not follow when what makes an item positive is broken or planted; give the share."""
    require(
        answers.followed > least,
        f"`{name}` scores items alike when what tells their class is taken away or put in: {answers.followed:.0%} of "
        f"the scores follow, more than {least:.0%} are expected. Scores have to come from what it learns.",
    )
    return answers.followed


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
    rng = np.random.default_rng([random_state, 1])
    train, test = splits(y, n_splits, random_state)[0]

    def ask() -> float:
        scores = estimator.predict([X[i] for i in train], rng.permutation(y[train]), [X[i] for i in test])
        return score(name, y[test], scores)

    return least_of(ask, bound, _TRIES)


def ask_after_noise(
    estimator: Estimator, X: Items, y: NDArray[Any], name: str, *, bound: float, random_state: int,
    noise: Callable[[np.random.Generator, int], Items],
) -> float:  # fmt: skip
    """Let it learn a few random items, half of them positive, then score items that earlier calls were about.

    From so few nothing is unlearnt: a model that is trained on and on still knows what earlier calls taught it. What so
    few teach may say something by chance: above the bound it is asked again, about others; the smallest score is given.

    Parameters
    ----------
    noise
        Gives so many random items.
    """
    rng = np.random.default_rng([random_state, 2])

    def ask() -> float:
        labels = rng.permutation(np.arange(_FEW) % 2)
        return score(name, y, estimator.predict(noise(rng, _FEW), labels, X))

    return least_of(ask, bound, _TRIES)


def least_of(ask: Callable[[], float], bound: float, tries: int) -> float:
    """Ask until the answer is below a bound, so many times at the most, and give the smallest."""
    found = np.inf
    for _ in range(tries):
        found = min(found, ask())
        if found < bound:
            break
    return float(found)


def ask_without_model(
    student: Student, model: str, estimator: Estimator, train: Labelled, test: Labelled, name: str, chance: float
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
