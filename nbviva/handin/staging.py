"""A hand-in while it is written aside: under caps, by names that no file system mistakes, archives unpacked once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbviva.files import FROM_HANDIN, STAMP, regular_files
from nbviva.handin.archive import ARCHIVES, CLOSED_ARCHIVES, ArchiveCaps, ArchivedFile, Source, UnreadableArchive
from nbviva.handin.layouts.find import Found


@dataclass
class Staged:
    """A hand-in while it is written aside."""

    folder: Path
    limits: ArchiveCaps
    digests: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    size: int = 0
    reserved: frozenset[str] = frozenset(FROM_HANDIN)

    @property
    def digest(self) -> str:
        """SHA-256 of all names and contents."""
        return digest_of(self.digests)


def stage(source: Source, found: Found, staged: Staged) -> None:
    """Write a hand-in's files aside: notebooks and PDFs first, archives unpacked once."""
    staged.folder.mkdir()
    for owned in sorted(found.files, key=lambda owned: _order(owned.owner.path)):
        if owned.item.problem:
            staged.notes.append(f"{owned.owner.path[-1]} {owned.item.problem}; it was left out.")
        elif owned.owner.path[-1].lower().endswith(ARCHIVES) and _unpack(
            source, owned.item, owned.owner.path[-1], staged
        ):
            continue
        else:
            if owned.owner.path[-1].lower().endswith(CLOSED_ARCHIVES):
                staged.notes.append(f"{owned.owner.path[-1]} is an archive that is not opened; a zip archive is.")
            _write(source, owned.item, owned.owner.path, staged)


def _order(path: tuple[str, ...]) -> tuple[int, bool, tuple[str, ...]]:
    return len(path), not path[-1].lower().endswith((".ipynb", ".pdf")), path


def _unpack(source: Source, item: ArchivedFile, name: str, staged: Staged) -> bool:
    """Unpack an archive; False where it is none and is to be kept as it is."""
    with tempfile.TemporaryFile(dir=staged.folder.parent) as packed:
        try:
            source.copy(item, packed)
        except UnreadableArchive as error:
            staged.notes.append(f"{name} {error}; it was left out.")
            return True
        try:
            packed.seek(0)
            with Source(packed, staged.limits) as inner:
                return _write_all(inner, staged)
        except UnreadableArchive as error:
            staged.notes.append(f"{name} {error} It was kept unopened.")
            return False


def _write_all(inner: Source, staged: Staged) -> bool:
    """Write what an archive holds; False where something is left out, or there is nothing: then it is kept, too."""
    items = list(inner.items())
    tops = {entry.parts[0] for entry in items}
    strip = int(len(tops) == 1 and all(len(entry.parts) > 1 for entry in items))
    for entry in sorted(items, key=lambda entry: _order(entry.parts)):
        _write_inner(inner, entry, entry.parts[strip:], staged)
    return bool(items) and not any(entry.problem for entry in items)


def _write_inner(inner: Source, entry: ArchivedFile, path: tuple[str, ...], staged: Staged) -> None:
    if entry.problem:
        staged.notes.append(f"{path[-1]} {entry.problem}; it was left out.")
        return
    if path[-1].lower().endswith((*ARCHIVES, *CLOSED_ARCHIVES)):
        staged.notes.append(f"{path[-1]} is an archive in an archive; it was kept unopened.")
    _write(inner, entry, path, staged)


def _write(source: Source, item: ArchivedFile, path: tuple[str, ...], staged: Staged) -> None:
    limits = staged.limits
    if len(staged.digests) >= limits.handin_files or staged.size + item.size > limits.handin_bytes:
        staged.notes.append(f"{path[-1]} was left out: a hand-in may have {limits.handin_files} files"
                            f" and {limits.handin_bytes >> 20} MB.")  # fmt: skip
        return
    target = _free(staged, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("xb") as file:
            staged.digests[target.relative_to(staged.folder).as_posix()] = source.copy(item, file)
            staged.size += file.tell()
    except UnreadableArchive as error:
        target.unlink()
        staged.notes.append(f"{path[-1]} {error}; it was left out.")


def _free(staged: Staged, path: tuple[str, ...]) -> Path:
    """Give a place that no other file of the hand-in has, on no file system; nbgrader's own names are taken."""
    taken = {name.casefold() for name in staged.digests} | staged.reserved
    folders = {"/".join(name.split("/")[:i]) for name in taken for i in range(1, name.count("/") + 1)}
    stem, dot, suffix = path[-1].rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (path[-1], "")
    parents, number = path[:-1], 1
    while any("/".join(parents[:i]).casefold() in taken for i in range(1, len(parents) + 1)):
        parents = (f"{parents[0]}_", *parents[1:])
    name = path[-1]
    while "/".join((*parents, name)).casefold() in taken | folders:
        number += 1
        name = f"{stem} ({number}){suffix}"
    if name != path[-1]:
        staged.notes.append(f"{path[-1]} is there more than once; one is kept as '{name}'.")
    return staged.folder.joinpath(*parents, name)


def contents(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of each file of a hand-in, by its path; the timestamp is no part of it."""
    names = ((path.relative_to(folder).as_posix(), path) for path in regular_files(folder))
    return {name: _sha(path) for name, path in names if name != STAMP}


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(contents: Mapping[str, str]) -> str:
    """Give one SHA-256 for all names and contents."""
    lines = "\n".join(f"{name}\0{contents[name]}" for name in sorted(contents))
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()
