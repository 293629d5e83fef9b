"""A cell is hardened only where the solution has the same mark outside, and the blank no more."""

import nbformat

from nbviva.adopt.markers import USUAL
from nbviva.adopt.reading import given_notebooks
from nbviva.kernel.room import Clock, GivenFiles, Room
from nbviva.notebooks import new_cell, new_notebook
from nbviva.verify.tried_outside import TrialPlace, tried_outside

SOLUTION = """
### BEGIN SOLUTION
class V:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return self.x == other.x
    def __len__(self):
        return self.x
def f(n):
    return n + 1
### END SOLUTION
"""
TESTS = {
    "plain": "assert f(1) == 2",
    "failing": "assert f(1) == 3",
    "otherwise": "assert V(1).__class__ == V",
    "decides": "assert V(1) == V(1)",
    "counts": "assert len(V(2)) == 2",
    "large": "assert f(1 << 5000)",
    "binds": "shared = f(1)\n### BEGIN HIDDEN TESTS\nassert shared == 2\n### END HIDDEN TESTS",
    "open": "seen = f(1)",
    "late": "import time\nassert seen == 2 and time.time()",
    "uses": "import time\nassert shared == 2 and time.time()",
    "generous": "try:\n    f(1)\nexcept NameError:\n    pass",
}


def _ours(name, **flags):
    every = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {**every, "grade_id": name, **flags}}


def test_what_a_cell_cannot_do_outside_is_its_reason(tmp_path):
    """Marks of plain nbgrader are given by hand: the solution fails one test, the blank passes none."""
    cells = [new_cell("code", SOLUTION, _ours("s", solution=True))]
    cells += [new_cell("code", text, _ours(name, grade=True, locked=True, points=1)) for name, text in TESTS.items()]
    text = nbformat.writes(new_notebook(cells, {})).encode()
    given = given_notebooks({"book": text}, USUAL)
    solution = {name: float(name != "failing") for name in TESTS}
    blank = dict.fromkeys(TESTS, 0.0)
    bench = TrialPlace(GivenFiles(tmp_path), Room(sandboxed=False), Clock())
    found = tried_outside(given, bench, solution, blank)
    assert {name for name, tried in found.items() if not tried.why} == {"plain", "failing", "counts", "open"}
    assert found["counts"].operations == ("len",)
    assert found["decides"].why.startswith("the student's class decides")
    assert found["large"].why.startswith("The test hands over what cannot be sent")
    assert found["binds"].why == "a later cell uses its name shared, and it has hidden tests"
    assert found["uses"].why == "it measures time"
    assert found["generous"].why == "outside the blank gets more"
    assert found["otherwise"].why.startswith("outside the solution gets another mark")
