"""Questions on an estimator: those who learn pass, and each way of not learning fails a question of its own."""

import numpy as np
import pytest

from nbviva.kernel.student import local_student
from nbviva.ml import Estimator, ask_after_permuted_labels, ask_without_model, cross_validate, require_steady
from nbviva.week.compare import Mismatch

MODEL = """
import numpy as np
import torch
from torch import nn

class Line(nn.Module):
    def __init__(self, n=1): super().__init__(); self.weights = nn.Linear(3, n)
    def forward(self, x): return self.weights(x)

def least_squares(net, X, y):
    x, y = np.c_[np.array(X), np.ones(len(X))], np.asarray(y, float).reshape(len(y), -1)
    found = np.linalg.lstsq(x, y, rcond=None)[0]
    with torch.no_grad():
        net.weights.weight.copy_(torch.tensor(found[:-1].T)); net.weights.bias.copy_(torch.tensor(found[-1]))
    return net

def predict(net, X): return net(torch.tensor(np.array(X)).float()).detach().numpy()
def learn(X, y, T): return predict(least_squares(Line(), X, y), T)[:, 0]
def learn_classes(X, y, T): return predict(least_squares(Line(3), X, np.eye(3)[y]), T)
def learn_elsewhere(X, y, T): return np.c_[np.array(T), np.ones(len(T))] @ np.linalg.lstsq(
    np.c_[np.array(X), np.ones(len(X))], y, rcond=None)[0]
table = {}
def remember(X, y, T):
    table.update(zip(map(tuple, X), y))
    return [float(table.get(tuple(t), 0.5)) for t in T]
def look_up(X, y, T): return [float(known.get(tuple(t), g)) for t, g in zip(T, learn(X, y, T))]
def classes(X, y, T): return (learn(X, y, T) > .5) * 1.0
def constant(X, y, T): return [0.5] * len(T)
def brought_along(X, y, T): return np.array(T) @ [1.0, -2.0, 0.5]
def raises(X, y, T): raise ValueError
def too_few(X, y, T): return [0.5]
"""
RNG = np.random.default_rng(3)
X = [tuple(row.tolist()) for row in RNG.normal(size=(200, 3))]
RULE = np.array(X) @ [1.0, -2.0, 0.5] + RNG.normal(size=200)
Y = (RULE > 0).astype(np.int64)
CLASSES = np.digitize(RULE, [-1, 1])


@pytest.fixture
def student():
    namespace = {"__name__": "__main__", "known": dict(zip(X, Y.tolist(), strict=True))}
    exec(MODEL, namespace)  # noqa: S102 - our own
    return local_student(namespace)


def estimator(student, name, n_classes=0):
    return Estimator(getattr(student, name), name, n_classes)


def twin(item):
    return tuple((np.array(item) + 0.01).tolist())


@pytest.mark.parametrize(("name", "least"), [("roc_auc_score", 0.9), ("average_precision_score", 0.85)])
def test_who_learns_is_scored_here(student, name, least):
    assert cross_validate(estimator(student, "learn"), X, Y, random_state=0).score(name) > least


def test_quantities_are_scored_as_such(student):
    answers = cross_validate(estimator(student, "learn"), X, RULE, random_state=0)
    assert answers.score("r2_score") > 0.75
    assert 0.6 < answers.score("mean_absolute_error") < 1.0


def test_several_classes_are_scored_as_such(student):
    answers = cross_validate(estimator(student, "learn_classes", 3), X, CLASSES, random_state=0)
    assert answers.score("roc_auc_score") > 0.75
    assert answers.score("accuracy_score") > 0.55


def test_twins_have_nearly_one_score_for_who_learns(student):
    answers = cross_validate(estimator(student, "learn"), X, Y, random_state=0, twin=twin)
    assert require_steady(answers, 0.9) > 0.99
    assert answers.twins_score("roc_auc_score") == pytest.approx(answers.score("roc_auc_score"), abs=0.02)


@pytest.mark.parametrize("name", ["look_up", "remember"])
def test_a_table_does_not_know_the_twins(student, name):
    answers = cross_validate(estimator(student, name), X, Y, random_state=0, twin=twin)
    with pytest.raises(Mismatch, match="when a detail of them is changed"):
        require_steady(answers, 0.9)


@pytest.mark.parametrize(("name", "anew"), [("learn", True), ("brought_along", False)])
def test_weights_that_were_brought_along_score_probes_alike_in_every_fold(student, name, anew):
    assert anew is cross_validate(estimator(student, name), X, Y, random_state=0, probes=X[:5]).trained_anew


def test_after_permuted_labels_only_memory_knows(student):
    def asked(name):
        return ask_after_permuted_labels(estimator(student, name), X, Y, "roc_auc_score", bound=0.65, random_state=0)

    assert asked("remember") == 0.5
    cross_validate(estimator(student, "remember"), X, Y, random_state=0)
    assert asked("remember") > 0.9
    assert asked("look_up") > 0.9
    assert asked("learn") < 0.65


@pytest.mark.parametrize(("name", "used"), [("learn", True), ("learn_elsewhere", False), ("raises", True)])
def test_who_does_not_use_the_model_does_well_without_it(student, name, used):
    train, test = (X[:100], Y[:100]), (X[100:], Y[100:])
    found = ask_without_model(student, "Line", estimator(student, name), train, test, "roc_auc_score", 0.5)
    assert (found == 0.5) is used
    assert student.learn(X[:100], Y[:100], X[100:]).std() > 0.1


def test_classes_are_no_scores(student):
    assert cross_validate(estimator(student, "classes"), X, Y, random_state=0).distinct == 2
    assert cross_validate(estimator(student, "constant"), X, Y, random_state=0).distinct == 1


def test_another_number_of_scores_is_refused(student):
    with pytest.raises(Mismatch, match="give one number for each"):
        cross_validate(estimator(student, "too_few"), X, Y, random_state=0)
    with pytest.raises(Mismatch, match="give 3 scores for each"):
        cross_validate(estimator(student, "learn", 3), X, CLASSES, random_state=0)
