"""Checks: how a week is loaded, what is refused, and how an examination ends for each of them."""

import gc
import weakref
from pathlib import Path

import pytest

from nbviva.errors import SpecError
from nbviva.grading.examine import Examination, examine
from nbviva.grading.verdict import Outcome
from nbviva.kernel.student import NoAnswer, Raised, local_student
from nbviva.week.compare import Mismatch, require
from nbviva.week.declare import check, fixture
from nbviva.week.draws import generators
from nbviva.week.spec import read_assignment
from nbviva.week.week import Week, load

TOY = Path(__file__).parent.parent / "toy/graders/toy"
NAMESPACE = {"double": lambda x: 2 * x, "boom": lambda: 1 / 0}


def outcomes(*checks, group="g", fixtures=None, given=None):
    """Examine the honest student with these checks and give what they found."""
    week = Week(TOY, read_assignment(TOY), checks, fixtures or {})
    examination = Examination(week, local_student(dict(NAMESPACE)), generators(b"s", "toy", group), given or {})
    return examine(examination)


class Large:
    """An answer whose end can be seen."""


def test_answers_of_a_check_that_did_not_pass_are_not_kept():
    """What stood in the variables of a check, or of what it called, goes when it ends, and not when memory is swept."""
    kept = []

    def compare(answer):
        require(answer is None, "It is no answer.")

    @check("double")
    def compares(student):
        """It is none."""
        answer = Large()
        kept.append(weakref.ref(answer))
        compare(answer)

    gc.disable()
    try:
        assert [Outcome.FAILED] == [verdict.outcome for verdict in outcomes(compares)]
        assert kept[0]() is None
    finally:
        gc.enable()


@check("double")
def holds(student):
    """It holds."""
    return f"{student.double(2)} was measured."


@check("double")
def does_not_hold(student):
    """It does
    not hold."""
    require(student.double(2) == 5, "4 is not 5.")


@check("double")
def asks_in_vain(student):
    """There is an answer."""
    student.boom()


@check("double")
def has_a_bug():
    """It has a bug."""
    return {}[1]


def test_each_end_of_a_check_is_an_outcome_of_its_own():
    """Holding, not holding, no answer, and a bug of ours are told apart."""
    passed, failed, silent, error = outcomes(holds, does_not_hold, asks_in_vain, has_a_bug)
    assert (Outcome.PASSED, "4 was measured.", "") == (passed.outcome, passed.detail, passed.cause)
    assert (Outcome.FAILED, "4 is not 5.", "") == (failed.outcome, failed.detail, failed.cause)
    assert (Outcome.FAILED, "Raised") == (silent.outcome, silent.cause)
    assert silent.detail == "No answer: `boom` raised ZeroDivisionError."
    assert (Outcome.ERROR, "KeyError") == (error.outcome, error.cause)
    assert error.detail.startswith("The check itself failed (test_examine.py, line ")


def test_sentence_is_the_docstring_in_one_line():
    """What the student reads is the docstring, on one line, in every verdict."""
    (verdict,) = outcomes(does_not_hold)
    assert verdict.sentence == "It does not hold."
    assert (verdict.check, verdict.exercise) == ("does_not_hold", "double")


def test_what_a_failed_check_needed_is_named():
    """A check is skipped, and not run, with the sentence of the first that it needs and that did not pass."""

    @check("half", needs=[holds, does_not_hold, asks_in_vain])
    def later():
        """Later."""
        raise AssertionError

    *_, verdict = outcomes(holds, does_not_hold, asks_in_vain, later)
    assert (Outcome.SKIPPED, "Not asked, since this did not hold: It does not hold.") == (
        verdict.outcome,
        verdict.detail,
    )


@pytest.mark.parametrize("first", [does_not_hold, asks_in_vain, has_a_bug])
def test_skipping_spreads(first):
    """What needs a skipped check is skipped as well, whatever the first cause was."""

    @check("half", needs=[first])
    def second():
        """Second."""

    @check("total", needs=[second])
    def third():
        """Third."""

    assert [v.outcome for v in outcomes(first, second, third)[1:]] == [Outcome.SKIPPED] * 2


def test_check_whose_needs_hold_is_run():
    """A check that needs a passed one is run."""

    @check("half", needs=[holds])
    def later(student):
        """Later."""
        return str(student.double(1))

    assert [v.outcome for v in outcomes(holds, later)] == [Outcome.PASSED] * 2


def test_verdicts_come_in_the_weeks_order():
    """One verdict a check, in the order in which the week defines them."""
    names = [v.check for v in outcomes(has_a_bug, holds, asks_in_vain)]
    assert names == ["has_a_bug", "holds", "asks_in_vain"]


def test_unknown_fixture_is_our_fault():
    """An argument that is no fixture is a bug in the week."""

    @check("double")
    def wants(nonsense):
        """Wants."""

    (verdict,) = outcomes(wants)
    assert (Outcome.ERROR, "KeyError") == (verdict.outcome, verdict.cause)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(Raised("x"), Outcome.FAILED), (Mismatch("x"), Outcome.FAILED), (OSError("x"), Outcome.ERROR)],
)
def test_fixture_is_made_once_and_its_failure_is_shared(error, outcome):
    """A fixture runs once for all its checks; what it raised is the verdict of each, theirs or ours."""
    made = []

    @fixture()
    def costly(student, rng):
        made.append(1)
        raise error

    @check("double")
    def first(costly):
        """First."""

    @check("half")
    def second(costly):
        """Second."""

    verdicts = outcomes(first, second, holds, fixtures={"costly": costly})
    assert [v.outcome for v in verdicts] == [outcome, outcome, Outcome.PASSED]
    assert made == [1]


def test_value_of_a_fixture_is_shared():
    """All checks get the same value, and fixtures may use fixtures."""

    @fixture()
    def base(student):
        return [student.double(1)]

    @fixture()
    def more(base):
        return base, base

    @check("double")
    def first(base):
        """First."""
        base.append("seen")

    @check("half")
    def second(more, base):
        """Second."""
        require(more[0] is base is more[1], "They differ.")
        return str(base)

    verdicts = outcomes(first, second, fixtures={"base": base, "more": more})
    assert [v.detail for v in verdicts] == ["", "[2, 'seen']"]


def test_given_fixtures_come_by_name():
    """What the grader gives, such as the sheet, is found by its name."""

    @check("double")
    def reads(sheet):
        """Reads."""
        return sheet

    assert outcomes(reads, given={"sheet": "the sheet"})[0].detail == "the sheet"


def test_every_group_and_check_has_questions_of_its_own():
    """The same group is asked the same again, another group something else; two checks never share a generator."""

    @check("double")
    def first(rng):
        """First."""
        return str(rng.normal())

    @check("double")
    def second(rng):
        """Second."""
        return str(rng.normal())

    asked = [v.detail for v in outcomes(first, second)]
    assert asked == [v.detail for v in outcomes(first, second)]
    assert asked == [v.detail for v in reversed(outcomes(second, first))]
    assert len({*asked, *(v.detail for v in outcomes(first, second, group="h"))}) == 4


def test_stand_in_gives_names_or_nothing():
    """The names of a stand-in come from its fixture; where that failed, there are none and the checks say so."""

    @fixture(stands_in="long")
    def bad():
        raise NoAnswer("nothing")

    week = Week(TOY, read_assignment(TOY), (), {"bad": bad})
    examination = Examination(week, local_student({}), generators(b"s", "toy", "g"), {})
    assert week.stand_ins == {"long": "bad"}
    assert examination.names("bad") == {}
    with pytest.raises(NoAnswer):
        examination.fixture("bad")


def test_check_without_a_sentence_is_refused():
    """A check without docstring has nothing to tell a student."""

    def silent(student):
        pass

    with pytest.raises(TypeError, match="silent has no docstring"):
        check("double")(silent)


def test_toy_week_is_loaded(course):
    """A week's checks and fixtures are found by their kind, in the order of the file."""
    week = course.week("toy")
    names = ["double_doubles", "half_of_seven", "colour_is_red", "total_is_supported"]
    assert [c.name for c in week.checks] == names
    assert list(week.fixtures) == ["examined_total"]
    assert week.checks[1].needs == (week.checks[0],)


def change(course, old, new):
    """Change the toy week's checks and load it."""
    path = course.root / "graders/toy/checks.py"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    return load(path.parent)


def test_question_without_a_check_is_refused(course):
    """Every question of assignment.toml has a check."""
    with pytest.raises(SpecError, match="has no check for colour; write one"):
        change(course, '@check("colour")\n', "")


def test_check_of_an_unknown_exercise_is_refused(course):
    """A check names an exercise that exists."""
    with pytest.raises(SpecError, match="'colour_is_red' is for 'color', which is no question"):
        change(course, '@check("colour")', '@check("color")')


def test_weeks_of_two_course_directories_do_not_meet(course, tmp_path):
    """A module of one folder is not taken for that of another."""
    assert Path(course.week("toy").module("mutants").__file__).is_relative_to(tmp_path)
