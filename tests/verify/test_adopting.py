"""An ordinary course of all that real tests ask: the same marks here as in plain nbgrader, for solution and blank."""

import pytest

from nbviva.sandbox.provisioner import refusal
from nbviva.verify.adopting import adopt
from nbviva.week.spec import CellState
from tests.ordinary.course import make_course

pytestmark = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
MANUAL = {"ps1": {"points_shown", "essay", "drawn", "project"}, "ps3": set()}
WARNED = {"ps1": {"warned_test"}, "ps3": set()}  # plain nbgrader takes what is on stderr for an error
PARTIAL = {"ps1": {"mean_partial"}, "ps3": set()}


@pytest.mark.parametrize("week", ["ps1", "ps3"])
def test_solution_and_blank_are_marked_as_in_plain_nbgrader(week, tmp_path):
    """Figures, tables, magics, patched classes, source, time ...: the instructor's solution gets what it is worth."""
    found = adopt(make_course(tmp_path), week, print)
    cells = {cell.cell: cell for cell in found.adoption.cells}
    assert {name for name, cell in cells.items() if cell.state is CellState.MANUAL} == MANUAL[week]
    assert {cell.cell for cell in found.differing} == WARNED[week]
    assert found.generous == ()
    tests = {name: cell for name, cell in cells.items() if name not in MANUAL[week]}
    short = {name for name, cell in tests.items() if cell.solution.here != cell.points}
    assert short == PARTIAL[week]
    assert {name for name, cell in tests.items() if cell.blank.here} == set()
