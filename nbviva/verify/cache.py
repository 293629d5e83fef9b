"""Results that are expensive to have, kept in the course's `.nbviva/cache` under a digest of all that decides them.

`ResultCache` keeps few results, each in a file of its own that tells its age, and decides by the modules behind it.
`TrialCache` keeps thousands of mutants' trials in one file; any change to nbviva makes all of them anew, since a mutant
may meet any part of it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nbviva.files import digest, write
from nbviva.grading.digest import NBVIVA, installed

MOST = 20_000  # the oldest go first


class TrialCache:
    """Texts by key, in one file; a file that is missing or broken holds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path)

    def get(self, key: str) -> str | None:
        """Give the text of a key, or None."""
        return self._kept.get(key)

    def update(self, texts: Mapping[str, str]) -> None:
        """Add texts, and write the file whole or not at all."""
        self._kept = dict(list({**self._kept, **texts}.items())[-MOST:])
        write(self._path, json.dumps(self._kept, indent=0))


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


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    good = isinstance(found, dict) and all(isinstance(text, str) for text in found.values())
    return found if good else {}


@dataclass(frozen=True)
class Kept:
    """A result from the cache, and when it was made (Unix time)."""

    value: Any
    made: float


class ResultCache:
    """Results by kind and key. One that cannot be read is made anew."""

    def __init__(self, folder: Path, *, anew: bool = False) -> None:
        self._folder, self._anew = folder, anew

    def get(self, kind: str, key: str) -> Kept | None:
        """Give a result that was kept, unless everything is to be made anew."""
        path = self._folder / kind / f"{key}.json"
        if self._anew:
            return None
        try:
            return Kept(json.loads(path.read_text("utf-8")), path.stat().st_mtime)
        except (OSError, ValueError):
            return None

    def put(self, kind: str, key: str, value: Any) -> Kept:
        """Keep a result, whole or not at all."""
        write(self._folder / kind / f"{key}.json", json.dumps(value, ensure_ascii=False))
        return Kept(value, time.time())


def key_of(*parts: object) -> str:
    """Give a digest of files' contents (paths), texts and numbers, in their order."""
    return digest(*(_content(part) if isinstance(part, Path) else repr(part) for part in parts))[:32]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b"missing"


@cache
def environment() -> str:
    """Give a digest of Python and the installed packages."""
    return key_of(sys.version, installed())
