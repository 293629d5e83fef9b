"""One trial of a week: a right or wrong answer is rehearsed in a process of its own, and each check timed."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbviva.checks import Check, Examination, Overlay, Week, examine, load
from nbviva.rehearsal import Prepared, examination, prepare
from nbviva.verdict import Outcome, Verdict

LIMIT_SECONDS = 1800  # of a job; a wrong answer may loop for ever


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
    """How one check ended in a trial, its seconds, and what it measured against which bound."""

    check: str
    outcome: str
    detail: str
    cpu: float
    wall: float
    values: tuple[tuple[str, float, float | None], ...] = ()


@dataclass(frozen=True)
class Trial:
    """What one trial gave; `fault` says why it gave nothing."""

    overlay: str
    seed: int
    real: bool
    judged: tuple[Judged, ...] = ()
    fault: str = ""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Trial:
        """Read what was kept as JSON."""
        judged = tuple(
            Judged(**{**item, "values": tuple((n, x, b) for n, x, b in item["values"])}) for item in data["judged"]
        )
        return cls(**{**data, "judged": judged})


class Timed(Examination):
    """An examination that times its checks; what fixtures cost counts for the first check that uses them."""

    seconds: dict[str, tuple[float, float]]

    def verdict(self, item: Check, before: Mapping[Check, Outcome]) -> Verdict:
        """Run one check, and note its CPU and wall-clock seconds."""
        cpu, wall = time.process_time(), time.perf_counter()
        verdict = super().verdict(item, before)
        self.seconds[item.name] = (time.process_time() - cpu, time.perf_counter() - wall)
        return verdict


def overlays(week: Week, kind: str) -> dict[str, Overlay]:
    """Give all overlays of the week's files `*mutants.py` or `*alternatives.py`, as `module.name`."""
    modules = {path.stem: week.module(path.stem) for path in sorted(week.folder.glob(f"*{kind}.py"))}
    return {
        f"{stem}.{name}": value
        for stem, module in modules.items()
        for name, value in vars(module).items()
        if isinstance(value, Overlay)
    }


def run(job: Job) -> tuple[Trial, ...]:
    """Run a job's trials on one notebook."""
    prepared = _prepared(job)
    return tuple(_trial(prepared, job, seed) for seed in job.seeds)


def limited(job: Job) -> tuple[Trial, ...]:
    """Run a job's trials in a process of its own, which is ended when they take too long."""
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(LIMIT_SECONDS)
    try:
        return run(job)
    finally:
        signal.alarm(0)


def failed(job: Job, why: str) -> tuple[Trial, ...]:
    """Give the trials of a job that gave nothing."""
    return tuple(Trial(job.overlay, seed, bool(job.real), fault=why) for seed in job.seeds)


def _prepared(job: Job) -> Prepared:
    week = load(Path(job.folder))
    overlay = _overlay(week, job.overlay) if job.overlay else None
    checks = [check for check in week.checks if check.name in job.checks]
    return prepare(week, overlay, checks, real=Path(job.real) if job.real else None)


def _overlay(week: Week, name: str) -> Overlay:
    module, _, function = name.partition(".")
    overlay: Overlay = getattr(week.module(module), function)
    return replace(overlay)


def _trial(prepared: Prepared, job: Job, seed: int) -> Trial:
    asked = examination(prepared, f"verify {seed}".encode(), f"group {seed}", Timed)
    assert isinstance(asked, Timed)  # noqa: S101 - for mypy
    asked.seconds = {}
    verdicts = examine(asked)
    return Trial(job.overlay, seed, bool(job.real), tuple(_judged(v, asked.seconds[v.check]) for v in verdicts))


def _judged(verdict: Verdict, seconds: tuple[float, float]) -> Judged:
    cpu, wall = (round(number, 4) for number in seconds)
    values = tuple((value.name, value.number, value.bound) for value in verdict.values)
    return Judged(verdict.check, str(verdict.outcome), verdict.detail, cpu, wall, values)


def quieten() -> None:
    """Let a worker say nothing: what libraries say of the machine would run through the table."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    os.environ["MPLBACKEND"] = "agg"
    silent = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(silent, 1)
    os.dup2(silent, 2)


def _out_of_time(*_: object) -> None:
    raise TimeoutError(f"it ran longer than {LIMIT_SECONDS} s")
