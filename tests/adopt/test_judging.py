"""A test cell's outputs are read by nbgrader's rule, but for stderr."""

import pytest
from nbgrader.utils import determine_grade

from nbviva.adopt.judging import end_of_test
from nbviva.kernel.outputs import MAX_OUTPUTS, clean
from nbviva.notebooks import new_cell, new_output
from nbviva.week.compare import ForPerson

MAXIMUM = 4.0


def result(text):
    """The value that a cell shows at its end."""
    return new_output("execute_result", data={"text/plain": text})


ERROR = new_output("error", ename="AssertionError", evalue="no", traceback=["AssertionError: no"])
PRINTED = new_output("stream", name="stdout", text="3.5\n")
SHOWN = new_output("display_data", data={"text/plain": "3.5"})
OUTPUTS = {
    "nothing": [],
    "an error": [ERROR],
    "print, then an error": [PRINTED, ERROR],
    "printed number": [PRINTED],
    "displayed number": [SHOWN],
    "partial": [result("2.5")],
    "nought": [result("0")],
    "below nought": [result("-1")],
    "not a number": [result("nan")],
    "a text": [result("'2.5'")],
    "a truth": [result("False")],
    "many outputs, then an error": [*[SHOWN, PRINTED] * MAX_OUTPUTS, ERROR],
    "many outputs, then partial": [*[SHOWN, PRINTED] * MAX_OUTPUTS, result("1")],
}


def points(outputs):
    """What we give for these outputs."""
    end = end_of_test(clean(outputs), MAXIMUM)
    return 0.0 if end.error else MAXIMUM if end.points is None else end.points


@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
def test_marks_are_nbgraders(outputs):
    """Error 0, one number shown partial credit, all else full marks."""
    ours = {"grade": True, "grade_id": "t", "points": MAXIMUM, "solution": False}
    cell = new_cell("code", "", {"nbgrader": ours})
    cell.outputs = outputs
    assert points(outputs) == determine_grade(cell)[0]


def test_what_is_on_stderr_means_nothing():
    """A warning costs no point."""
    assert points([new_output("stream", name="stderr", text="careful\n")]) == MAXIMUM


def test_more_than_the_maximum_is_a_persons():
    """There nbgrader stops."""
    with pytest.raises(ForPerson, match="more than its 4"):
        points([result("5")])


def test_outputs_that_were_cleaned_twice_are_judged_alike():
    """So a transcript gives the mark that the run gave."""
    for outputs in OUTPUTS.values():
        assert points(clean(outputs)) == points(outputs)
