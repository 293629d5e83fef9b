"""Which tests of an adopted week may run outside: the instructor's solution and the blank are run so, and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbviva.adopt.cells import CellKind, GradedCell, graded_cells
from nbviva.adopt.judging import end_of_test
from nbviva.adopt.outside import bound_elsewhere, obstacle, source_cells
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.outputs import clean
from nbviva.kernel.outside import ENDED, OutsideTests, TestRun
from nbviva.kernel.room import Clock, GivenFiles, Room, stage
from nbviva.naming import qualified
from nbviva.notebooks import NotebookNode, as_part, grade_id
from nbviva.sandbox import scratch
from nbviva.tester.notes import ANY
from nbviva.tester.ownership import SourceCell
from nbviva.week.compare import ForPerson
from nbviva.week.week import GivenNotebooks

_CLOSE = 1e-9


@dataclass(frozen=True)
class OutsideTrial:
    """What was found of a test cell: why it has to run in the kernel, or nothing; what objects of the solution do."""

    why: str = ""
    operations: tuple[str, ...] = ()


Marks = Mapping[str, float | None]


@dataclass(frozen=True)
class TrialPlace:
    """What tests are tried with: the files beside the notebooks, the room of a kernel, and its clock."""

    files: GivenFiles
    room: Room
    clock: Clock


def tried_outside(given: GivenNotebooks, bench: TrialPlace, solution: Marks, blank: Marks) -> dict[str, OutsideTrial]:
    """Say of each test cell, by its question, whether it can run outside.

    Parameters
    ----------
    solution, blank
        The marks of both in plain nbgrader, by the questions' names.
    """
    found: dict[str, OutsideTrial] = {}
    for name in given.sources:
        tests = [cell for cell in graded_cells(name, given.sources[name]) if cell.kind is CellKind.TEST]
        part = name if len(given.sources) > 1 else ""
        found |= _NotebookTrial(given.of(name), name, part, tests, bench).found(solution, blank)
    return found


class _NotebookTrial:
    def __init__(
        self, given: GivenNotebooks, name: str, part: str, tests: Sequence[GradedCell], bench: TrialPlace
    ) -> None:
        self._given, self._name, self._bench, self._part = given, name, bench, part
        self._books = {True: given.sources[name], False: given.frames[name]}
        self._points = {qualified(part, cell.cell): cell.points for cell in tests}
        self._found = {qualified(part, cell.cell): OutsideTrial(obstacle(cell.source)) for cell in tests}

    def found(self, solution: Marks, blank: Marks) -> dict[str, OutsideTrial]:
        self._leave_bound()
        for plain, is_solution in ((solution, True), (blank, False)):
            self._try(plain, is_solution=is_solution)
        self._leave_bound()
        return self._found

    def _cells(self) -> tuple[SourceCell, ...]:
        free = {name for name, trial in self._found.items() if not trial.why}
        return source_cells(self._given, self._name, self._part, free)

    def _leave_bound(self) -> None:
        """Leave those in the kernel that have to run where what they share with others runs."""
        self._found |= {name: OutsideTrial(why) for name, why in bound_elsewhere(self._cells()).items()}

    def _try(self, plain: Marks, *, is_solution: bool) -> None:
        operations = {name: (ANY,) if is_solution else trial.operations for name, trial in self._found.items()}
        tests = OutsideTests(self._cells(), self._bench.files, operations)
        runs, shown = _run(tests, as_part(self._books[is_solution], self._part, qualified), self._bench)
        for name in [name for name, trial in self._found.items() if not trial.why]:
            if name not in runs:
                self._found[name] = OutsideTrial("outside it was not reached")
                continue
            mark = _mark(runs[name], shown[name], self._points[name])
            why = _why(runs[name], mark, plain.get(name), is_solution=is_solution)
            operations_now = runs[name].operations if is_solution else self._found[name].operations
            self._found[name] = OutsideTrial(why, () if why else operations_now)


def _run(
    tests: OutsideTests, notebook: NotebookNode, bench: TrialPlace
) -> tuple[Mapping[str, TestRun], Mapping[str, list[NotebookNode]]]:
    """Run a notebook with all tests outside that may be, and give how each ended and what it shows."""
    with scratch.folder() as place:
        stage((), bench.files, Path(place))
        with KernelStudent(Path(place), bench.room, bench.clock, outside=tests) as kernel:
            kernel.run(notebook, {}, None)
            runs = dict(kernel.tester.runs) if kernel.tester else {}
    return runs, {str(grade_id(cell)): cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def _mark(run: TestRun, shown: list[NotebookNode], points: float) -> float | None:
    try:
        end = end_of_test(clean(shown), points)
    except ForPerson:
        return None
    if run.error or end.error:
        return 0.0
    return points if end.points is None else end.points


def _why(run: TestRun, mark: float | None, plain: float | None, *, is_solution: bool) -> str:
    """Say why a cell has to run in the kernel; nothing where it has the mark that it has in plain nbgrader."""
    if not is_solution:
        return "outside the blank gets more" if (mark or 0.0) > (plain or 0.0) + _CLOSE else ""
    if run.failures:
        return run.failures[0][:200]
    if run.refused:
        return run.refused[0][:200]
    if run.decided:
        return f"the student's class decides: {run.decided[0]}"[:200]
    if plain is not None and mark is not None and abs(mark - plain) <= _CLOSE:
        return "" if run.error != ENDED else "outside it ends its process"
    said = f" ({run.error}: {run.text})"[:160] if run.error else ""
    return f"outside the solution gets another mark{said}"
