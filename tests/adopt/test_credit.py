"""Partial credit that the student's code chose is found in the test's text."""

import pytest

from nbviva.adopt.credit import shows_students_value

STUDENTS = [
    "points", "abs(f(3))", "score(3)", "x = f(2)\nx", "x = 0\nx += f(1)\nx", "import numpy as np\nnp.mean(f(3))",
    "result['points']", "model.score(1, 2)", "[f(1)][0]", "max(1, answer)", "for n in f(3):\n    last = n\nlast",
]  # fmt: skip
EXAMINERS = [
    "", "assert f(3)", "score = 0\nif f(3) == 9:\n    score += 2\nscore", "2", "int(f(3) == 9) * 2", "points;",
    "def grade(f):\n    return 2 * (f(3) == 9)\ngrade(f)", "helper(f)", "sum([f(1) == 1, f(2) == 4])", "print(f(3))\n1",
    "import check\nscore = 1 if f(3) == 9 else 0.5\nscore", "f(", "from grading import marks\nmarks(3)",
]  # fmt: skip


@pytest.mark.parametrize("text", STUDENTS)
def test_a_value_of_the_students_is_one(text):
    """Also where built-in functions, arithmetic or attributes hand it on."""
    assert shows_students_value(text, {"helper"})


@pytest.mark.parametrize("text", EXAMINERS)
def test_a_value_that_the_test_computed_is_none(text):
    """A comparison is the examiner's, and so is what the examiner's own function gives."""
    assert not shows_students_value(text, {"helper"})
