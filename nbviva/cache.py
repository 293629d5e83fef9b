"""What is dear to find out, kept in a course's `.nbviva/cache` under a digest of all that decides it.

What cannot be read is found out anew. `TextCache` keeps many short texts in one file, `ResultCache` few results, each
in a file of its own that tells its age.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from nbviva.files import write
from nbviva.records import Record, kept, to_json

MOST = 20_000  # the oldest go first


class TextCache:
    """Texts by key, in one file; a file that is missing or broken holds nothing."""

    def __init__(self, root: Path, name: str) -> None:
        self._path = _cache_of(root) / f"{name}.json"
        self._kept = kept(dict[str, str], self._path) or {}

    def get(self, key: str) -> str | None:
        """Give the text of a key, or None."""
        return self._kept.get(key)

    def update(self, texts: Mapping[str, str], used: Collection[str] | None = None) -> None:
        """Add texts, and write the file whole or not at all: those that are used, where that is told, else the last."""
        known = {**self._kept, **texts}.items()
        self._kept = dict(list(known)[-MOST:] if used is None else (item for item in known if item[0] in used))
        write(self._path, to_json(self._kept, indent=0))


@dataclass(frozen=True)
class Kept(Generic[Record]):
    """A result from the cache, and when it was made (Unix time)."""

    value: Record
    made: float


class ResultCache:
    """Results by kind and key."""

    def __init__(self, root: Path, *, anew: bool = False) -> None:
        self._folder, self._anew = _cache_of(root), anew

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


def _cache_of(root: Path) -> Path:
    return root / ".nbviva" / "cache"
