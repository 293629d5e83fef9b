"""The outer bound on what one hand-in costs us: CPU time and memory of our own process while it is marked or shown.

What a hand-in may cost is bounded where it arises: sizes, shapes, lengths, regular expressions. This is for what we
forgot. It counts our own CPU time, so neither the kernel's work nor a busy machine comes near it.
"""

from __future__ import annotations

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
_AGAIN = 5.0  # seconds of CPU after which somebody is told again who did not listen


class Overspent(BaseException):
    """The bound was passed; the text is a sentence. No `Exception`, so that no check makes a verdict of it."""


@contextmanager
def bounded(seconds: float | None = None, memory: int | None = None) -> Generator[None, None, None]:
    """Raise `Overspent` inside after so much CPU time, and `MemoryError` where more memory is asked for.

    A process that cannot be told, because it never comes back to Python, is ended by the system a little later. In a
    thread that is not the main one nobody can be told: there the process is ended at once, and who started it knows.
    """
    import resource  # Linux' own, as in the sandbox

    seconds, memory = seconds or CPU_SECONDS, memory or MEMORY
    limits = {kind: resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_DATA)}
    tells = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGPROF, _tell(seconds)) if tells else None
    _lower(resource.RLIMIT_CPU, int(time.process_time() + seconds + CPU_GRACE) + 1)
    _lower(resource.RLIMIT_DATA, _data_bytes() + memory)
    try:
        if tells:
            signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
        yield
    finally:
        if tells:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
        for kind, limit in limits.items():
            resource.setrlimit(kind, limit)


def _tell(seconds: float) -> Any:
    def tell(*_: Any) -> None:
        raise Overspent(f"It took more than {seconds:g} s of the examiner's own CPU time and was stopped.")

    return tell


def _lower(kind: int, value: int) -> None:
    """Lower a soft limit; the hard one stays, or it could not be raised again."""
    import resource

    soft, hard = resource.getrlimit(kind)
    known = [limit for limit in (soft, hard, value) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(known), hard))


def _data_bytes() -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
