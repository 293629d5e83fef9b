"""Rehearse a week in this process: the notebook's own solutions, with one name replaced by a mutant or an alternative.

For tests and for `verify`; never to mark, since here the notebook's code does run beside the checks.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import inspect
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from nbviva.grading.examine import Examination, examine
from nbviva.grading.verdict import Verdict
from nbviva.handin.sheet import Sheet
from nbviva.handin.written import Written, defined_in, uses
from nbviva.inside.cellcode import compiled
from nbviva.kernel.student import Student, explain, local_student
from nbviva.notebooks import EXPERIMENT, SHOWN, TRAINING, grade_id, is_test, new_notebook, tags
from nbviva.week.declare import Check, Overlay
from nbviva.week.draws import generators
from nbviva.week.shown import bound_in_shown
from nbviva.week.source import code_cells
from nbviva.week.week import Week, load


@dataclass
class Rehearsed:
    """What the notebook's cells printed when rehearsed; a picture under every cell is taken for granted."""

    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    overlay: Overlay | None = None

    def printed(self, cell: str) -> str:
        """All text under a cell."""
        return self.texts.get(cell, "")

    def figures(self, cell: str) -> int:
        """The number of pictures under a cell."""
        del cell
        return 1

    def ran_here(self, cell: str) -> bool:
        """Whether it was run at grading: never here."""
        del cell
        return False

    def uses(self, question: str, *patterns: str) -> tuple[str, ...]:
        """Give what of these dotted names an answer cell uses, with the overlay in the place of what it replaces."""
        names = set(defined_in(self.sources.get(f"{question}_answer", "")))
        found = uses(self.sources.values(), names - {self.overlay.replaces if self.overlay else ""}, patterns)
        if self.overlay and self.overlay.replaces in names:
            module = inspect.getsource(inspect.getmodule(self.overlay.function))  # type: ignore[arg-type]
            found += uses([module], [self.overlay.function.__name__], patterns)
        return found


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
class Prepared:
    """A week's notebook after its cells have run, ready to be examined as often as one likes."""

    week: Week
    given: Mapping[str, Any]
    student: Student


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
    everything = prepare(week, overlay, overlay.checks if overlay else week.checks)
    with contextlib.redirect_stdout(io.StringIO()):  # what the notebook's functions print is no answer
        found = [examine(examination(prepared, secret, group)) for prepared in everything]
    return tuple(verdict for verdicts in found for verdict in verdicts)


def prepare(
    week: Week, overlay: Overlay | None, checks: Iterable[Check], *, real: Path | None = None
) -> tuple[Prepared, ...]:
    """Run the cells of each notebook that one of these checks is about, for these and those that they need.

    Parameters
    ----------
    real
        The folder in which the notebook finds its data; without it the week's small stand-ins take their place.
    """
    wanted = closure(checks)
    chosen = (
        replace(part, checks=tuple(check for check in part.checks if check in wanted)) for part in week.apart().values()
    )
    return tuple(_prepared(part, overlay, real) for part in chosen if part.checks)


def _prepared(chosen: Week, overlay: Overlay | None, real: Path | None) -> Prepared:
    evidence = Rehearsed(overlay=overlay)
    with contextlib.chdir(real or Path.cwd()):
        namespace = _namespace(chosen, overlay, evidence, real=real is not None)
    student = local_student(namespace)
    explain(student, _LeftOut(bound_in_shown(code_cells(chosen))))
    stand_ins = {} if real else small(chosen, "FIXTURES")
    return Prepared(chosen, {"sheet": Sheet(chosen.assignment, student), "notebook": evidence, **stand_ins}, student)


def examination(prepared: Prepared, secret: bytes, group: str, kind: type[Examination] = Examination) -> Examination:
    """Give the examination of one group under a secret: each has questions of its own."""
    draw = generators(secret, prepared.week.assignment.week, group)
    return kind(prepared.week, prepared.student, draw, prepared.given)


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


def _namespace(week: Week, overlay: Overlay | None, evidence: Rehearsed, *, real: bool) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__", **({} if real else small(week, "NAMES"))}
    trains = any("notebook" in week.fixtures_of(check) for check in week.checks)
    answers = answer_names(week)
    for name, tagged, source, code in _compiled(week.folder, week.assignment.notebook):
        evidence.sources[name or str(len(evidence.sources))] = source
        if SHOWN in tagged or (EXPERIMENT in tagged and not real) or (TRAINING in tagged and not trains):
            continue
        execute(code, namespace, name, evidence)
        put_in(overlay, namespace, answers)
    return namespace


def answer_names(week: Week) -> set[str]:
    """Give the notebook's variables that hold answers."""
    return {name for question in week.assignment.questions for name, _ in question.answers}


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


def execute(code: Any, namespace: dict[str, Any], name: str, evidence: Rehearsed) -> None:
    """Run a cell of our own; what it raises is for the checks to find."""
    namespace.setdefault("__builtins__", builtins.__dict__)  # as `exec` does; libraries in C look there
    with contextlib.redirect_stdout(io.StringIO()) as text, contextlib.suppress(Exception):
        waits = FunctionType(code, namespace)()  # as `exec`, which would forget that a cell waits for something
        if waits is not None:
            asyncio.run(waits)
    evidence.texts[name] = text.getvalue()


@cache
def _compiled(folder: Path, notebook: str) -> list[tuple[str, list[str], str, Any]]:
    return [
        (
            grade_id(cell) or "",
            tags(cell),
            cell.source,
            compiled(cell.source, f"{folder.name} {grade_id(cell)}"),
        )
        for cell in code_cells(load(folder).apart()[notebook])
        if not is_test(cell)
    ]
