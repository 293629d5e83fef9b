"""`autograded/GROUP/WEEK/` as nbgrader writes it: the graded notebook and the hand-in's time, read-only."""

from __future__ import annotations

import contextlib
import shutil
import stat
from pathlib import Path

FROM_HANDIN = ("timestamp.txt", "submission_secret.txt")  # what nbgrader's feedback and its release ask for
_MAX_BYTES = 4096


def read_small(path: Path) -> bytes | None:
    """Read one of the small files beside a hand-in's notebook; None for what is no file, too large, or unreadable."""
    try:
        status = path.lstat()
        return path.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_BYTES else None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def write_autograded(target: Path, handin: Path, name: str, text: str, mode: int = 0o444) -> None:
    """Put a graded notebook in the place of an older one: first written aside, so that it is there whole or not at all.

    Parameters
    ----------
    target, handin
        The group's folders in `autograded/` and `submitted/`.
    name, text
        The notebook's file name, and what goes into it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    new, old = (target.parent / f".{target.name}.{word}" for word in ("new", "old"))
    for left in (new, old):  # by a call that was killed
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(left)
    new.mkdir()
    (new / name).write_text(text, encoding="utf-8")
    for small in FROM_HANDIN:
        if (content := read_small(handin / small)) is not None:
            (new / small).write_bytes(content)
    for path in new.iterdir():
        path.chmod(mode)
    with contextlib.suppress(FileNotFoundError):
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def stamp(path: Path) -> str:
    """Give what changes when a file is written again: its size and time; empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"
