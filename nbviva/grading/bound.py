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

from nbviva.errors import Refused
from nbviva.machine import counted_seconds
from nbviva.sandbox.limits import CPU_GRACE, GIB, MIB

CPU_SECONDS = 300.0  # an honest hand-in takes some ten
MEMORY = (
    3 * GIB // 2
)  # bytes beside what the process has when it begins; an answer may take 256 MB, and is copied twice
CLASS_SECONDS, EACH_SECONDS = 120.0, 2.0  # for a class, and for each hand-in of it, which takes some hundredth of that
EACH_MEMORY = 8 * MIB
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
    _lower(resource.RLIMIT_CPU, int(counted_seconds() + seconds + CPU_GRACE) + 1)
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
    before, began = signal.signal(signal.SIGPROF, _tell), time.process_time()
    outer, _ = signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        yield
    finally:
        left = max(_LOOK, outer - (time.process_time() - began)) if outer else 0  # of a bound around this one
        signal.setitimer(signal.ITIMER_PROF, left, _AGAIN if outer else 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def bounded_class(what: str, handins: int) -> Generator[None, None, None]:
    """Bound what is made of a whole class: its report, lists and archives; so much for itself, and for each hand-in.

    Raises
    ------
    Refused
        With one sentence, where it took more.
    """
    seconds, memory = CLASS_SECONDS + EACH_SECONDS * handins, MEMORY + EACH_MEMORY * handins
    try:
        with bounded(seconds, memory):
            yield
    except (Overspent, MemoryError):
        raise Refused(
            f"{what} took more than {seconds:g} s of CPU time or {memory / GIB:.1f} GiB of memory and was stopped: "
            "look for a hand-in that is far larger than the others, and move it out of submitted/ meanwhile."
        ) from None


def _tell(*_: Any) -> None:
    raise Overspent


@contextmanager
def _by_a_watch(seconds: float) -> Generator[None, None, None]:
    """Tell another thread, as that of a cluster's worker or of nbgrader's autograde: no signal reaches it."""
    end, over, deciding = time.process_time() + seconds, threading.Event(), threading.Lock()
    told = ctypes.c_ulong(threading.get_ident())

    def watch() -> None:
        while not over.wait(_LOOK):
            with deciding:
                if not over.is_set() and time.process_time() > end:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(told, ctypes.py_object(Overspent))
                    return

    threading.Thread(target=watch, name="bound-watch", daemon=True).start()
    try:
        yield
    finally:
        with deciding:
            over.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(told, None)  # told too late, it would end what comes after


def _lower(kind: int, value: int) -> None:
    """Lower a soft limit; the hard one stays, or it could not be raised again."""
    import resource

    soft, hard = resource.getrlimit(kind)
    known = [limit for limit in (soft, hard, value) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(known), hard))


def _data_bytes() -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
