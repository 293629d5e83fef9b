"""Checks that read what a graded cell showed when it ran in its place; marks by nbgrader's rule, but for stderr."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from nbviva.adopt.cells import CellKind, GradedCell
from nbviva.kernel.outputs import plain
from nbviva.kernel.outside import FOR_PERSON
from nbviva.notebooks import NotebookNode
from nbviva.week.compare import ForPerson, Mismatch
from nbviva.week.declare import Check
from nbviva.week.findings import Findings
from nbviva.week.spec import CellState

_LONGEST = 400  # letters of an error's message


class ShownNotebook(Protocol):
    """What a check needs of the hand-in's notebook, after it ran."""

    def outputs(self, cell: str) -> list[NotebookNode]:
        """Give what a cell showed, made harmless; first what came first."""
        ...

    def source(self, cell: str) -> str:
        """Give a cell's text as it was handed in."""
        ...


@dataclass(frozen=True)
class TestEnd:
    """How a test cell ended: with an error, with points that it showed, or with neither, which is full marks."""

    __test__ = False  # it is no test of pytest's

    error: str = ""
    points: float | None = None


def end_of_test(outputs: list[NotebookNode], maximum: float) -> TestEnd:
    """Read a test cell's outputs: an error is 0, a number that is the cell's result partial credit, all else full.

    Raises
    ------
    ForPerson
        If the number is above the maximum, where nbgrader stops.
    """
    for output in outputs:
        if output.output_type == "error":
            return TestEnd(error=_said(output))
        if output.get("metadata", {}).get("result"):
            return TestEnd(points=_partial(str(output.get("data", {}).get("text/plain", "")), maximum))
    return TestEnd()


def _partial(text: str, maximum: float) -> float | None:
    try:
        points = float(text)
    except ValueError:
        return None
    if points > maximum:
        raise ForPerson(f"The cell showed {text[:40]} points, more than its {maximum:g}.")
    return points if points >= 0 else None


def _said(output: NotebookNode) -> str:
    """Give the error as its last line says it."""
    if output.ename == "NotRun":
        return " ".join(output.traceback)
    value = plain(output.evalue, _LONGEST).strip()
    return f"{output.ename}: {value}" if value else output.ename


def check_of(cell: GradedCell, name: str, state: CellState, why: str, blank: str) -> Check:
    """Give the check of a graded cell.

    Parameters
    ----------
    name
        Of its question.
    why
        Why it is in this state.
    blank
        The text of an answer that was not worked on.
    """
    if cell.kind is CellKind.TEST:
        judge = _manual_test(why) if state is CellState.MANUAL else _test(cell, name, state)
        sentence = f"The test cell `{cell.cell}` runs without an error ({state})."
    else:
        judge = _answer(name, blank) if cell.kind is CellKind.ANSWER else _task
        sentence = f"A person marks {'the answer' if cell.kind is CellKind.ANSWER else 'the task'} `{cell.cell}`."
    judge.__name__, judge.__doc__ = name, sentence
    return Check(judge, name)


def _test(cell: GradedCell, name: str, state: CellState) -> Callable[..., Any]:
    def judge(notebook: ShownNotebook, findings: Findings) -> str:
        outputs = notebook.outputs(name)
        if state is CellState.HARDENED:
            _require_decided_here(outputs)
        end = end_of_test(outputs, cell.points)
        if end.error:
            raise Mismatch(end.error)
        if end.points is None:
            return ""
        findings.give(end.points)
        return f"It gave {end.points:g} of {cell.points:g}."

    return judge


def _require_decided_here(outputs: list[NotebookNode]) -> None:
    """Leave a test to a person which passed, but for which an object of the student's decided something."""
    for output in outputs:
        if output.output_type == "error" and output.ename == FOR_PERSON:
            raise ForPerson(plain(output.evalue, _LONGEST))


def _manual_test(why: str) -> Callable[..., Any]:
    def judge(notebook: ShownNotebook) -> str:
        del notebook
        raise ForPerson(why or "This course leaves it to a person.")

    return judge


def _answer(name: str, blank: str) -> Callable[..., Any]:
    def judge(notebook: ShownNotebook) -> str:
        if notebook.source(name).strip() == blank.strip():
            raise Mismatch("Nothing was written.")
        raise ForPerson("")

    return judge


def _task(notebook: ShownNotebook) -> str:
    del notebook
    raise ForPerson("")
