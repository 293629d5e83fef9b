"""What was measured before: plain data in `.nbviva/cache`, under the digest of all that decides it.

Each result is a file, so that it tells when it was made. The thousands of trials of `nbviva mutate` are not kept so:
`nbviva.cache` holds them in one file.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
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


def files_behind(modules: Iterable[str], packages: Mapping[str, Path]) -> list[Path]:
    """Give the files of these modules and of all that they import from `packages`, directly or not.

    Parameters
    ----------
    modules
        Full names, such as `nbviva.rehearsal`.
    packages
        The folder of each package to follow imports into, by its name.
    """
    todo, found = list(modules), dict[str, Path]()
    while todo:
        name = todo.pop()
        path = _file(name, packages)
        if path is not None and name not in found:
            found[name] = path
            todo.extend(_imported(path, name, path.stat().st_mtime_ns))
    return [found[name] for name in sorted(found)]


def _file(name: str, packages: Mapping[str, Path]) -> Path | None:
    package, _, module = name.rpartition(".")
    path = packages[package] / f"{module}.py" if package in packages else None
    return path if path is not None and path.is_file() else None


@cache
def _imported(path: Path, name: str, changed: int) -> tuple[str, ...]:
    """Give the names that a module may import; `changed` is the time of its last change."""
    del changed
    try:
        return tuple(_names(ast.parse(path.read_text("utf-8")), name.rpartition(".")[0]))
    except SyntaxError:  # it says so where it is imported
        return ()


def _names(tree: ast.AST, parent: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(filter(None, [parent, node.module])) if node.level else str(node.module)
            yield module
            yield from (f"{module}.{item.name}" for item in node.names)
