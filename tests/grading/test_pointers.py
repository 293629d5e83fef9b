"""The mistake is named where several answers are a mutant's, after the week's last extension, and nowhere else."""

from datetime import UTC, datetime

import numpy as np
import pytest

from nbviva.feedback.gather import questions
from nbviva.feedback.questions import shown_checks
from nbviva.gradebook.record import record
from nbviva.grading.grade import grade
from nbviva.grading.pointers import is_mutants, look, told
from nbviva.grading.reports import stored_report
from nbviva.grading.stored import save, submission

MANY = 'x = float(rng.normal())\n    assert_close(student.double(x), 2 * x, rtol=1e-9, name="double(x)")'
TELLS = '''
@mutant(double_doubles, replaces="double", tell="it is squared, and not doubled")
def squares(x):
    """Squares."""
    return x**2
'''
WORDS = "it is squared, and not doubled"


@pytest.fixture
def toy(course):
    """The toy week, whose first check asks three times, and a mutant with words."""
    folder = course.root / "graders/toy"
    checks = (folder / "checks.py").read_text("utf-8")
    assert MANY in checks
    asked = 'for x in rng.normal(size=3).tolist():\n        assert_close(student.double(x), 2 * x, name="double(x)")'
    (folder / "checks.py").write_text(checks.replace(MANY, asked), "utf-8")
    with (folder / "mutants.py").open("a", encoding="utf-8") as file:
        file.write(TELLS)
    return course


@pytest.fixture
def graded(toy, hand_in, room):
    """Grade a hand-in with this function; where a cell fails, a kernel is asked all the same."""

    def grade_it(code):
        hand_in(toy, "wrong", double_answer=code)
        save(toy.report("toy", "wrong"), grade(submission(toy, "toy", "wrong", room)))
        return toy

    return grade_it


def extend(course, until):
    (course.root / "extensions.csv").write_text(f"group,week,extension\nother,toy,{until}\n", "utf-8")


def words(course):
    return dict(told(course, course.assignment("toy"), "wrong"))


def test_answers_that_are_a_mutants_are_named_on_the_page(graded):
    course = graded("def double(x):\n    return x * x * 1.0")
    assert ("wrong",) == look(course, "toy")
    assert {"double_doubles": WORDS} == words(course)
    report = stored_report(course.report("toy", "wrong"))
    (double, *_) = questions(course.assignment("toy"), report, {}, {}, words(course))
    (check,) = shown_checks(double)
    assert WORDS == dict(check.rows)["It behaves like"]


@pytest.mark.parametrize(
    "code", ["def double(x):\n    return 3 * x", "def double(x):\n    return x * x if x > 0 else 2 * x", "double = 3"]
)
def test_other_wrong_answers_are_not(graded, code):
    course = graded(code)
    assert () == look(course, "toy")
    assert {} == words(course)


def test_nothing_is_told_while_somebody_may_still_hand_in(graded):
    course = graded("def double(x):\n    return x**2")
    extend(course, "2999-01-01 12:00")
    assert () == look(course, "toy")
    extend(course, "2024-02-01 12:00")
    assert ("wrong",) == look(course, "toy")
    extend(course, "2999-01-01 12:00")
    assert {} == words(course)


def test_the_last_extension_counts_and_one_that_cannot_be_read(toy):
    extend(toy, "2024-02-01 12:00")
    assignment = toy.assignment("toy")
    assert not toy.is_over(assignment, datetime(2024, 2, 1, 10, 59, tzinfo=UTC))
    assert toy.is_over(assignment, datetime(2024, 2, 1, 11, 1, tzinfo=UTC))
    extend(toy, "some day")
    assert not toy.is_over(assignment)


def test_words_on_another_report_are_not_told(graded):
    course = graded("def double(x):\n    return x**2")
    look(course, "toy")
    path = course.report("toy", "wrong") / "report.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert {} == words(course)


@pytest.mark.parametrize("text", ["", "[]", '{"report": 3}', '{"told": {}}', "\xff"])
def test_words_that_cannot_be_read_are_none(graded, text):
    course = graded("def double(x):\n    return x**2")
    (course.report("toy", "wrong") / "pointers.json").write_text(text, "latin-1")
    assert {} == words(course)


def test_two_mutants_that_answer_alike_with_other_words_name_nothing(graded):
    course = graded("def double(x):\n    return x**2")
    path = course.root / "graders/toy/mutants.py"
    again = TELLS.replace("def squares", "def multiplies").replace(WORDS, "it is multiplied by itself")
    path.write_text(path.read_text("utf-8") + again, "utf-8")
    assert () == look(course, "toy")


RIGHT, WRONG = [np.array([float(i)]) for i in range(4)], [np.array([float(i * i)]) for i in range(4)]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (WRONG, True),
        (WRONG[:3], False),  # 0 and 1 are no news: one answer alone tells
        ([None, None, *WRONG[2:]], True),
        ([*WRONG[:3], RIGHT[3]], False),
        (RIGHT, False),
        ([], False),
    ],
)
def test_several_answers_have_to_be_the_mutants_and_none_right(given, found):
    assert found is is_mutants(given, WRONG, RIGHT)


def test_the_class_report_puts_the_words_on_the_groups_page(graded, program):
    course = graded("def double(x):\n    return x**2")
    page = course.feedback("toy", "wrong") / "toys.html"
    record(course, "toy", ["wrong"])
    assert WORDS not in page.read_text("utf-8")
    ran = program(course, "nbviva", "report", "toy")
    assert (0, "") == (ran.returncode, ran.stderr)
    assert "The mistake is named now on the pages of: wrong." in ran.stdout
    assert f"<dt>It behaves like</dt><dd>{WORDS}</dd>" in page.read_text("utf-8")
    extend(course, "2999-01-01 12:00")
    record(course, "toy", ["wrong"])
    assert WORDS not in page.read_text("utf-8")
