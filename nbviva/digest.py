"""Two digests: of a grading, which tells whether a report is fresh, and of a run, which tells whether a transcript is.

Equal gradings have the same hand-in, week, framework, environment and secret. For a run only that counts which a kernel
can see, or which decides what it is asked: a changed check makes a report stale, and leaves the transcript true.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from nbviva import environment
from nbviva.deadline import NOT_LATE, STAMP
from nbviva.files import regular_files
from nbviva.spec import Assignment

_IGNORED = {"__pycache__"}
RUNNING = (
    "agent", "bubblewrap", "cells", "cgroup", "codec", "container", "decoder", "encoder", "forked", "inside", "kernel",
    "nest", "plain", "room", "sandbox", "seccomp", "session", "specs", "template", "threads", "user", "warm",
    "working_copy",
)  # fmt: skip
_NO_DATE = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Shared:
    """The part of a grading's digest that all hand-ins of a week share: made once for many."""

    digest: bytes

    @classmethod
    def of(cls, week: Path, assignment: Assignment, data: Path, *more: bytes) -> Shared:
        """Digest the week and its data, framework and environment, and `more`.

        Dates do not count, nor what being late costs: they change no report.
        """
        undated = repr(replace(assignment, issued=_NO_DATE, due=_NO_DATE, late=NOT_LATE)).encode()
        parts = (_files(week, "assignment.toml"), undated, _files(data), _framework(), _environment())
        return cls(_digest((*parts, *more)))

    def with_handin(self, handin: Path, group: str) -> str:
        """Give the SHA-256 (hex) of all that decides a report: this, the files of the hand-in, and the group."""
        return _digest((self.digest, _files(handin, STAMP), group.encode())).hex()


def of_framework() -> str:
    """Give the digest (hex) of nbviva's own files."""
    return _framework().hex()


def of_environment() -> str:
    """Give the digest (hex) of the names and versions of all packages, and of Python's."""
    return _digest((_environment(), sys.version.encode())).hex()


def run_causes(
    handin: Path, data: Path, cells: Sequence[tuple[object, ...]], draws: bytes, place: object
) -> dict[str, str]:
    """Give the digest (hex) of each cause of what a kernel shows and answers, by what it is.

    Parameters
    ----------
    cells
        The code cells as they are run, in order.
    draws
        Bytes drawn from secret, week and group, in the place of these.
    place
        The room and the clock.
    """
    causes = {
        "the files of the hand-in": _files(handin, STAMP),
        "the week's data": _files(data),
        "the notebook's given cells": repr(cells).encode("utf-8", "surrogateescape"),
        "secret, week or group": draws,
        "sandbox or limits": repr(place).encode(),
        "the framework": _running(),
        "the environment": environment.of_kernel(_texts(handin, cells), _ours()),
    }
    return {name: hashlib.sha256(content).hexdigest()[:32] for name, content in causes.items()}


def _texts(handin: Path, cells: Sequence[tuple[object, ...]]) -> Iterator[str]:
    """Give what of a hand-in runs: its notebook's cells, and the modules that lie beside it."""
    yield from (part for cell in cells for part in cell if isinstance(part, str))
    for path in regular_files(handin):
        if path.suffix == ".py":
            yield _content(path).decode(errors="replace")


def _ours() -> list[Path]:
    return [Path(__file__).with_name(f"{name}.py") for name in RUNNING]


def _files(folder: Path, left_out: str = "") -> bytes:
    return _digest(
        item
        for path in sorted(regular_files(folder))
        if not _IGNORED.intersection(path.parts) and path != folder / left_out
        for item in (str(path.relative_to(folder)).encode(errors="surrogateescape"), _content(path))
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError:
        return b"unreadable"


@cache
def _framework() -> bytes:
    return _files(Path(__file__).parent)


@cache
def _running() -> bytes:
    return _digest(path.read_bytes() for path in _ours())


def _environment() -> bytes:
    return _digest(name.encode() for name in environment.installed())


def _digest(parts: Iterable[bytes]) -> bytes:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.digest()
