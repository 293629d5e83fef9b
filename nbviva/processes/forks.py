"""Forks: calls that may hang, swallow memory or exit, each in a process of its own with bounds, several at a time.

A fork has all that this process has imported, so it costs milliseconds. It sends back text, never a pickle. Where there
is no Linux, calls are made in this process, one after another: a loop is ended by the clock, and memory by nobody.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from nbviva.machine import counted_seconds, on_linux
from nbviva.processes.job import UNBOUNDED, Bounds, EndedEarly, Finished, die_with_parent, hush, use_threads
from nbviva.sandbox import scratch

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess  # not on Windows


@dataclass(frozen=True)
class _Place:
    bounds: Bounds
    folder: str
    silent: bool


@dataclass(frozen=True)
class _Running:
    job: str
    process: ForkProcess
    deadline: float


def forked(
    function: Callable[[str], str], jobs: Sequence[str], number: int, bounds: Bounds = UNBOUNDED, *, silent: bool = True
) -> Iterator[Finished]:
    """Call `function(job)` for each job, each in a fork of its own, so many at a time, and give what came of them.

    Parameters
    ----------
    silent
        Whether nobody hears what they write on our streams.
    """
    if not on_linux():
        yield from (_called(function, job, bounds) for job in jobs)
        return
    waiting, running = list(reversed(jobs)), dict[Connection, _Running]()
    with scratch.folder() as folder:
        try:
            while waiting or running:
                while waiting and len(running) < number:
                    running |= _start(function, waiting.pop(), _Place(bounds, folder, silent))
                for pipe in _ready(running):
                    yield _end(pipe, running.pop(pipe))
        finally:
            for item in running.values():
                _kill(item.process)


def grant(seconds: float) -> None:
    """Let this process, which has to be a fork of ours, use so many more seconds of the processor."""
    if not on_linux():
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(counted_seconds() + seconds) + 1, hard))


def _start(function: Callable[[str], str], job: str, place: _Place) -> Mapping[Connection, _Running]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(function, job, sender, place))
    process.start()
    sender.close()
    return {receiver: _Running(job, process, time.monotonic() + place.bounds.clock)}


def _child(function: Callable[[str], str], job: str, sender: Connection, place: _Place) -> None:
    os.setsid()
    die_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # ours is of the process that it was forked from
    os.chdir(place.folder)
    if place.silent:
        hush()
    _bind(place.bounds)
    use_threads(1)
    text = function(job)
    sender.send_bytes(f"{time.process_time()} {text}".encode())
    sender.close()
    os._exit(0)


def _bind(bounds: Bounds) -> None:
    import resource

    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if bounds.memory is not None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + bounds.memory, resource.RLIM_INFINITY))
    if bounds.processor < inf:
        grant(bounds.processor)


def _ready(running: Mapping[Connection, _Running]) -> list[Connection]:
    now = time.monotonic()
    late = [pipe for pipe, item in running.items() if item.deadline <= now]
    for pipe in late:
        _kill(running[pipe].process)
    soonest = min(item.deadline for item in running.values())
    patience = Bounds(clock=max(0.0, soonest - now)).patience
    return late or [pipe for pipe in wait(list(running), patience) if isinstance(pipe, Connection)]


def _end(pipe: Connection, item: _Running) -> Finished:
    text = b""
    with contextlib.suppress(EOFError, OSError):
        text = pipe.recv_bytes()
    pipe.close()
    _kill(item.process)
    if text:
        seconds, _, answer = text.decode().partition(" ")
        return Finished(item.job, answer, seconds=float(seconds))
    return _early(item.job, item.process.exitcode == -signal.SIGXCPU or item.deadline <= time.monotonic())


def _early(job: str, late: bool) -> Finished:
    return Finished(job, "", TimeoutError() if late else EndedEarly(), deaths=1)


def _kill(process: ForkProcess) -> None:
    """End a fork and all that it started."""
    process.join(0.5)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()


class _TimeIsUp(BaseException):
    """Raised in the thread of a call whose time is up."""


def _called(function: Callable[[str], str], job: str, bounds: Bounds) -> Finished:
    """Call it in a thread of this process, in a folder of its own."""
    said: list[str] = []
    started = time.monotonic()
    with scratch.folder() as folder, Path(os.devnull).open("w", encoding="utf-8") as silent:
        thread = threading.Thread(target=lambda: said.append(function(job)), daemon=True)
        streams = (contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent))
        with contextlib.chdir(folder), streams[0], streams[1]:
            thread.start()
            thread.join(bounds.processor)
            late = thread.is_alive()
            if late:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TimeIsUp)
                )
                thread.join(bounds.processor)
    if said:
        return Finished(job, said[0], seconds=time.monotonic() - started)
    return _early(job, late)
