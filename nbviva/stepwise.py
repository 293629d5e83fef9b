"""A rehearsal that runs the notebook only as far as a check needs, and trains only where something uses it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from nbviva.agent import Agent
from nbviva.checks import Check, Examination, Week, load
from nbviva.codec import Frames
from nbviva.course import generators
from nbviva.notebooks import NotebookNode
from nbviva.rehearsal import Rehearsed, closure, execute, small
from nbviva.sheet import Sheet
from nbviva.source import EXPERIMENT, TRAINING, code_cells, grade_id, is_test, tags
from nbviva.student import Student
from nbviva.verdict import Verdict

Talk = list[Frames]


class Rehearsal:
    """The notebook with some cells' texts replaced; it runs no further than to the test cell of the check at hand."""

    def __init__(
        self, week: Week, checks: Iterable[Check], texts: Mapping[str, str], secret: bytes, group: str
    ) -> None:
        self._texts, self._evidence, self._done = texts, _Evidence(self), 0
        asked = {check.exercise for check in closure(checks)}
        questions = [question for question in week.assignment.questions if question.name not in asked]
        self._idle = {f"{question.name}_answer" for question in questions if question.answers}
        self._namespace: dict[str, Any] = {"__name__": "__main__", **small(week, "NAMES")}
        self._cells = cells_of(week.folder)
        self._agent = Agent(self._namespace)
        student = Student(self._ask)
        given = {"sheet": Sheet(week.assignment, student), "notebook": self._evidence, **small(week, "FIXTURES")}
        self._examination = Examination(week, student, generators(secret, week.assignment.week, group), given)
        self._settled: dict[Check, tuple[Verdict, Talk]] = {}
        self._talk: Talk = []

    def verdict(self, check: Check) -> tuple[Verdict, Talk]:
        """Run one check, after those that it needs; give its verdict and what was answered to it."""
        if check not in self._settled:
            outcomes = {need: self.verdict(need)[0].outcome for need in check.needs}
            self._run_to(check.exercise)
            self._talk = []
            self._settled[check] = self._examination.verdict(check, outcomes), self._talk
        return self._settled[check]

    def _ask(self, frames: Frames, seconds: float) -> Frames:
        del seconds  # a fork has limits of its own
        answer = self._agent.answer(frames)
        self._talk.append(answer)
        return answer

    def _run_to(self, exercise: str) -> None:
        names = [cell.name for cell in self._cells]
        for cell in islice(self._cells, self._done, names.index(exercise)):
            self._done += 1
            if not self._is_idle(cell):
                self.run(cell)

    def run(self, cell: _Cell) -> None:
        """Run one cell, with its other text if it has one."""
        code = compile(self._texts[cell.name], f"<{cell.name}>", "exec") if cell.name in self._texts else cell.code
        execute(code, self._namespace, cell.name, self._evidence)

    def run_late(self, name: str) -> None:
        """Run a cell that was left out, now that somebody asks what it printed."""
        for cell in self._cells[: self._done]:
            if cell.name == name:
                self.run(cell)

    def _is_idle(self, cell: _Cell) -> bool:
        """Whether nobody looks at what the cell does: figures, answers that are not asked, training without use."""
        if cell.graded or EXPERIMENT in cell.tags or cell.name in self._idle:
            return True
        if TRAINING not in cell.tags:
            return False
        later = self._cells[self._cells.index(cell) + 1 :]
        return not any(cell.sets & other.uses for other in later if not other.graded and not self._is_idle(other))


class _Evidence(Rehearsed):
    """What cells printed; a cell that was left out is run when it is asked for."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        super().__init__()
        self._rehearsal = rehearsal

    def printed(self, cell: str) -> str:
        """All text under a cell."""
        if cell not in self.texts:
            self._rehearsal.run_late(cell)
        return super().printed(cell)


@dataclass(frozen=True)
class _Cell:
    name: str
    tags: list[str]
    code: Any
    graded: bool
    sets: frozenset[str]
    uses: frozenset[str]


@cache
def cells_of(folder: Path) -> tuple[_Cell, ...]:
    """Give the code cells of a week's notebook, compiled."""
    return tuple(_cell(cell) for cell in code_cells(load(folder)))


def _cell(cell: NotebookNode) -> _Cell:
    name = grade_id(cell) or ""
    names = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
    sets = frozenset(node.id for node in names if isinstance(node.ctx, ast.Store))
    uses = frozenset(node.id for node in names if isinstance(node.ctx, ast.Load))
    graded = is_test(cell)
    return _Cell(name, tags(cell), compile(cell.source, f"<{name}>", "exec"), graded, sets, uses)


def warm_up(week: Week) -> None:
    """Read the notebook and import what it imports, so that a fork need not."""
    cells_of(week.folder)
    small(week, "NAMES")
    for cell in code_cells(week):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                with suppress(ImportError):
                    import_module(module or "")
