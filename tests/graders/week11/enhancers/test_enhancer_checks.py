"""What the checks of Exercise 2 say about reports, scores and networks; training is rehearsed elsewhere."""

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from graders.week11.enhancers import cnn_checks, validation_checks
from graders.week11.enhancers.alternatives import PlainCNN
from graders.week11.enhancers.validation_checks import CrossValidation
from graders.week11.rehearsal import FIXTURES, HIDDEN, PUBLIC
from nbviva.author import Findings, Mismatch, as_number
from nbviva.kernel.student import local_student
from nbviva.ml import Answers, first_layer
from nbviva.week.spec import read_assignment

ASSIGNMENT = read_assignment(Path(validation_checks.__file__).parents[1])
PRINTED = "ROC-AUC: 0.8412\nPR-AUC: 0.7490\n"


@dataclass
class Notebook:
    text: str = PRINTED
    pictures: int = 1
    rerun: bool = False

    def printed(self, _cell):
        return self.text

    def figures(self, _cell):
        return self.pictures

    def ran_here(self, _cell):
        return self.rerun


@dataclass
class Sheet:
    roc_auc_answer: object = 0.841
    pr_auc_answer: object = 0.749

    def number(self, answer):
        return as_number(getattr(self, answer), name=answer)

    def question(self, _answer):
        return ASSIGNMENT.question("roc_auc")

    def difference(self, _answer):
        return ""

    def text_of(self, answer):
        value = getattr(self, answer)
        return value if isinstance(value, str) else repr(value)


def supported(roc_auc=0.841, pr_auc=0.749, notebook=None):
    return validation_checks.report_is_supported.function(Sheet(roc_auc, pr_auc), notebook or Notebook())


@pytest.mark.parametrize("given", [0.84, 0.841, 0.8412, 0.84119999, "0.84", "0,841", "0.8412", np.float64(0.8412)])
def test_a_report_to_its_own_digits_is_supported(given):
    assert "0.8412" in supported(float(given) if isinstance(given, np.float64) else given)


@pytest.mark.parametrize("given", [0.8, "0.8", 0.85, 0.842, 0.8413, 0.749, 0.93, 1.0, 0.0])
def test_another_number_is_not_supported(given):
    with pytest.raises(Mismatch, match="without support"):
        supported(given)


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        ((84.12, 0.749), "ROC-AUC is given in percent"),
        ((84, 0.749), "share of one"),
        (("84", 0.749), "share of one"),
        ((-0.84, 0.749), "sign of ROC-AUC is turned"),
        ((0.749, 0.841), "ROC-AUC and PR-AUC are swapped"),
        ((0.841, 0.251), "PR-AUC is subtracted from 1"),
    ],
)
def test_usual_mistakes_are_named(reported, said):
    with pytest.raises(Mismatch, match=said):
        supported(*reported)


def test_a_float_that_lost_its_last_zero_keeps_two_decimals():
    assert supported(0.8, notebook=Notebook("ROC-AUC: 0.8012\nPR-AUC: 0.7490\n"))


@pytest.mark.parametrize("text", ["", "ROC-AUC is good\n", "AUC: 0.84\n"])
def test_without_a_printed_number_nothing_is_supported(text):
    with pytest.raises(Mismatch, match="nothing supports it"):
        supported(notebook=Notebook(text))


def test_a_run_at_grading_supports_what_is_near():
    assert supported(0.83, 0.76, Notebook(rerun=True))
    with pytest.raises(Mismatch, match="run again"):
        supported(0.81, 0.75, Notebook(rerun=True))


def test_numbers_that_contradict_each_other_are_a_sentence():
    with pytest.raises(Mismatch, match=r"prints different numbers as ROC-AUC: 0\.2 and 0\.89"):
        supported(0.89, notebook=Notebook("ROC-AUC: 0.2\nPR-AUC: 0.749\nROC-AUC: .89\n"))


def answers(roc_auc, pr_auc):
    """Answers whose scores are these."""

    class Scored(Answers):
        def score(self, name):
            return {"roc_auc_score": roc_auc, "average_precision_score": pr_auc}[name]

    return Scored(())


@pytest.mark.parametrize(
    ("hidden", "public", "said"),
    [
        ((0.83, 0.76), (0.841, 0.749), None),
        ((0.76, 0.749), (0.841, 0.749), r"you report 0\.841, measured on other enhancers 0\.760"),
        ((0.841, 0.64), (0.841, 0.749), "PR-AUC"),
        ((0.80, 0.749), (0.78, 0.749), r"measured on your sequences 0\.780"),
    ],
)
def test_a_report_has_to_agree_with_the_same_and_with_other_sequences(hidden, public, said):
    measured = CrossValidation(answers(*hidden), answers(*public))
    if said is None:
        assert "0.07 apart" in validation_checks.reported_numbers_agree.function(Sheet(), measured)
        return
    with pytest.raises(Mismatch, match=said):
        validation_checks.reported_numbers_agree.function(Sheet(), measured)


@pytest.mark.parametrize(
    ("roc_auc", "source", "doubts"), [(0.95, "real", 1), (0.88, "real", 0), (0.95, "synthetic", 0)]
)
def test_a_score_that_nobody_reached_is_for_a_person(roc_auc, source, doubts):
    labels, scores = HIDDEN.labels, np.arange(len(HIDDEN), dtype=float)
    measured = answers(roc_auc, 0.8)
    object.__setattr__(measured, "folds", ((labels, scores),))
    object.__setattr__(measured, "twins", ((labels, scores + 0.1),))
    object.__setattr__(measured, "twins_score", lambda _name: roc_auc)
    findings = Findings()
    check = validation_checks.scores_come_from_the_sequence.function
    assert "1.000" in check(CrossValidation(measured, measured), replace(HIDDEN, source=source), findings)
    assert doubts == len(findings.doubts)


def cross_validation(fit_predict, text=PRINTED):
    student = local_student({"fit_predict": fit_predict, "CNN": PlainCNN})
    run = validation_checks.cross_validation.function
    motifs, code = FIXTURES["known_motifs"], FIXTURES["invented"]
    return run(student, HIDDEN, PUBLIC, motifs, code, Notebook(text), np.random.default_rng(0))


def test_an_oracle_scores_one_and_its_names_are_what_was_printed():
    known = defaultdict(float, zip(HIDDEN.sequences, HIDDEN.labels.tolist(), strict=True))
    found = cross_validation(lambda _x, _y, test: [known[sequence] for sequence in test])
    assert (found.roc_auc, found.pr_auc) == (1.0, 1.0)
    assert found.hidden.twins_score("roc_auc_score") == 0.5
    assert found.names == {"roc_auc": 0.8412, "pr_auc": 0.749}


def test_each_sequence_is_asked_once_and_never_with_its_label():
    asked = []

    def fit_predict(train_sequences, train_labels, test_sequences):
        assert len(train_sequences) == len(train_labels)
        assert not set(train_sequences) & set(test_sequences)
        asked.append(test_sequences)
        return np.arange(len(test_sequences))

    cross_validation(fit_predict)
    own = set(HIDDEN.sequences)
    folds = [item for fold in asked[: validation_checks.FOLDS] for item in fold if item in own]
    assert sorted(HIDDEN.sequences) == sorted(folds)


def test_without_printed_numbers_the_measured_ones_are_set():
    found = cross_validation(lambda _x, _y, test: np.zeros(len(test)), text="")
    assert found.names["roc_auc"] == found.roc_auc == 0.5


@pytest.mark.parametrize(
    "answer", [None, "0.5", [0.5], [[0.5, 0.5]], np.zeros(3), float("nan"), {"scores": 1}, [None] * 80, object()]
)
def test_an_answer_that_is_no_list_of_scores_is_a_mismatch(answer):
    with pytest.raises(Mismatch):
        cross_validation(lambda *_: answer)


@pytest.mark.parametrize("answer", [None, 3, {"weight": np.zeros((2, 4, 3))}, "net"])
def test_what_is_no_network_is_a_mismatch(answer):
    student = local_student({"CNN": lambda **_: answer})
    with pytest.raises(Mismatch, match=r"nn\.Module"):
        cnn_checks.cnn_begins_with_a_convolution.function(student, np.random.default_rng(0))


def test_a_network_without_a_convolution_over_letters_is_a_mismatch():
    student = local_student({"CNN": lambda **_: torch.nn.Conv1d(3, 2, 5)})
    with pytest.raises(Mismatch, match="4 channels"):
        first_layer(student.CNN())


@pytest.mark.parametrize("normalised", [weight_norm, spectral_norm, lambda conv: conv])
@pytest.mark.parametrize("inside", [True, False])
def test_the_weight_is_read_as_it_is_used(normalised, inside):
    """Also where it is computed from other parameters, and where the network is the convolution itself."""
    conv = normalised(torch.nn.Conv1d(4, 3, 5)).eval()
    student = local_student({"CNN": lambda: torch.nn.ModuleDict({"scan": conv}) if inside else conv})
    layer = first_layer(student.CNN())
    assert np.array_equal(conv.weight.detach().numpy(), layer.weight)
    assert np.array_equal(conv.bias.detach().numpy(), layer.bias)


@pytest.mark.parametrize("seed", range(10))
def test_an_honest_network_passes_whatever_is_drawn(seed):
    torch.manual_seed(seed)
    student = local_student({"CNN": PlainCNN})
    assert cnn_checks.cnn_begins_with_a_convolution.function(student, np.random.default_rng(seed))
    assert cnn_checks.cnn_gives_logits.function(student, np.random.default_rng(seed))


@pytest.mark.parametrize("answer", ["plain", None, 3, np.zeros(3), [1], {"a": 1}])
def test_a_network_that_is_none_or_of_another_shape_is_no_fault_of_ours(answer):
    """Whatever `CNN` gives, each check that asks for one says so, and raises nothing else."""
    made = (lambda **_: torch.nn.Conv1d(4, 3, 2)) if isinstance(answer, str) else lambda **_: answer
    student = local_student({"CNN": made, "first_layer_motifs": lambda *_: None})
    arguments = student, HIDDEN, Notebook(), np.random.default_rng(0), Findings()
    for ask in (
        lambda: cnn_checks.cnn_gives_logits.function(student, np.random.default_rng(0)),
        lambda: cnn_checks.motifs_are_those_of_the_kernels.function(*arguments),
        lambda: cnn_checks._is_order_blind(student, np.random.default_rng(0)),
    ):
        with pytest.raises(Mismatch):
            ask()


def test_double_precision_is_asked_in_double_precision():
    student = local_student({"CNN": lambda *a, **k: PlainCNN(*a, **k).double()})
    assert cnn_checks.cnn_begins_with_a_convolution.function(student, np.random.default_rng(0))
    assert cnn_checks.cnn_gives_logits.function(student, np.random.default_rng(0))


def test_a_moved_sequence_is_of_the_same_length_and_nearly_the_same():
    sequence = HIDDEN.sequences[0]
    twin = validation_checks.moved(sequence, np.random.default_rng(0))
    assert len(twin) == len(sequence)
    assert twin not in HIDDEN.sequences
    assert sequence[:-2] == twin[2:]
