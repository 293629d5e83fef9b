"""Mutation testing of a week: every slip that an operator can make in its solutions, and the check that catches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nbviva.cache import TextCache
from nbviva.course import Course
from nbviva.errors import SpecError
from nbviva.files import digest
from nbviva.grading.rehearsal import OWN, Instead
from nbviva.inside.cellcode import as_python
from nbviva.machine import cores
from nbviva.naming import answer_cell
from nbviva.notebooks import NotebookNode, grade_id, is_answer
from nbviva.processes.forks import forked, grant
from nbviva.processes.job import Bounds, End, Finished
from nbviva.records import read
from nbviva.verify.keys import of_week
from nbviva.verify.mutation import rewritten
from nbviva.verify.mutation.in_notebook import adopted_score
from nbviva.verify.mutation.score import (
    FILE,
    Excuse,
    Explained,
    Fate,
    Mutated,
    Score,
    TriedMutant,
    explained,
    joined_scores,
    mutants_of,
    speaks_of,
    stale,
)
from nbviva.verify.mutation.trial import MutantTrial, answers, attempt, failing, warm_up
from nbviva.week.declare import Check
from nbviva.week.source import code_cells, release_template, source_notebook
from nbviva.week.week import NOTEBOOKS, Week

BOUNDS = Bounds(processor=60.0, clock=600.0, memory=4 << 30)  # of a mutant, before the solution was timed
GROUPS = 4  # the first group's questions decide; those of the others are asked of what passed
LEAST_SECONDS, TIMES = 1.0, 10.0  # a mutant may take ten times what the solution takes, and a second
SAVED_EVERY = 50
MOST = 4  # slips of an alternative
SAME_ANSWER = "The answer is the same, and nothing else of its cell is asked."
# Of the notebook the code has one.
_NO_INFLUENCE = (FILE, "notebook.py", f"{NOTEBOOKS}/*.py", "*mutants.py", "*alternatives.py", "*.typ")


def mutation_score(
    course: Course,
    name: str,
    *,
    secret: bytes = b"mutants",
    workers: int | None = None,
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> Score:
    """Mutate the solutions of a week and try every mutant that is not in the cache.

    Parameters
    ----------
    secret
        Other secrets ask other questions.
    workers
        How many mutants are tried at a time; default: one a processor.
    told
        Called after each with how many are done, and of how many.
    """
    if course.is_adopted(name):
        return adopted_score(course, name, workers, told)
    week = course.week(name)
    kept = TextCache(course.root, f"mutants-{name}")
    entries, answers = explained(week.folder), {answer_cell(q.name) for q in week.assignment.questions if q.answers}
    found = []
    for part in week.apart().values():
        bench = _MutantBench(part, secret, kept, workers)
        found.append(bench.scored(name, bench.jobs(), told, entries, answers))
    score = joined_scores(found)
    return replace(score, errors=tuple(stale(entries, score.tried)))


def alternatives_score(
    course: Course,
    name: str,
    alternatives: Mapping[str, tuple[str, ...]],
    *,
    most: int = MOST,
    secret: bytes = b"mutants",
    workers: int | None = None,
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> Score:
    """Mutate right answers that are written differently, some slips of each, and try every one not in the cache.

    Parameters
    ----------
    alternatives
        By name, `module.name`, the checks that are to catch a slip.
    most
        How many slips of each are tried: always the same ones.
    """
    week = course.week(name)
    kept = TextCache(course.root, f"mutated-alternatives-{name}")
    found = []
    for part in week.apart().values():
        names = {check.name for check in part.checks}
        own = {alternative: tuple(filter(names.__contains__, checks)) for alternative, checks in alternatives.items()}
        bench = _MutantBench(part, secret, kept, workers)
        jobs = bench.alternative_jobs({alternative: checks for alternative, checks in own.items() if checks}, most)
        found.append(bench.scored(name, jobs, told, explained(week.folder)))
    return joined_scores(found)


Job = tuple[str, Mutated, tuple[str, ...]]


@dataclass(frozen=True)
class _Solution:
    """What mutants are compared with, of which groups: an alternative, or the notebook's own, asked by these checks."""

    alternative: str
    checks: tuple[str, ...]
    number: int

    @property
    def groups(self) -> list[str]:
        """The groups whose questions are asked."""
        return [f"mutants {number}" for number in range(self.number)]


class _MutantBench:
    """Where the mutants of one of a week's notebooks are tried, with a memory."""

    def __init__(self, week: Week, secret: bytes, kept: TextCache, workers: int | None) -> None:
        self.week, self.secret, self.kept = week, secret, kept
        self.workers = workers or cores()
        self.seconds, self.made, self._bounds = 0.0, 0, BOUNDS
        self._rewritten = set[str]()
        self._answered: dict[tuple[_Solution, str], str] = {}
        codes = [cell.source for cell in code_cells(week)]
        self._context = digest(of_week(week.folder, _NO_INFLUENCE), *codes, secret)

    def jobs(self) -> dict[str, Job]:
        """Give every mutant by its key, with the checks that notice when its cell is not solved."""
        dependent = self._dependent_checks()
        cells = {grade_id(cell) or "": as_python(cell.source) for cell in _solutions(self.week)}
        return {
            digest(self._context, cell, mutated.source): (cell, mutated, dependent[cell])
            for cell, source in cells.items()
            for mutated in mutants_of(source)
        }

    def alternative_jobs(self, alternatives: Mapping[str, tuple[str, ...]], most: int) -> dict[str, Job]:
        """Give mutants of alternatives by their keys, with the checks that are to notice."""
        self._rewritten |= set(alternatives)
        return {
            digest(self._context, name, rewritten.text_of(self.week, name), mutated.source): (name, mutated, checks)
            for name, checks in alternatives.items()
            for mutated in rewritten.slips(self.week, name, most)
        }

    def run(self, jobs: Mapping[str, Job], told: Callable[[int, int], None]) -> dict[str, tuple[End, MutantTrial]]:
        """Try those that are not in the cache, and keep what came of them."""
        todo = [key for key in jobs if self.kept.get(key) is None]
        texts = {key: text for key in jobs if (text := self.kept.get(key)) is not None}
        self.made = len(todo)
        if todo:
            warm_up(self.week)
            self._ask_solutions(jobs[key] for key in todo)
        new: dict[str, str] = {}
        try:
            for ended in forked(partial(self._try, jobs), todo, self.workers, self._bounds):
                new[ended.job] = self._told(ended)
                told(len(new), len(todo))
                if len(new) % SAVED_EVERY == 0:
                    self.kept.update(new)
        finally:
            self.kept.update(new)
        return {key: _read(text) for key, text in {**texts, **new}.items()}

    def scored(
        self,
        name: str,
        jobs: Mapping[str, Job],
        told: Callable[[int, int], None],
        entries: Sequence[Explained],
        answers: Collection[str] = (),
    ) -> Score:
        """Try them, and say what came of each; of the cells `answers` only the answer counts."""
        trials = self.run(jobs, told)
        tried = tuple(
            _tried(cell, mutated, trials[key], entries, only_answers=cell in answers)
            for key, (cell, mutated, _) in jobs.items()
        )
        return Score(name, tried, (), self.seconds, len(jobs) - self.made)

    def _try(self, jobs: Mapping[str, Job], key: str) -> str:
        cell, mutated, names = jobs[key]
        solution = self._solution_of(jobs[key])
        instead = Instead({cell: mutated.source})
        if cell in self._rewritten:
            instead = Instead(overlay=rewritten.with_slip(self.week, cell, mutated))
        more = partial(grant, self._bounds.processor)
        before = partial(self._answers, solution)
        return attempt(self.week, self._named(names), instead, self.secret, solution.groups, more, before).to_json()

    def _solution_of(self, job: Job) -> _Solution:
        cell, _, names = job
        return _Solution(cell, names, 1) if cell in self._rewritten else _Solution("", names, GROUPS)

    def _named(self, names: Iterable[str]) -> list[Check]:
        return [check for name in names for check in self.week.checks if check.name == name]

    def _ask_solutions(self, jobs: Iterable[Job]) -> None:
        """Ask what passing mutants are compared with once for all of them."""
        solutions = dict.fromkeys(map(self._solution_of, jobs))
        wanted = {f"{number} {group}": (item, group) for number, item in enumerate(solutions) for group in item.groups}
        for ended in forked(lambda key: self._answers(*wanted[key]), list(wanted), self.workers, self._bounds):
            self.seconds += ended.seconds
            if ended.end is End.DONE:
                self._answered[wanted[ended.job]] = ended.value

    def _answers(self, solution: _Solution, group: str) -> str:
        """Give what a solution answered to a group's questions; it is asked where it was not."""
        if (solution, group) not in self._answered:
            other = solution.alternative
            instead = Instead(overlay=self.week.overlay(other)) if other else OWN
            checks = self._named(solution.checks)
            self._answered[solution, group] = answers(self.week, checks, instead, self.secret, group)
        return self._answered[solution, group]

    def _told(self, ended: Finished) -> str:
        self.seconds += ended.seconds or self._bounds.processor
        return f"{ended.end}\n{ended.value}"

    def _dependent_checks(self) -> dict[str, tuple[str, ...]]:
        """Give for each solution cell the checks that fail without it, those of its own question first."""
        released = {grade_id(cell) or "": cell.source for cell in release_template(source_notebook(self.week)).cells}
        solutions = [grade_id(cell) or "" for cell in _solutions(self.week)]
        keys = {digest(self._context, "without", cell): cell for cell in ["", *solutions]}
        new, missing = {}, [key for key in keys if self.kept.get(key) is None]
        if missing:
            warm_up(self.week)
        for ended in forked(partial(self._without, keys, released), missing, self.workers, self._bounds):
            if ended.end is not End.DONE:
                raise SpecError(f"Without a solution for '{keys[ended.job]}' the week's rehearsal {ended.end}.")
            new[ended.job] = json.dumps([ended.seconds, *json.loads(ended.value)])
            self.seconds += ended.seconds
        self.kept.update(new)
        found = {cell: json.loads(self.kept.get(key) or "") for key, cell in keys.items()}
        seconds, *failing_checks = found.pop("")
        if failing_checks:
            raise SpecError(f"The week's own solutions do not pass {', '.join(failing_checks)}; mend that first.")
        self._bounds = replace(BOUNDS, processor=LEAST_SECONDS + TIMES * seconds)
        own = {check.name: check.exercise for check in self.week.checks}
        return {
            cell: tuple(sorted(names, key=lambda name: answer_cell(own[name]) != cell))
            for cell, (_, *names) in found.items()
        }

    def _without(self, keys: Mapping[str, str], released: Mapping[str, str], key: str) -> str:
        texts = {keys[key]: released[keys[key]]} if keys[key] else {}
        return json.dumps(failing(self.week, texts, self.secret, "mutants 0"))


def _solutions(week: Week) -> list[NotebookNode]:
    return [cell for cell in code_cells(week) if is_answer(cell)]


def _read(text: str) -> tuple[End, MutantTrial]:
    end, _, answer = text.partition("\n")
    return End(end), read(MutantTrial, answer) if answer else MutantTrial()


def _tried(
    cell: str, mutated: Mutated, came: tuple[End, MutantTrial], entries: Iterable[Explained], *, only_answers: bool
) -> TriedMutant:
    """Say what came of a mutant; a cell that is asked for its answers alone is right if they are the same."""
    end, trial = came
    fate = _fate(end, trial)
    said = next((entry for entry in entries if speaks_of(entry, cell, mutated)), None)
    if said is None and only_answers and fate is Fate.SAME:
        said = Explained(cell, mutated.operator, mutated.before, mutated.after, Excuse.EQUIVALENT, SAME_ANSWER)
    return TriedMutant(cell, mutated, fate, trial.caught_by, trial.cause, trial.others, said)


def _fate(end: End, trial: MutantTrial) -> Fate:
    if end is not End.DONE:
        return Fate.TIMED_OUT if end is End.TIMED_OUT else Fate.DIED
    if trial.broke:
        return Fate.BROKE
    if trial.caught_by:
        return Fate.CAUGHT
    return Fate.SAME if trial.same else Fate.SURVIVED
