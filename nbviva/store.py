"""Reports on disk: `reports/<week>/<group>/` holds report.json, notebook.ipynb and transcript, each written whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nbviva.course import Course
from nbviva.digest import Shared
from nbviva.grade import Graded, Submission, grade, ungraded
from nbviva.notebooks import NotebookNode, read, to_text
from nbviva.paper import signed
from nbviva.room import Room
from nbviva.sitting import Tell, untold
from nbviva.transcript import MAX_FILE_BYTES
from nbviva.verdict import Report


def submission(course: Course, week: str, group: str, room: Room | None = None) -> Submission:
    """Give a group's hand-in with all that grading it needs."""
    room = room or Room()
    loaded, folder, data = course.week(week), course.submitted(week, group), course.source(week) / "data"
    digest = _shared(course, week, room).with_handin(folder, group)
    return Submission(loaded, group, folder, data, course.draw(week, group), digest, room)


def _shared(course: Course, week: str, room: Room) -> Shared:
    place, data = course.folder(week), course.source(week) / "data"
    return Shared.of(place, course.assignment(week), data, course.secret(), repr(room).encode())


def fresh_groups(course: Course, week: str, groups: Sequence[str], room: Room) -> set[str]:
    """Give those of the groups whose stored report is still right: nothing that decides it has changed."""
    shared = _shared(course, week, room)
    return {
        group
        for group in groups
        if (report := _stored_whole(course.report(week, group))) is not None
        and report.digest == shared.with_handin(course.submitted(week, group), group)
    }


def _stored_whole(folder: Path) -> Report | None:
    return stored_report(folder) if (folder / "notebook.ipynb").is_file() else None


def graded(
    course: Course, week: str, group: str, *, again: bool = False, room: Room | None = None,
    tell: Tell = untold,
) -> tuple[Report, NotebookNode]:  # fmt: skip
    """Give the report on a group's hand-in: the stored one while nothing has changed, else a new one.

    Parameters
    ----------
    tell
        Is told what is being done.
    """
    item = submission(course, week, group, room)
    folder = course.report(week, group)
    stored = None if again else _stored_whole(folder)
    if stored is not None and stored.digest == item.digest:
        return stored, read(folder / "notebook.ipynb")
    found = grade(replace(item, tell=tell))
    save(folder, found)
    signed(item.folder, folder, item.week.assignment)  # the names on the sheet, for the marks list alone
    return found.report, found.notebook


def leave_to_a_person(course: Course, week: str, group: str, sentence: str) -> None:
    """Store a report that leaves every question to a person, for a hand-in that we could not grade."""
    save(course.report(week, group), ungraded(submission(course, week, group), sentence))


def save(folder: Path, found: Graded) -> None:
    """Store what grading found; `report.json` is written last, so that it stands for a whole report."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "transcript", found.transcript)
    write(folder / "notebook.ipynb", to_text(found.notebook).encode())
    write(folder / "report.json", found.report.to_json().encode())


def stored_transcript(folder: Path) -> bytes:
    """Read a stored transcript's bytes, as many as one may have; empty where there is none."""
    try:
        with (folder / "transcript").open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError:
        return b""


def stored_report(folder: Path) -> Report | None:
    """Read a stored report; None where there is none that this version can read, which is then graded anew."""
    try:
        return Report.from_json((folder / "report.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner only."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
