"""Many trials: those that the cache does not have are run by a few processes.

A tryout runs a whole notebook and times its checks, so its processes are new ones, with as many threads as grading has.
The mutants of `nbviva mutate` are thousands, cost milliseconds and may do anything: `nbviva.forks` runs those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Self

from nbviva import tryout
from nbviva.checks import Week
from nbviva.finding import Origin
from nbviva.imports import files_behind
from nbviva.rehearsal import closure
from nbviva.results import Cache, environment, key_of
from nbviva.threads import using
from nbviva.tryout import Job, Trial

Say = Callable[[str], None]
_SHOWN_ONLY = {"sheet.typ", "requirements.txt"}  # they decide no verdict


@dataclass(frozen=True)
class Tried:
    """Trials, and where they came from."""

    trials: tuple[Trial, ...]
    origin: Origin

    def __add__(self, other: Tried) -> Tried:
        return Tried((*self.trials, *other.trials), self.origin + other.origin)


class Pools:
    """Processes that run jobs, kept for the next ones: each takes seconds to start. None: jobs run in this process."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pools: dict[int, Executor] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)
        self._pools.clear()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, tuple[Trial, ...]]]:
        """Run jobs and give each with its trials when it is done; those with equal `threads` run together."""
        for threads in sorted({job.threads for job in jobs}):
            with using(threads):
                pool = self._pools.setdefault(threads, self._pool())
                own = [job for job in jobs if job.threads == threads]
                futures = {pool.submit(tryout.limited if self._workers else tryout.run, job): job for job in own}
                for future in as_completed(futures):
                    error = future.exception()
                    if isinstance(error, BrokenExecutor):  # a process died; the next jobs get new ones
                        self._pools.pop(threads, None)
                    why = f"{type(error).__name__}: {error}"
                    yield futures[future], future.result() if error is None else tryout.failed(futures[future], why)

    def _pool(self) -> Executor:
        if not self._workers:
            return ThreadPoolExecutor(1)
        return ProcessPoolExecutor(self._workers, get_context("spawn"), tryout.quieten)


class Bench:
    """Tries answers of one week: those trials that the cache does not have."""

    def __init__(self, week: Week, cache: Cache, pools: Pools, say: Say) -> None:
        self.week, self._cache, self._pools, self._say = week, cache, pools, say
        self._keys: dict[tuple[str, ...], str] = {}

    def run(self, jobs: Sequence[Job], what: str) -> Tried:
        """Give the trials of these jobs, in their order, from the cache or made now."""
        kept = {
            (job, seed): entry
            for job in jobs
            for seed in job.seeds
            if (entry := self._cache.get("trials", self._key(job, seed)))
        }
        todo = [
            replace(job, seeds=left) for job in jobs if (left := tuple(s for s in job.seeds if (job, s) not in kept))
        ]
        made = self._make(todo, what)
        old = tuple(Trial.from_json(entry.value) for entry in kept.values())
        oldest = min((entry.made for entry in kept.values()), default=None)
        return Tried((*old, *made), Origin(len(made), len(old), oldest))

    def has(self, job: Job, seed: int) -> bool:
        """Whether the cache has this trial."""
        return self._cache.get("trials", self._key(job, seed)) is not None

    def _make(self, jobs: Sequence[Job], what: str) -> list[Trial]:
        made: list[Trial] = []
        for number, (job, trials) in enumerate(self._pools.run(jobs), start=1):
            self._say(f"{what}: {number} of {len(jobs)}, {job.overlay or 'reference'}")
            for item in trials:
                if not item.fault:
                    self._cache.put("trials", self._key(job, item.seed), asdict(item))
            made += trials
        return made

    def _key(self, job: Job, seed: int) -> str:
        """Digest all that decides a trial: the job, the modules behind it, the week's other files, the environment."""
        modules = (*job.checks, job.overlay)
        if modules not in self._keys:
            self._keys[modules] = key_of(environment(), *self._files(job))
        return key_of(self._keys[modules], job.overlay, job.checks, job.threads, bool(job.real), seed)

    def _files(self, job: Job) -> Iterable[Path]:
        folder = self.week.folder
        package = f"{folder.parent.name}.{folder.name}"
        checks = closure(check for check in self.week.checks if check.name in job.checks)
        modules = {check.function.__module__ for check in checks}
        modules |= {
            f"{package}.rehearsal",
            f"{package}.notebook",
            *([f"{package}.{job.overlay.partition('.')[0]}"] * bool(job.overlay)),
        }
        packages = {package: folder, "nbviva": Path(__file__).parent}
        yield from files_behind(["nbviva.tryout", *modules], packages)
        others = (path for path in folder.rglob("*") if path.suffix not in (".py", ".pyc") and path.is_file())
        yield from sorted(path for path in others if path.name not in _SHOWN_ONLY)
