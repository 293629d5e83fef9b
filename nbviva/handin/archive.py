"""Folders, zip and tar archives as hostile input: files by safe paths, streamed under caps; a sentence for the rest.

Nothing is written here. Names are cleaned, not trusted: no path leaves its folder, no link is followed, and no more
bytes are given than the limits allow, whatever the archive claims.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import re
import stat
import struct
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self


@dataclass(frozen=True)
class ArchiveCaps:
    """What is read of a source, in bytes and files; a file is a bomb above both `bomb_bytes` and `bomb_ratio`."""

    file_bytes: int = 256 << 20
    handin_bytes: int = 512 << 20
    total_bytes: int = 32 << 30
    handin_files: int = 1000
    total_files: int = 100_000
    bomb_bytes: int = 8 << 20
    bomb_ratio: int = 200


class UnreadableArchive(Exception):
    """A file, or a whole source, was not read; the text is the sentence that says why."""


@dataclass(frozen=True)
class ArchivedFile:
    """A file in a source.

    Attributes
    ----------
    parts
        Its path, each part a safe name.
    local, moment
        When it was changed: local time where the archive has only that, and the moment where it has it.
    place
        The file itself, or its entry in the archive.
    """

    parts: tuple[str, ...]
    size: int
    local: datetime | None
    moment: datetime | None
    place: Path | zipfile.ZipInfo | tarfile.TarInfo
    problem: str = ""


ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")  # these are opened
CLOSED_ARCHIVES = (".7z", ".rar")  # these are not
_TIGHT = "is packed so tightly that it looks like an archive bomb"
_DAMAGE = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, struct.error,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError,
)  # fmt: skip


class Source:
    """The files of a folder, or of a zip or tar archive; a context manager that closes the archive."""

    def __init__(self, path: Path | IO[bytes], limits: ArchiveCaps) -> None:
        """Open a folder, an archive's file, or the stream of one; raises `UnreadableArchive`."""
        self.limits = limits
        self.given = 0
        self.archive: zipfile.ZipFile | None = None
        self.tar: tarfile.TarFile | None = None
        self.root = path if isinstance(path, Path) and path.is_dir() else None
        with ExitStack() as opened:
            if self.root is None:
                self._unpack(path, opened)
            self._opened = opened.pop_all()

    def _unpack(self, path: Path | IO[bytes], opened: ExitStack) -> None:
        most = self.limits.total_bytes if isinstance(path, Path) else self.limits.handin_bytes
        try:
            stream = opened.enter_context(path.open("rb")) if isinstance(path, Path) else path
            if unpacked := _tar_of(stream, most, self.limits, opened):
                self.tar = opened.enter_context(tarfile.open(fileobj=unpacked, mode="r:"))  # noqa: SIM115 - closed with it
                return
            stream.seek(0)
            self.archive = opened.enter_context(zipfile.ZipFile(stream))
        except _DAMAGE:
            raise UnreadableArchive("is neither a folder nor a zip or tar archive that can be read.") from None
        if len(self.archive.infolist()) > self.limits.total_files:
            raise UnreadableArchive(f"holds more than {self.limits.total_files} files.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def items(self) -> Iterator[ArchivedFile]:
        """Give the files, those that must not be read with their `problem`; folders and a system's litter are left."""
        if self.root is not None:
            found = self._folder(self.root)
        else:
            found = self._entries() if self.tar is None else self._tar_entries(self.tar)
        for item in found:
            if not _LITTER.intersection(item.parts):
                yield item

    def _folder(self, root: Path) -> Iterator[ArchivedFile]:
        count = 0
        for place, folders, names in os.walk(root, followlinks=False):
            folders.sort()
            links = [name for name in folders if Path(place, name).is_symlink()]
            for name in sorted([*names, *links]):
                count += 1
                if count > self.limits.total_files:
                    raise UnreadableArchive(f"holds more than {self.limits.total_files} files.")
                yield self._file(root, Path(place, name))

    def _file(self, root: Path, path: Path) -> ArchivedFile:
        status = path.lstat()
        parts = tuple(safe_name(part) for part in path.relative_to(root).parts)
        moment = _epoch(status.st_mtime)
        problem = "" if stat.S_ISREG(status.st_mode) else "is a link or a device, no file"
        return ArchivedFile(parts, status.st_size, None, moment, path, problem or self._too_large(status.st_size, None))

    def _entries(self) -> Iterator[ArchivedFile]:
        for info in self.archive.infolist() if self.archive else ():
            parts, problem = split_name(decoded(info))
            mode = info.external_attr >> 16
            if info.is_dir() or not parts:
                continue
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                problem = problem or "is a link or a device, no file"
            if info.flag_bits & 1:
                problem = problem or "is encrypted"
            problem = problem or self._too_large(info.file_size, info.compress_size)
            yield ArchivedFile(parts, info.file_size, _dos_time(info), _unix_time(info), info, problem)

    def _tar_entries(self, tar: tarfile.TarFile) -> Iterator[ArchivedFile]:
        for count, info in enumerate(self._headers(tar)):
            if count >= self.limits.total_files:
                raise UnreadableArchive(f"holds more than {self.limits.total_files} files.")
            parts, problem = split_name(info.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            if info.isdir() or not parts:
                continue
            problem = problem or ("" if info.isreg() else "is a link or a device, no file")
            problem = problem or self._too_large(info.size, 0 if info.issparse() else None)
            yield ArchivedFile(parts, info.size, None, _epoch(info.mtime), info, problem)

    def _headers(self, tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
        try:
            yield from tar
        except _DAMAGE:
            raise UnreadableArchive("is damaged: not all of its files can be listed.") from None

    def _too_large(self, size: int, packed: int | None) -> str:
        if size > self.limits.file_bytes:
            return f"is larger than {self.limits.file_bytes >> 20} MB"
        if packed is not None and size > self.limits.bomb_bytes and size > self.limits.bomb_ratio * packed:
            return _TIGHT
        return ""

    def copy(self, item: ArchivedFile, target: IO[bytes]) -> str:
        """Write a file's bytes to a stream and give their SHA-256; raises `Unreadable` where they cannot be had."""
        digest, size = hashlib.sha256(), 0
        for chunk in self._chunks(item):
            size += len(chunk)
            self.given += len(chunk)
            if size > self.limits.file_bytes or self.given > self.limits.total_bytes:
                raise UnreadableArchive("is more than is read of one source")
            digest.update(chunk)
            target.write(chunk)
        return digest.hexdigest()

    def _chunks(self, item: ArchivedFile) -> Iterator[bytes]:
        try:
            with self._open(item) as stream:
                while chunk := stream.read(1 << 20):
                    yield chunk
        except _DAMAGE as error:
            raise UnreadableArchive("is damaged or packed in a way that cannot be read") from error

    def _open(self, item: ArchivedFile) -> IO[bytes]:
        if isinstance(item.place, zipfile.ZipInfo):
            if self.archive is None:
                raise UnreadableArchive("lies in no archive")
            return self.archive.open(item.place)
        if isinstance(item.place, tarfile.TarInfo):
            stream = self.tar.extractfile(item.place) if self.tar else None
            if stream is None:
                raise UnreadableArchive("lies in no archive")
            return stream
        return os.fdopen(os.open(item.place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


_LITTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints"})
_PACKERS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}


def _tar_of(stream: IO[bytes], most: int, limits: ArchiveCaps, opened: ExitStack) -> IO[bytes] | None:
    """Give the tar archive in a stream, unpacked under caps where it is packed; None where it holds none."""
    head = stream.read(512)
    stream.seek(0)
    packer = next((packer for mark, packer in _PACKERS.items() if head.startswith(mark)), None)
    if packer is None:
        return stream if head[257:262] == b"ustar" else None
    packed, size = stream.seek(0, os.SEEK_END), 0
    stream.seek(0)
    unpacked = opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the source
    with packer(stream) as source:
        while chunk := source.read(1 << 20):
            size += len(chunk)
            if size > most or (size > limits.bomb_bytes and size > limits.bomb_ratio * packed):
                raise UnreadableArchive(f"{_TIGHT}.")
            unpacked.write(chunk)
    unpacked.seek(0)
    return unpacked


def decoded(info: zipfile.ZipInfo) -> str:
    """Give an entry's name: UTF-8 where it is that, whatever the flag says, else the old code page 437."""
    if info.flag_bits & 0x800:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.orig_filename


def split_name(name: str) -> tuple[tuple[str, ...], str]:
    """Split an entry's name into safe parts; a name that points out of its folder is a problem."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or re.match(r"[A-Za-z]:/", name) or ".." in parts:
        return (safe_name(parts[-1] if parts else name),), "points out of its folder"
    if len(parts) > 20:
        return (safe_name(parts[0]), safe_name(parts[-1])), "lies more than 20 folders deep"
    return tuple(safe_name(part) for part in parts), ""


_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """Give a name that any file system takes, at most 120 bytes long; most names stay as they are."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    clean = "".join("_" if not c.isprintable() or c in '<>:"/\\|?*' else c for c in name).strip().rstrip(".")
    if not clean or _DEVICES.fullmatch(clean) or clean == "..":
        clean = f"_{clean}"
    if len(clean.encode()) > 120:
        suffix = PurePosixPath(clean).suffix[:12]
        mark = hashlib.sha256(name.encode()).hexdigest()[:8]
        clean = f"{clean.encode()[:90].decode('utf-8', 'ignore')}-{mark}{suffix}"
    return clean


def _epoch(seconds: float) -> datetime:
    return datetime.fromtimestamp(max(0, min(seconds, 2**33)), UTC)


def _dos_time(info: zipfile.ZipInfo) -> datetime | None:
    try:
        moment = datetime(*info.date_time)  # noqa: DTZ001 - an archive has local times
    except ValueError:
        return None
    return moment if moment.year > 1980 else None


def _unix_time(info: zipfile.ZipInfo) -> datetime | None:
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and length >= 5 and len(extra) >= 9 and extra[4] & 1:  # Info-ZIP's extended timestamp
            return _epoch(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + length :]
    return None
