"""The note on what is done: what each group's marks and page were made from, and whether anything changed since.

It is only a note, and sealed. A group is taken as recorded where that is right and gradebook and files still hold what
it says. A week is settled where what is written last still holds: a digest of all that recording reads, the stamp of
the gradebook's file, and the stamps of all that was written; it is told without gradebook, notebooks or checks being
opened. A gradebook on a server has no stamp, so there the server is asked each time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbviva.adopt.adoption import adoption_path
from nbviva.configuration import db_url
from nbviva.course import Course
from nbviva.files import FROM_HANDIN, content_of, digest, read_sealed, write_sealed
from nbviva.grading.framework import of_page
from nbviva.grading.packages import installed
from nbviva.records import readable, to_json
from nbviva.secret import secret_of
from nbviva.week.week import notebook_texts

_READ = ("report.json", "notebook.ipynb", "pointers.json")
_COURSE = ("nbgrader_config.py", "extensions.csv")
_CHANGES = slice(24, 28)  # SQLite's counter of changes, in the header of its file


@dataclass(frozen=True)
class RecordedGroup:
    """What was recorded of a group.

    Attributes
    ----------
    report, rows, notebook
        Digest of what the marks came from; digest of them as they stood in the gradebook; stamp of the graded notebook.
    shown, page
        Digest of what the page was made from, and its stamp; empty before it is made.
    """

    report: str = ""
    rows: str = ""
    notebook: str = ""
    shown: str = ""
    page: str = ""


@dataclass(frozen=True)
class Settled:
    """What was recorded: digest of what was read, the gradebook's file and its stamp, digest of what was written."""

    read: str
    gradebook: str
    stamp: str
    written: str


@dataclass(frozen=True)
class Done:
    """The note of a week; `settled` is None from when something is recorded until all of it is."""

    groups: dict[str, RecordedGroup] = field(default_factory=dict)
    settled: Settled | None = None


def note_path(course: Course, week: str) -> Path:
    """Say where the note of a week lies."""
    return course.root / ".nbviva" / "done" / f"{week}.json"


def _note(course: Course, week: str) -> Done:
    return readable(Done, read_sealed(note_path(course, week), secret_of(course.root))) or Done()


def notes(course: Course, week: str) -> dict[str, RecordedGroup]:
    """Read what was recorded of a week's groups; nothing where there is no note that this version can read."""
    return _note(course, week).groups


def keep(course: Course, week: str, found: dict[str, RecordedGroup], settled: Settled | None = None) -> None:
    """Write the note of a week, whole or not at all."""
    said = to_json(Done(found, settled), indent=0).encode()
    write_sealed(note_path(course, week), said, secret_of(course.root))


def is_settled(course: Course, week: str, groups: Sequence[str]) -> bool:
    """Whether these groups were recorded as they are now, and all that was written is there as it was."""
    note = _note(course, week).settled
    if note is None or note.stamp != gradebook_stamp(note.gradebook):
        return False
    return note.read == inputs(course, week, groups) and note.written == _outputs(course, week, groups)


def inputs(course: Course, week: str, groups: Sequence[str]) -> str:
    """Give a digest of all that recording reads: take it before, so that what changes meanwhile is noticed."""
    folder = course.folder(week)
    texts = [folder / "assignment.toml", *notebook_texts(folder), *(course.root / name for name in _COURSE)]
    if course.is_adopted(week):
        texts += [adoption_path(course.root, week), *sorted(folder.glob("*.ipynb"))]
    files = [course.report(week, group) / name for group in groups for name in _READ]
    files += [course.submitted(week, group) / name for group in groups for name in FROM_HANDIN]
    assignment = course.assignment(week)
    ended = str(assignment.feedback.solution and course.is_over(assignment))
    return digest(
        of_page(), *installed(), os.environ.get("NBVIVA_DB", ""), ended, *groups,
        *(content_of(path) for path in texts), *map(_stamp, files),
    )  # fmt: skip


def gradebook_stamp(place: str) -> str:
    """Give what changes with each change of an SQLite file; empty where there is none, or one is under way."""
    path = Path(place)
    if not place or any(path.with_name(f"{path.name}-{kind}").exists() for kind in ("journal", "wal")):
        return ""
    try:
        with path.open("rb") as file:
            return f"{_stamp(path)} {file.read(_CHANGES.stop)[_CHANGES].hex()}"
    except OSError:
        return ""


def settle(course: Course, week: str, groups: Sequence[str], read: str, gradebook: str) -> None:
    """Note that these groups are recorded, unless something is missing.

    Parameters
    ----------
    read
        What `inputs` gave before anything was recorded.
    gradebook
        Its stamp, taken after the last change by us and before the pages' marks were read.
    """
    if gradebook and all(_stamp(path) for path in _written(course, week, groups)):
        settled = Settled(read, gradebook_file(course), gradebook, _outputs(course, week, groups))
        keep(course, week, notes(course, week), settled)


def gradebook_file(course: Course) -> str:
    """Give the path of the gradebook; empty where it is on a server."""
    url = db_url(course.root)
    place = url.removeprefix("sqlite:///")
    return "" if place == url else place.partition("?")[0]


def _outputs(course: Course, week: str, groups: Sequence[str]) -> str:
    return digest(*map(_stamp, _written(course, week, groups)))


def _written(course: Course, week: str, groups: Sequence[str]) -> list[Path]:
    names = course.assignment(week).notebooks
    notebooks = [course.autograded(week, group) / f"{name}.ipynb" for group in groups for name in names]
    return [*notebooks, *(course.feedback(week, group) / f"{name}.html" for group in groups for name in names)]


def _stamp(path: Path) -> str:
    """Give what no writing leaves as it was: file number, size and both times; empty where there is nothing."""
    try:
        found = path.lstat()
    except OSError:
        return ""
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
