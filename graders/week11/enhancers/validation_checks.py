"""The hidden checks of the cross-validation, and of the two numbers that are reported from it.

The examiner keeps the test labels and computes every score. What a check measured is told; what it asked is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from graders.week11.data import hidden_set, invented_code
from graders.week11.enhancers import plots
from graders.week11.enhancers.sequences import Enhancers, decode
from nbviva.author import Findings, Mismatch, Student, as_numbers, check, fixture, require
from nbviva.ml import printed_numbers, supported

Floats = NDArray[np.float64]

SCORES = {"roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"}  # what the notebook's cell sets, and how it prints it
REPORTED = {"roc_auc_answer": "ROC-AUC", "pr_auc_answer": "PR-AUC"}

# Each bound with its reason in docs/week11-numbers.md.
SHEET_BOUND = 0.75
PROOF_BOUND = 0.80
MEMORY_BOUND = 0.65
NOISE = 100  # sequences
FOLDS = 5
TOLERANCES = {"roc_auc_answer": 0.07, "pr_auc_answer": 0.10}
RERUN_TOLERANCE = 0.02


@dataclass(frozen=True)
class CrossValidation:
    """The examiner's 5 folds, and what was asked of `fit_predict` after them.

    Attributes
    ----------
    roc_auc, pr_auc
        Means over the folds.
    invented
        The ROC-AUC on a code that was invented for the group, after training on as many sequences as in a fold.
    remembered
        The ROC-AUC on the hidden set after training on a few random sequences with random labels.
    names
        What the notebook's cell would set.
    folds
        The labels of each fold's test set and the scores that it got.
    """

    roc_auc: float
    pr_auc: float
    invented: float = 1.0
    remembered: float = 0.5
    names: Mapping[str, float] = field(default_factory=dict)
    folds: plots.Folds = ()


@fixture()
def data() -> Enhancers:
    """The set that no student has seen."""
    return _hidden()


@cache
def _hidden() -> Enhancers:
    return hidden_set(Path(__file__).parents[1] / ".data")


@fixture()
def invented(data: Enhancers, rng: np.random.Generator) -> tuple[Enhancers, Enhancers]:
    """A regulatory code of this group's own: a training and a test set, of the sizes of a fold's."""
    n_test = len(data) // FOLDS
    return invented_code(rng, len(data) - n_test, n_test)


@fixture(stands_in="cross_validation", seconds=300)
def cross_validation(
    student: Student, data: Enhancers, invented: tuple[Enhancers, Enhancers], notebook: Any, rng: np.random.Generator
) -> CrossValidation:
    """Cross-validate `fit_predict` on the hidden set, then ask it about other sequences.

    It runs in the place of the notebook's own cell. The numbers that were handed in under that cell are set again, so
    that the rest of the notebook goes on as it did for the group; without them, those that were measured here.
    """
    shown = _printed(notebook)
    for name, number in shown.items():  # so that the notebook goes on as it did, whatever becomes of our own questions
        student[name] = number
    splitter = StratifiedKFold(n_splits=FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
    folds = list(splitter.split(data.sequences, data.labels))
    scored = [
        (data.labels[test], _fit_predict(student, _part(data, train), _part(data, test))) for train, test in folds
    ]
    roc_auc, pr_auc = (
        float(np.mean([score(labels, given) for labels, given in scored]))
        for score in (roc_auc_score, average_precision_score)
    )
    train, test = invented
    learnt = float(roc_auc_score(test.labels, _fit_predict(student, train, test)))
    remembered = _after_noise(student, data, rng)
    if remembered >= MEMORY_BOUND:  # chance, perhaps; a model that is trained on and on stays
        remembered = _after_noise(student, data, rng)
    measured = {"roc_auc": roc_auc, "pr_auc": pr_auc}
    names = {name: shown.get(name, measured[name]) for name in SCORES}
    return CrossValidation(roc_auc, pr_auc, learnt, remembered, names, scored)


def _after_noise(student: Student, test: Enhancers, rng: np.random.Generator) -> float:
    """Let it learn that nothing tells the labels, then score what earlier calls learnt about."""
    letters = rng.integers(0, 4, (NOISE, len(test.sequences[0]))).astype(np.int8)
    noise = Enhancers(decode(letters), rng.permutation(np.arange(NOISE) % 2), "synthetic")
    return float(roc_auc_score(test.labels, _fit_predict(student, noise, test)))


@check("roc_auc")
def classifier_learns(cross_validation: CrossValidation, findings: Findings) -> str:
    """5-fold cross-validation of `fit_predict` on enhancers that you do not have gives a ROC-AUC above 0.75."""
    findings.value("roc_auc", cross_validation.roc_auc, bound=SHEET_BOUND)
    findings.value("pr_auc", cross_validation.pr_auc)
    by_fold = [float(roc_auc_score(labels, scores)) for labels, scores in cross_validation.folds]
    findings.plot(plots.roc(cross_validation.folds))
    findings.plot(plots.precision_recall(cross_validation.folds))
    findings.plot(plots.folds_roc_auc(by_fold, SHEET_BOUND))
    said = f"ROC-AUC {cross_validation.roc_auc:.3f}, PR-AUC {cross_validation.pr_auc:.3f}"
    require(cross_validation.roc_auc > SHEET_BOUND, f"{said}; the ROC-AUC has to be above {SHEET_BOUND}.")
    fewest = min(len(np.unique(scores)) for _, scores in cross_validation.folds)
    require(fewest > 2, f"{said}, from {fewest} different values: give scores, such as logits, and not the classes.")
    return f"{said}; above {SHEET_BOUND} is needed."


@check("roc_auc")
def code_is_learnt(cross_validation: CrossValidation, findings: Findings) -> str:
    """`fit_predict` learns from the labels it is given: also a regulatory code that was invented for your group."""
    findings.value("invented_roc_auc", cross_validation.invented, bound=PROOF_BOUND)
    said = f"ROC-AUC {cross_validation.invented:.3f} on invented sequences"
    require(
        cross_validation.invented > PROOF_BOUND,
        f"{said}; more than {PROOF_BOUND} is needed. They follow a rule that only their training labels tell.",
    )
    return f"{said}; above {PROOF_BOUND} is needed."


@check("roc_auc")
def calls_are_independent(cross_validation: CrossValidation, findings: Findings) -> str:
    """`fit_predict` trains a new model at each call: it knows nothing of the sequences of earlier calls."""
    findings.value("remembered_roc_auc", cross_validation.remembered, bound=MEMORY_BOUND)
    said = f"After a call with random sequences and random labels the ROC-AUC is {cross_validation.remembered:.3f}"
    require(
        cross_validation.remembered < MEMORY_BOUND,
        f"{said}; less than {MEMORY_BOUND} is expected. A model that is trained on and on has seen them all.",
    )
    return f"{said}; below {MEMORY_BOUND} is needed."


@check("roc_auc")
def report_is_supported(sheet: Any, notebook: Any) -> str:
    """The ROC-AUC and PR-AUC that you report are those that your notebook printed."""
    for answer, label in REPORTED.items():
        given = sheet.number(answer)
        require(0 <= given <= 1, f"You report a {label} of {given:g}: give it as a share of one, such as 0.84.")
    return " ".join(supported(sheet, notebook, answer, RERUN_TOLERANCE) for answer in REPORTED)


@check("roc_auc", needs=(classifier_learns, calls_are_independent, report_is_supported))
def reported_numbers_agree(sheet: Any, cross_validation: CrossValidation) -> str:
    """The ROC-AUC and PR-AUC that you report agree with a cross-validation on enhancers that you do not have."""
    measured = {"roc_auc_answer": cross_validation.roc_auc, "pr_auc_answer": cross_validation.pr_auc}
    told = []
    for answer, label in REPORTED.items():
        reported, found, bound = sheet.number(answer), measured[answer], TOLERANCES[answer]
        told.append(f"{label}: you report {reported:.3f}, measured {found:.3f} ({bound:g} apart is accepted).")
        why = "Is every sequence scored by a model that never saw it?"
        require(abs(reported - found) <= bound, f"{told[-1]} {why}")
    return " ".join(told)


def _printed(notebook: Any) -> dict[str, float]:
    """Give the scores under the cell; none where they contradict each other, of which another check tells."""
    try:
        return printed_numbers(notebook.printed("cross_validation"), SCORES)
    except Mismatch:
        return {}


def _fit_predict(student: Student, train: Enhancers, test: Enhancers) -> Floats:
    answer = student.fit_predict(list(train.sequences), train.labels, list(test.sequences))
    scores = as_numbers(answer, name="fit_predict(...)")
    fits = scores.shape in ((len(test),), (len(test), 1))
    require(fits, f"`fit_predict` gives shape {scores.shape} for {len(test)} test sequences: give one score for each.")
    return scores.reshape(-1)


def _part(data: Enhancers, index: NDArray[np.int64]) -> Enhancers:
    return Enhancers(tuple(data.sequences[i] for i in index), data.labels[index], data.source)
