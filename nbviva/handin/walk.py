"""The one walk of a hand-in's folder: what came, and what lies there that is nobody's work.

Links, pipes and devices are never followed or opened. Litter is what systems leave beside files; no kernel sees it, no
digest holds it, and it is no candidate for anything.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from nbviva.files import STAMP, digest, digest_of

_LITTER = frozenset(
    {"__MACOSX", "__pycache__", ".DS_Store", ".ipynb_checkpoints", ".virtual_documents", "Thumbs.db", "desktop.ini"}
)
_MAX_SAID = 1000
_LITTER_STARTS = ("._", ".~", "~$", ".nfs", ".Trash")


@dataclass(frozen=True)
class HandedFile:
    """A file that was handed in: its path in the hand-in, where it lies, and its bytes."""

    path: PurePosixPath
    place: Path
    size: int

    @property
    def name(self) -> str:
        """Its path as it may be shown: printable characters only, and not too many."""
        return shown(str(self.path))

    @property
    def is_hidden(self) -> bool:
        """Whether a dot at the start of a name says that nobody looks here; such a file is no candidate."""
        return any(part.startswith(".") for part in self.path.parts)

    def content(self) -> bytes:
        """Give its bytes, or a word where it cannot be read."""
        try:
            return self.place.read_bytes()
        except OSError:
            return b"unreadable"

    def head(self, size: int = 1024) -> bytes:
        """Give its first bytes; none where it cannot be read."""
        try:
            with self.place.open("rb") as file:
                return file.read(size)
        except OSError:
            return b""


@dataclass(frozen=True)
class Walk:
    """What a walk found: the files of the hand-in, sorted, and the names of what is none of them.

    `said` is what a person has to know of how it came, which stands beside it: see `remark`.
    """

    files: tuple[HandedFile, ...] = ()
    litter: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    said: str = ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of all names and bytes of files; read once."""
        litter = ["litter"] if self.litter and not self.files else []
        odd = ("links", *self.links, *litter, *(["said", self.said] if self.said else []))
        parts = (part for file in self.files for part in (str(file.path), file.content()))
        return digest("\0".join(odd), digest_of(parts))


def shown(name: str) -> str:
    """Give a name as it may be shown: printable characters only, and not too many."""
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())[-80:]


def is_litter(path: PurePosixPath) -> bool:
    """Whether a path is what a system left: a cache, a check point, a picture of a folder, a lock."""
    return any(part in _LITTER or part.startswith(_LITTER_STARTS) for part in path.parts)


def walk(folder: Path) -> Walk:
    """Look at everything below a folder once; the time stamp beside a hand-in is no part of it."""
    files, litter, links = [], [], []
    for path, place, status in _below(folder):
        if is_litter(path):
            litter.append(str(path))
        elif not stat.S_ISREG(status.st_mode):
            links.append(str(path))
        elif str(path) != STAMP:
            files.append(HandedFile(path, place, status.st_size))
    found = tuple(sorted(files, key=lambda file: file.path))
    return Walk(found, tuple(sorted(litter)), tuple(sorted(links)), _said(remark(folder)))


def remark(handin: Path) -> Path:
    """Give the file beside a hand-in in `submitted/` that says what is doubtful in how it came; `collect` writes it."""
    return handin.parent / ".doubts" / handin.name


def _said(path: Path) -> str:
    try:
        return path.read_text("utf-8")[:_MAX_SAID] if stat.S_ISREG(path.lstat().st_mode) else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _below(folder: Path) -> Iterator[tuple[PurePosixPath, Path, os.stat_result]]:
    for where, folders, names in os.walk(folder, followlinks=False):
        for name in (*names, *folders):
            place = Path(where, name)
            with contextlib.suppress(OSError):  # a name that the system itself cannot follow
                status = place.lstat()
                if not stat.S_ISDIR(status.st_mode):
                    yield PurePosixPath(place.relative_to(folder)), place, status
