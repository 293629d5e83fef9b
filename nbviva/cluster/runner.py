"""A batch on a Dask cluster: hand-ins are sent to workers that were let in, and reports stored as they come home."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbviva.cluster.admission import Admission
from nbviva.cluster.fitness import Inspection
from nbviva.cluster.parcels import grade_parcel, pack_handin, pack_week, unpack_report
from nbviva.cluster.wire import ClusterError, connected, done_of, give_up_after, killed, require_there
from nbviva.course import Course
from nbviva.grading.batch import Runner
from nbviva.grading.reports import allowed
from nbviva.kernel.room import Room
from nbviva.processes.job import DEATHS_MOST, Finished

TICK_SECONDS = 0.5
AHEAD = 2  # hand-ins a thread that are on their way or waiting at a worker; the others wait here
SLOW = 3.0  # a hand-in that takes so many times the median is given to an idle worker, too
SLOW_SECONDS = 120.0
EXCUSED_MOST = 5  # so often a hand-in is sent again whose worker ended for a reason of its own

Say = Callable[[str], None]


@dataclass
class Sending:
    """The hand-ins of a batch on a cluster: those to be sent, and those under way.

    Attributes
    ----------
    excused
        Whether the worker of this name ended for a reason of its own: a limit of time, its node, a person.
    """

    admission: Admission
    course: Course
    week: str
    room: Room
    left: list[str]
    excused: Callable[[str], bool] = lambda _: False
    under_way: dict[Any, tuple[str, float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    copied: set[str] = field(default_factory=set)
    again: dict[str, int] = field(default_factory=dict)

    def send(self, group: str) -> None:
        """Send one hand-in; two tasks with one hand-in give the same report."""
        admission = self.admission
        handin = pack_handin(self.course, self.week, group, self.room)
        key = f"nbviva-{self.week}-{group}-{time.monotonic_ns()}"
        wanted = admission.resources()
        future = admission.client.submit(grade_parcel, handin, admission.batch, key=key, pure=False, resources=wanted)
        self.under_way[future] = group, time.monotonic()

    def fill(self) -> None:
        """Keep every worker busy, and no more than that in memory."""
        threads = len(self.admission.fit)
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
        """Take what a task gave; None for the second of two copies, and for one that is sent again."""
        group, since = self.under_way.pop(future)
        for other in [other for other, (name, _) in self.under_way.items() if name == group]:
            del self.under_way[other]
            other.cancel()
        error = future.exception()  # what a worker raised is told of its hand-in, and the rest goes on
        worker = killed(error)
        if worker is not None and self._excuse(group, worker):
            self.left.append(group)
            return None
        self.seconds.append(time.monotonic() - since)
        if error:
            return Finished(group, None, error, 0 if worker is None else DEATHS_MOST)
        unpack_report(future.result(), self.course.report(self.week, group))
        return Finished(group)

    def _excuse(self, group: str, worker: str) -> bool:
        """Whether a hand-in is sent again that lost its workers, since the last of them did not end because of it."""
        self.again[group] = self.again.get(group, 0) + 1
        return self.again[group] <= EXCUSED_MOST and self.excused(worker)

    def settled(self) -> Iterator[Finished]:
        """Give what has come home, and wait a moment for the first."""
        for future in done_of(self.admission.client, self.under_way, TICK_SECONDS):
            if future in self.under_way and (finished := self.finish(future)):
                yield finished


def on_cluster(address: str, course: Course, week: str, room: Room, say: Say = lambda _: None) -> Runner:
    """Give a runner for `grade_batch` that grades on the cluster of the scheduler at `address`.

    A worker that is lost has its hand-ins sent to others; a hand-in that was on two lost workers is given up. A worker
    that is unfit is said and left out.

    Raises
    ------
    ClusterError
        When it is called: no scheduler answers, there is no worker, or none is fit.
    """

    def run(groups: Sequence[str], tick: Callable[[], None]) -> Generator[Finished, None, None]:
        if not groups:
            return
        with connected(address) as client:
            needed = allowed(room, course.assignment(week).limits)[0]
            admission = Admission(client, needed, Inspection(room.backend), pack_week(course, week))
            _require_fit(admission, say)
            yield from carried_out(Sending(admission, course, week, room, list(groups)), tick, lambda: None, say)

    return run


def _require_fit(admission: Admission, say: Say) -> None:
    """Wait until all workers that are there have answered; raises where none of them is fit."""
    refused = admission.look()
    while admission.pending:
        time.sleep(TICK_SECONDS / 10)
        refused += admission.look()
    if not admission.rows:
        raise ClusterError("The cluster has no worker: start some with 'dask worker --nthreads 1 ADDRESS'.")
    sentences = [lack(admission, address) for address in refused]
    if not admission.fit:
        raise ClusterError(sentences[0])
    for sentence in sentences:
        say(f"Left out: {sentence}")


def lack(admission: Admission, address: str) -> str:
    """Say what a worker lacks that was refused."""
    bad = [row for row in admission.rows[address] if not row.good]
    return f"Worker {bad[0].worker} ({address}): {' '.join(row.mend for row in bad)}"


def carried_out(
    sending: Sending, tick: Callable[[], None], keep: Callable[[], None], say: Say
) -> Generator[Finished, None, None]:  # fmt: skip
    """Send all hand-ins and give what came of each.

    Parameters
    ----------
    keep
        Called all the time: sees to it that there are workers, or raises.
    """
    admission = sending.admission
    admission.client.run_on_scheduler(give_up_after, DEATHS_MOST - 1)
    try:
        while sending.left or sending.under_way:
            for address in admission.look():
                say(f"Left out: {lack(admission, address)}")
            keep()
            sending.fill()
            yield from sending.settled()
            tick()
    except OSError:  # a call to a scheduler that is gone is one; so is a full disk
        require_there(admission.client)
        raise
    finally:
        if admission.client.status == "running":
            admission.client.cancel(list(sending.under_way))
            admission.forget()
