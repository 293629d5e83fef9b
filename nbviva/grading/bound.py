"""The outer bound on what one hand-in costs us: CPU time and memory of our own process while it is marked or shown.

What a hand-in may cost is bounded where it arises: sizes, shapes, lengths, regular expressions. This is for what we
forgot. It counts our own CPU time, so neither the kernel's work nor a busy machine comes near it.
"""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbviva.sandbox.limits import CPU_GRACE, GIB

CPU_SECONDS = 300.0  # an honest hand-in takes some ten
MEMORY = (
    3 * GIB // 2
)  # bytes beside what the process has when it begins; an answer may take 256 MB, and is copied twice
_LOOK = 0.2  # seconds
_AGAIN = 5.0  # seconds of CPU after which somebody is told again who did not listen


class Overspent(BaseException):
    """The bound was passed; the text is a sentence. No `Exception`, so that no check makes a verdict of it."""


@contextmanager
def bounded(seconds: float | None = None, memory: int | None = None) -> Generator[None, None, None]:
    """Raise `Overspent` inside after so much CPU time, and `MemoryError` where more memory is asked for.

    A process that cannot be told, because it never comes back to Python, is ended by the system a little later, and
    who started it knows.
    """
    import resource  # Linux' own, as in the sandbox

    seconds, memory = seconds or CPU_SECONDS, memory or MEMORY
    limits = {kind: resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_DATA)}
    _lower(resource.RLIMIT_CPU, int(time.process_time() + seconds + CPU_GRACE) + 1)
    _lower(resource.RLIMIT_DATA, _data_bytes() + memory)
    in_time = _by_signal if threading.current_thread() is threading.main_thread() else _by_a_watch
    try:
        with in_time(seconds):
            yield
    except Overspent:
        raise Overspent(f"It took more than {seconds:g} s of the examiner's own CPU time and was stopped.") from None
    finally:
        for kind, limit in limits.items():
            resource.setrlimit(kind, limit)


@contextmanager
def _by_signal(seconds: float) -> Generator[None, None, None]:
    """Tell the main thread: the system counts, and signals even where C code looks for signals."""
    before = signal.signal(signal.SIGPROF, _tell)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _tell(*_: Any) -> None:
    raise Overspent


@contextmanager
def _by_a_watch(seconds: float) -> Generator[None, None, None]:
    """Tell another thread, as that of a cluster's worker or of nbgrader's autograde: no signal reaches it."""
    end, over = time.process_time() + seconds, threading.Event()
    told = ctypes.c_ulong(threading.get_ident())

    def watch() -> None:
        while not over.wait(_LOOK):
            if time.process_time() > end:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(told, ctypes.py_object(Overspent))
                return

    threading.Thread(target=watch, name="bound-watch", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _lower(kind: int, value: int) -> None:
    """Lower a soft limit; the hard one stays, or it could not be raised again."""
    import resource

    soft, hard = resource.getrlimit(kind)
    known = [limit for limit in (soft, hard, value) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(known), hard))


def _data_bytes() -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
