"""Stored reports, as they are read, and which are still right. Imports nothing heavy: most calls find nothing to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbviva.course import Course
from nbviva.grading.digest import Shared
from nbviva.grading.verdict import Report
from nbviva.handin.walk import walk
from nbviva.kernel.room import Room


def shared(course: Course, week: str, room: Room) -> Shared:
    """Give the part of the digest of a grading that all hand-ins share."""
    place, data = course.folder(week), course.source(week) / "data"
    return Shared.of(place, course.assignment(week), data, course.secret(), repr(room).encode())


def fresh_groups(course: Course, week: str, groups: Sequence[str], room: Room) -> set[str]:
    """Give those of the groups whose stored report is still right: nothing that decides it has changed."""
    common = shared(course, week, room)
    return {
        group
        for group in groups
        if (report := stored_whole(course.report(week, group))) is not None
        and report.digest == common.with_handin(walk(course.submitted(week, group)), group)
    }


def stored_whole(folder: Path) -> Report | None:
    """Read a stored report that has its notebook beside it; else None."""
    return stored_report(folder) if (folder / "notebook.ipynb").is_file() else None


def stored_report(folder: Path) -> Report | None:
    """Read a stored report; None where there is none that this version can read, which is then graded anew."""
    try:
        return Report.from_json((folder / "report.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def stored_transcript(folder: Path) -> bytes:
    """Read a stored transcript's bytes, as many as one may have; empty where there is none."""
    try:
        from nbviva.kernel.transcript import MAX_FILE_BYTES  # only where a transcript is looked at: it needs numpy

        with (folder / "transcript").open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError:
        return b""
