"""One mutant on trial: the notebook with a cell of another text, asked what a hand-in is asked until a check fails.

Here code of the notebook runs beside the checks, and a mutant of it may do anything: only in a fork (`nbviva.forks`).

`nbviva.tryout` is for answers that a person wrote: it runs all checks, to the end, and times them.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from nbviva.agent import Agent
from nbviva.checks import Check, Examination, Week, load
from nbviva.codec import Frames, decode
from nbviva.course import generators
from nbviva.rehearsal import Rehearsed, closure, execute, small
from nbviva.sheet import Sheet
from nbviva.source import EXPERIMENT, TRAINING, code_cells, grade_id, tags
from nbviva.student import Student
from nbviva.verdict import Outcome, Verdict

CLOSE = 1e-6  # relative to the largest number of an array

Talk = list[Frames]


@dataclass(frozen=True)
class Trial:
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


class Rehearsal:
    """The notebook with some cells' texts replaced; it runs no further than to the test cell of the check at hand."""

    def __init__(
        self, week: Week, checks: Iterable[Check], texts: Mapping[str, str], secret: bytes, group: str
    ) -> None:
        self.talk: Talk = []
        self._texts, self._evidence, self._done = texts, Rehearsed(), 0
        chosen = closure(checks)
        self._trains = any("notebook" in week.fixtures_of(check) for check in chosen)
        asked = {check.exercise for check in chosen}
        questions = [question for question in week.assignment.questions if question.name not in asked]
        self._idle = {f"{question.name}_answer" for question in questions if question.answers}
        self._namespace: dict[str, Any] = {"__name__": "__main__", **small(week, "NAMES")}
        self._cells = _cells(week.folder)
        self._agent = Agent(self._namespace)
        student = Student(self._ask)
        given = {"sheet": Sheet(week.assignment, student), "notebook": self._evidence, **small(week, "FIXTURES")}
        self._examination = Examination(week, student, generators(secret, week.assignment.week, group), given)
        self._outcomes: dict[Check, Outcome] = {}

    def verdict(self, check: Check) -> Verdict:
        """Run one check, after those that it needs; `talk` is then what was answered to it."""
        for need in check.needs:
            if need not in self._outcomes:
                self.verdict(need)
        self._run_to(check.exercise)
        self.talk = []
        verdict = self._examination.verdict(check, self._outcomes)
        self._outcomes[check] = verdict.outcome
        return verdict

    def _ask(self, frames: Frames, seconds: float) -> Frames:
        del seconds  # a fork has limits of its own
        answer = self._agent.answer(frames)
        self.talk.append(answer)
        return answer

    def _run_to(self, exercise: str) -> None:
        names = [cell.name for cell in self._cells]
        for cell in islice(self._cells, self._done, names.index(exercise)):
            self._done += 1
            if self._is_idle(cell):
                continue
            code = compile(self._texts[cell.name], f"<{cell.name}>", "exec") if cell.name in self._texts else cell.code
            execute(code, self._namespace, cell.name, self._evidence)

    def _is_idle(self, cell: _Cell) -> bool:
        """Whether no check looks at what the cell does: figures, training, answers of questions that are not asked."""
        trains_in_vain = TRAINING in cell.tags and not self._trains
        return cell.graded or EXPERIMENT in cell.tags or trains_in_vain or cell.name in self._idle


@dataclass(frozen=True)
class _Cell:
    name: str
    tags: list[str]
    code: Any
    graded: bool


@cache
def _cells(folder: Path) -> tuple[_Cell, ...]:
    return tuple(
        _Cell(
            grade_id(cell) or "",
            tags(cell),
            compile(cell.source, f"<{folder.name} {grade_id(cell)}>", "exec"),
            bool(cell.metadata.get("nbgrader", {}).get("grade")),
        )
        for cell in code_cells(load(folder))
    )


def warm_up(week: Week) -> None:
    """Import what the notebook imports, so that a fork need not."""
    for cell in code_cells(week):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                with suppress(ImportError):
                    import_module(module or "")


def failing(week: Week, texts: Mapping[str, str], secret: bytes, group: str) -> list[str]:
    """Name the checks of the week that do not pass when these cells have these texts."""
    rehearsal = Rehearsal(week, week.checks, texts, secret, group)
    return [check.name for check in week.checks if rehearsal.verdict(check).outcome is not Outcome.PASSED]


def attempt(
    week: Week,
    checks: list[Check],
    texts: Mapping[str, str],
    secret: bytes,
    groups: Iterable[str],
    rest: Callable[[], None],
) -> Trial:
    """Try a mutant: the first group's questions decide; where it passes, those of the others tell more.

    Parameters
    ----------
    checks
        Those that can notice it, in the order in which they are to be run.
    rest
        Called before each group's questions: to be given more time.
    """
    same, others = True, 0
    for number, group in enumerate(groups):
        rest()
        verdict, talks = _heard(week, checks, texts, secret, group)
        if verdict and not number:
            broke = verdict.detail if verdict.outcome is Outcome.ERROR else ""
            return Trial(verdict.check, verdict.cause, broke)
        others += verdict is not None
        rest()
        same = same and not verdict and _same_talks(talks, _heard(week, checks, {}, secret, group)[1])
    return Trial(others=others, same=same)


def _heard(
    week: Week, checks: list[Check], texts: Mapping[str, str], secret: bytes, group: str
) -> tuple[Verdict | None, list[Talk]]:
    """Give the first verdict that is not a pass, and what was answered before."""
    rehearsal = Rehearsal(week, checks, texts, secret, group)
    talks: list[Talk] = []
    for check in checks:
        verdict = rehearsal.verdict(check)
        if verdict.outcome is not Outcome.PASSED:
            return verdict, talks
        talks.append(rehearsal.talk)
    return None, talks


def _same_talks(ours: list[Talk], theirs: list[Talk]) -> bool:
    return len(ours) == len(theirs) and all(map(_same_talk, ours, theirs))


def _same_talk(ours: Talk, theirs: Talk) -> bool:
    return len(ours) == len(theirs) and all(map(_same, map(decode, ours), map(decode, theirs)))


def _same(one: Any, other: Any) -> bool:
    """Compare two answers; numbers may differ by rounding."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if not isinstance(one, float | np.ndarray):
        return bool(one == other)
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype != other.dtype or one.dtype.kind not in "fiub":
        return one.shape == other.shape and one.dtype == other.dtype and np.array_equal(one, other)
    scale = float(np.abs(other).max(initial=0.0)) if np.isfinite(other).all() else 0.0
    return np.allclose(one, other, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True)
