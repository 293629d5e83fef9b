"""`nbviva doctor`: is this machine fit to mark on, and this course ready? A row for each thing, with its mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.machine import not_linux, on_linux
from nbviva.sandbox.bubblewrap import refusal
from nbviva.sandbox.self_check import BUILT, Tried, self_check
from nbviva.setup.directory import directory
from nbviva.setup.environment import environment
from nbviva.setup.repeatable import repeatable
from nbviva.setup.symptom import State, Symptom

SANDBOX = "sandbox"
BROKEN = "Do not mark on this machine until it is mended; what SECURITY.md says tells how to report it."


def examine(start: Path, say: Callable[[str], None], *, quick: bool) -> Iterator[Symptom]:
    """Give all rows.

    Parameters
    ----------
    start
        The course directory, or a folder in it; rows on the course are left out where there is none.
    quick
        Whether the sandbox is only built, and not tried from inside, which takes half a minute.
    """
    yield from environment()
    yield from _sandbox(say, quick=quick)
    if on_linux():
        yield from repeatable(start)
    try:
        course = Course.find(start)
    except CourseError:
        course = None
    yield from directory(course)


def _sandbox(say: Callable[[str], None], *, quick: bool) -> Iterator[Symptom]:
    sentence = not_linux("The sandbox") or refusal()
    if sentence:
        yield Symptom(SANDBOX, "bubblewrap", State.FAULT, "cannot be built", sentence)
        return
    yield Symptom(SANDBOX, "bubblewrap", State.GOOD, "can be built")
    if quick:
        return
    say("Trying the sandbox from inside; this takes half a minute ...")
    for kind, rows in groupby(self_check(), key=lambda tried: tried.kind):
        yield from _kind(kind, list(rows))


def _kind(kind: str, rows: list[Tried]) -> Iterator[Symptom]:
    """Give one row for all promises of a kind of kernel that are kept, and one for each that is not."""
    promises = [row for row in rows if row.promise != BUILT]
    broken = [row for row in rows if not row.kept]
    kept = sum(row.kept for row in promises)
    state = State.FAULT if broken else State.GOOD
    yield Symptom(
        SANDBOX, f"a kernel that is {kind}", state, f"{kept} of {len(promises)} promises kept", BROKEN * bool(broken)
    )
    for row in broken:
        yield Symptom(SANDBOX, f"a kernel that is {kind}", State.FAULT, row.promise, row.found)
