"""Hand-ins for an adopted week that attack reach no other mark and no file of the course, and cost themselves alone."""

import pytest

from nbviva.adopt.adoption import Adoption, adoption_path, adoption_text
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.files import write
from nbviva.grading.stored import graded
from nbviva.sandbox.provisioner import refusal
from tests.ordinary.course import hand_in, make_course

pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
REACH = """
import glob, os, sqlite3
reached = []
for place in PLACES:
    try:
        with open(place, "a") as file:
            file.write("x")
        reached.append(place)
    except OSError:
        pass
    try:
        with sqlite3.connect(place) as book:
            book.execute("update grade set auto_score = 99")
        reached.append(place)
    except sqlite3.Error:
        pass
print("REACHED", reached)
"""
FLOOD = "for _ in range(3000):\n    print('x' * 2000)\n    display('y')\nassert False"


@pytest.fixture
def ordinary(tmp_path):
    """An ordinary course whose first week is adopted, unmeasured."""
    course = make_course(tmp_path)
    adoption = Adoption("ps1", fingerprints(source_texts(course.source("ps1"))), assignment={"limits": {"cell": 20}})
    write(adoption_path(course.root, "ps1"), adoption_text(adoption))
    return course


def points(course, group, room):
    """Grade a hand-in and give its points by question."""
    report, notebook = graded(course, "ps1", group, room=room)
    return {mark.question: mark.points for mark in report.marks}, notebook


def test_the_files_of_the_course_are_out_of_reach(ordinary, room):
    """Gradebook, secret, source and another's hand-in are neither read nor written."""
    hand_in(ordinary, "victim", "ps1")
    ordinary.draw("ps1", "victim")
    places = [path for path in ordinary.root.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in places}
    hand_in(ordinary, "thief", "ps1", square=f"PLACES = {list(map(str, places))!r}\n{REACH}")
    found, notebook = points(ordinary, "thief", room)
    assert found["answer_test"] == 1.0
    assert found["square_test"] == 0.0
    (cell,) = [cell for cell in notebook.cells if "REACHED" in cell.source]
    assert "REACHED []" in cell.outputs[0].text
    assert before == {path: path.read_bytes() for path in places}


def test_a_cell_that_ends_the_kernel_costs_itself(ordinary, room):
    """What stands before and after it is marked; what needs it is not passed."""
    hand_in(ordinary, "suicide", "ps1", square="import os\nos._exit(1)")
    found, _ = points(ordinary, "suicide", room)
    assert found["square_test"] == 0.0
    assert (found["answer_test"], found["helper_test"], found["warned_test"]) == (1.0, 1.0, 1.0)


def test_a_test_that_fails_after_a_flood_of_output_fails(ordinary, room):
    """How a cell ended is kept, however much it showed before."""
    flood = f"def square(n):\n    {FLOOD.replace(chr(10), chr(10) + '    ')}"
    hand_in(ordinary, "flood", "ps1", square=flood)
    found, _ = points(ordinary, "flood", room)
    assert found["square_test"] == 0.0
    assert found["helper_test"] == 1.0
