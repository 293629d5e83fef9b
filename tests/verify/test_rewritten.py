"""Slips in right answers that are written differently: caught by the checks that their alternatives name, or told."""

import pytest

from nbviva.verify.mutation.mutate import alternatives_score
from nbviva.verify.mutation.rewritten import slips, with_slip
from nbviva.verify.mutation.score import Fate

ALTERNATIVES = '''
from graders.toy.checks import colour_is_red, double_doubles
from nbviva.author import alternative

TWO = 2


def twice(x):
    return TWO * x


@alternative(double_doubles)
def double(x):
    """Adds, 2 * x in another way."""
    added = x + x
    return added


@alternative(double_doubles, replaces="double")
class Doubler:
    """Multiplies by 2, when it is made."""

    def __new__(cls, x):
        factor = 2
        return factor * x


@alternative(colour_is_red)
def answer_colour():
    """The label."""
    return "Red"
'''
CHECKS = ("double_doubles",)


@pytest.fixture
def toy(course):
    (course.root / "graders/toy/alternatives.py").write_text(ALTERNATIVES, "utf-8")
    return course


def score(course, **options):
    names = {"alternatives.double": CHECKS, "alternatives.Doubler": CHECKS}
    return alternatives_score(course, "toy", names, **options)


def test_slips_of_alternatives_are_caught(toy):
    found = score(toy)
    assert {"alternatives.double", "alternatives.Doubler"} == {item.cell for item in found.tried}
    assert (1.0, ()) == (found.score, found.survivors)
    assert {"double_doubles"} == {item.by for item in found.tried if item.is_caught}


def test_a_slip_that_no_check_notices_is_named_with_its_line(toy):
    path = toy.root / "graders/toy/checks.py"
    path.write_text(path.read_text("utf-8").replace("rtol=1e-9", "rtol=9.0"), "utf-8")
    found = score(toy, most=20)
    assert found.score < 1.0
    assert {Fate.SURVIVED} == {item.fate for item in found.survivors}
    assert "added = x + x" in {item.mutated.before for item in found.survivors}


def test_neither_docstring_nor_decorator_nor_neighbours_are_changed(toy):
    week = toy.week("toy")
    changed = [item.before for name in ("double", "Doubler") for item in slips(week, f"alternatives.{name}", 99)]
    assert {"added = x + x", "return added", "factor = 2", "return factor * x"} >= set(changed)
    assert changed


def test_the_same_slips_are_chosen_each_time_and_so_many_at_the_most(toy):
    week = toy.week("toy")
    chosen = slips(week, "alternatives.Doubler", 2)
    assert chosen == slips(week, "alternatives.Doubler", 2)
    assert 2 == len(chosen)


def test_an_alternative_with_a_slip_is_the_alternative_but_for_it(toy):
    week = toy.week("toy")
    for mutated in slips(week, "alternatives.Doubler", 3):
        overlay = with_slip(week, "alternatives.Doubler", mutated)
        assert "double" == overlay.replaces
        assert ["double_doubles"] == [check.name for check in overlay.checks]


def test_a_second_run_takes_what_is_kept(toy):
    first, again = score(toy), score(toy)
    assert first == again
    assert (0, len(first.tried)) == (first.cached, again.cached)
