"""The files of a folder that somebody handed in, and a file written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


def regular_files(folder: Path) -> Iterator[Path]:
    """Give the files of a hand-in that are really files: no links, pipes or devices, nothing hidden by a link."""
    for place, _, names in os.walk(folder, followlinks=False):
        for name in sorted(names):
            path = Path(place, name)
            with contextlib.suppress(OSError):  # a name that the system itself cannot follow
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner only."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
