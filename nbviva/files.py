"""The files of a folder that somebody handed in, a file written whole or not at all, digests and seals."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

FROM_HANDIN = ("timestamp.txt", "submission_secret.txt")  # what nbgrader's feedback and its release ask for
_MAX_BYTES = 4096
SEAL_BYTES = 64
_SHARED, OF_GROUP = 0o2770, 0o660  # of a folder that markers share, and of a file in it
STAMP = "timestamp.txt"  # beside a hand-in: when it came


def regular_files(folder: Path) -> Iterator[Path]:
    """Give the files of a hand-in that are really files: no links, pipes or devices, nothing hidden by a link."""
    for place, _, names in os.walk(folder, followlinks=False):
        for name in sorted(names):
            path = Path(place, name)
            with contextlib.suppress(OSError):  # a name that the system itself cannot follow
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder, and those above it, where there is none; in a shared one the new one is shared, too."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=mode)
        if is_shared(folder.parent):
            share(folder)


def share(folder: Path) -> None:
    """Let a group of markers share a folder: what nbviva writes in it is theirs, and nobody else's."""
    if not is_shared(folder):
        with contextlib.suppress(PermissionError):  # another marker's, who lets the group in when he writes
            folder.chmod(_SHARED)


def share_all(folder: Path) -> None:
    """Share a folder that comes into a shared one, with all that is in it."""
    if is_shared(folder.parent):
        for place, _, names in os.walk(folder):
            share(Path(place))
            for path in (Path(place, name) for name in names):
                if not path.is_symlink():
                    path.chmod(OF_GROUP)


def is_shared(folder: Path) -> bool:
    """Whether a group shares a folder, and nobody else looks into it: `drwxrws---`, as nbviva makes it."""
    return stat.S_IMODE(folder.stat().st_mode) == _SHARED


def write(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all, for its owner only, or the group that shares the folder, which is made."""
    make_folder(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
            if is_shared(path.parent):
                os.fchmod(file.fileno(), OF_GROUP)
        if path.is_dir() and not path.is_symlink():  # nobody's: it gives way, and nothing in it is lost
            path.rename(path.with_name(f"{path.name}.{time.time_ns()}"))
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def rewrite(path: Path, content: bytes | str) -> None:
    """Write a file of somebody's own anew, whole or not at all: its mode stays, and so does a link that leads to it."""
    path = path.resolve()
    mode = stat.S_IMODE(path.stat().st_mode)
    write(path, content)
    path.chmod(mode)


@contextlib.contextmanager
def whole_folder(target: Path, mode: int = 0o777) -> Iterator[Path]:
    """Give a new folder that takes the place of `target` at the block's end, so that all of it is there or nothing.

    Parameters
    ----------
    mode
        Of the folder, less the umask; where a group shares the one around it, all is the group's.
    """
    make_folder(target.parent)
    new, old = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    for left in (new, old):  # by a call that was killed
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(left)
    new.mkdir(mode=mode)
    yield new
    share_all(new)
    with contextlib.suppress(FileNotFoundError):
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def digest(*parts: str | bytes | None) -> str:
    """Give the SHA-256 (hex) of these parts in their order, each with its length; none and an empty one differ."""
    return digest_of(parts)


def digest_of(parts: Iterable[str | bytes | None]) -> str:
    """Give the digest of parts that are read one after the other, so that no two files are in memory at a time."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode(errors="surrogateescape") if isinstance(part, str) else part
        total.update(b"-" if content is None else len(content).to_bytes(8, "big") + content)
    return total.hexdigest()


def digest_of_files(folder: Path, paths: Iterable[Path]) -> str:
    """Give the digest (hex) of files below a folder: of their names in it, and contents where we may read them."""
    return digest_of(part for path in paths for part in (str(path.relative_to(folder)), content_of(path)))


def content_of(path: Path) -> bytes | None:
    """Read a file; None where there is none, or none that we may read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def seal(content: bytes, key: bytes, path: Path) -> bytes:
    """Give what only who knows the key can put to a file: hexadecimal digits that hang on its content and its place."""
    place = b"\0".join(map(os.fsencode, path.parts[-3:]))
    return hmac.digest(key, place + b"\0" + content, "sha256").hex().encode()


def has_seal(content: bytes, key: bytes, path: Path, found: bytes) -> bool:
    """Whether that is the file's seal: nobody has changed or moved it since."""
    return hmac.compare_digest(seal(content, key, path), found)


def write_sealed(path: Path, content: bytes, key: bytes) -> None:
    """Write a file with its seal at the end."""
    write(path, content + seal(content, key, path))


def read_sealed(path: Path, key: bytes, most: int | None = None) -> bytes | None:
    """Read what `write_sealed` wrote, of so many bytes at most; None where there is nothing that is as we wrote it."""
    try:
        with path.open("rb") as file:
            content = file.read(-1 if most is None else most + SEAL_BYTES + 1)
    except OSError:
        return None
    text, found = content[:-SEAL_BYTES], content[-SEAL_BYTES:]
    return text if has_seal(text, key, path, found) else None


def read_small(path: Path) -> bytes | None:
    """Read one of the small files beside a hand-in's notebook; None for what is no file, too large, or unreadable."""
    try:
        status = path.lstat()
        return path.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_BYTES else None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def stamps(paths: Iterable[Path]) -> str:
    """Give the stamps of several files; empty where one is missing."""
    found = [stamp(path) for path in paths]
    return " ".join(found) if all(found) else ""


def stamp(path: Path) -> str:
    """Give what changes when a file is written again: size and time, which a copy keeps; empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"
