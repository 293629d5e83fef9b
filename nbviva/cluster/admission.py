"""Who is let in: each worker that comes is looked at, and only one that lacks nothing is given the week and its secret.

A worker that was let in has a resource of the batch's name, which is told to nobody else; each hand-in asks for it, so
that Dask itself, whatever ends, sends hand-ins to such workers alone. A worker that is started anew has it no more.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from nbviva.cluster.fitness import Fitness, Inspection, WorkerFacts, judged, tell
from nbviva.cluster.parcels import WeekParcel, forget_week, keep_week
from nbviva.cluster.wire import is_open, place_waiting
from nbviva.kernel.room import Room

ANSWER_SECONDS = 300.0  # for looking at itself; a worker that takes longer hangs


@dataclass
class Admission:
    """The workers of a client, looked at.

    Attributes
    ----------
    week
        What is given to those that are fit; None: nothing, they are only looked at.
    fit
        The names of workers that were let in, by address.
    rows
        What was found, by address.
    """

    client: Any
    room: Room
    asked: Inspection
    week: WeekParcel | None = None
    batch: str = field(default_factory=lambda: f"nbviva-{secrets.token_hex(16)}", repr=False)
    fit: dict[str, str] = field(default_factory=dict)
    rows: dict[str, tuple[Fitness, ...]] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)  # the machine of each that answered, by address
    known: set[str] = field(default_factory=set)  # the addresses of all that ever came
    _asking: dict[str, tuple[Any, float]] = field(default_factory=dict)
    _ours: WorkerFacts | None = None

    def look(self) -> list[str]:
        """Look at who has come and who has answered; give the addresses of those that were refused now."""
        there = self._workers()
        for address in [address for address in self.fit if not self._is_in(there.get(address))]:
            del self.fit[address], self.rows[address]
        self.known |= there.keys()
        for address in there.keys() - self.rows.keys() - self._asking.keys():
            self._ask(address)
        answered = [address for address, (future, since) in self._asking.items() if _is_over(future, since)]
        judged_now = [address for address in answered if self._settle(address, there)]
        self._let_in({a: str(there[a]["name"]) for a in judged_now if all(row.good for row in self.rows[a])})
        return [address for address in judged_now if not all(row.good for row in self.rows[address])]

    @property
    def pending(self) -> bool:
        """Whether a worker that is there has not answered yet."""
        return bool(self._asking)

    def resources(self) -> dict[str, float]:
        """Give what a hand-in asks for of a worker."""
        return {self.batch: 1}

    def forget(self) -> None:
        """Have the workers forget the week; one that was lost did, and Dask would wait half a minute for it."""
        there = self._workers() if self.client.status == "running" else {}
        if left := [address for address in self.fit if self._is_in(there.get(address))]:
            self.client.run(forget_week, self.batch, workers=left, on_error="ignore")

    def _workers(self) -> dict[str, dict[str, Any]]:
        """Give what the scheduler knows of each worker that is there, by address."""
        return dict(self.client.scheduler_info(n_workers=-1)["workers"])

    def _is_in(self, known: dict[str, Any] | None) -> bool:
        """Whether a worker that was let in is there, and is still the same process."""
        return known is not None and (self.week is None or self.batch in known["resources"])

    def _ask(self, address: str) -> None:
        key = f"nbviva-look-{secrets.token_hex(8)}"
        future = self.client.submit(tell, self.asked, workers=[address], key=key, pure=False, retries=0)
        self._asking[address] = future, time.time()

    def _settle(self, address: str, there: dict[str, dict[str, Any]]) -> bool:
        """Judge a worker that has answered, unless it is gone; give whether it was judged."""
        future, since = self._asking.pop(address)
        if address not in there:
            future.cancel()
            return False
        name, threads = str(there[address]["name"]), int(there[address]["nthreads"])
        self.rows[address] = tuple(self._judged(address, name, threads, future, since))
        return True

    def _let_in(self, names: dict[str, str]) -> None:
        """Give the week to workers that lack nothing, all at once; one that cannot take it is refused, or gone."""
        done: dict[str, Any] = {}
        if self.week is not None and names:
            done = self.client.run(_receive, self.week, self.batch, workers=list(names), on_error="return")
        for address, name in names.items():
            error = done.get(address)
            if isinstance(error, BaseException) and not isinstance(error, OSError):
                self.rows[address] += (_unable(name, error),)
            elif error is None:
                self.fit[address] = name
        if done:
            self.client.run_on_scheduler(place_waiting)

    def _judged(self, address: str, name: str, threads: int, future: Any, since: float) -> list[Fitness]:
        """Give the rows of a worker that has answered, or did not."""
        if not future.done():
            future.cancel()
            return [Fitness(name, "answer", "none", f"It did not answer for {ANSWER_SECONDS:.0f} s: look at its log.")]
        if error := future.exception():
            return [_unable(name, error)]
        self._ours = self._ours or tell(Inspection(self.asked.sandbox))
        told: WorkerFacts = future.result()
        self.nodes[address] = told.node
        rows = list(judged(f"{name} on {told.node}", self._ours, told, self.room, since, self.asked))
        many = "It has several threads: start it with --nthreads 1 and --nworkers instead." if threads > 1 else ""
        in_clear = "It is reached without TLS, and is not this machine: start it with tls://." * is_open(address)
        worker = rows[0].worker
        return [
            *rows,
            Fitness(worker, "threads", str(threads), many),
            Fitness(worker, "way", "in clear" if in_clear else "private", in_clear),
        ]


async def _receive(week: WeekParcel, batch: str, dask_worker: Any = None) -> None:
    """Keep the week and take part in the batch; runs at a worker."""
    keep_week(week, batch)
    await dask_worker.set_resources(**{batch: 1})


def _is_over(future: Any, since: float) -> bool:
    return bool(future.done()) or time.time() - since > ANSWER_SECONDS


def _unable(name: str, error: BaseException) -> Fitness:
    mend = f"It cannot grade ({type(error).__name__}: {error}): install nbviva from the same lock file there."
    return Fitness(name, "nbviva", "cannot grade", mend)
