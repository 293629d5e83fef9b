"""Code of our own that may hang, swallow memory or exit, in forked processes with limits, several at a time.

A fork has all that this process has imported, so it costs milliseconds. It sends back text, never a pickle. Where there
is no Linux, calls are made in this process, one after another: a loop is ended by the clock, and memory by nobody.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from nbviva.machine import on_linux
from nbviva.sandbox import scratch

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess  # not on Windows


class End(StrEnum):
    """How a forked call ended."""

    DONE = "done"
    TIMED_OUT = "timed out"
    DIED = "died"


@dataclass(frozen=True)
class ForkLimits:
    """What one call may use: seconds of the processor, seconds on the clock, and bytes above what is there already."""

    processor: float = 60.0
    clock: float = 600.0
    memory: int = 4 << 30


@dataclass(frozen=True)
class ForkEnded:
    """How a call ended, the text that it gave, and its seconds of the processor (0 where it was killed)."""

    job: str
    end: End
    text: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class _Running:
    job: str
    process: ForkProcess
    deadline: float


def forked(function: Callable[[str], str], jobs: list[str], workers: int, limits: ForkLimits) -> Iterator[ForkEnded]:
    """Call `function(job)` for each job, each in a fork of its own, and give the ends as they come."""
    if not on_linux():
        yield from (_called(function, job, limits) for job in jobs)
        return
    waiting, running = list(reversed(jobs)), dict[Connection, _Running]()
    with scratch.folder() as folder:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    running |= _start(function, waiting.pop(), limits, folder)
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
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 1, hard))


def _start(function: Callable[[str], str], job: str, limits: ForkLimits, folder: str) -> Mapping[Connection, _Running]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(function, job, sender, limits, folder))
    process.start()
    sender.close()
    return {receiver: _Running(job, process, time.monotonic() + limits.clock)}


def _child(function: Callable[[str], str], job: str, sender: Connection, limits: ForkLimits, folder: str) -> None:
    import resource

    os.setsid()
    os.chdir(folder)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    sys.stdout = sys.stderr = os.fdopen(silent, "w")
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (used + limits.memory, resource.RLIM_INFINITY))
    grant(limits.processor)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # the threads of our process are not in a fork of it
    text = function(job)
    sender.send_bytes(f"{time.process_time()} {text}".encode())
    sender.close()
    os._exit(0)


def _ready(running: Mapping[Connection, _Running]) -> list[Connection]:
    now = time.monotonic()
    late = [pipe for pipe, item in running.items() if item.deadline <= now]
    for pipe in late:
        _kill(running[pipe].process)
    patience = max(0.0, min(item.deadline for item in running.values()) - now)
    return late or [pipe for pipe in wait(list(running), patience) if isinstance(pipe, Connection)]


def _end(pipe: Connection, item: _Running) -> ForkEnded:
    text = b""
    with contextlib.suppress(EOFError, OSError):
        text = pipe.recv_bytes()
    pipe.close()
    _kill(item.process)
    if text:
        seconds, _, answer = text.decode().partition(" ")
        return ForkEnded(item.job, End.DONE, answer, float(seconds))
    late = item.process.exitcode == -signal.SIGXCPU or item.deadline <= time.monotonic()
    return ForkEnded(item.job, End.TIMED_OUT if late else End.DIED)


def _kill(process: ForkProcess) -> None:
    """End a fork and all that it started."""
    process.join(0.5)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()


class _TimeIsUp(BaseException):
    """Raised in the thread of a call whose time is up."""


def _called(function: Callable[[str], str], job: str, limits: ForkLimits) -> ForkEnded:
    """Call it in a thread of this process, in a folder of its own."""
    said: list[str] = []
    started = time.monotonic()
    with scratch.folder() as folder, Path(os.devnull).open("w", encoding="utf-8") as silent:
        thread = threading.Thread(target=lambda: said.append(function(job)), daemon=True)
        streams = (contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent))
        with contextlib.chdir(folder), streams[0], streams[1]:
            thread.start()
            thread.join(limits.processor)
            late = thread.is_alive()
            if late:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TimeIsUp)
                )
                thread.join(limits.processor)
    if said:
        return ForkEnded(job, End.DONE, said[0], time.monotonic() - started)
    return ForkEnded(job, End.TIMED_OUT if late else End.DIED)
