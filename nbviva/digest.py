"""The digest of a grading: equal digests mean that hand-in, week, framework, environment and secret are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from nbviva.deadline import NOT_LATE
from nbviva.handin import regular_files
from nbviva.spec import Assignment

_IGNORED = {"__pycache__"}
_NO_DATE = datetime.fromtimestamp(0, UTC)


def grading_digest(handin: Path, week: Path, assignment: Assignment, data: Path, *more: bytes) -> str:
    """Give the SHA-256 (hex) of all that decides a report: files of the hand-in, the week and its data, and `more`.

    Of assignment.toml all counts but dates and what being late costs: they change no report.
    """
    total = hashlib.sha256()
    undated = repr(replace(assignment, issued=_NO_DATE, due=_NO_DATE, late=NOT_LATE)).encode()
    parts = (_files(handin), _files(week, "assignment.toml"), undated, _files(data), _framework(), _environment())
    for part in (*parts, *more):
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


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
def _environment() -> bytes:
    return _digest(sorted(f"{item.name}=={item.version}".encode() for item in distributions()))


def _digest(parts: Iterable[bytes]) -> bytes:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.digest()
