"""What travels to a worker and back: weeks and hand-ins as bytes, and the report that comes of them.

No worker needs the course directory. A week lies at a worker while a batch lasts; the secret stays in its memory.
"""

from __future__ import annotations

import atexit
import io
import logging
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from nbviva.adopt.adoption import adoption_path
from nbviva.course import Course
from nbviva.files import make_folder, regular_files, share_all
from nbviva.grading import stored
from nbviva.grading.batch import warmed
from nbviva.grading.digest import Shared
from nbviva.grading.reports import shared
from nbviva.kernel.room import Room
from nbviva.sandbox import scratch
from nbviva.secret import SECRET, secret_of


@dataclass(frozen=True)
class WeekParcel:
    """A week on its way: all that grading needs of the course beside the hand-in.

    Attributes
    ----------
    files
        A tar archive of the week's folder and its source.
    secret
        What hidden questions are drawn from; it is kept in memory only.
    """

    week: str
    files: bytes = field(repr=False)
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class HandinParcel:
    """A hand-in on its way; `files` is a tar archive of its folder."""

    group: str
    files: bytes = field(repr=False)
    room: Room


def pack_week(course: Course, week: str) -> WeekParcel:
    """Put a week into a parcel."""
    folders = (course.root / "graders" / week, course.source(week))
    paths = [path for folder in folders for path in regular_files(folder) if "__pycache__" not in path.parts]
    paths += [adoption_path(course.root, week)] if course.is_adopted(week) else []
    named = [(path.relative_to(course.root), path.read_bytes()) for path in sorted(paths)]
    return WeekParcel(week, _packed([*named, (Path("nbgrader_config.py"), b"")]), secret_of(course.root))


def pack_handin(course: Course, week: str, group: str, room: Room) -> HandinParcel:
    """Put a group's hand-in into a parcel."""
    folder = course.submitted(week, group)
    named = [(path.relative_to(folder), path.read_bytes()) for path in sorted(regular_files(folder))]
    return HandinParcel(group, _packed(named), room)


def grade_parcel(handin: HandinParcel, batch: str) -> bytes:
    """Grade a hand-in on another machine and give the files of its report as a tar archive."""
    course, week = laid_out(batch)
    folder, report = course.submitted(week, handin.group), course.report(week, handin.group)
    try:
        _unpack(handin.files, folder)
        stored.grade_anew(stored.one_of(course, week, handin.group, _common(course, week, handin.room)), report)
        return _packed((Path(path.name), path.read_bytes()) for path in sorted(report.iterdir()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(report, ignore_errors=True)


def unpack_report(files: bytes, folder: Path) -> None:
    """Store a report that came back; `report.json` is put in place last, so that it stands for a whole one."""
    make_folder(folder)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".arriving-") as aside:
        _unpack(files, Path(aside))
        share_all(Path(aside))
        for path in sorted(Path(aside).iterdir(), key=lambda path: path.name == "report.json"):
            path.replace(folder / path.name)


def _packed(named: Iterable[tuple[Path, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for name, data in named:
            member = tarfile.TarInfo(os.fspath(name))
            member.size, member.mode = len(data), 0o600
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _unpack(files: bytes, folder: Path) -> None:
    """Write an archive's files, for their owner only; tarfile's own filter is not in every Python 3.11."""
    folder.mkdir(parents=True, exist_ok=True)
    inside = folder.resolve()
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        for member in archive:
            path, content = folder / member.name, archive.extractfile(member) if member.isreg() else None
            if content is None or inside not in path.resolve().parents:
                raise tarfile.ReadError(f"The archive holds {member.name!r}, which is no file of its folder.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(content.read())


@dataclass
class _Desk:
    """What this process, a worker's, holds of one batch at a time: its week, where that lies, and what ends with it.

    Attributes
    ----------
    common
        What its hand-ins share, in a room with a template where one can be had; None before the first one.
    """

    batch: str = ""
    week: WeekParcel | None = None
    root: Path | None = None
    common: Shared | None = None
    ending: ExitStack = field(default_factory=ExitStack)


_DESK = _Desk()


def keep_week(week: WeekParcel, batch: str) -> None:
    """Keep a week for the hand-ins of a batch that will come; what was kept of another batch goes."""
    forget_week()
    _DESK.batch, _DESK.week = batch, week


def forget_week(batch: str = "") -> None:
    """Forget the week of a batch, or of any: its files, its modules and its secret."""
    if batch not in ("", _DESK.batch):
        return
    _DESK.ending.close()
    if _DESK.root:
        shutil.rmtree(_DESK.root, ignore_errors=True)
        sys.path[:] = [entry for entry in sys.path if entry != str(_DESK.root)]
        os.environ.pop(SECRET, None)
    for name in [name for name in sys.modules if name.split(".")[0] == "graders"]:
        del sys.modules[name]  # a process knows one state of a week's modules at a time
    _DESK.batch, _DESK.week, _DESK.root, _DESK.common = "", None, None, None


def _common(course: Course, week: str, room: Room) -> Shared:
    """Give what the hand-ins of a batch share, which this worker makes for the first: a template, too, for their room.

    The template ends with the week, and dies with the thread that started it: a worker has one for all its hand-ins.
    """
    if _DESK.common is None:
        warm = _DESK.ending.enter_context(warmed(course, week, room, logging.getLogger(__name__).warning))
        _DESK.common = shared(course, week, warm)
    return _DESK.common


def laid_out(batch: str) -> tuple[Course, str]:
    """Give a course directory that holds the week of a batch alone, and the week's name.

    Raises
    ------
    LookupError
        If this worker was not given that week.
    """
    if _DESK.week is None or batch != _DESK.batch:
        raise LookupError("This worker was not given the week.")
    if _DESK.root is None:
        _DESK.root = Path(tempfile.mkdtemp(prefix=f"{scratch.prefix()}course-"))
        atexit.register(forget_week, batch)
        _unpack(_DESK.week.files, _DESK.root)
        sys.path.insert(0, str(_DESK.root))  # before any other course that the worker may know
        os.environ[SECRET] = _DESK.week.secret.decode()
    return Course(_DESK.root), _DESK.week.week
