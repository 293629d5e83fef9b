"""Workers: processes that are kept from job to job; a job whose worker dies costs itself and no other."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from multiprocessing import connection
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from nbviva.machine import on_linux
from nbviva.processes.job import UNBOUNDED, Bounds, Finished, end_on_request, use_threads
from nbviva.sandbox import limits, scratch

TICK_SECONDS = 0.25
END_SECONDS = 30.0


class Workers:
    """So many processes; they end with the block, at once if an exception leaves it, and with us.

    They are forked from a process that holds nothing but imported modules: they inherit no thread, lock or socket of
    ours, and what they all import is imported once.

    Parameters
    ----------
    bounds
        Of one job, on the clock.
    threads
        How many threads numerical libraries use in each.
    begin
        Called in each before its first job.
    """

    def __init__(
        self, number: int, bounds: Bounds = UNBOUNDED, threads: int = 1, begin: Callable[[], None] | None = None
    ) -> None:
        prepare()
        given = dict(os.environ), threads, begin
        self._pool: Any = ProcessPool(number, context=_context(), initializer=_begin, initargs=given)
        self._seconds = bounds.patience

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        self._pool.join(END_SECONDS)

    def run(
        self, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], tick: Callable[[], None] = lambda: None
    ) -> Generator[Finished, None, None]:
        """Call `function(*job)` for each job and give the results as they come.

        Parameters
        ----------
        jobs
            The arguments of each call; the first one is the job's name.
        tick
            Called several times a second while there is something to wait for.
        """
        waiting = {self._schedule(function, job): (job, 0) for job in jobs}
        while waiting:
            done, _ = wait(waiting, timeout=TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                job, deaths = waiting.pop(future)
                finished = _finished(future, job, deaths)
                if isinstance(finished.error, ProcessExpired) and not finished.is_given_up:
                    waiting[self._schedule(function, job)] = job, finished.deaths
                else:
                    yield finished
            tick()

    def _schedule(self, function: Callable[..., Any], job: tuple[Any, ...]) -> Future[Any]:
        future: Future[Any] = self._pool.schedule(_work, (function, *job), timeout=self._seconds)
        return future


def run(
    function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], number: int, tick: Callable[[], None] = lambda: None
) -> Generator[Finished, None, None]:
    """Call `function(*job)` for each job, in so many workers of its own; see `Workers.run`.

    Closing the iterator, or an exception in the block that reads it, ends the workers and what they have started.
    """
    with Workers(number) as workers:
        yield from workers.run(function, jobs, tick)


def here(function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[Finished]:
    """Call it in a thread of this process, one after another: what a job raises costs itself only, as in a worker."""
    with ThreadPoolExecutor(1) as thread:
        for job in jobs:
            future = thread.submit(function, *job)
            wait([future])
            yield _finished(future, job, 0)


def prepare(modules: Iterable[str] = ()) -> None:
    """Start the process that workers are forked from; it imports these modules while this returns.

    It is started once a process of ours: later calls do nothing.
    """
    if not on_linux():  # there workers are new processes, which import for themselves
        return
    from multiprocessing import forkserver

    _context().set_forkserver_preload(["__main__", *modules])
    before, tempfile.tempdir = tempfile.tempdir, _folder()  # its own folder lies in one that is swept
    try:
        with limits.using_threads(1):
            forkserver.ensure_running()
    finally:
        tempfile.tempdir = before


@cache
def _context() -> Any:
    return multiprocessing.get_context("forkserver" if on_linux() else "spawn")


@cache
def _folder() -> str:
    """Make a folder that outlives what multiprocessing puts there, and removes itself when this process ends."""
    from multiprocessing.util import Finalize

    folder = tempfile.mkdtemp(prefix=scratch.prefix())
    Finalize(None, shutil.rmtree, args=(folder, True), exitpriority=-1000)  # its own are removed at -100
    return folder


def _finished(future: Future[Any], job: tuple[Any, ...], deaths: int) -> Finished:
    error = future.exception()
    if error is not None:
        return Finished(job[0], None, error, deaths + isinstance(error, ProcessExpired))
    return Finished(job[0], future.result(), None, deaths)


def _work(function: Callable[..., Any], *job: Any) -> Any:
    end_on_request()
    try:
        return function(*job)
    finally:
        _give_back()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _give_back() -> None:
    """Give the system free memory that C's allocator would keep, since it lies between blocks in use."""
    if on_linux():
        with contextlib.suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def _begin(environment: Mapping[str, str], threads: int, begin: Callable[[], None] | None) -> None:
    """Give a worker our environment, for what it was forked from may be older; let it end when it is left alone."""
    gc.freeze()  # the collector does not touch, and so copy, what all workers have in common
    os.environ.clear()
    os.environ.update(environment)
    use_threads(threads)
    threading.Thread(target=_end_when_left, name="left-alone", daemon=True).start()
    if begin:
        begin()


def _end_when_left() -> None:
    if parent := multiprocessing.parent_process():
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
