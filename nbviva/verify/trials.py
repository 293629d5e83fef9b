"""Trials of a week's answers: each rehearsed in a process of its own and its checks timed; the cache is asked first.

A trial runs a whole notebook and times its checks, so it has a worker to itself, with as many threads as grading has.
The mutants of `nbviva mutate` are thousands, cost milliseconds and may do anything: those are forked.
"""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from nbviva.cache import ResultCache
from nbviva.grading.digest import of_environment
from nbviva.grading.examine import Examination, examine
from nbviva.grading.framework import NBVIVA
from nbviva.grading.rehearsal import Instead, Rehearsal, closure, rehearsals
from nbviva.grading.verdict import Outcome, Verdict
from nbviva.processes.job import Bounds, End, Finished, hush
from nbviva.processes.workers import Workers, here
from nbviva.records import Measured
from nbviva.verify.keys import key_of
from nbviva.verify.row import Origin
from nbviva.week.declare import Check
from nbviva.week.imports import files_behind
from nbviva.week.week import Week, load, notebook_texts

BOUNDS = Bounds(clock=1800.0)  # of a job; a wrong answer may loop for ever


Say = Callable[[str], None]
_SHOWN_ONLY = {"sheet.typ", "requirements.txt"}  # they decide no verdict


@dataclass(frozen=True)
class Job:
    """What is to be tried.

    Attributes
    ----------
    folder
        The week's folder.
    overlay
        The answer that is put in, as `module.name` of the week; empty: the notebook's own solutions, the reference.
    checks
        Names of the checks that are run, with those that they need.
    seeds
        Each is one trial: another secret and another group.
    threads
        How many threads the numerical libraries may use.
    real
        The folder with the notebook's real data; empty: the week's small stand-ins.
    """

    folder: str
    overlay: str
    checks: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    threads: int = 1
    real: str = ""


@dataclass(frozen=True)
class Judged:
    """How one check ended in a trial, its seconds, and what it measured: name, number, bound, and best possible."""

    check: str
    outcome: str
    detail: str
    cpu: float
    wall: float
    values: tuple[tuple[str, Measured, Measured | None, Measured | None], ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What one trial gave; `fault` says why it gave nothing."""

    overlay: str
    seed: int
    real: bool
    judged: tuple[Judged, ...] = ()
    fault: str = ""


class Timed(Examination):
    """An examination that times its checks; what fixtures cost counts for the first check that uses them."""

    seconds: dict[str, tuple[float, float]]

    def verdict(self, item: Check, before: Mapping[Check, Outcome]) -> Verdict:
        """Run one check, and note its CPU and wall-clock seconds."""
        cpu, wall = time.process_time(), time.perf_counter()
        verdict = super().verdict(item, before)
        self.seconds[item.name] = (time.process_time() - cpu, time.perf_counter() - wall)
        return verdict


def run(job: Job) -> tuple[Trial, ...]:
    """Run a job's trials on its notebooks, which are run first, so that no check is timed for it."""
    week = load(Path(job.folder))
    instead = Instead(overlay=week.overlay(job.overlay) if job.overlay else None)
    checks = [check for check in week.checks if check.name in job.checks]
    found = rehearsals(week, checks, instead, real=Path(job.real) if job.real else None)
    for rehearsal in found:
        rehearsal.run_through()
    return tuple(_trial(found, job, seed) for seed in job.seeds)


def _named(number: str, job: Job) -> tuple[Trial, ...]:
    del number  # which names it for us
    return run(job)


def _failed(job: Job, finished: Finished) -> tuple[Trial, ...]:
    """Give the trials of a job that gave nothing."""
    late = finished.end is End.TIMED_OUT
    why = f"it ran longer than {BOUNDS.clock:g} s" if late else f"{type(finished.error).__name__}: {finished.error}"
    return tuple(Trial(job.overlay, seed, bool(job.real), fault=why) for seed in job.seeds)


def _trial(everything: Sequence[Rehearsal], job: Job, seed: int) -> Trial:
    judged = tuple(item for rehearsal in everything for item in _all_judged(rehearsal, seed))
    return Trial(job.overlay, seed, bool(job.real), judged)


def _all_judged(rehearsal: Rehearsal, seed: int) -> Iterator[Judged]:
    asked = rehearsal.examination(f"verify {seed}".encode(), f"group {seed}", Timed)
    assert isinstance(asked, Timed)  # noqa: S101 - for mypy
    asked.seconds = {}
    for verdict in examine(asked):
        yield _judged(verdict, asked.seconds[verdict.check])


def _judged(verdict: Verdict, seconds: tuple[float, float]) -> Judged:
    cpu, wall = (round(number, 4) for number in seconds)
    values = tuple((value.name, value.number, value.bound, value.best) for value in verdict.values)
    return Judged(verdict.check, str(verdict.outcome), verdict.detail, cpu, wall, values, verdict.doubts)


def quieten() -> None:
    """Let a worker say nothing: what libraries say of the machine would run through the table."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    os.environ["MPLBACKEND"] = "agg"
    hush()


@dataclass(frozen=True)
class TriedAnswers:
    """Trials, and where they came from."""

    trials: tuple[Trial, ...]
    origin: Origin

    def __add__(self, other: TriedAnswers) -> TriedAnswers:
        return TriedAnswers((*self.trials, *other.trials), self.origin + other.origin)


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


class Crews(ExitStack):
    """Workers that run jobs, kept for the next ones: each takes seconds to start. None: jobs run in this process."""

    def __init__(self, workers: int) -> None:
        super().__init__()
        self._workers = workers
        self._crews: dict[int, Workers] = {}

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, tuple[Trial, ...]]]:
        """Run jobs and give each with its trials when it is done; those with equal `threads` run together."""
        for threads in sorted({job.threads for job in jobs}):
            own = {str(number): job for number, job in enumerate(jobs) if job.threads == threads}
            call = self._crew(threads).run if self._workers else here
            for finished in call(_named, list(own.items())):
                job = own[finished.job]
                yield job, finished.value if finished.end is End.DONE else _failed(job, finished)

    def _crew(self, threads: int) -> Workers:
        if threads not in self._crews:
            self._crews[threads] = self.enter_context(Workers(self._workers, BOUNDS, threads, quieten))
        return self._crews[threads]


class Bench:
    """Tries answers of one week: those trials that the cache does not have."""

    def __init__(self, week: Week, cache: ResultCache, crews: Crews, say: Say) -> None:
        self.week, self._cache, self._crews, self._say = week, cache, crews, say
        self._keys: dict[tuple[str, ...], str] = {}

    def run(self, jobs: Sequence[Job], what: str) -> TriedAnswers:
        """Give the trials of these jobs, in their order, from the cache or made now."""
        kept = {
            (job, seed): entry
            for job in jobs
            for seed in job.seeds
            if (entry := self._cache.get(Trial, self._key(job, seed)))
        }
        todo = [
            replace(job, seeds=left) for job in jobs if (left := tuple(s for s in job.seeds if (job, s) not in kept))
        ]
        made = self._make(todo, what)
        old = tuple(entry.value for entry in kept.values())
        oldest = min((entry.made for entry in kept.values()), default=None)
        return TriedAnswers((*old, *made), Origin(len(made), len(old), oldest))

    def has(self, job: Job, seed: int) -> bool:
        """Whether the cache has this trial."""
        return self._cache.get(Trial, self._key(job, seed)) is not None

    def _make(self, jobs: Sequence[Job], what: str) -> list[Trial]:
        made: list[Trial] = []
        for number, (job, trials) in enumerate(self._crews.run(jobs), start=1):
            self._say(f"{what}: {number} of {len(jobs)}, {job.overlay or 'reference'}")
            for item in trials:
                if not item.fault:
                    self._cache.put(self._key(job, item.seed), item)
            made += trials
        return made

    def _key(self, job: Job, seed: int) -> str:
        """Digest all that decides a trial: the job, the modules behind it, the week's other files, the environment."""
        modules = (*job.checks, job.overlay)
        if modules not in self._keys:
            self._keys[modules] = key_of(of_environment(), *self._files(job))
        return key_of(self._keys[modules], job.overlay, job.checks, job.threads, bool(job.real), seed)

    def _files(self, job: Job) -> Iterable[Path]:
        folder = self.week.folder
        package = f"{folder.parent.name}.{folder.name}"
        checks = closure(check for check in self.week.checks if check.name in job.checks)
        modules = {check.function.__module__ for check in checks}
        modules |= {
            f"{package}.rehearsal",
            *(f"{package}.{_module(path.relative_to(folder))}" for path in notebook_texts(folder)),
            *([f"{package}.{job.overlay.rpartition('.')[0]}"] * bool(job.overlay)),
        }
        yield from files_behind(["nbviva.verify.trials", *modules], {package: folder, "nbviva": NBVIVA})
        others = (path for path in folder.rglob("*") if path.suffix not in (".py", ".pyc") and path.is_file())
        yield from sorted(path for path in others if path.name not in _SHOWN_ONLY)
