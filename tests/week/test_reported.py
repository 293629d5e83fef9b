"""Reported numbers: found in what was printed, rounded or cut, and the usual mistakes by name."""

import pytest

from nbviva.author import Mismatch
from nbviva.week.reported import agrees, count_decimals, mistaken, printed_numbers, rounds_to

LABELS = {"roc_auc": "ROC-AUC", "r2": "R2"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ROC-AUC: 0.8412", {"roc_auc": 0.8412}),
        ("roc_auc : .84\nROC-AUC = 0.840\n R2: -1e-3", {"roc_auc": 0.84, "r2": -0.001}),
        ("ROC-AUC: 0.84 (good)", {}),
        ("my ROC-AUC: 0.84", {}),
        ("ROC AUC: 0.84\n'R2: 0.5'", {"roc_auc": 0.84, "r2": 0.5}),
        ("ROC-AUC: 0.84 \u00b1 0.02\nR2 = tensor(0.5000)", {"roc_auc": 0.84, "r2": 0.5}),
        ("ROC-AUC: 0.84\nROC-AUC: 0.8412\nROC-AUC: 0.841", {"roc_auc": 0.8412}),
        ("ROC-AUC: 1e999", {"roc_auc": float("inf")}),
        ("ROC-AUC: nan", {}),
    ],
)
def test_a_line_with_the_label_counts(text, found):
    assert found == printed_numbers(text, LABELS)


def test_lines_that_contradict_each_other_are_a_sentence():
    with pytest.raises(Mismatch, match=r"prints different numbers as ROC-AUC: 0\.2 and 0\.89\. Print it once\."):
        printed_numbers("ROC-AUC: 0.2\nepoch 3\nROC-AUC: .89\n", LABELS)


@pytest.mark.parametrize(("text", "decimals"), [("0.84", 2), ("0,841", 3), ("1", 4), ("5/6", 4)])
def test_decimals_are_counted(text, decimals):
    assert decimals == count_decimals(text)


@pytest.mark.parametrize(
    ("reported", "right"), [(0.84, True), (0.85, True), (0.83, False), (0.86, False), (-0.84, False)]
)
def test_rounded_and_cut_are_the_printed_number(reported, right):
    assert right is rounds_to(reported, 0.8467, 2)


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        ({"a": 0.84, "b": 0.75}, ""),
        ({"a": 0.75, "b": 0.84}, "a and b are swapped."),
        ({"a": 84.0, "b": 0.75}, "a is given in percent: give it as a share of one."),
        ({"a": -0.84, "b": 0.75}, "The sign of a is turned."),
        ({"a": 0.16, "b": 0.75}, "a is subtracted from 1: are the scores or the labels turned round?"),
        ({"a": 0.6, "b": 0.75}, ""),
        ({"c": 0.6}, ""),
    ],
)
def test_usual_mistakes_are_named(reported, said):
    assert said == mistaken(reported, {"a": 0.84, "b": 0.75})


def test_scores_have_scikit_learns_names():
    score = pytest.importorskip("nbviva.ml", reason="torch is not installed", exc_type=ImportError).score
    assert score("r2_score", [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == 1
    assert score("roc_auc_score", [0, 0, 1], [0.1, 0.2, 0.3]) == 1
    assert score("accuracy_score", [0, 1, 2], [[3, 0, 0], [0, 3, 0], [3, 0, 0]]) == pytest.approx(2 / 3)


def test_lines_that_contradict_each_other_may_be_left_out():
    text = "ROC-AUC: 0.2\nROC-AUC: .89\nR2: 0.5\n"
    assert {"r2": 0.5} == printed_numbers(text, LABELS, strict=False)


def test_a_report_agrees_with_what_is_measured_or_is_refused():
    assert "0.07 apart is accepted" in agrees("ROC-AUC", 0.84, 0.80, "on others", 0.07)
    with pytest.raises(Mismatch, match=r"you report 0\.840, measured on others 0\.700 .* never saw it"):
        agrees("ROC-AUC", 0.84, 0.70, "on others", 0.07)
