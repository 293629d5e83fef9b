"""Mutants of an adopted week: the instructor's own notebook with a slip in one solution, and the tests that notice.

It runs in a fork, with IPython as in a kernel, in a copy of the files beside it. A mutant may do anything.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbviva.cache import TextCache
from nbviva.course import Course
from nbviva.errors import SpecError
from nbviva.files import digest
from nbviva.machine import cores
from nbviva.notebooks import NotebookNode, grade_id, is_answer, is_test, part_of
from nbviva.processes.forks import forked
from nbviva.processes.job import Bounds, Finished
from nbviva.verify.keys import of_week
from nbviva.verify.mutation.score import Fate, Mutated, Score, TriedMutant, mutants_of
from nbviva.verify.mutation.trial import import_for
from nbviva.week.source import source_notebook

A_CELL = 20  # mutants of one solution cell: of more, so many are chosen, spread over its lines
LEAST_SECONDS, TIMES = 2.0, 10.0
MEMORY = 2 << 30
_RAISED = "raised"
_MARK = re.compile(r"^([ \t]*).*\b(BEGIN|END) SOLUTION.*$", re.MULTILINE)


@dataclass(frozen=True)
class _OwnNotebooks:
    """A week's notebooks, to be run with one cell's text replaced."""

    folder: Path
    cells: tuple[NotebookNode, ...]

    def of_part(self, part: str) -> Iterator[NotebookNode]:
        return (cell for cell in self.cells if part_of(cell) == part)


def adopted_score(
    course: Course, name: str, workers: int | None, told: Callable[[int, int], None] = lambda _done, _of: None
) -> Score:
    """Mutate the instructor's solutions and try every mutant that is not in the cache."""
    week = course.week(name)
    bench = _OwnNotebooks(week.folder, tuple(cell for cell in source_notebook(week).cells if cell.cell_type == "code"))
    kept = TextCache(course.root, f"mutants-{name}")
    context = of_week(week.folder)
    jobs = {
        digest(context, str(grade_id(cell)), mutated.source): (cell, mutated)
        for cell in bench.cells
        if is_answer(cell) and not is_test(cell)
        for mutated in _chosen(cell.source)
    }
    todo = [key for key in jobs if kept.get(key) is None]
    import_for(week)
    right = {part: _right(bench, part) for part in dict.fromkeys(map(part_of, bench.cells))} if todo else {}
    new: dict[str, str] = {}
    limit = max((finished.seconds for finished, _ in right.values()), default=0.0)
    bounds = Bounds(processor=LEAST_SECONDS + TIMES * limit, memory=MEMORY, clock=60 + 3 * TIMES * limit)
    try:
        for finished in forked(partial(_tried, bench, jobs), todo, workers or cores(), bounds):
            new[finished.job] = json.dumps(_fate(finished, right[part_of(jobs[finished.job][0])][1]))
            told(len(new), len(todo))
    finally:
        kept.update(new)
    tried = tuple(_told(cell, mutated, str(kept.get(key))) for key, (cell, mutated) in jobs.items())
    return Score(name, tried, cached=len(jobs) - len(todo))


def _chosen(source: str) -> tuple[Mutated, ...]:
    try:
        compile(source, "<solution>", "exec")
    except (SyntaxError, ValueError):  # a magic: no operator reads it
        return ()
    found = mutants_of(_MARK.sub(r"\1### \2 SOLUTION", source))  # marked as in a week of our own
    step = max(1, -(-len(found) // A_CELL))
    return found[::step]


def _right(bench: _OwnNotebooks, part: str) -> tuple[Finished, dict[str, str]]:
    """Give how the tests end on the solution itself."""
    (finished,) = forked(lambda _: _ends(bench, part, {}), [part], 1, Bounds(clock=600, memory=MEMORY))
    if finished.error is not None:
        raise SpecError(f"The instructor's own notebook {part or 'of this week'} does not come to its end.")
    return finished, json.loads(str(finished.value))


def _tried(bench: _OwnNotebooks, jobs: Mapping[str, tuple[NotebookNode, Mutated]], key: str) -> str:
    cell, mutated = jobs[key]
    return _ends(bench, part_of(cell), {str(grade_id(cell)): mutated.source})


def _ends(bench: _OwnNotebooks, part: str, texts: Mapping[str, str]) -> str:
    """Run a notebook and give how each test cell ended: raised, the number that it showed, or neither."""
    place = Path.cwd() / f"run-{os.getpid()}"
    shutil.copytree(bench.folder, place, ignore=shutil.ignore_patterns("*.ipynb", "__pycache__"))
    os.chdir(place)
    sys.path.insert(0, os.fspath(place))  # as in a kernel, the files beside the notebook can be imported
    settings = Config()
    settings.HistoryManager.enabled = False
    shell: Any = InteractiveShell(config=settings)
    found = {}
    for cell in bench.of_part(part):
        name = str(grade_id(cell))
        ended = shell.run_cell(texts.get(name, cell.source), store_history=False)
        if is_test(cell) and not is_answer(cell):
            found[name] = _end(ended)
    shutil.rmtree(place, ignore_errors=True)
    return json.dumps(found)


def _end(ended: Any) -> str:
    if not ended.success:
        return _RAISED
    return repr(float(ended.result)) if type(ended.result) in (int, float) else ""


def _fate(finished: Finished, right: Mapping[str, str]) -> tuple[str, str]:
    if finished.error is not None:
        late = isinstance(finished.error, TimeoutError)
        return (Fate.TIMED_OUT if late else Fate.DIED), ""
    ends = json.loads(str(finished.value))
    by = next((name for name, end in right.items() if _is_worse(ends[name], end)), "")
    return (Fate.CAUGHT if by else Fate.SURVIVED), by


def _is_worse(end: str, right: str) -> bool:
    if right in (end, _RAISED):
        return False
    return end == _RAISED or not (end and right) or float(end) < float(right)


def _told(cell: NotebookNode, mutated: Mutated, text: str) -> TriedMutant:
    fate, by = json.loads(text)
    return TriedMutant(str(grade_id(cell)), mutated, Fate(fate), by)
