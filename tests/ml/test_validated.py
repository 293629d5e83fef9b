"""A function that gives one held-out score a setting: honest ones have the known score, and each cheat another."""

import numpy as np
import pytest

from nbviva.kernel.student import local_student
from nbviva.ml import KNOWN, Validation, ask_contradicted, ask_known, ask_ruleless, require_known
from nbviva.week.compare import Mismatch

COMPARE = """
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeRegressor

def learn(X, y, depth): return DecisionTreeRegressor(max_depth=depth, random_state=0).fit(X, y)
def split(X, y, seed=0): return train_test_split(np.array(X), np.array(y), stratify=y, random_state=seed)
def compare(X, y, depths, seed=lambda depth: 0, classes=False, turned=False):
    found = []
    for depth in depths:
        x, x_test, y_train, y_test = split(X, y, seed(depth))
        scores = learn(x, y_train, depth).predict(x_test)
        area = roc_auc_score(y_test, scores > .5 if classes else scores)
        found.append(max(area, 1 - area) if turned else area)
    return found
def split_each(X, y, depths): return compare(X, y, depths, seed=lambda depth: depth)
def of_classes(X, y, depths): return compare(X, y, depths, classes=True)
def turned_round(X, y, depths): return compare(X, y, depths, turned=True)
def on_training_set(X, y, depths):
    return [roc_auc_score(y, learn(np.array(X), y, depth).predict(np.array(X))) for depth in depths]
def accuracy(X, y, depths):
    x, x_test, y_train, y_test = split(X, y)
    return [np.mean((learn(x, y_train, depth).predict(x_test) > .5) == y_test) for depth in depths]
def typed(X, y, depths): return [0.5 + 0.01 * depth for depth in depths]
def too_few(X, y, depths): return [0.5]
"""
RNG = np.random.default_rng(0)
X = [tuple(row) for row in RNG.normal(size=(300, 4)).tolist()]
ONE, OTHER = (0.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
DEPTHS = (2, 4, 6, 8)


@pytest.fixture(scope="module")
def student():
    namespace = {"__name__": "__main__"}
    exec(COMPARE, namespace)  # noqa: S102 - our own
    return local_student(namespace)


def validation(student, name):
    return Validation(getattr(student, name), name)


def known(student, name):
    found = ask_known(validation(student, name), ONE, OTHER, DEPTHS, np.random.default_rng(1), 0.04, 0.005)
    require_known(found, 0.04, 0.005)
    return found


def test_settings_are_asked_in_random_order_and_answered_in_theirs(student):
    found = validation(student, "typed").scores(X, np.zeros(300), DEPTHS, np.random.default_rng(0))
    assert pytest.approx([0.52, 0.54, 0.56, 0.58]) == found.tolist()
    with pytest.raises(Mismatch):
        validation(student, "too_few").scores(X, np.zeros(300), DEPTHS, np.random.default_rng(0))


def test_an_honest_comparison_has_the_known_score_with_every_setting(student):
    assert KNOWN == pytest.approx(known(student, "compare").mean(), abs=0.04)


def test_scores_that_differ_by_rounding_are_asked_for_again():
    """Copies of one item have one score, but for its last digits, by which a ROC-AUC may break ties."""
    answers = iter([[0.85, 0.85, 0.86, 0.85], [0.86, 0.85, 0.85, 0.85], [0.84] * 4])
    asked = Validation(lambda *_: next(answers), "compare")
    found = ask_known(asked, ONE, OTHER, DEPTHS, np.random.default_rng(1), 0.04, 0.005)
    assert [0.84] * 4 == found.tolist()
    assert [] == list(answers)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("of_classes", "not of classes"),
        ("accuracy", "not the share of right classes"),
        ("typed", "known to be 0.85"),
        ("split_each", "use the same for each"),
    ],
)
def test_a_comparison_that_is_not_honest_has_another(student, name, said):
    with pytest.raises(Mismatch, match=said):
        known(student, name)


@pytest.mark.parametrize(("name", "low"), [("compare", True), ("on_training_set", False), ("accuracy", False)])
def test_without_a_rule_nothing_is_learnt(student, name, low):
    found = ask_ruleless(validation(student, name), X, 8, np.random.default_rng(0), bound=0.65)
    assert low is (found < 0.65)


@pytest.mark.parametrize(("name", "low"), [("compare", True), ("turned_round", False)])
def test_a_twin_with_the_other_label_misleads_who_learns_and_does_not_turn_scores_round(student, name, low):
    found = ask_contradicted(validation(student, name), X[:150], 20, np.random.default_rng(0))
    assert low is (found < 0.5)
