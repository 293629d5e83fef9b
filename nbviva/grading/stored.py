"""Store what grading found: transcript, notebook.ipynb and report.json in `reports/<week>/<group>/`, each whole.

A hand-in whose report is stale is asked anew only where its transcript cannot answer today's checks.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from nbviva.course import Course
from nbviva.files import content_of, make_folder, write
from nbviva.grading.digest import Shared
from nbviva.grading.grade import grade, ungraded
from nbviva.grading.reports import (
    allowed,
    keep_report,
    keep_transcript,
    shared,
    stored_transcript,
    stored_whole,
)
from nbviva.grading.submission import Graded, Submission
from nbviva.grading.verdict import Report
from nbviva.handin.door import open_handin
from nbviva.handin.signed import signed
from nbviva.kernel.recording import NotAsked
from nbviva.kernel.room import Room
from nbviva.notebooks import NotebookNode, read, to_text
from nbviva.secret import draw_of


def submission(course: Course, week: str, group: str, room: Room | None = None) -> Submission:
    """Give a group's hand-in with all that grading it needs."""
    return one_of(course, week, group, shared(course, week, room or Room()))


def one_of(course: Course, week: str, group: str, common: Shared) -> Submission:
    """Give one hand-in of many, with what it shares with the others."""
    handin = open_handin(course, course.week(week), group)
    digest = common.with_handin(handin.came, group)
    room, clock = allowed(common.room, handin.assignment.limits)
    return Submission(handin, common.given, draw_of(course.root, week, group), digest, room, clock)


def graded(
    course: Course, week: str, group: str, *, again: bool = False, room: Room | None = None
) -> tuple[Report, NotebookNode]:  # fmt: skip
    """Give the report on a group's hand-in: the stored one while nothing has changed, else a new one."""
    item = submission(course, week, group, room)
    folder = course.report(week, group)
    if not again:
        stored = stored_whole(folder)
        if stored is not None and stored.digest == item.digest:
            return stored, read(folder / "notebook.ipynb")
        with suppress(NotAsked):
            return mark_again(item, folder)
    return grade_anew(item, folder)


def grade_anew(item: Submission, folder: Path) -> tuple[Report, NotebookNode]:
    """Run a hand-in and ask it, and store what was found."""
    return _kept(item, grade(item), folder)


def mark_again(item: Submission, folder: Path) -> tuple[Report, NotebookNode]:
    """Mark a hand-in by today's checks from what it answered before, and store that; no kernel is started.

    Raises
    ------
    NotAsked
        If the transcript cannot answer, or is not to be believed: nothing has been stored then.
    """
    if stored_whole(folder) is None:
        raise NotAsked("There is no report that can be believed.")
    found = grade(item, stored_transcript(folder))
    if not found.transcript:  # our own bounds were passed: a kernel may do better
        raise NotAsked("It could not be marked from its transcript.")
    return _kept(item, found, folder)


def _kept(item: Submission, found: Graded, folder: Path) -> tuple[Report, NotebookNode]:
    report = save(folder, found)
    signed(item.handin, folder)  # the names on the sheet, for the marks list alone
    return report, found.notebook


def leave_to_a_person(course: Course, week: str, group: str, sentence: str) -> None:
    """Store a report that leaves every question to a person, for a hand-in that could not be graded; it is not read."""
    save(course.report(week, group), ungraded(submission(course, week, group), sentence))


def save(folder: Path, found: Graded) -> Report:
    """Store what grading found, and give the report as it stands there, with the time that this took.

    `report.json` is written last, so that it stands for a whole report.
    """
    began = time.monotonic()
    make_folder(folder)
    if not found.transcript or found.transcript != stored_transcript(folder):
        keep_transcript(folder, found.transcript)
    notebook = to_text(found.notebook).encode()
    if notebook != content_of(folder / "notebook.ipynb"):
        write(folder / "notebook.ipynb", notebook)
    seconds = found.report.seconds | {"recorded": round(time.monotonic() - began, 3)}
    report = replace(found.report, seconds=seconds)
    keep_report(folder, report)
    return report
