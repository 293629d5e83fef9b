"""Rehearse a week in this process: the notebook's own solutions, or others in their place, asked as a hand-in is.

The notebook is run only as far as a check needs, and trains only where something uses it. For tests and for `verify`;
never to mark, since here the notebook's code does run beside the checks.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FunctionType
from typing import Any

from nbviva.grading.examine import Examination, examine
from nbviva.grading.own_cells import Rehearsed, RehearsedCell, cells_of, execute
from nbviva.grading.verdict import Verdict
from nbviva.handin.sheet import Sheet
from nbviva.handin.written import Written
from nbviva.inside import Frames, decode, encode
from nbviva.inside.agent import Agent
from nbviva.inside.cellcode import compiled
from nbviva.kernel.student import Student, explain
from nbviva.naming import answer_cell
from nbviva.notebooks import EXPERIMENT, SHOWN, TRAINING, new_notebook
from nbviva.week.declare import Check, Overlay
from nbviva.week.draws import generators
from nbviva.week.week import Week

MISSING = encode(("missing",))  # what the agent answers about a name that there is not


class _LeftOut(Written):
    """The notebook, as far as a check may ask for what is not there: a cell that is only shown was not run."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__(new_notebook([], {}))
        self._names = names

    def why_missing(self, name: str) -> str:
        """Say which cell has the name; words that follow "does not exist"."""
        cell = self._names.get(name)
        return f": the cell '{cell}' is tagged `{SHOWN}`, so that no question may need it" if cell else ""


@dataclass(frozen=True)
class Instead:
    """What stands in the place of the notebook's own solutions: cells' texts by name, or an answer for a name."""

    texts: Mapping[str, str] = field(default_factory=dict)
    overlay: Overlay | None = None


OWN = Instead()


class Rehearsal:
    """One notebook of a week, with something instead; it can be examined as often as one likes.

    It runs no further than to the test cell of the check at hand. Only where a check asks for a name that a later cell
    sets, it runs on to that one. Functions, classes and modules are asked about as they stood at the test cell.

    Parameters
    ----------
    week
        Of one notebook, as `Week.apart` gives it.
    checks
        Those that can be asked, with those that they need.
    real
        The folder in which the notebook finds its data; without it the week's small stand-ins take their place.
    """

    def __init__(
        self, week: Week, checks: Iterable[Check], instead: Instead = OWN, *, real: Path | None = None
    ) -> None:
        wanted = closure(checks)
        self.week = replace(week, checks=tuple(check for check in week.checks if check in wanted))
        self._instead, self._real, self._done, self._trains = instead, real, 0, False
        self._cells, left_out = cells_of(week.folder, week.assignment.notebook)
        texts = {cell.name or str(i): instead.texts.get(cell.name, cell.source) for i, cell in enumerate(self._cells)}
        self._evidence = Rehearsed(sources=texts, overlay=instead.overlay, late=self._run_late)
        self.namespace: dict[str, Any] = {"__name__": "__main__", **({} if real else small(week, "NAMES"))}
        self._agent, self.student = Agent(self.namespace), Student(self._answer)
        explain(self.student, _LeftOut(left_out))
        asked = {check.exercise for check in self.week.checks}
        self._answers = {name for question in week.assignment.questions for name, _ in question.answers}
        self._unasked = {answer_cell(q.name) for q in week.assignment.questions if q.answers and q.name not in asked}
        stand_ins = {} if real else small(week, "FIXTURES")
        self.given = {"sheet": Sheet(week.assignment, self.student), "notebook": self._evidence, **stand_ins}

    def examination(self, secret: bytes, group: str, kind: type[Examination] = Examination) -> Examination:
        """Give the examination of one group under a secret: each has questions of its own."""
        draw = generators(secret, self.week.assignment.week, group)
        return kind(self.week, self.student, draw, self.given, self.reach)

    def reach(self, exercise: str) -> None:
        """Run the notebook to a question's test cell, unless it is there."""
        self._run_to(self._place(exercise))

    def run_through(self) -> None:
        """Run all that any of the checks may need, so that none waits for it."""
        self._trains = any("notebook" in self.week.fixtures_of(check) for check in self.week.checks)
        self._run_to(len(self._cells))

    def _answer(self, frames: Frames, seconds: float) -> Frames:
        del seconds  # there is nobody to interrupt it
        answer = self._agent.answer(frames)
        if answer == MISSING and (place := self._place_of(frames)):
            self._run_to(place)
            answer = self._agent.answer(frames)
        return answer

    def _place_of(self, frames: Frames) -> int:
        """Give to where the notebook has to run to have the name that a question asks for; 0 where it never has."""
        _, _, _, *rest = decode(frames, tensors=True, exact=True)
        names = {item for item in rest[:2] if isinstance(item, str)}
        later = range(self._done, len(self._cells))
        return next((i + 1 for i in later if names.intersection(self._cells[i].sets)), 0)

    def _place(self, name: str) -> int:
        return next((i for i, cell in enumerate(self._cells, start=1) if cell.name == name), 0)

    def _run_to(self, place: int) -> None:
        if place <= self._done:
            return
        self._go_back(f"cell {self._done}")  # questions may have been about an earlier test cell
        for cell in self._cells[self._done : place]:
            self._done += 1
            if self._is_idle(cell):
                self._mark(cell.name or f"cell {self._done}")
            else:
                self._run(cell)
        self._mark(f"cell {self._done}")

    def _run_late(self, name: str) -> None:
        """Run a cell that was left out, with the functions that stood there, since somebody asks what it printed."""
        place = self._place(name)
        self._run_to(place)
        if place and name not in self._evidence.texts:
            self._go_back(name)
            self._run(self._cells[place - 1])

    def _run(self, cell: RehearsedCell) -> None:
        """Run one cell, with its other text if it has one."""
        texts = self._instead.texts
        code = compiled(texts[cell.name], cell.name) if cell.name in texts else cell.code
        with contextlib.chdir(self._real) if self._real else contextlib.nullcontext():
            execute(code, self.namespace, cell.name, self._evidence)
            put_in(self._instead.overlay, self.namespace, self._answers)

    def _mark(self, stage: str) -> None:
        self._agent.answer(encode(("mark", 0, "", stage)))

    def _go_back(self, stage: str) -> None:
        """Let names stand for the functions, classes and modules that they stood for there."""
        self._agent.answer(encode(("ping", 0, stage)))

    def _is_idle(self, cell: RehearsedCell) -> bool:
        """Whether nobody looks at what the cell does: figures, answers that are not asked, training without use."""
        if cell.graded or SHOWN in cell.tags or (EXPERIMENT in cell.tags and not self._real):
            return True
        if cell.name not in self._unasked and (self._trains or TRAINING not in cell.tags):
            return False
        later = self._cells[self._cells.index(cell) + 1 :]
        return not any(cell.sets & other.uses and not self._is_idle(other) for other in later)


def rehearse(
    week: Week, overlay: Overlay | None = None, *, group: str = "rehearsal", secret: bytes = b"rehearsal"
) -> tuple[Verdict, ...]:
    """Run the checks that an overlay names, with those that they need, or all of them, on the notebooks' solutions.

    Parameters
    ----------
    overlay
        The wrong or right answer that replaces a name of the notebook's.
    group, secret
        Another group is asked other questions; with the course's secret those that it is asked when marked.
    """
    found = rehearsals(week, overlay.checks if overlay else week.checks, Instead(overlay=overlay))
    with contextlib.redirect_stdout(io.StringIO()):  # what the notebook's functions print is no answer
        return tuple(verdict for one in found for verdict in examine(one.examination(secret, group)))


def rehearsals(
    week: Week, checks: Iterable[Check], instead: Instead = OWN, *, real: Path | None = None
) -> tuple[Rehearsal, ...]:
    """Give a rehearsal of each notebook that one of these checks is about, or one that they need."""
    wanted = closure(checks)
    chosen = ((part, wanted.intersection(part.checks)) for part in week.apart().values())
    return tuple(Rehearsal(part, own, instead, real=real) for part, own in chosen if own)


def closure(checks: Iterable[Check]) -> set[Check]:
    """Give these checks and all that they need."""
    todo, found = list(checks), set[Check]()
    while todo:
        check = todo.pop()
        found.add(check)
        todo.extend(need for need in check.needs if need not in found)
    return found


def small(week: Week, name: str) -> Mapping[str, Any]:
    """Give the week's small stand-ins for rehearsals (`NAMES`, `FIXTURES` of its rehearsal.py), if it has any."""
    if not (week.folder / "rehearsal.py").exists():
        return {}
    found: Mapping[str, Any] = getattr(week.module("rehearsal"), name)
    return found


def put_in(overlay: Overlay | None, namespace: dict[str, Any], answers: Collection[str]) -> None:
    """Let an overlay stand for the name that it replaces, where there is one; for an answer, what it gives."""
    if overlay and overlay.replaces in namespace:
        function = _with_names(overlay, namespace)
        namespace[overlay.replaces] = function() if overlay.replaces in answers else function


def _with_names(overlay: Overlay, namespace: Mapping[str, Any]) -> Any:
    """Give an overlay's function with the notebook's own objects for the names that it `uses`."""
    function = overlay.function
    if not overlay.uses or not isinstance(function, FunctionType):
        return function
    known = {name: namespace[name] for name in overlay.uses if name in namespace}
    made = FunctionType(function.__code__, function.__globals__ | known, function.__name__, function.__defaults__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made
