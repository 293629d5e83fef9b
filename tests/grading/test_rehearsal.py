"""Rehearsals: the notebook's own solutions pass, and every mutant is caught by the checks that it names."""

import builtins

import pytest

from nbviva.grading.own_cells import Rehearsed, execute
from nbviva.grading.rehearsal import closure, rehearse
from nbviva.grading.verdict import Outcome
from nbviva.inside.cellcode import compiled
from nbviva.verify.mutation.mutate import mutation_score
from nbviva.week.declare import Overlay, alternative


def found(verdicts):
    """Give the outcomes by check."""
    return {verdict.check: verdict.outcome for verdict in verdicts}


def test_own_solutions_pass_every_check(course):
    """All checks of a week hold for its own notebook, for any group."""
    for group in ("a", "b"):
        verdicts = rehearse(course.week("toy"), group=group)
        assert found(verdicts) == dict.fromkeys(
            ["double_doubles", "half_of_seven", "colour_is_red", "total_is_supported"], Outcome.PASSED
        )


@pytest.mark.parametrize("name", ["double", "answer_half"])
def test_mutant_is_caught_by_its_check(course, name):
    """A wrong answer fails the checks that it names; only they and what they need are run."""
    week = course.week("toy")
    overlay = getattr(week.module("mutants"), name)
    assert isinstance(overlay, Overlay)
    outcomes = found(rehearse(week, overlay))
    assert {outcomes[check.name] for check in overlay.checks} == {Outcome.FAILED}
    assert set(outcomes) == {check.name for check in closure(overlay.checks)}


def test_alternative_is_accepted(course):
    """A right answer written another way passes."""
    week = course.week("toy")
    double_doubles, half, *_ = week.checks

    @alternative(double_doubles, replaces="double")
    def by_adding(x):
        """Adds."""
        return x + x

    assert by_adding.story == "Adds."
    assert found(rehearse(week, by_adding)) == {"double_doubles": Outcome.PASSED}
    assert found(rehearse(week, alternative(half)(answer_half))) == dict.fromkeys(
        ["double_doubles", "half_of_seven"], Outcome.PASSED
    )


def answer_half():
    """As a text."""
    return "7/2"


def test_needs_are_followed_to_the_end(course):
    """The closure of a check has all that it needs."""
    double_doubles, half, *_ = course.week("toy").checks
    assert closure([half]) == {half, double_doubles}


def test_rehearsals_do_not_share_anything(course):
    """A mutant leaves no trace in the next rehearsal."""
    week = course.week("toy")
    rehearse(week, week.module("mutants").double)
    assert Outcome.FAILED not in found(rehearse(week)).values()


def test_a_rehearsed_cell_has_the_builtins_where_libraries_look(course):
    """What `exec` puts into a namespace, a cell that may wait gets, too: an import by a library in C looks there."""
    namespace = {}
    execute(compiled("def f():\n    return 3", "cell"), namespace, "cell", Rehearsed())
    assert (3, builtins.__dict__) == (namespace["f"](), namespace["__builtins__"])


def test_magics_commands_and_waiting_are_read_over(course):
    """What a notebook's cells ask of IPython alone is no fault of theirs, in a rehearsal and among mutants."""
    notebook = course.root / "graders/toy/notebook.py"
    text = notebook.read_text("utf-8")
    asked = text.replace(
        "import math\n", "%matplotlib inline\nimport math\nimport asyncio\nawait asyncio.sleep(0)\n!true\n"
    )
    notebook.write_text(asked.replace("    twice_as_much", "    %time 0\n    twice_as_much", 1), "utf-8")
    assert {Outcome.PASSED} == set(found(rehearse(course.week("toy"))).values())
    score = mutation_score(course, "toy", workers=1)
    assert score.tried
    assert () == score.survivors
