"""The hidden checks of the cross-validation, and of the two numbers that are reported from it.

The examiner keeps the test labels and computes every score. What a check measured is told; what it asked is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from graders.week11.data import hidden_set, public_set
from graders.week11.enhancers import plots
from graders.week11.enhancers.cnn_checks import cnn_gives_logits
from graders.week11.enhancers.sequences import Enhancers, decode
from graders.week11.enhancers.synthetic import Code, invented_code
from nbviva.author import Findings, Mismatch, NoAnswer, Student, check, fixture, require
from nbviva.ml import (
    Answers,
    Estimator,
    ask_after_permuted_labels,
    ask_without_model,
    cross_validate,
    mistaken,
    printed_numbers,
    require_steady,
    score,
    supported,
)

SCORES = {"roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"}  # what the notebook's cell sets, and how it prints it
REPORTED = {"roc_auc_answer": "ROC-AUC", "pr_auc_answer": "PR-AUC"}
METRICS = {"roc_auc_answer": "roc_auc_score", "pr_auc_answer": "average_precision_score"}
MACHINE = "Your functions are asked on a CPU, without a GPU and without the network."

# Each bound with its reason in docs/week11-numbers.md.
SHEET_BOUND = 0.75
PROOF_BOUND = 0.80
MEMORY_BOUND = 0.65
STEADY_BOUND = 0.8
FOLLOWS_BOUND = 0.7
TWINS_TOLERANCE = 0.06
FOLDS, PROBES, NOISE = 5, 50, 100
TOLERANCES = {"roc_auc_answer": 0.07, "pr_auc_answer": 0.10}  # to other enhancers
AGAIN_TOLERANCES = {"roc_auc_answer": 0.055, "pr_auc_answer": 0.075}  # to the same sequences, in the same folds
RERUN_TOLERANCE = 0.02
BEST_POSSIBLE = 0.93  # on the real set: the best honest classifier that was measured has .89


@dataclass(frozen=True)
class CrossValidation:
    """The examiner's 5 folds, and what was asked of `fit_predict` after them.

    Attributes
    ----------
    hidden, public
        Folds of the set that nobody has seen, and those of the notebook's own set.
    invented, best_invented
        The ROC-AUC on a code that was invented for the group, after training on as many sequences as in a fold; and
        that of the generator's likelihood ratio.
    followed
        The share of negatives whose score rises when a positive site is written over them.
    without_model
        The same as `invented` while `CNN` computes zeros.
    remembered
        The ROC-AUC on a test fold after training on its training fold with permuted labels; or that on the hidden set
        after training on a few random sequences, where it is higher.
    names
        What the notebook's cell would set.
    """

    hidden: Answers
    public: Answers
    invented: float = 1.0
    best_invented: float = 1.0
    followed: float = 1.0
    without_model: float = 0.5
    remembered: float = 0.5
    names: Mapping[str, float] = field(default_factory=dict)

    @property
    def roc_auc(self) -> float:
        """The mean ROC-AUC of the hidden folds."""
        return self.hidden.score("roc_auc_score")

    @property
    def pr_auc(self) -> float:
        """The mean PR-AUC of the hidden folds."""
        return self.hidden.score("average_precision_score")


@fixture()
def data() -> Enhancers:
    """The set that no student has seen."""
    return _hidden()


@fixture()
def public() -> Enhancers:
    """The set that students have."""
    return _public()


@cache
def _hidden() -> Enhancers:
    return hidden_set(Path(__file__).parents[1] / ".data")


@cache
def _public() -> Enhancers:
    return public_set(Path(__file__).parents[1] / ".data")


@fixture()
def invented(data: Enhancers, rng: np.random.Generator) -> Code:
    """A regulatory code of this group's own: a training and a test set, of the sizes of a fold's."""
    n_test = len(data) // FOLDS
    return invented_code(rng, len(data) - n_test, n_test)


@fixture(stands_in="cross_validation", seconds=300)
def cross_validation(
    student: Student, data: Enhancers, public: Enhancers, invented: Code, notebook: Any, rng: np.random.Generator
) -> CrossValidation:
    """Cross-validate `fit_predict` on the hidden set and the public one, then ask it about other sequences.

    It runs in the place of the notebook's own cell. The numbers that were handed in under that cell are set again, so
    that the rest of the notebook goes on as it did for the group; without them, those that were measured here.
    """
    shown = _printed(notebook)
    for name, number in shown.items():  # so that the notebook goes on as it did, whatever becomes of our own questions
        student[name] = number
    estimator, seed = Estimator(_on_a_cpu(student)), int(rng.integers(2**31))
    hidden = cross_validate(
        estimator, data.sequences, data.labels, random_state=seed, n_splits=FOLDS, twin=lambda s: moved(s, rng)
    )
    again = cross_validate(
        estimator, public.sequences, public.labels, random_state=0, n_splits=FOLDS, probes=data.sequences[:PROBES]
    )
    learnt, followed = _on_a_code(estimator, invented)
    train, test = ((part.sequences, part.labels) for part in (invented.train, invented.test))
    silent = ask_without_model(student, "CNN", estimator, train, test, "roc_auc_score", 0.5)
    remembered = ask_after_permuted_labels(
        estimator, data.sequences, data.labels, "roc_auc_score", bound=MEMORY_BOUND, random_state=seed, n_splits=FOLDS
    )
    remembered = max(remembered, min(_after_noise(estimator, data, rng) for _ in range(2)))
    measured = {"roc_auc": again.score("roc_auc_score"), "pr_auc": again.score("average_precision_score")}
    names = {name: shown.get(name, measured[name]) for name in SCORES}
    return CrossValidation(hidden, again, learnt, invented.best_roc_auc, followed, silent, remembered, names)


def _after_noise(estimator: Estimator, test: Enhancers, rng: np.random.Generator) -> float:
    """Let it learn that nothing tells the labels, from so little that what earlier calls learnt is not unlearnt."""
    letters = rng.integers(0, 4, (NOISE, len(test.sequences[0]))).astype(np.int8)
    scores = estimator.predict(decode(letters), rng.permutation(np.arange(NOISE) % 2), test.sequences)
    return score("roc_auc_score", test.labels, scores)


def _on_a_cpu(student: Student) -> Any:
    """Ask `fit_predict`; where it raises, say on what machine that was."""

    def ask(*args: Any) -> object:
        try:
            return student.fit_predict(*args)
        except NoAnswer as error:
            raise type(error)(f"{error} {MACHINE}" if "raised" in str(error) else str(error)) from None

    return ask


def _on_a_code(estimator: Estimator, code: Code) -> tuple[float, float]:
    """Give the ROC-AUC on an invented code, and how often a planted site raises a negative's score."""
    n, pairs = len(code.test), len(code.bare)
    scores = estimator.predict(
        code.train.sequences, code.train.labels, [*code.test.sequences, *code.bare, *code.planted]
    )
    learnt = score("roc_auc_score", code.test.labels, scores[:n])
    return learnt, float(np.mean(scores[n + pairs :] > scores[n : n + pairs]))


def moved(sequence: str, rng: np.random.Generator) -> str:
    """Move a sequence by a few letters: what is cut off behind comes as random letters in front."""
    shift = max(2, len(sequence) // 50)
    return "".join(rng.choice(list("ACGT"), shift)) + sequence[:-shift]


@check("roc_auc", needs=(cnn_gives_logits,))
def classifier_learns(cross_validation: CrossValidation, findings: Findings) -> str:
    """5-fold cross-validation of `fit_predict` on enhancers that you do not have gives a ROC-AUC above 0.75."""
    answers = cross_validation.hidden
    findings.value("roc_auc", cross_validation.roc_auc, bound=SHEET_BOUND)
    findings.value("pr_auc", cross_validation.pr_auc)
    findings.plot(plots.roc(answers.folds))
    findings.plot(plots.precision_recall(answers.folds))
    findings.plot(plots.folds_roc_auc(answers.scores("roc_auc_score"), SHEET_BOUND))
    said = f"ROC-AUC {cross_validation.roc_auc:.3f}, PR-AUC {cross_validation.pr_auc:.3f}"
    require(cross_validation.roc_auc > SHEET_BOUND, f"{said}; the ROC-AUC has to be above {SHEET_BOUND}.")
    require(
        answers.distinct > 2,
        f"{said}, from {answers.distinct} different values: give scores, such as logits, and not the classes.",
    )
    return f"{said}; above {SHEET_BOUND} is needed."


@check("roc_auc", needs=(classifier_learns,))
def scores_come_from_the_sequence(cross_validation: CrossValidation, data: Enhancers, findings: Findings) -> str:
    """A sequence that is moved by a few letters keeps its score: scores are learnt, and not looked up."""
    answers = cross_validation.hidden
    found = require_steady(answers, STEADY_BOUND)
    findings.value("twins_rank_correlation", found, bound=STEADY_BOUND)
    lost = answers.score("roc_auc_score") - answers.twins_score("roc_auc_score")
    findings.value("lost_by_moving", lost, bound=TWINS_TOLERANCE)
    require(
        lost < TWINS_TOLERANCE,
        f"The ROC-AUC falls by {lost:.3f} when the same sequences are moved by a few letters; less than "
        f"{TWINS_TOLERANCE:g} is expected.",
    )
    if data.source == "real":
        findings.value("best_possible_roc_auc", cross_validation.roc_auc, bound=BEST_POSSIBLE)
        if cross_validation.roc_auc > BEST_POSSIBLE:
            findings.doubt(
                f"The ROC-AUC is {cross_validation.roc_auc:.3f}, above {BEST_POSSIBLE:g}, which no classifier reached "
                "that was tried on these data: a person looks at how it comes about."
            )
    return f"Rank correlation with the moved sequences: {found:.3f}."


@check("roc_auc")
def code_is_learnt(cross_validation: CrossValidation, findings: Findings) -> str:
    """`fit_predict` learns from the labels it is given: also a regulatory code that was invented for your group."""
    findings.value("invented_roc_auc", cross_validation.invented, bound=PROOF_BOUND)
    findings.value("invented_best_roc_auc", cross_validation.best_invented)
    findings.value("followed", cross_validation.followed, bound=FOLLOWS_BOUND)
    said = f"ROC-AUC {cross_validation.invented:.3f} on invented sequences"
    require(
        cross_validation.invented > PROOF_BOUND,
        f"{said}; more than {PROOF_BOUND} is needed. They follow a rule that only their training labels tell.",
    )
    require(
        cross_validation.followed > FOLLOWS_BOUND,
        f"{said}, but a site that makes sequences positive raises only {cross_validation.followed:.0%} of the scores.",
    )
    return f"{said}; above {PROOF_BOUND} is needed."


@check("roc_auc", needs=(code_is_learnt,))
def network_is_used(cross_validation: CrossValidation, findings: Findings) -> str:
    """`fit_predict` trains your `CNN`: while its logits are all 0, nothing can be predicted."""
    findings.value("roc_auc_without_network", cross_validation.without_model, bound=MEMORY_BOUND)
    said = f"While every logit of `CNN` is 0 the ROC-AUC is {cross_validation.without_model:.3f}"
    require(
        cross_validation.without_model < MEMORY_BOUND,
        f"{said}; less than {MEMORY_BOUND} is expected. Let `fit_predict` train your `CNN`.",
    )
    return f"{said}; below {MEMORY_BOUND} is needed."


@check("roc_auc")
def calls_are_independent(cross_validation: CrossValidation, findings: Findings) -> str:
    """`fit_predict` trains a new model at each call: it knows nothing of the sequences of earlier calls."""
    findings.value("remembered_roc_auc", cross_validation.remembered, bound=MEMORY_BOUND)
    said = f"After training where nothing tells the labels the ROC-AUC is {cross_validation.remembered:.3f}"
    require(
        cross_validation.remembered < MEMORY_BOUND,
        f"{said}; less than {MEMORY_BOUND} is expected. Labels must be known from the arguments alone: from no earlier "
        "call, no table and no weights that were trained before.",
    )
    require(
        cross_validation.public.trained_anew,
        f"{said}, but other sequences get the very same scores after each fold. Train a new model at each call.",
    )
    return f"{said}; below {MEMORY_BOUND} is needed."


@check("roc_auc")
def report_is_supported(sheet: Any, notebook: Any) -> str:
    """The ROC-AUC and PR-AUC that you report are those that your notebook printed."""
    shown = {SCORES[name]: number for name, number in _printed(notebook).items()}
    hint = mistaken({label: sheet.number(answer) for answer, label in REPORTED.items()}, shown)
    require(not hint, f"{hint} Your notebook printed {', '.join(f'{k}: {v:.4f}' for k, v in shown.items())}.")
    for answer, label in REPORTED.items():
        given = sheet.number(answer)
        require(0 <= given <= 1, f"You report a {label} of {given:g}: give it as a share of one, such as 0.84.")
    return " ".join(supported(sheet, notebook, answer, RERUN_TOLERANCE) for answer in REPORTED)


@check("roc_auc", needs=(classifier_learns, calls_are_independent, report_is_supported))
def reported_numbers_agree(sheet: Any, cross_validation: CrossValidation) -> str:
    """The ROC-AUC and PR-AUC that you report agree with cross-validations of `fit_predict`, here and on others."""
    told = []
    for answer, label in REPORTED.items():
        reported = sheet.number(answer)
        for answers, where, bounds in (
            (cross_validation.public, "on your sequences", AGAIN_TOLERANCES),
            (cross_validation.hidden, "on other enhancers", TOLERANCES),
        ):
            found, bound = answers.score(METRICS[answer]), bounds[answer]
            told.append(
                f"{label}: you report {reported:.3f}, measured {where} {found:.3f} ({bound:g} apart is accepted)."
            )
            why = "Is every sequence scored by a model that never saw it?"
            require(abs(reported - found) <= bound, f"{told[-1]} {why}")
    return " ".join(told)


def _printed(notebook: Any) -> dict[str, float]:
    """Give the scores under the cell; none where they contradict each other, of which another check tells."""
    try:
        return printed_numbers(notebook.printed("cross_validation"), SCORES)
    except Mismatch:
        return {}
