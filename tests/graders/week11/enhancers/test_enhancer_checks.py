"""What the checks of Exercise 2 say about reports, scores and networks; training is rehearsed elsewhere."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from graders.week11.enhancers import cnn_checks, validation_checks
from graders.week11.enhancers.alternatives import PlainCNN
from graders.week11.enhancers.validation_checks import CrossValidation
from graders.week11.rehearsal import FIXTURES, HIDDEN
from nbviva.author import Mismatch, as_number
from nbviva.kernel.student import local_student
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

    def fresh(self, _cell):
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


@pytest.mark.parametrize("given", [84.12, 84, "84", -0.84])
def test_percent_are_refused_with_the_form_to_use(given):
    with pytest.raises(Mismatch, match="share of one"):
        supported(given)


def test_swapped_numbers_are_not_supported():
    with pytest.raises(Mismatch, match="without support"):
        supported(0.749, 0.841)


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


def test_a_report_far_from_the_measured_scores_does_not_agree():
    agree = validation_checks.reported_numbers_agree.function
    assert "0.07 apart" in agree(Sheet(), CrossValidation(0.83, 0.76))
    with pytest.raises(Mismatch, match=r"you report 0\.841, measured 0\.760"):
        agree(Sheet(), CrossValidation(0.76, 0.749))
    with pytest.raises(Mismatch, match="PR-AUC"):
        agree(Sheet(), CrossValidation(0.841, 0.64))


def cross_validation(fit_predict, text=PRINTED):
    student = local_student({"fit_predict": fit_predict})
    run = validation_checks.cross_validation.function
    return run(student, HIDDEN, FIXTURES["invented"], Notebook(text), np.random.default_rng(0))


def test_an_oracle_scores_one_and_its_names_are_what_was_printed():
    known = defaultdict(float, zip(HIDDEN.sequences, HIDDEN.labels.tolist(), strict=True))
    found = cross_validation(lambda _x, _y, test: [known[sequence] for sequence in test])
    assert (found.roc_auc, found.pr_auc) == (1.0, 1.0)
    assert found.names == {"roc_auc": 0.8412, "pr_auc": 0.749}


def test_each_sequence_is_asked_once_and_never_with_its_label():
    asked = []

    def fit_predict(train_sequences, train_labels, test_sequences):
        assert len(train_sequences) == len(train_labels)
        assert not set(train_sequences) & set(test_sequences)
        asked.extend(test_sequences)
        return np.arange(len(test_sequences))

    cross_validation(fit_predict)
    assert sorted(HIDDEN.sequences) == sorted(asked[: len(HIDDEN)])


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
        cnn_checks.cnn_reads_sequences.function(student, np.random.default_rng(0))


def test_a_network_without_a_convolution_over_letters_is_a_mismatch():
    student = local_student({"CNN": lambda **_: torch.nn.Conv1d(3, 2, 5)})
    with pytest.raises(Mismatch, match="four channels"):
        cnn_checks.first_layer(student.CNN())


@pytest.mark.parametrize("normalised", [weight_norm, spectral_norm, lambda conv: conv])
@pytest.mark.parametrize("inside", [True, False])
def test_the_weight_is_read_as_it_is_used(normalised, inside):
    """Also where it is computed from other parameters, and where the network is the convolution itself."""
    conv = normalised(torch.nn.Conv1d(4, 3, 5)).eval()
    student = local_student({"CNN": lambda: torch.nn.ModuleDict({"scan": conv}) if inside else conv})
    layer = cnn_checks.first_layer(student.CNN())
    assert np.array_equal(conv.weight.detach().numpy(), layer.weight)
    assert np.array_equal(conv.bias.detach().numpy(), layer.bias)


@pytest.mark.parametrize("seed", range(10))
def test_an_honest_network_passes_whatever_is_drawn(seed):
    torch.manual_seed(seed)
    student = local_student({"CNN": PlainCNN})
    assert cnn_checks.cnn_reads_sequences.function(student, np.random.default_rng(seed))
