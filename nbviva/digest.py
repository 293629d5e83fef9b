"""The digest of a grading: equal digests mean that hand-in, week, framework, environment and secret are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from nbviva.handin import regular_files

_IGNORED = {"__pycache__"}


def grading_digest(handin: Path, week: Path, source: Path, *more: bytes) -> str:
    """Give the SHA-256 (hex) of all that decides a report: files of the hand-in, the week, its source, and `more`."""
    total = hashlib.sha256()
    for part in (_files(handin), _files(week), _files(source), _framework(), _environment(), *more):
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def _files(folder: Path) -> bytes:
    return _digest(
        item
        for path in sorted(regular_files(folder))
        if not _IGNORED.intersection(path.parts)
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
