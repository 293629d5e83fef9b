"""What students do not get: solutions, hidden tests and mark schemes go as nbgrader takes them."""

import pytest
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

from nbviva.adopt.markers import Markers
from nbviva.adopt.regions import without_solutions, without_tests
from nbviva.errors import SpecError
from nbviva.notebooks import copy, new_cell, new_notebook
from tests.ordinary.course import NOTEBOOKS, source

TEXTS = [name for notebooks in NOTEBOOKS.values() for name in notebooks.values()]


@pytest.mark.parametrize("name", TEXTS)
def test_solutions_and_hidden_tests_go_as_nbgrader_takes_them(name):
    """The release has the texts that nbgrader's own preprocessors give."""
    notebook, resources = copy(source(name)), {}
    for step in (ClearSolutions, ClearHiddenTests, ClearMarkScheme):
        notebook, resources = step().preprocess(notebook, resources)
    found = without_tests(without_solutions(source(name), Markers()), Markers())
    assert [cell.source for cell in found.cells] == [cell.source for cell in notebook.cells]


def test_a_course_may_mark_its_regions_otherwise():
    """The markers are those of the course's configuration."""
    ours = {"nbgrader": {"solution": True, "grade_id": "a"}}
    notebook = new_notebook([new_cell("code", "def f():\n    # LOESUNG\n    return 1\n    # ENDE", ours)], {})
    markers = Markers(begin_solution="LOESUNG", end_solution="ENDE", code_stub="pass")
    assert without_solutions(notebook, markers).cells[0].source == "def f():\n    pass"


@pytest.mark.parametrize("text", ["### BEGIN SOLUTION\n1", "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"])
def test_a_region_that_nbgrader_refuses_is_refused(text):
    """One that does not end, and one within another."""
    notebook = new_notebook([new_cell("code", text, {"nbgrader": {"solution": True, "grade_id": "a"}})], {})
    with pytest.raises(SpecError, match="nbgrader refuses it"):
        without_solutions(notebook, Markers())
