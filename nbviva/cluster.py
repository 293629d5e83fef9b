"""Grading on a Dask cluster: hand-ins travel as bytes, reports travel back; no worker needs the course directory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distributed import Client, KilledWorker, wait
from distributed import TimeoutError as DaskTimeoutError

from nbviva.course import Course, CourseError
from nbviva.digest import of_environment, of_framework
from nbviva.parcel import grade_parcel, pack_handin, pack_week, unpack_report
from nbviva.pool import DEATHS_MOST, Finished
from nbviva.room import Room
from nbviva.sandbox import refusal

CONNECT_SECONDS = 20
TICK_SECONDS = 0.5
AHEAD = 2  # hand-ins a thread that are on their way or waiting at a worker; the others wait here
SLOW = 3.0  # a hand-in that takes so many times the median is given to an idle worker, too
SLOW_SECONDS = 120.0


class ClusterError(CourseError):
    """The cluster cannot be used; the text says why and what to do."""


@dataclass
class _Run:
    """The hand-ins of a batch on a cluster: those to be sent, and those under way."""

    client: Any
    course: Course
    week: str
    room: Room
    parcel: Any  # the future of the week's parcel, sent to each worker once
    left: list[str]
    under_way: dict[Any, tuple[str, float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    copied: set[str] = field(default_factory=set)

    def send(self, group: str) -> None:
        """Send one hand-in; two tasks with one hand-in give the same report."""
        handin = pack_handin(self.course, self.week, group, self.room)
        key = f"nbviva-{self.week}-{group}-{time.monotonic_ns()}"
        future = self.client.submit(grade_parcel, handin, self.parcel, key=key, pure=False)
        self.under_way[future] = group, time.monotonic()

    def fill(self) -> None:
        """Keep every thread busy, and no more than that in memory."""
        threads = sum(self.client.nthreads().values())
        while self.left and len(self.under_way) < threads * AHEAD:
            self.send(self.left.pop(0))
        if not self.left and len(self.under_way) < threads:
            self._copy_the_slowest()

    def _copy_the_slowest(self) -> None:
        """Give the hand-in that is longest under way to an idle worker too: its machine may be the reason."""
        limit = max(SLOW_SECONDS, SLOW * statistics.median(self.seconds)) if self.seconds else float("inf")
        late = [(since, group) for group, since in self.under_way.values() if time.monotonic() - since > limit]
        for _, group in sorted(late)[:1]:
            if group not in self.copied:
                self.copied.add(group)
                self.send(group)

    def finish(self, future: Any) -> Finished | None:
        """Take what a task gave; None for the second of two copies."""
        group, since = self.under_way.pop(future)
        for other in [other for other, (name, _) in self.under_way.items() if name == group]:
            del self.under_way[other]
            other.cancel()
        self.seconds.append(time.monotonic() - since)
        if error := future.exception():  # what a worker raised is told of its hand-in, and the rest goes on
            return Finished(group, None, error, DEATHS_MOST if isinstance(error, KilledWorker) else 0)
        unpack_report(future.result(), self.course.report(self.week, group))
        return Finished(group)


def on_cluster(address: str, course: Course, week: str, room: Room) -> Callable[..., Generator[Finished, None, None]]:
    """Give a runner for `grade_batch` that grades on the cluster of the scheduler at `address`.

    A worker that is lost has its hand-ins sent to others; a hand-in that was on two lost workers is given up.

    Raises
    ------
    ClusterError
        When it is called: no scheduler answers, there is no worker, or one differs from this machine.
    """

    def run(groups: Sequence[str], tick: Callable[[], None]) -> Generator[Finished, None, None]:
        if not groups:
            return
        with _connected(address) as client:
            _require_equal_workers(client, room)
            client.run_on_scheduler(_give_up_after, DEATHS_MOST - 1)
            parcel = client.scatter(pack_week(course, week), broadcast=True)
            current = _Run(client, course, week, room, parcel, list(groups))
            try:
                while current.left or current.under_way:
                    current.fill()
                    yield from _finished(current)
                    tick()
            finally:
                client.cancel(list(current.under_way))

    return run


def _finished(current: _Run) -> Iterator[Finished]:
    try:
        with current.client.as_current():
            done = wait(list(current.under_way), timeout=TICK_SECONDS, return_when="FIRST_COMPLETED").done
    except DaskTimeoutError:
        return
    for future in done:
        if future in current.under_way and (finished := current.finish(future)):
            yield finished


def _connected(address: str) -> Any:
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}): start one with 'dask scheduler'."
        ) from None


def _give_up_after(deaths: int, dask_scheduler: Any = None) -> None:
    """Set how many workers a task may lose before it is given up; runs in the scheduler."""
    dask_scheduler.allowed_failures = deaths


def _about_this_machine() -> dict[str, str]:
    """What must be the same wherever a hand-in is graded; and what keeps a machine from grading at all."""
    return {"nbviva": of_framework(), "packages": of_environment(), "sandbox": refusal() or ""}


def _require_equal_workers(client: Any, room: Room) -> None:
    asked = client.run(_about_this_machine, on_error="return")
    workers = {worker: told for worker, told in sorted(asked.items()) if not isinstance(told, OSError)}  # just gone
    if not workers:
        raise ClusterError("The cluster has no worker: start some with 'dask worker --nthreads 1 ADDRESS'.")
    ours = _about_this_machine()
    for worker, theirs in workers.items():
        if sentence := _unfit(ours, theirs, room):
            raise ClusterError(f"Worker {worker} {sentence}")
    many = [worker for worker, threads in client.nthreads().items() if threads > 1]
    if many:
        raise ClusterError(f"Worker {many[0]} has several threads: start it with --nthreads 1 and --nworkers instead.")


def _unfit(ours: Mapping[str, str], theirs: Mapping[str, str] | Exception, room: Room) -> str:
    if isinstance(theirs, Exception):
        return f"cannot grade ({type(theirs).__name__}: {theirs}): install nbviva from the same lock file there."
    for what in ("nbviva", "packages"):
        if theirs[what] != ours[what]:
            return f"has another version of {what}: install the same lock file there."
    return f"cannot build the sandbox: {theirs['sandbox']}" if room.sandboxed and theirs["sandbox"] else ""
