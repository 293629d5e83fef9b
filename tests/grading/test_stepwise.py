"""A rehearsal runs what the checks at hand need, and nothing else, and asks about the notebook as grading does."""

import pytest

from nbviva.grading.examine import examine
from nbviva.grading.rehearsal import Instead, Rehearsal
from nbviva.grading.verdict import Outcome

AFTER = "# %%\nafter = math.sqrt(total)\n"


def rehearsal_of(course, *names, texts=None):
    week = course.week("toy")
    return Rehearsal(week, [check for check in week.checks if check.name in names], Instead(texts or {}))


def outcomes(rehearsal, group="group"):
    return [verdict.outcome for verdict in examine(rehearsal.examination(b"secret", group))]


def rehearse(course, *names, texts=None):
    rehearsal = rehearsal_of(course, *names, texts=texts)
    return rehearsal, outcomes(rehearsal)


def change(course, old, new, file="notebook.py"):
    path = course.root / "graders" / "toy" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def let_colour_ask(course, fixtures, asked):
    change(course, "colour_is_red(sheet", f"colour_is_red({fixtures}, sheet", "checks.py")
    change(
        course,
        '    return sheet.judge("answer_colour"',
        f'    require({asked}, "no")\n    return sheet.judge("answer_colour"',
        "checks.py",
    )


def test_notebook_runs_no_further_than_the_check(course):
    rehearsal, found = rehearse(course, "double_doubles")
    assert [Outcome.PASSED] == found
    assert "double" in rehearsal.namespace
    assert "answer_half" not in rehearsal.namespace


def test_answers_that_are_not_asked_are_not_computed(course):
    rehearsal, found = rehearse(course, "colour_is_red")
    assert [Outcome.PASSED] == found
    assert "answer_half" not in rehearsal.namespace


def test_answer_that_a_later_cell_uses_is_computed(course):
    change(course, 'answer_colour = "red"', 'answer_colour = "red" if answer_half == 3.5 else ""')
    assert [Outcome.PASSED] == rehearse(course, "colour_is_red")[1]


def test_training_is_run_where_a_later_cell_uses_it(course):
    rehearsal, found = rehearse(course, "total_is_supported")
    assert [Outcome.PASSED] == found
    assert rehearsal.namespace["after"] ** 2 == rehearsal.namespace["total"]


@pytest.mark.parametrize("through", [False, True])
def test_training_is_run_where_a_later_cell_uses_it_and_no_check_asks_what_it_printed(course, through):
    change(course, "def total_is_supported(notebook, ", "def total_is_supported(student, ", "checks.py")
    change(course, '"total" in notebook.printed("long")', 'student["after"] ** 2 == 90', "checks.py")
    rehearsal = rehearsal_of(course, "total_is_supported")
    if through:
        rehearsal.run_through()
    assert [Outcome.PASSED] == outcomes(rehearsal)


def test_training_that_nothing_uses_is_run_when_its_output_is_asked_for(course):
    change(course, "after = math.sqrt(total)", "after = 1")
    assert "total" not in rehearse(course, "double_doubles", "colour_is_red")[0].namespace
    rehearsal, found = rehearse(course, "total_is_supported")
    assert [Outcome.PASSED] == found
    assert 90 == rehearsal.namespace["total"]


def test_what_a_cell_behind_the_question_printed_is_seen(course):
    change(course, '# %% given="long"', '# %%\nten = 10\n\n# %% given="long"')
    change(course, "range(10)", "range(ten)")
    let_colour_ask(course, "notebook", '"total 90" in notebook.printed("long")')
    assert [Outcome.PASSED] == rehearse(course, "colour_is_red")[1]


def test_all_that_is_asked_for_is_run_before_checks_are_timed(course):
    change(course, "after = math.sqrt(total)", "after = 1")
    rehearsal = rehearsal_of(course, "total_is_supported")
    rehearsal.run_through()
    assert 90 == rehearsal.namespace["total"]
    assert [Outcome.PASSED] == outcomes(rehearsal)


@pytest.mark.parametrize("through", [False, True])
def test_redefined_name_is_asked_about_as_it_stood_and_later_cells_see_the_new_one(course, through):
    cells = "# %%\nthree = 3\ndef double(x):\n    return 5 * x\n\n# %%\nfive = double(1)\n"
    change(course, '# %% test="total"', f'{cells}\n# %% test="total"')
    let_colour_ask(course, "student", '[student["three"], student["five"], student.double(1)] == [3, 5, 2]')
    rehearsal = rehearsal_of(course, "double_doubles", "colour_is_red")
    if through:
        rehearsal.run_through()
    assert [Outcome.PASSED] * 2 == outcomes(rehearsal) == outcomes(rehearsal, "another")


def test_training_that_is_run_late_has_the_functions_that_stood_there(course):
    change(course, AFTER, "# %%\ndef double(x):\n    return 5 * x\n")
    change(course, "(notebook, examined_total)", "(notebook)", "checks.py")
    change(
        course,
        'return f"{examined_total.value > 0}"',
        'require("total 90" in notebook.printed("long"), "no")',
        "checks.py",
    )
    assert [Outcome.PASSED] == rehearse(course, "total_is_supported")[1]


@pytest.mark.parametrize(("given", "outcome"), [(True, Outcome.PASSED), (False, Outcome.FAILED)])
def test_experiment_is_run_beside_the_data_that_is_given_and_else_left_out(course, tmp_path, given, outcome):
    (tmp_path / "numbers.txt").write_text("7", "utf-8")
    reads = 'from pathlib import Path\nseven = Path("numbers.txt").read_text("utf-8")'
    cell = f'# %% given="read" tags=["experiment"]\n{reads}\n'
    change(course, '# %% solution="colour"', f'{cell}\n# %% solution="colour"')
    let_colour_ask(course, "student", 'student["seven"] == "7"')
    week = course.week("toy")
    rehearsal = Rehearsal(week, [week.checks[2]], real=tmp_path if given else None)
    assert [outcome] == outcomes(rehearsal)


def test_one_rehearsal_is_examined_for_group_after_group_and_run_once(course):
    rehearsal = rehearsal_of(course, "double_doubles", "half_of_seven", "total_is_supported")
    assert [Outcome.PASSED] * 3 == outcomes(rehearsal)
    rehearsal.namespace["total"] = "of the first run"
    assert [Outcome.PASSED] * 3 == outcomes(rehearsal, "another")
    assert "of the first run" == rehearsal.namespace["total"]


def test_other_text_of_a_cell_is_what_runs(course):
    _, found = rehearse(course, "double_doubles", texts={"double_answer": "def double(x):\n    return 3 * x"})
    assert [Outcome.FAILED] == found
