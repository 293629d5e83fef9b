"""A pool of worker processes that survives its workers: a job whose worker dies costs itself and no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import connection, forkserver
from typing import Any

from pebble import ProcessExpired, ProcessPool

from nbviva.sandbox import limits, scratch

DEATHS_MOST = 2
TICK_SECONDS = 0.25
END_SECONDS = 30.0
# Workers are forked from a process that holds nothing but imported modules: they inherit no thread, lock or socket of
# ours, and what they all import is imported once.
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Finished:
    """What came of one job: what the function returned, or what it raised, or that it killed its workers.

    Attributes
    ----------
    deaths
        How many workers ended while they were at this job.
    """

    job: str
    value: Any = None
    error: BaseException | None = None
    deaths: int = 0


def prepare(modules: Iterable[str] = ()) -> None:
    """Start the process that workers are forked from; it imports these modules while this returns.

    It is started once a process of ours: later calls do nothing. Workers have one thread each.
    """
    _CONTEXT.set_forkserver_preload(["__main__", *modules])
    with limits.using_threads(1), _socket_in_a_folder_of_ours():
        forkserver.ensure_running()


@contextmanager
def _socket_in_a_folder_of_ours() -> Generator[None, None, None]:
    """Let multiprocessing put its own temporary folder, which it removes at the end, into one that is swept."""
    before, tempfile.tempdir = tempfile.tempdir, _folder().name
    try:
        yield
    finally:
        tempfile.tempdir = before


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Give a folder that lives as long as this process: multiprocessing keeps using what it has put there."""
    return scratch.folder()


def run(
    function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], workers: int, tick: Callable[[], None] = lambda: None
) -> Generator[Finished, None, None]:
    """Call `function(*job)` for each job in worker processes and give the results as they come.

    Parameters
    ----------
    jobs
        The arguments of each call; the first one is the job's name.
    tick
        Called several times a second while there is something to wait for.

    Closing the iterator, or an exception in the block that reads it, ends the workers and what they have started.
    """
    prepare()
    pool: Any = ProcessPool(max_workers=workers, context=_CONTEXT, initializer=_begin, initargs=(dict(os.environ),))
    waiting: dict[Future[Any], tuple[tuple[Any, ...], int]] = {
        pool.schedule(_work, (function, *job)): (job, 0) for job in jobs
    }
    try:
        while waiting:
            done, _ = wait(waiting, timeout=TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                job, deaths = waiting.pop(future)
                finished = _finished(future, job, deaths)
                if isinstance(finished.error, ProcessExpired) and finished.deaths < DEATHS_MOST:
                    waiting[pool.schedule(_work, (function, *job))] = job, finished.deaths
                else:
                    yield finished
            tick()
        pool.close()
    except BaseException:
        pool.stop()
        raise
    finally:
        pool.join(END_SECONDS)


def _finished(future: Future[Any], job: tuple[Any, ...], deaths: int) -> Finished:
    error = future.exception()
    if error is not None:
        return Finished(job[0], None, error, deaths + isinstance(error, ProcessExpired))
    return Finished(job[0], future.result(), None, deaths)


def _work(function: Callable[..., Any], *job: Any) -> Any:
    """Call the function; told to end meanwhile, end as an exception does, so that kernels and folders go."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        return function(*job)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _begin(environment: Mapping[str, str]) -> None:
    """Give a worker our environment, for what it was forked from may be older; let it end when it is left alone."""
    os.environ.clear()
    os.environ.update({**environment, **limits.thread_variables(1)})
    threading.Thread(target=_end_with_the_pool, name="pool-watch", daemon=True).start()


def _leave(*_: Any) -> None:
    raise SystemExit(1)


def _end_with_the_pool() -> None:
    if parent := multiprocessing.parent_process():
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
