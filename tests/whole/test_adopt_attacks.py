"""Hand-ins for an adopted week that attack reach no other mark and no file of the course, and cost themselves alone."""

from dataclasses import replace

import pytest

from nbviva.adopt.adoption import AdoptedCell, Adoption, adoption_path, adoption_text, read_adoption
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.files import write
from nbviva.grading.stored import graded
from nbviva.sandbox.provisioner import refusal
from nbviva.secret import secret_of
from nbviva.week.spec import CellState
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
ATTACKS = {
    "transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    "patched assert": "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
    "        return ast.Pass()\nget_ipython().ast_transformers.append(T())",
    "liar": "class Liar:\n    __eq__ = lambda *_: True\ndef square(n):\n    return Liar()",
    "exit": "def square(n):\n    import os\n    os._exit(0)",
}
FLOOD = "for _ in range(3000):\n    print('x' * 2000)\n    display('y')\nassert False"


@pytest.fixture
def ordinary(tmp_path):
    """An ordinary course whose first week is adopted, unmeasured."""
    course = make_course(tmp_path)
    adoption = Adoption("ps1", fingerprints(source_texts(course.source("ps1"))), assignment={"limits": {"cell": 20}})
    write(adoption_path(course.root, "ps1"), adoption_text(adoption))
    return course


@pytest.fixture
def hardened(ordinary):
    """The same week, whose tests of `square` and `mean` run outside of the student's kernel."""
    path = adoption_path(ordinary.root, "ps1")
    adoption = read_adoption(path, path.read_text("utf-8"))
    names = ("square_test", "mean_partial", "helper_test")
    cells = tuple(AdoptedCell("numbers", name, CellState.HARDENED) for name in names)
    write(path, adoption_text(replace(adoption, cells=cells)))
    return ordinary


def points(course, group, room):
    """Grade a hand-in and give its points by question."""
    report, notebook = graded(course, "ps1", group, room=room)
    return {mark.question: mark.points for mark in report.marks}, notebook


def test_the_files_of_the_course_are_out_of_reach(ordinary, room):
    """Gradebook, secret, source and another's hand-in are neither read nor written."""
    hand_in(ordinary, "victim", "ps1")
    secret_of(ordinary.root)
    places = [path for path in ordinary.root.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in places}
    hand_in(ordinary, "thief", "ps1", square=f"PLACES = {list(map(str, places))!r}\n{REACH}")
    found, notebook = points(ordinary, "thief", room)
    assert found["answer_test"] == 1.0
    assert found["square_test"] == 0.0
    (cell,) = [cell for cell in notebook.cells if "REACHED" in cell.source]
    assert "REACHED []" in cell.outputs[0].text
    assert before == {path: path.read_bytes() for path in places}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_that_plain_nbgrader_pays_for_earns_nothing_of_a_hardened_cell(hardened, room, attack):
    """What does not need the attacked cell is marked as ever."""
    hand_in(hardened, "attacker", "ps1", square=attack)
    found, _ = points(hardened, "attacker", room)
    assert not found["square_test"]
    hand_in(hardened, "honest", "ps1")
    found, _ = points(hardened, "honest", room)
    assert (found["square_test"], found["mean_partial"], found["helper_test"]) == (2.0, 3.5, 1.0)


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
