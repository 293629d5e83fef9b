"""The archives of a hand-in, opened: their files lie aside, under the archive's name, as if they lay in a folder.

`nbviva collect` has opened what came through it. This is for a hand-in that lies in `submitted/` as it was sent.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbviva.handin.archive import ARCHIVES, CLOSED_ARCHIVES, ArchiveCaps, Source, UnreadableArchive
from nbviva.handin.walk import HandedFile, is_litter, shown
from nbviva.sandbox import scratch

CAPS = ArchiveCaps(file_bytes=256 << 20, total_bytes=512 << 20)
_DEPTH = 2  # archives in archives
_OPEN = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_CLOSED = (b"7z\xbc\xaf", b"Rar!")
_SUFFIX = re.compile(r"\.(?!zip|ipynb)\w{1,8}", re.IGNORECASE)


@dataclass(frozen=True)
class Unpacked:
    """The files of a hand-in with those of its archives, and a sentence for each archive or file that was not read.

    `opened` are the archives of which everything was read.
    """

    files: tuple[HandedFile, ...]
    problems: tuple[str, ...] = ()
    aside: Path | None = None
    opened: frozenset[PurePosixPath] = frozenset()


def unpack(files: tuple[HandedFile, ...]) -> Unpacked:
    """Open the archives among the files; without any, nothing is written. The caller removes the folder `aside`."""
    if not any(map(_is_archive, files)):
        return Unpacked(files)
    aside = Path(tempfile.mkdtemp(prefix=scratch.prefix()))
    found, problems, opened, left = list(files), list[str](), set[PurePosixPath](), CAPS.handin_files
    todo, number = [(file, 1) for file in files], 0
    while todo:
        (file, depth), number = todo.pop(0), number + 1
        if not _is_archive(file):
            continue
        if depth > _DEPTH:
            problems.append(f"{file.name} is an archive in an archive and was not opened.")
            continue
        before = len(problems)
        inner = list(_opened(file, aside / str(number), left, problems))
        opened |= {file.path} if inner and len(problems) == before else set()
        left -= len(inner)
        found += inner
        todo += [(item, depth + 1) for item in inner]
    return Unpacked(tuple(sorted(found, key=lambda file: file.path)), tuple(problems), aside, frozenset(opened))


def unpacked_path(path: PurePosixPath, archives: Collection[PurePosixPath]) -> PurePosixPath:
    """Give the path of a file of an archive as people unpack it: into a folder of its name without the suffix."""
    found = PurePosixPath()
    for outer in reversed([path, *path.parents][:-1]):
        stem = next((outer.name[: -len(end)] for end in ARCHIVES if outer.name.lower().endswith(end)), "")
        found /= (stem or f"{outer.name}_unpacked") if outer in archives and outer != path else outer.name
    return found


def _is_archive(file: HandedFile) -> bool:
    name = file.path.name.lower()
    if name.endswith((*ARCHIVES, *CLOSED_ARCHIVES)):
        return True
    if _SUFFIX.fullmatch(file.path.suffix):  # a document or a model may be packed in the same way
        return False
    head = file.head(512)
    return head.startswith((*_OPEN, *_CLOSED)) or head[257:262] == b"ustar"


def _opened(file: HandedFile, place: Path, most: int, problems: list[str]) -> Iterator[HandedFile]:
    if file.path.name.lower().endswith(CLOSED_ARCHIVES) or file.head(8).startswith(_CLOSED):
        problems.append(
            f"{file.name} is an archive that is not opened: hand in the files themselves, or a zip archive."
        )
        return
    try:
        with Source(file.place, CAPS) as source:
            yield from _members(source, file, place, most, problems)
    except UnreadableArchive as error:
        problems.append(f"{file.name} {error}")


def _members(source: Source, file: HandedFile, place: Path, most: int, problems: list[str]) -> Iterable[HandedFile]:
    found: list[HandedFile] = []
    place.mkdir()
    for item in source.items():
        path = PurePosixPath(file.path, *item.parts)
        if is_litter(path):
            continue
        if len(found) >= most:
            problems.append(f"{file.name} holds more files than are read of a hand-in.")
            break
        if item.problem:
            problems.append(f"{shown(str(path))} {item.problem}; it was left out.")
            continue
        target = place / str(len(found))
        try:
            with target.open("xb") as stream:
                source.copy(item, stream)
        except UnreadableArchive as error:
            problems.append(f"{shown(str(path))} {error}; it was left out.")
            continue
        found.append(HandedFile(path, target, target.stat().st_size))
    return found
