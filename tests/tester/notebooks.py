"""Runs notebooks of a few cells, as the instructor wrote them and as they were handed in, with all tests outside."""

from dataclasses import replace
from pathlib import Path

from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.outside import OutsideTests
from nbviva.kernel.room import Clock, GivenFiles, Room
from nbviva.notebooks import new_cell, new_notebook
from nbviva.tester.ownership import Role, SourceCell

CLOCK = Clock(cell=20)
rooms: list[Room] = []  # the one that all tests here share


def source_cells(*cells):
    """Give cells by role and text, or role, name and text; tests run outside."""
    named = [cell if len(cell) == 3 else (cell[0], f"cell{at}", cell[1]) for at, cell in enumerate(cells)]
    return tuple(
        SourceCell(Role(role), name, text, role == "test", again="again" in name) for role, name, text in named
    )


def run(folder, cells, handed=None, *, files=None, allowed=None, clock=CLOCK):
    """Run a hand-in, with texts by cell in the place of the instructor's, and give how each test ended, by its name."""
    places = Path(folder, "given"), Path(folder, "copy")
    for place in places:
        place.mkdir(exist_ok=True)
    for name, text in (files or {}).items():
        (places[0] / name).write_text(text)
        (places[1] / name).write_text(text)
    texts = [replace(cell, text=(handed or {}).get(cell.name, cell.text)) for cell in cells]
    notebook = new_notebook([_cell(cell) for cell in texts], {})
    tests = OutsideTests(cells, GivenFiles(places[0]), allowed or {})
    with KernelStudent(places[1], rooms[0], clock, outside=tests) as kernel:
        kernel.run(notebook, {}, None)
        return dict(kernel.tester.runs)


def _cell(cell):
    is_test, is_solution = cell.role is Role.TEST, cell.role is Role.SOLUTION
    flags = {"grade": is_test, "solution": is_solution, "locked": not is_solution, "points": 1}
    known = cell.role is not Role.GIVEN
    return new_cell("code", cell.text, {"nbgrader": {"grade_id": cell.name, **flags}} if known else {})


def passed(runs):
    """Give the names of the tests that passed, with nothing decided by an object of the student's."""
    return {name for name, run in runs.items() if not run.error and not run.decided}
