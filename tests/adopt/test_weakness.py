"""A test that one visible input decides is named."""

import pytest

from nbviva.adopt.weakness import lone_literal, names_set


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("assert f(3) == 9", "f(3)"),
        ("assert answer == 42", "answer"),
        ("assert f([1, 2], key='a') == f([1, 2], key='a')", "f([1, 2], key='a')"),
        ("assert f(3) == 9\nassert f(4) == 16", ""),
        ("for n in range(9):\n    assert f(n) == n * n", ""),
        ("assert f(numbers) == 9", ""),
        ("assert True", ""),
        ("assert (", ""),
    ],
)
def test_the_one_question_of_a_test_is_named(text, question):
    """Two questions, or one whose input is not written out, are no such test."""
    assert lone_literal(text, {"f", "answer"}) == question


def test_names_that_a_solution_sets_are_known():
    """Functions, classes and variables at its top level."""
    assert names_set("import x\ndef f():\n    y = 1\nclass C: pass\na, b = 1, 2\n%time c = 3") == {"f", "C", "a", "b"}
