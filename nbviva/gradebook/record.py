"""Record reports: marks into the gradebook, graded notebooks into `autograded/`, pages into `feedback/`.

There is one writer, it writes many groups at a time, and only those of which something has changed. A killed call is
completed by the next one: files go before the gradebook's commit, and the note that a group is done comes last.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from nbgrader.api import Gradebook

from nbviva.course import Course
from nbviva.errors import DiskFull, Refused
from nbviva.feedback.nbgrader import write_pages
from nbviva.feedback.standing import keep_points, known_points
from nbviva.files import FROM_HANDIN, digest, read_small, stamps, write
from nbviva.gradebook.book import LOST, comment_rows, find_assignment, grade_rows, opened, submissions
from nbviva.gradebook.done import (
    RecordedGroup,
    gradebook_file,
    gradebook_stamp,
    inputs,
    is_settled,
    keep,
    notes,
    settle,
)
from nbviva.gradebook.entries import enter
from nbviva.gradebook.names import takes
from nbviva.gradebook.outline import Outline, bring_up, outline
from nbviva.gradebook.penalties import reapply
from nbviva.grading.framework import of_page
from nbviva.grading.pointers import told
from nbviva.grading.regrade import Regraded
from nbviva.grading.reports import lasting, stored_report
from nbviva.grading.stored import save
from nbviva.handin.door import open_handins
from nbviva.handin.signed import signed
from nbviva.lock import only_one
from nbviva.records import kept, to_json

BATCH = 100


@dataclass(frozen=True)
class Recorded:
    """The groups whose marks a call of `record` wrote, and those whose page; of the others nothing had changed."""

    marks: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()


def record(course: Course, week: str, groups: Sequence[str], *, workers: int | None = None) -> Recorded:
    """Record the stored reports of these groups and write their pages, where something has changed.

    Every group has marks, a notebook for the formgrader and a page, also one whose hand-in held no notebook; but for
    groups whose name nbgrader cannot take: they are left to a person, who has their reports. Marks and
    comments that a person gave stay. `workers` processes (default: the cores) write pages.

    Raises
    ------
    Refused
        If gradebook or disk cannot be written; what was graded is not lost, and the next call goes on from there.
    Busy
        If another command is at work on this course.
    """
    groups = list(filter(takes, dict.fromkeys(groups)))
    if not groups or is_settled(course, week, groups):
        return Recorded()
    with only_one(course):
        return _record(course, week, groups, workers)


def _record(course: Course, week: str, groups: Sequence[str], workers: int | None) -> Recorded:
    read, place, wanted = inputs(course, week, groups), gradebook_file(course), outline(course, week)
    with _files_said(), opened(course) as book:
        bring_up(book, course, week, wanted)
        marks = _record_marks(book, course, week, wanted, groups)
        reapply(course, week, book)
        gradebook = gradebook_stamp(place)  # before the marks are read: what a person changes from now on is noticed
        shown = _shown(book, week)
        _keep_class(book, course, week)
    with _files_said():
        pages = _record_pages(course, week, wanted, {group: shown[group] for group in groups}, workers)
        settle(course, week, groups, read, gradebook)
    return Recorded(marks, pages)


@contextmanager
def _files_said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(f"The disk is full: make room where the course lies. {LOST}") from error
        raise Refused(f"{error.filename} cannot be read or written ({error.strerror}). {LOST}") from error


def _record_marks(
    book: Gradebook, course: Course, week: str, wanted: Outline, groups: Sequence[str]
) -> tuple[str, ...]:
    code = _code()
    reports = {group: _report_digest(course, week, wanted, group, code) for group in groups}
    known, rows = notes(course, week), _rows(book, week)

    def now(group: str) -> tuple[str, str, str]:
        folder = course.autograded(week, group)
        return reports[group], rows.get(group, ""), stamps(folder / f"{name}.ipynb" for name in wanted.notebooks)

    stale = []
    for group in groups:
        note = known.get(group, RecordedGroup())
        if not note.notebook or now(group) != (note.report, note.rows, note.notebook):
            stale.append(group)
    for start in range(0, len(stale), BATCH):
        batch = stale[start : start + BATCH]
        enter(book, course, week, wanted, batch)
        rows |= _rows(book, week, batch)
        for group in batch:
            report, row, notebook = now(group)
            known[group] = replace(known.get(group, RecordedGroup()), report=report, rows=row, notebook=notebook)
        keep(course, week, known)
    return tuple(stale)


def _code() -> bytes:
    """Give a digest of the framework: other words on a page, or other rules of recording, are a change too."""
    return digest(version("nbgrader"), of_page()).encode()


def _report_digest(course: Course, week: str, wanted: Outline, group: str, code: bytes) -> str:
    folder, handin = course.report(week, group), course.submitted(week, group)
    try:
        report = [lasting((folder / "report.json").read_bytes()), (folder / "notebook.ipynb").read_bytes()]
    except FileNotFoundError:
        raise Refused(f"There is no report on {group}: run 'nbviva grade {week}'.") from None
    return digest(*report, *(read_small(handin / name) for name in FROM_HANDIN), repr(wanted), code)


def _rows(book: Gradebook, week: str, groups: Sequence[str] | None = None) -> dict[str, str]:
    """Give a digest of each group's automatic marks and comments, as they stand in the gradebook."""
    found = [(row.group, (row.notebook, row.cell, row.auto)) for row in grade_rows(book, week, groups)]
    return _by_group(
        [*found, *((row.group, (row.notebook, row.cell, row.auto)) for row in comment_rows(book, week, groups))]
    )


def _shown(book: Gradebook, week: str) -> dict[str, str]:
    """Give a digest of all that each group's page shows of the gradebook."""
    found = [
        (row.group, ("mark", row.notebook, row.cell, row.auto, row.manual, row.extra)) for row in grade_rows(book, week)
    ]
    comments = [(row.group, (row.notebook, row.cell, row.auto, row.manual)) for row in comment_rows(book, week)]
    late = [
        (entry.student_id, ("late", entry.extension, notebook.late_submission_penalty))
        for entry in submissions(book, find_assignment(book, week).id)
        for notebook in entry.notebooks
    ]
    return _by_group([*found, *comments, *late])


def _keep_class(book: Gradebook, course: Course, week: str) -> None:
    """Keep the points of all hand-ins that are marked, without names, where pages may show them."""
    assignment = course.assignment(week)
    if not assignment.feedback.class_points:
        return
    counted = {question.name for question in assignment.questions if not question.bonus}
    points, open_ = dict[str, float](), set[str]()
    for row in grade_rows(book, week):
        counts = assignment.known_as(row.notebook, row.cell) in counted
        points[row.group] = points.get(row.group, 0.0) + ((row.score or 0.0) if counts else 0.0)
        if row.needs_person:
            open_.add(row.group)
    keep_points(course, week, [number for group, number in points.items() if group not in open_])


def _by_group(rows: Sequence[tuple[str, tuple[object, ...]]]) -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for group, row in rows:
        groups.setdefault(group, []).append(repr(row))
    return {group: digest(*sorted(texts)) for group, texts in groups.items()}


def _record_pages(
    course: Course, week: str, wanted: Outline, shown: Mapping[str, str], workers: int | None
) -> tuple[str, ...]:
    known = notes(course, week)
    assignment = course.assignment(week)
    same = [read_small(course.root / "nbgrader_config.py"), repr(assignment).encode()]
    same += [repr(known_points(course, week)).encode()] if assignment.feedback.class_points else []
    same += [f"solutions: {course.is_over(assignment)}".encode()] if assignment.feedback.solution else []
    words = {group: repr(told(course, assignment, group)) for group in shown}
    target = {group: digest(known[group].report, text, words[group], *same) for group, text in shown.items()}

    def pages(group: str) -> str:
        return stamps(course.feedback(week, group) / f"{name}.html" for name in wanted.notebooks)

    before = {group: pages(group) for group in shown}
    stale = [g for g in shown if not before[g] or (known[g].shown, known[g].page) != (target[g], before[g])]
    try:
        write_pages(course, week, wanted.notebooks, stale, workers)
    finally:
        written = {group: now for group in stale if (now := pages(group)) not in {"", before[group]}}
        keep(course, week, known | {g: replace(known[g], shown=target[g], page=now) for g, now in written.items()})
    return tuple(written)


def apply(course: Course, week: str, found: Iterable[Regraded]) -> tuple[Regraded, ...]:
    """Replace each report as soon as it is found, then record those that changed in the gradebook; manual marks stay.

    Who has to be recorded is noted before that, so that the next call makes up for one that was interrupted. Raises as
    `record` does.
    """
    pending = course.root / ".nbviva" / f"regraded-{week}.json"
    with only_one(course):
        noted = _noted(course, week, pending)
        done = tuple(_saved(course, week, item, pending, noted) for item in found)
        if groups := [group for group in sorted(noted) if takes(group) and stored_report(course.report(week, group))]:
            _record(course, week, groups, None)
        pending.unlink(missing_ok=True)
    return done


def _saved(course: Course, week: str, item: Regraded, pending: Path, noted: set[str]) -> Regraded:
    folder = course.report(week, item.group)
    if item.is_new:
        noted.add(item.group)
        write(pending, to_json(sorted(noted)))
    if item.found is not None:
        save(folder, item.found)
        signed(open_handins(course, week, [item.group])[item.group], folder)
    return replace(item, found=None)


def _noted(course: Course, week: str, pending: Path) -> set[str]:
    """Give the groups that an interrupted call has noted; all, where its note is none of ours any more."""
    found = kept(tuple[str, ...], pending)
    return set(course.groups(week) if found is None and pending.exists() else found or ())
