"""A job of another process: what it may use, how many threads, how it ended and in which words, and its end with us."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any

from threadpoolctl import threadpool_limits

from nbviva.sandbox.limits import thread_variables

DEATHS_MOST = 2
_PR_SET_PDEATHSIG = 1


class End(StrEnum):
    """How a job ended."""

    DONE = "done"
    TIMED_OUT = "timed out"
    DIED = "died"
    FAILED = "failed"


@dataclass(frozen=True)
class Bounds:
    """What one job may use.

    Attributes
    ----------
    processor, clock
        Seconds.
    memory
        Bytes above what is there already; None: all that there are.
    """

    processor: float = inf
    clock: float = inf
    memory: int | None = None

    @property
    def patience(self) -> float | None:
        """Seconds on the clock, as what waits wants to be told them."""
        return None if self.clock == inf else self.clock


UNBOUNDED = Bounds()


class EndedEarly(Exception):
    """A job's process ended before it said what came of the job."""


@dataclass(frozen=True)
class Finished:
    """What came of one job: what the function returned, or what it raised, or that it ended its processes.

    Attributes
    ----------
    deaths
        How many processes ended while they were at this job.
    seconds
        Of CPU, where they were counted.
    """

    job: str
    value: Any = None
    error: BaseException | None = None
    deaths: int = 0
    seconds: float = 0.0

    @property
    def end(self) -> End:
        """How it ended."""
        if self.error is None:
            return End.DONE
        if isinstance(self.error, TimeoutError):
            return End.TIMED_OUT
        return End.DIED if self.deaths else End.FAILED

    @property
    def is_given_up(self) -> bool:
        """Whether it ended so many processes that it is not tried again."""
        return self.deaths >= DEATHS_MOST

    def why(self, done: str) -> str:
        """Say why nothing came of a hand-in that was to be `done`, such as graded."""
        if self.is_given_up:
            return f"The process that {done} it ended {self.deaths} times before it was done: look at this hand-in."
        return f"It could not be {done} ({type(self.error).__name__}: {self.error}): this is a fault of ours."


def held_to_threads(number: int) -> AbstractContextManager[Any]:
    """Hold the numerical libraries that are loaded to so many threads, until the block ends or for good."""
    held: AbstractContextManager[Any] = threadpool_limits(number)
    return held


def use_threads(number: int) -> None:
    """Let numerical libraries use so many threads: those that are loaded already, and those that will be."""
    os.environ.update(thread_variables(number))
    held_to_threads(number)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(number)  # the threads of another process are not in a fork of it


def hush() -> None:
    """Let nobody hear what this process, and what it starts, writes on its streams."""
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    sys.stdout = sys.stderr = os.fdopen(silent, "w")


def end_on_request() -> None:
    """Let SIGTERM end this process as an exception does, so that what it has started goes with it."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> None:
    raise SystemExit(1)


def die_with_parent() -> None:
    """Ask the system to end this process with the one that started it; where it cannot be asked, do nothing."""
    if prctl := getattr(ctypes.CDLL(None), "prctl", None):  # Linux' own
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
