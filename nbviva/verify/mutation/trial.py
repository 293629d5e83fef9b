"""One mutant on trial: the notebook with a cell of another text, asked what a hand-in is asked until a check fails.

The notebook is run only as far as a check needs, and trains only where something uses it. Code of the notebook runs
beside the checks here, and a mutant of it may do anything: only in a fork (`forks`). `nbviva.verify.trials` is for
answers that a person wrote: it runs all checks, to the end, and times them.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from nbviva.grading.examine import Examination
from nbviva.grading.rehearsal import Rehearsed, answer_names, closure, execute, put_in, small
from nbviva.grading.verdict import Outcome, Verdict
from nbviva.handin.sheet import Sheet
from nbviva.inside import Frames, decode, encode
from nbviva.inside.agent import Agent
from nbviva.inside.cellcode import as_python, compiled
from nbviva.kernel.student import Student
from nbviva.notebooks import EXPERIMENT, SHOWN, TRAINING, NotebookNode, grade_id, is_test, tags
from nbviva.verify.mutation.talks import Talk, as_text, from_text, same_talks
from nbviva.week.declare import Check, Overlay
from nbviva.week.draws import generators
from nbviva.week.source import code_cells
from nbviva.week.week import Week, load

MISSING = encode(("missing",))  # what the agent answers about a name that there is not


@dataclass(frozen=True)
class Instead:
    """What stands in the place of the notebook's own solutions: cells' texts by name, or an answer for a name."""

    texts: Mapping[str, str] = field(default_factory=dict)
    overlay: Overlay | None = None


OWN = Instead()


class Rehearsal:
    """The notebook with something instead; it runs no further than to the test cell of the check at hand.

    Only where a check asks for a name that a later cell sets, it runs on to that one.
    """

    def __init__(self, week: Week, checks: Iterable[Check], instead: Instead, secret: bytes, group: str) -> None:
        texts, self._overlay, self._answers = instead.texts, instead.overlay, answer_names(week)
        self._texts, self._evidence, self._done = texts, _LazyEvidence(self), 0
        self._evidence.overlay = instead.overlay
        asked = {check.exercise for check in closure(checks)}
        questions = [question for question in week.assignment.questions if question.name not in asked]
        self._idle = {f"{question.name}_answer" for question in questions if question.answers}
        self._namespace: dict[str, Any] = {"__name__": "__main__", **small(week, "NAMES")}
        self._cells = cells_of(week.folder, week.assignment.notebook)
        named = ((cell.name or str(i), texts.get(cell.name, cell.source)) for i, cell in enumerate(self._cells))
        self._evidence.sources |= dict(named)
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
            self._run_to([cell.name for cell in self._cells].index(check.exercise))
            self._talk = []
            self._settled[check] = self._examination.verdict(check, outcomes), self._talk
        return self._settled[check]

    def _ask(self, frames: Frames, seconds: float) -> Frames:
        del seconds  # a fork has limits of its own
        answer = self._agent.answer(frames)
        if answer == MISSING and (place := self._place_of(frames)):
            self._run_to(place)
            answer = self._agent.answer(frames)
        self._talk.append(answer)
        return answer

    def _place_of(self, frames: Frames) -> int:
        """Give to where the notebook has to run to have the name that a question asks for; 0 where it never has."""
        _, _, _, *rest = decode(frames, tensors=True, exact=True)
        names = {item for item in rest[:2] if isinstance(item, str)}
        later = range(self._done, len(self._cells))
        return next((i + 1 for i in later if names.intersection(self._cells[i].sets)), 0)

    def _run_to(self, place: int) -> None:
        for cell in islice(self._cells, self._done, place):
            self._done += 1
            if not self._is_idle(cell):
                self.run(cell)

    def run(self, cell: _CompiledCell) -> None:
        """Run one cell, with its other text if it has one."""
        code = compiled(self._texts[cell.name], cell.name) if cell.name in self._texts else cell.code
        execute(code, self._namespace, cell.name, self._evidence)
        put_in(self._overlay, self._namespace, self._answers)

    def run_late(self, name: str) -> None:
        """Run a cell that was left out, now that somebody asks what it printed."""
        for cell in self._cells[: self._done]:
            if cell.name == name:
                self.run(cell)

    def _is_idle(self, cell: _CompiledCell) -> bool:
        """Whether nobody looks at what the cell does: figures, answers that are not asked, training without use."""
        if cell.graded or not {EXPERIMENT, SHOWN}.isdisjoint(cell.tags) or cell.name in self._idle:
            return True
        if TRAINING not in cell.tags:
            return False
        later = self._cells[self._cells.index(cell) + 1 :]
        return not any(cell.sets & other.uses for other in later if not other.graded and not self._is_idle(other))


class _LazyEvidence(Rehearsed):
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
class _CompiledCell:
    name: str
    source: str
    tags: list[str]
    code: Any
    graded: bool
    sets: frozenset[str]
    uses: frozenset[str]


@cache
def cells_of(folder: Path, notebook: str) -> tuple[_CompiledCell, ...]:
    """Give the code cells of one of a week's notebooks, compiled."""
    return tuple(_cell(cell) for cell in code_cells(load(folder).apart()[notebook]))


def _cell(cell: NotebookNode) -> _CompiledCell:
    name = grade_id(cell) or ""
    nodes = list(ast.walk(ast.parse(as_python(cell.source))))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    sets = frozenset(node.id for node in names if isinstance(node.ctx, ast.Store)) | defined
    uses = frozenset(node.id for node in names if isinstance(node.ctx, ast.Load))
    graded = is_test(cell)
    return _CompiledCell(name, cell.source, tags(cell), compiled(cell.source, name), graded, sets, uses)


def warm_up(week: Week) -> None:
    """Read the notebook and import what it imports, so that a fork need not."""
    cells_of(week.folder, week.assignment.notebook)
    small(week, "NAMES")
    for cell in code_cells(week):
        for node in ast.walk(ast.parse(as_python(cell.source))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                with suppress(ImportError):
                    import_module(module or "")


@dataclass(frozen=True)
class MutantTrial:
    """What came of a mutant.

    Attributes
    ----------
    caught_by, cause
        The first check that it did not pass, and for a missing answer its kind; empty where it passed all.
    broke
        What a check of ours raised on it, which is a fault of the check.
    others
        Of those further groups whose questions it was asked because it passed, how many caught it.
    same
        Whether it gave the reference's answers to everything that it was asked.
    """

    caught_by: str = ""
    cause: str = ""
    broke: str = ""
    others: int = 0
    same: bool = False

    def to_json(self) -> str:
        """Give it as JSON text."""
        return json.dumps(asdict(self))


def failing(week: Week, texts: Mapping[str, str], secret: bytes, group: str) -> list[str]:
    """Name the checks of the week that do not pass when these cells have these texts, but for those before."""
    names = [cell.name for cell in cells_of(week.folder, week.assignment.notebook)]
    first = min((names.index(name) for name in texts), default=0)
    checks = [check for check in week.checks if names.index(check.exercise) > first]
    rehearsal = Rehearsal(week, checks, Instead(texts), secret, group)
    return [check.name for check in checks if rehearsal.verdict(check)[0].outcome is not Outcome.PASSED]


def attempt(
    week: Week,
    checks: list[Check],
    instead: Instead,
    secret: bytes,
    groups: Iterable[str],
    rest: Callable[[], None],
    before: Callable[[str], str],
) -> MutantTrial:
    """Try a mutant: the first group's questions decide; where it passes, those of the others tell more.

    Parameters
    ----------
    checks
        Those that can notice it, in the order in which they are to be run.
    rest
        Called before each group's questions: to be given more time.
    before
        Gives what the same without the slip answers to the questions of a group, as `answers` does.
    """
    same, others = True, 0
    for number, group in enumerate(groups):
        rest()
        verdict, talks = _heard(week, checks, instead, secret, group)
        if verdict and not number:
            broke = verdict.detail if verdict.outcome is Outcome.ERROR else ""
            return MutantTrial(verdict.check, verdict.cause, broke)
        others += verdict is not None
        rest()
        same = same and not verdict and same_talks(talks, from_text(before(group)))
    return MutantTrial(others=others, same=same)


def answers(week: Week, checks: list[Check], instead: Instead, secret: bytes, group: str) -> str:
    """Give all that is answered to the questions of these checks, up to the first that does not pass, as text."""
    return as_text(_heard(week, checks, instead, secret, group)[1])


def _heard(
    week: Week, checks: list[Check], instead: Instead, secret: bytes, group: str
) -> tuple[Verdict | None, list[Talk]]:
    """Give the first verdict that is not a pass, and what was answered before."""
    rehearsal = Rehearsal(week, checks, instead, secret, group)
    talks: list[Talk] = []
    for check in checks:
        verdict, talk = rehearsal.verdict(check)
        if verdict.outcome is not Outcome.PASSED:
            return verdict, talks
        talks.append(talk)
    return None, talks
