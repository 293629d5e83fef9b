"""Hand-ins and weeks as bytes: what a machine without the course directory needs to grade, and what it sends back."""

from __future__ import annotations

import atexit
import functools
import io
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbviva import store
from nbviva.course import SECRET, Course
from nbviva.files import regular_files
from nbviva.room import Room


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
    named = [(path.relative_to(course.root), path.read_bytes()) for path in sorted(paths)]
    return WeekParcel(week, _packed([*named, (Path("nbgrader_config.py"), b"")]), course.secret())


def pack_handin(course: Course, week: str, group: str, room: Room) -> HandinParcel:
    """Put a group's hand-in into a parcel."""
    folder = course.submitted(week, group)
    named = [(path.relative_to(folder), path.read_bytes()) for path in sorted(regular_files(folder))]
    return HandinParcel(group, _packed(named), room)


def grade_parcel(handin: HandinParcel, week: WeekParcel) -> bytes:
    """Grade a hand-in on another machine and give the files of its report as a tar archive."""
    course = unpacked_course(week)
    folder, report = course.submitted(week.week, handin.group), course.report(week.week, handin.group)
    try:
        _unpack(handin.files, folder)
        store.graded(course, week.week, handin.group, again=True, room=handin.room)
        return _packed((Path(path.name), path.read_bytes()) for path in sorted(report.iterdir()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(report, ignore_errors=True)


def unpack_report(files: bytes, folder: Path) -> None:
    """Store a report that came back; `report.json` is put in place last, so that it stands for a whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".arriving-") as aside:
        _unpack(files, Path(aside))
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
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        archive.extractall(folder, filter="data")


@functools.lru_cache(maxsize=1)
def unpacked_course(week: WeekParcel) -> Course:
    """Lay out a course directory that holds one week; it is removed when the process ends.

    A process knows one state of a week's modules at a time, so those of an earlier parcel are forgotten.
    """
    for name in [name for name in sys.modules if name.split(".")[0] == "graders"]:
        del sys.modules[name]
    root = Path(tempfile.mkdtemp(prefix="nbviva-course-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    sys.path[:] = [entry for entry in sys.path if not Path(entry).name.startswith("nbviva-course-")]
    _unpack(week.files, root)
    sys.path.insert(0, str(root))  # before any other course that the worker may know
    os.environ[SECRET] = week.secret.decode()
    return Course(root)
