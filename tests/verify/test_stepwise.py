"""A stepwise rehearsal runs what the checks at hand need, and nothing else."""

from nbviva.grading.verdict import Outcome
from nbviva.verify.mutation.trial import Instead, Rehearsal


def rehearse(course, *names, texts=None):
    week = course.week("toy")
    checks = [check for check in week.checks if check.name in names]
    rehearsal = Rehearsal(week, checks, Instead(texts or {}), b"secret", "group")
    return rehearsal, [rehearsal.verdict(check)[0].outcome for check in checks]


def change(course, old, new):
    path = course.root / "graders" / "toy" / "notebook.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_notebook_runs_no_further_than_the_check(course):
    rehearsal, outcomes = rehearse(course, "double_doubles")
    assert [Outcome.PASSED] == outcomes
    assert "double" in rehearsal._namespace
    assert "answer_half" not in rehearsal._namespace


def test_answers_that_are_not_asked_are_not_computed(course):
    rehearsal, outcomes = rehearse(course, "colour_is_red")
    assert [Outcome.PASSED] == outcomes
    assert "answer_half" not in rehearsal._namespace


def test_training_is_run_where_a_later_cell_uses_it(course):
    rehearsal, outcomes = rehearse(course, "total_is_supported")
    assert [Outcome.PASSED] == outcomes
    assert rehearsal._namespace["after"] ** 2 == rehearsal._namespace["total"]


def test_training_that_nothing_uses_is_run_when_its_output_is_asked_for(course):
    change(course, "after = math.sqrt(total)", "after = 1")
    rehearsal, outcomes = rehearse(course, "double_doubles", "colour_is_red")
    assert "total" not in rehearsal._namespace
    rehearsal, outcomes = rehearse(course, "total_is_supported")
    assert [Outcome.PASSED] == outcomes
    assert {"total": 90} == {name: rehearsal._namespace[name] for name in ("total",)}


def test_needed_checks_are_asked_once(course):
    rehearsal, outcomes = rehearse(course, "double_doubles", "half_of_seven")
    assert [Outcome.PASSED] * 2 == outcomes
    first, half = rehearsal._settled
    assert ["double_doubles", "half_of_seven"] == [first.name, half.name]


def test_other_text_of_a_cell_is_what_runs(course):
    _, outcomes = rehearse(course, "double_doubles", texts={"double_answer": "def double(x):\n    return 3 * x"})
    assert [Outcome.FAILED] == outcomes
