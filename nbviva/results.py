"""What was measured before: plain data in `.nbviva/cache`, under the digest of all that decides it.

Each result is a file, so that it tells when it was made. The thousands of trials of `nbviva mutate` are not kept so:
`nbviva.cache` holds them in one file.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nbviva.environment import installed


@dataclass(frozen=True)
class Kept:
    """A result from the cache, and when it was made (Unix time)."""

    value: Any
    made: float


class Cache:
    """Results by kind and key. One that cannot be read is made anew."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._folder, self._fresh = folder, fresh

    def get(self, kind: str, key: str) -> Kept | None:
        """Give a result that was kept, unless everything is to be made anew."""
        path = self._folder / kind / f"{key}.json"
        if self._fresh:
            return None
        try:
            return Kept(json.loads(path.read_text("utf-8")), path.stat().st_mtime)
        except (FileNotFoundError, ValueError):
            return None

    def put(self, kind: str, key: str, value: Any) -> Kept:
        """Keep a result, whole or not at all."""
        path = self._folder / kind / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False)
        Path(temporary).replace(path)
        return Kept(value, time.time())


def key_of(*parts: object) -> str:
    """Give a digest of files' contents (paths), texts and numbers, in their order."""
    total = hashlib.sha256()
    for part in parts:
        data = _content(part) if isinstance(part, Path) else repr(part).encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:32]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b"missing"


@cache
def environment() -> str:
    """Give a digest of Python and the installed packages."""
    return key_of(sys.version, installed())
