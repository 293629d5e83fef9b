"""Results that are expensive to have, kept in the course's `.nbviva/cache` under a digest of all that decides them.

`ResultCache` keeps few results, each in a file of its own that tells its age, and decides by the modules behind it.
`TrialCache` keeps thousands of mutants' trials in one file; any change to nbviva makes all of them anew, since a mutant
may meet any part of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic

from nbviva.files import digest, write
from nbviva.grading.framework import NBVIVA
from nbviva.grading.packages import installed
from nbviva.records import Record, kept, to_json

MOST = 20_000  # the oldest go first


class TrialCache:
    """Texts by key, in one file; a file that is missing or broken holds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = kept(dict[str, str], path) or {}

    def get(self, key: str) -> str | None:
        """Give the text of a key, or None."""
        return self._kept.get(key)

    def update(self, texts: Mapping[str, str]) -> None:
        """Add texts, and write the file whole or not at all."""
        self._kept = dict(list({**self._kept, **texts}.items())[-MOST:])
        write(self._path, to_json(self._kept, indent=0))


def files_digest(folder: Path, without: Iterable[str] = ()) -> str:
    """Give the digest of all files below a folder, but for those that a pattern of `without` names."""
    kept = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and not any(path.match(pattern) for pattern in without)
    ]
    return digest(*(part for path in kept for part in (str(path.relative_to(folder)), path.read_bytes())))


@cache
def framework_digest() -> str:
    """Give the digest of nbviva itself and of every package that is installed."""
    return digest(files_digest(NBVIVA), *installed())


@dataclass(frozen=True)
class Kept(Generic[Record]):
    """A result from the cache, and when it was made (Unix time)."""

    value: Record
    made: float


class ResultCache:
    """Results by kind and key. One that cannot be read is made anew."""

    def __init__(self, folder: Path, *, anew: bool = False) -> None:
        self._folder, self._anew = folder, anew

    def get(self, kind: type[Record], key: str) -> Kept[Record] | None:
        """Give a result that was kept, unless everything is to be made anew."""
        path = self._path(kind, key)
        found = None if self._anew else kept(kind, path)
        return None if found is None else Kept(found, path.stat().st_mtime)

    def put(self, key: str, result: Record) -> Kept[Record]:
        """Keep a result, whole or not at all."""
        write(self._path(type(result), key), to_json(result))
        return Kept(result, time.time())

    def _path(self, kind: type, key: str) -> Path:
        return self._folder / kind.__name__.lower() / f"{key}.json"


def key_of(*parts: object) -> str:
    """Give a digest of files' contents (paths), texts and numbers, in their order."""
    return digest(*(_content(part) if isinstance(part, Path) else repr(part) for part in parts))[:32]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b"missing"


@cache
def environment() -> str:
    """Give a digest of Python and the installed packages."""
    return key_of(sys.version, installed())
