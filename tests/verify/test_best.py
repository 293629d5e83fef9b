"""What is measured beside the best that any honest answer can have; and who is left to a person is told."""

from nbviva.author import Findings
from nbviva.verify.best import best_possible
from nbviva.verify.trials import Judged, Trial


def trial(seed, number, best, doubts=()):
    values = (("score", number, 0.8, best), ("other", 1.0, None, None))
    return Trial("", seed, real=False, judged=(Judged("learns", "passed", "", 0.1, 0.1, values, doubts),))


def test_each_value_stands_beside_the_best_possible_one():
    row = best_possible([trial(0, 0.93, 0.99), trial(1, 0.95, 0.98)])
    assert "1 measured values have a best possible one; 0 right answers are above theirs" == row.summary
    assert ("learns: score: 0.93 to 0.95, best possible 0.98 to 0.99, n = 2.",) == row.details
    assert () == row.defects


def test_a_right_answer_that_is_left_to_a_person_is_a_defect():
    (defect,) = best_possible([trial(3, 0.999, 0.98, ("It is better than the best.",))]).defects
    assert defect.startswith("The check 'learns' leaves the reference to a person (trial 3: It is better")


def test_without_such_a_value_the_row_says_so():
    assert "no check gives the best that can be expected" == best_possible([trial(0, 0.5, None)]).summary


def test_what_is_above_the_best_by_more_than_chance_is_for_a_person():
    for number, doubts in ((0.97, 0), (0.985, 0), (0.995, 1)):
        findings = Findings()
        findings.value("score", number, best=0.98, chance=0.01)
        assert (doubts, 0.98) == (len(findings.doubts), findings.values[0].best)
