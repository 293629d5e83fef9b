"""`nbviva doctor`: is this machine fit to mark on, and this course ready? A row for each thing, with its mend."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.machine import not_linux, on_linux
from nbviva.sandbox.backends import BACKENDS, backend
from nbviva.sandbox.self_check import BUILT, KINDS, Tried, self_check
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
    """Give the rows of each backend that is here: a fault where the chosen one cannot be used."""
    if sentence := not_linux("The sandbox"):
        yield Symptom(SANDBOX, "bubblewrap", State.FAULT, "cannot be built", sentence)
        return
    chosen = backend().name
    for item in BACKENDS.values():
        sentence = item.refusal()
        if sentence and item.name == chosen:
            yield Symptom(SANDBOX, item.name, State.FAULT, "cannot be built", sentence)
        elif sentence and shutil.which(item.name):
            yield Symptom(SANDBOX, item.name, State.GOOD, "not used, and cannot be", sentence)
        elif not sentence:
            yield Symptom(SANDBOX, item.name, State.GOOD, "can be built")
            yield from () if quick else _tried(KINDS if item.forks else (item.name,), say)


def _tried(kinds: Sequence[str], say: Callable[[str], None]) -> Iterator[Symptom]:
    say(f"Trying the sandbox from inside ({' and '.join(kinds)}); this takes half a minute ...")
    for kind, rows in groupby(self_check(kinds), key=lambda tried: tried.kind):
        yield from _kind(kind, list(rows))


def _kind(kind: str, rows: list[Tried]) -> Iterator[Symptom]:
    """Give one row for all promises of a kind of kernel that are kept, and one for each that is not."""
    promises = [row for row in rows if row.promise != BUILT]
    broken = [row for row in rows if not row.kept]
    kept = sum(row.kept for row in promises)
    state = State.FAULT if broken else State.GOOD
    name = f"a kernel that is {kind}" if kind in KINDS else f"a kernel of {kind}"
    yield Symptom(SANDBOX, name, state, f"{kept} of {len(promises)} promises kept", BROKEN * bool(broken))
    for row in broken:
        yield Symptom(SANDBOX, name, State.FAULT, row.promise, row.found)
