"""The hidden checks of the cross-validation, and of the two numbers that are reported from it.

The examiner keeps the test labels and computes every score. What a check measured is told; what it asked is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from graders.week11.data import hidden_set, public_set
from graders.week11.enhancers import plots
from graders.week11.enhancers.cnn_checks import cnn_gives_logits, random_sequences
from graders.week11.enhancers.invented import Code, edit_sites, invented_code
from graders.week11.enhancers.sequences import Enhancers
from graders.week11.enhancers.synthetic import LIVER, Matrix, jaspar_matrices
from nbviva.author import Findings, Student, check, fixture, require
from nbviva.ml import (
    Answers,
    Estimator,
    agrees,
    ask_after_noise,
    ask_after_permuted_labels,
    ask_once,
    ask_without_model,
    cross_validate,
    printed_numbers,
    require_followed,
    require_steady,
    roc_auc_error,
    score,
    supported_shares,
)

SCORES = {"roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"}  # what the notebook's cell sets, and how it prints it
METRICS = {"ROC-AUC": "roc_auc_score", "PR-AUC": "average_precision_score"}
MACHINE = "Your functions are asked on a CPU, without a GPU and without the network."

# Each bound with its reason in docs/week11-numbers.md.
SHEET_BOUND = 0.75
PROOF_BOUND = 0.80
MEMORY_BOUND = 0.65
STEADY_BOUND = 0.8
FOLLOWS_BOUND = 0.7
REAL_FOLLOWS_BOUND = 0.65
TWINS_TOLERANCE = 0.06
FOLDS, PROBES = 5, 50
LEARNT = 800  # invented sequences; as many while the network is silent, so that a call's size tells nothing
TOLERANCES = {"ROC-AUC": 0.07, "PR-AUC": 0.10}  # to other enhancers
AGAIN_TOLERANCES = {"ROC-AUC": 0.055, "PR-AUC": 0.075}  # to the same sequences, in the same folds
SURE = 0.5  # of these tolerances: so near that no further fold is asked for
RERUN_TOLERANCE = 0.02
BY_CHANCE = 3.0  # standard errors by which a ROC-AUC may be above the generator's own, which is nearly the best
BEST_POSSIBLE = 0.93  # on the real set: the best honest classifier that was measured has .89


@dataclass(frozen=True)
class CrossValidation:
    """The examiner's 5 folds, and what was asked of `fit_predict` after them.

    Attributes
    ----------
    hidden, public
        Folds of the set that nobody has seen, and as many of the notebook's own as it takes to tell.
    code, best_invented
        The answers to a code that was invented for the group, also with sites broken and planted; and the ROC-AUC of
        the generator's likelihood ratio.
    moved
        The ROC-AUC on that code where the positives' sites are elsewhere.
    without_model
        The ROC-AUC on that code while `CNN` computes zeros.
    remembered
        The ROC-AUC on a test fold after training on its training fold with permuted labels; or that on the hidden set
        after training on a few random sequences, where it is higher.
    names
        What the notebook's cell would set.
    """

    hidden: Answers
    public: Answers
    code: Answers = field(default_factory=lambda: Answers(()))
    moved: float = 1.0
    best_invented: float = 1.0
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


DATA = Path(__file__).parents[1] / ".data"
_read_hidden, _read_public = cache(hidden_set), cache(public_set)


@fixture()
def data() -> Enhancers:
    """The set that no student has seen."""
    return _read_hidden(DATA)


@fixture()
def public() -> Enhancers:
    """The set that students have."""
    return _read_public(DATA)


@fixture()
def invented(rng: np.random.Generator) -> Code:
    """A regulatory code of this group's own: a training and a test set."""
    return invented_code(rng, LEARNT, 400)


@fixture()
def known_motifs(data: Enhancers) -> tuple[Matrix, ...]:
    """Motifs whose sites tell the classes of the hidden set; none where an instructor put in other data."""
    return () if data.source == "own" else tuple(jaspar_matrices([LIVER["HNF4A"]]))


@fixture(stands_in="cross_validation", seconds=300)
def cross_validation(
    student: Student, data: Enhancers, public: Enhancers, known_motifs: tuple[Matrix, ...], invented: Code,
    notebook: Any, rng: np.random.Generator,
) -> CrossValidation:  # fmt: skip
    """Cross-validate `fit_predict` on the hidden set and the public one, then ask it about other sequences.

    It runs in the place of the notebook's own cell. The numbers that were handed in under that cell are set again, so
    that the rest of the notebook goes on as it did for the group; without them, those that were measured here.
    """
    shown = printed_numbers(notebook.printed("cross_validation"), SCORES, strict=False)
    for name, number in shown.items():  # so that the notebook goes on as it did, whatever becomes of our own questions
        student[name] = number
    estimator, seed = Estimator(student.fit_predict, remark=MACHINE), int(rng.integers(2**31))
    hidden = cross_validate(
        estimator, data.sequences, data.labels, random_state=seed, n_splits=FOLDS, twin=lambda s: moved(s, rng),
        edit=lambda s, label: edit_sites(rng, s, label, known_motifs) if known_motifs else None,
        probes=public.sequences[:PROBES],
    )  # fmt: skip
    again = cross_validate(
        estimator, public.sequences, public.labels, random_state=0, n_splits=FOLDS, order=rng.permutation(FOLDS),
        enough=lambda found: _is_near(found, shown),
    )  # fmt: skip
    code, elsewhere = _on_a_code(estimator, invented)
    silent = ask_without_model(
        student, "CNN", estimator, _items(invented.train), _items(invented.test), "roc_auc_score", chance=0.5
    )
    length = len(data.sequences[0])
    remembered = [
        ask(estimator, *_items(data), "roc_auc_score", bound=MEMORY_BOUND, random_state=seed)
        for ask in (ask_after_permuted_labels, partial(ask_after_noise, noise=partial(random_sequences, length=length)))
    ]
    names = {name: shown.get(name, again.score(METRICS[label])) for name, label in SCORES.items()}
    return CrossValidation(
        hidden, again, code, elsewhere, invented.best_roc_auc, silent, max(remembered), names
    )  # fmt: skip


def _items(enhancers: Enhancers) -> tuple[tuple[str, ...], Any]:
    return enhancers.sequences, enhancers.labels


def _is_near(answers: Answers, shown: Mapping[str, float]) -> bool:
    """Whether the folds so far leave no doubt that the notebook's numbers come from its own `fit_predict`."""
    return len(shown) == len(SCORES) and all(
        abs(answers.score(METRICS[label]) - shown[name]) <= SURE * AGAIN_TOLERANCES[label]
        for name, label in SCORES.items()
    )


def _on_a_code(estimator: Estimator, code: Code) -> tuple[Answers, float]:
    """Ask about an invented code; give the answers, and the ROC-AUC where the positives' sites are elsewhere."""
    items, labels = _items(code.test)
    more = (*items, *code.moved), np.append(labels, np.ones(len(code.moved), np.int64))
    answers = ask_once(estimator, _items(code.train), more, code.edited)
    _, scores = answers.folds[0]
    kept = np.flatnonzero(labels == 0), np.arange(len(labels), len(scores))
    elsewhere = score("roc_auc_score", more[1][np.concatenate(kept)], scores[np.concatenate(kept)])
    return Answers(((labels, scores[: len(labels)]),), moves=answers.moves), elsewhere


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
    """Scores come from what a sequence holds: moved by a few letters it keeps its score, without its sites not."""
    answers = cross_validation.hidden
    findings.value("roc_auc", cross_validation.roc_auc, best=BEST_POSSIBLE if data.source == "real" else None)
    found = require_steady(answers, STEADY_BOUND)
    findings.value("twins_rank_correlation", found, bound=STEADY_BOUND)
    lost = answers.score("roc_auc_score") - answers.twins_score("roc_auc_score")
    findings.value("lost_by_moving", lost, bound=TWINS_TOLERANCE)
    require(
        lost < TWINS_TOLERANCE,
        f"The ROC-AUC falls by {lost:.3f} when the same sequences are moved by a few letters; less than "
        f"{TWINS_TOLERANCE:g} is expected.",
    )
    findings.value("followed", answers.followed, bound=REAL_FOLLOWS_BOUND)
    followed = require_followed(answers, REAL_FOLLOWS_BOUND)
    return f"Rank correlation with the moved sequences: {found:.3f}; {followed:.0%} of the scores follow their sites."


@check("roc_auc")
def code_is_learnt(cross_validation: CrossValidation, findings: Findings) -> str:
    """`fit_predict` learns from the labels it is given: also a regulatory code that was invented for your group."""
    answers, elsewhere = cross_validation.code, cross_validation.moved
    learnt, best = answers.score("roc_auc_score"), cross_validation.best_invented
    by_chance = BY_CHANCE * roc_auc_error(best, answers.folds[0][0])
    findings.value("invented_roc_auc", learnt, bound=PROOF_BOUND, best=best, chance=by_chance)
    findings.value("elsewhere_roc_auc", elsewhere, bound=PROOF_BOUND)
    findings.value("followed", answers.followed, bound=FOLLOWS_BOUND)
    for found, where in ((learnt, "on invented sequences"), (elsewhere, "where their sites are elsewhere")):
        require(
            found > PROOF_BOUND,
            f"ROC-AUC {found:.3f} {where}; more than {PROOF_BOUND} is needed. They follow a rule that only their "
            "training labels tell.",
        )
    require_followed(answers, FOLLOWS_BOUND)
    return f"ROC-AUC {learnt:.3f} on invented sequences; above {PROOF_BOUND} is needed."


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
        cross_validation.hidden.trained_anew,
        f"{said}, but other sequences get the very same scores after each fold. Train a new model at each call.",
    )
    return f"{said}; below {MEMORY_BOUND} is needed."


@check("roc_auc")
def report_is_supported(sheet: Any, notebook: Any) -> str:
    """The ROC-AUC and PR-AUC that you report are those that your notebook printed."""
    return supported_shares(sheet, notebook, ("roc_auc_answer", "pr_auc_answer"), RERUN_TOLERANCE)


@check("roc_auc", needs=(classifier_learns, calls_are_independent, report_is_supported))
def reported_numbers_agree(sheet: Any, cross_validation: CrossValidation) -> str:
    """The ROC-AUC and PR-AUC that you report agree with cross-validations of `fit_predict`, here and on others."""
    places = (
        (cross_validation.public, "on your sequences", AGAIN_TOLERANCES),
        (cross_validation.hidden, "on other enhancers", TOLERANCES),
    )
    return " ".join(
        agrees(label, sheet.number(f"{name}_answer"), answers.score(METRICS[label]), where, tolerances[label])
        for name, label in SCORES.items()
        for answers, where, tolerances in places
    )
