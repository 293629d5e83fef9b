"""What a page tells of an adopted week: solutions by the names of their cells, and nothing that a cell hides."""

from dataclasses import replace

import nbformat.v4 as nbf

from nbviva.feedback.gather import solutions
from nbviva.week.feedback_rules import FeedbackRules
from nbviva.week.week import GivenNotebooks, Week

SOURCE = "### BEGIN SOLUTION\nx = 3\n### END SOLUTION\n# TESTS\nassert x == 3\n# /TESTS"
FRAME = "# YOUR CODE HERE\n# TESTS\nassert x == 3\n# /TESTS"
RELEASE = "# YOUR CODE HERE"


def notebook(text):
    metadata = {"nbgrader": {"grade_id": "x", "solution": True, "grade": True}}
    return nbf.new_notebook(cells=[nbf.new_code_cell(text, metadata=metadata)])


def test_solution_of_an_adopted_week_has_its_cells_name_and_no_hidden_test(course):
    assignment = course.assignment("toy")
    assignment = replace(assignment, parts=("a", "b"), adopted=True, feedback=FeedbackRules(solution=True))
    given = GivenNotebooks(*({name: notebook(text) for name in ("a", "b")} for text in (SOURCE, FRAME, RELEASE)))
    week = Week(course.root, assignment, (), given=given)
    assert {"b/x": "x = 3"} == solutions(course, week, "b")
    assert {} == solutions(course, replace(week, assignment=replace(assignment, feedback=FeedbackRules())), "b")
