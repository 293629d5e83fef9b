"""Questions on an estimator: those who learn pass, and each way of not learning fails a question of its own."""

import numpy as np
import pytest

from nbviva.kernel.student import Raised, local_student
from nbviva.ml import (
    Estimator,
    ask_after_noise,
    ask_after_permuted_labels,
    ask_once,
    ask_without_model,
    cross_validate,
    require_followed,
    require_steady,
)
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
nets = Line()
def trained_on_and_on(X, y, T):
    if len(X) > 120: least_squares(nets, X, y)
    return predict(nets, T)[:, 0]
def nearest_known(X, y, T):
    items = np.array(list(known))
    return [float(known[tuple(items[np.abs(items - t).sum(axis=1).argmin()].tolist())]) for t in T]
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


def edit(item, label):
    """Turn the feature round that tells most; the score has to go with it."""
    first, second, third = item
    return (first, -second, third), 1 if second > 0 else -1


def test_scores_of_who_learns_follow_an_edit(student):
    answers = cross_validate(estimator(student, "learn"), X, Y, random_state=0, edit=edit)
    assert len(answers.moves) == len(X)
    assert require_followed(answers, 0.9) > 0.99


@pytest.mark.parametrize("name", ["nearest_known", "constant"])
def test_scores_of_a_table_do_not_follow(student, name):
    answers = cross_validate(estimator(student, name), X, Y, random_state=0, edit=edit)
    with pytest.raises(Mismatch, match=f"`learns` scores items alike.* {answers.followed:.0%} of the scores follow"):
        require_followed(answers, 0.7, "learns")


def test_items_that_are_not_edited_are_not_asked_about(student):
    some = cross_validate(
        estimator(student, "learn"), X, Y, random_state=0, edit=lambda item, label: edit(item, label) if label else None
    )
    assert len(some.moves) == Y.sum()
    assert cross_validate(estimator(student, "learn"), X, Y, random_state=0).followed == 1.0


def test_one_fit_answers_for_test_items_and_for_pairs(student):
    pairs = [(item, *edit(item, 1)) for item in X[150:]]
    answers = ask_once(estimator(student, "learn"), (X[:100], Y[:100]), (X[100:150], Y[100:150]), pairs)
    assert answers.score("roc_auc_score") > 0.85
    assert (50, 1.0) == (len(answers.moves), answers.followed)
    assert ask_once(estimator(student, "constant"), (X[:100], Y[:100]), (X[100:], Y[100:]), pairs).followed == 0.0


def test_no_more_folds_are_asked_than_decide(student):
    asked = []

    def enough(answers):
        asked.append(len(answers.folds))
        return len(asked) == 2

    answers = cross_validate(estimator(student, "learn"), X, Y, random_state=0, enough=enough, order=[3, 1, 0])
    assert ([1, 2], 2) == (asked, len(answers.folds))
    every = cross_validate(estimator(student, "learn"), X, Y, random_state=0)
    assert [every.scores("roc_auc_score")[i] for i in (3, 1)] == pytest.approx(answers.scores("roc_auc_score"))


def noise(rng, n):
    return [tuple(row) for row in rng.normal(size=(n, 3)).tolist()]


def test_after_noise_who_trains_on_and_on_still_knows(student):
    def asked(name):
        about = estimator(student, name), X, Y, "roc_auc_score"
        return ask_after_noise(*about, bound=0.65, random_state=0, noise=noise)

    for name in ("learn", "trained_on_and_on"):
        cross_validate(estimator(student, name), X, Y, random_state=0)
    assert asked("learn") < 0.9
    assert asked("trained_on_and_on") > 0.9
    assert asked("look_up") > 0.9


def test_what_a_few_random_items_say_by_chance_is_asked_for_again():
    """Three of four lucky answers are no memory."""
    answers = iter([Y, Y, Y, 1 - Y])
    lucky = Estimator(lambda *_: next(answers).astype(float), "fit_predict")
    assert ask_after_noise(lucky, X, Y, "roc_auc_score", bound=0.65, random_state=0, noise=noise) == 0.0


def test_what_raises_is_told_with_the_remark():
    def ask(*_):
        raise Raised("`fit_predict` raised ValueError.")

    with pytest.raises(Raised, match=r"raised ValueError\. There is no GPU\."):
        Estimator(ask, remark="There is no GPU.").predict(X, Y, X)
