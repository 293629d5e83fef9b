"""Collect hand-ins from a folder, an LMS's archive or an nbgrader exchange into `submitted/GROUP/WEEK/`.

The last hand-in counts; earlier ones are kept in `submitted/GROUP/.earlier/WEEK/TIME/`, where nbgrader does not look.
Each is written aside, its files under safe names and caps, and moved in its place whole. Collecting again changes
nothing, and nothing is ever deleted.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.files import regular_files
from nbviva.handin.archive import (
    ARCHIVES,
    CLOSED_ARCHIVES,
    ArchiveCaps,
    ArchivedFile,
    Source,
    UnreadableArchive,
    safe_name,
)
from nbviva.handin.layouts import Found, find_handins
from nbviva.handin.people import Roster, read_roster, remember
from nbviva.week.deadline import handed_in_at, stamp_of

MAX_SENTENCES = 20


@dataclass
class Staged:
    """A hand-in while it is written aside."""

    folder: Path
    limits: ArchiveCaps
    digests: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of all names and contents."""
        return digest_of(self.digests)


def stage(source: Source, found: Found, staged: Staged) -> None:
    """Write a hand-in's files aside: notebooks and PDFs first, archives unpacked once."""
    staged.folder.mkdir()
    for owned in sorted(found.files, key=lambda owned: _order(owned.path)):
        if owned.item.problem:
            staged.notes.append(f"{owned.path[-1]} {owned.item.problem}; it was left out.")
        elif owned.path[-1].lower().endswith(ARCHIVES) and _unpack(source, owned.item, owned.path[-1], staged):
            continue
        else:
            if owned.path[-1].lower().endswith(CLOSED_ARCHIVES):
                staged.notes.append(f"{owned.path[-1]} is an archive that is not opened; a zip archive is.")
            _write(source, owned.item, owned.path, staged)


def _order(path: tuple[str, ...]) -> tuple[int, bool, tuple[str, ...]]:
    return len(path), not path[-1].lower().endswith((".ipynb", ".pdf")), path


def _unpack(source: Source, item: ArchivedFile, name: str, staged: Staged) -> bool:
    """Unpack an archive; False where it is none and is to be kept as it is."""
    with tempfile.TemporaryFile(dir=staged.folder.parent) as packed:
        try:
            source.copy(item, packed)
        except UnreadableArchive as error:
            staged.notes.append(f"{name} {error}; it was left out.")
            return True
        try:
            packed.seek(0)
            with Source(packed, staged.limits) as inner:
                _write_all(inner, staged)
        except UnreadableArchive as error:
            staged.notes.append(f"{name} {error} It was kept unopened.")
            return False
    return True


def _write_all(inner: Source, staged: Staged) -> None:
    items = list(inner.items())
    tops = {entry.parts[0] for entry in items}
    strip = int(len(tops) == 1 and all(len(entry.parts) > 1 for entry in items))
    for entry in sorted(items, key=lambda entry: _order(entry.parts)):
        _write_inner(inner, entry, entry.parts[strip:], staged)


def _write_inner(inner: Source, entry: ArchivedFile, path: tuple[str, ...], staged: Staged) -> None:
    if entry.problem:
        staged.notes.append(f"{path[-1]} {entry.problem}; it was left out.")
    elif path[-1].lower().endswith((*ARCHIVES, *CLOSED_ARCHIVES)):
        staged.notes.append(f"{path[-1]} is an archive in an archive; it was left out.")
    else:
        _write(inner, entry, path, staged)


def _write(source: Source, item: ArchivedFile, path: tuple[str, ...], staged: Staged) -> None:
    limits = staged.limits
    if len(staged.digests) >= limits.handin_files or staged.size + item.size > limits.handin_bytes:
        staged.notes.append(f"{path[-1]} was left out: a hand-in may have {limits.handin_files} files"
                            f" and {limits.handin_bytes >> 20} MB.")  # fmt: skip
        return
    target = _free(staged, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("xb") as file:
            staged.digests[target.relative_to(staged.folder).as_posix()] = source.copy(item, file)
            staged.size += file.tell()
    except UnreadableArchive as error:
        target.unlink()
        staged.notes.append(f"{path[-1]} {error}; it was left out.")


def _free(staged: Staged, path: tuple[str, ...]) -> Path:
    """Give a place that no other file of the hand-in has, on no file system; timestamp.txt is ours."""
    taken = {name.casefold() for name in staged.digests} | {"timestamp.txt"}
    folders = {"/".join(name.split("/")[:i]) for name in taken for i in range(1, name.count("/") + 1)}
    stem, dot, suffix = path[-1].rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (path[-1], "")
    parents, number = path[:-1], 1
    while any("/".join(parents[:i]).casefold() in taken for i in range(1, len(parents) + 1)):
        parents = (f"{parents[0]}_", *parents[1:])
    name = path[-1]
    while "/".join((*parents, name)).casefold() in taken | folders:
        number += 1
        name = f"{stem} ({number}){suffix}"
    if name != path[-1]:
        staged.notes.append(f"{path[-1]} is there more than once; one is kept as '{name}'.")
    return staged.folder.joinpath(*parents, name)


def contents(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of each file of a hand-in, by its path; the timestamp is no part of it."""
    names = ((path.relative_to(folder).as_posix(), path) for path in regular_files(folder))
    return {name: _sha(path) for name, path in names if name != "timestamp.txt"}


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(contents: Mapping[str, str]) -> str:
    """Give one SHA-256 for all names and contents."""
    lines = "\n".join(f"{name}\0{contents[name]}" for name in sorted(contents))
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()


class Action(StrEnum):
    """What was done with a hand-in."""

    NEW = "new"
    REPLACED = "replaced an earlier one"
    EARLIER = "kept as an earlier one"
    UNCHANGED = "was here already"
    REFUSED = "not collected"


@dataclass(frozen=True)
class Collected:
    """One row of what collecting did; without a group, what belongs to no hand-in.

    Attributes
    ----------
    handed_in
        The moment in UTC, or None where nothing tells it.
    notes
        A sentence for everything that was not as it should be. No names of people are in it.
    """

    group: str
    handed_in: datetime | None
    action: Action
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def collect(
    course: Course,
    week: str,
    source: Path,
    times: Mapping[str, datetime] | None = None,
    limits: ArchiveCaps | None = None,
) -> tuple[Collected, ...]:
    """Collect a week's hand-ins from a source; what is wrong with one never touches another.

    Parameters
    ----------
    times
        Hand-in times by participant, where the archive has none: see `receipt.worksheet_times`.

    Raises
    ------
    CourseError
        If there is no such week, or the source cannot be read at all.
    """
    due = course.assignment(week).due
    zone = due.tzinfo if isinstance(due.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    roster = read_roster(course.root / "roster.csv")
    (course.root / ".nbviva").mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="collecting-", dir=course.root / ".nbviva"))
    try:
        with Source(source, limits or ArchiveCaps()) as opened:
            found, orphans = find_handins(opened, week, zone, times)
            rows = [_collect_one(course, week, opened, item, roster, aside / str(i)) for i, item in enumerate(found)]
    except UnreadableArchive as error:
        raise CourseError(f"{source.name} {error}") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    people = {group_of(item, roster): item.people for item in found if item.people}
    if people:
        remember(lms_file(course, week), people)
    return (*rows, *([Collected("", None, Action.REFUSED, (), _shortened(orphans))] if orphans else []))


def lms_file(course: Course, week: str) -> Path:
    """Where is kept what the LMS says about a week's groups."""
    return course.root / ".nbviva" / "people" / f"{week}.json"


def group_of(found: Found, roster: Roster) -> str:
    """Give the group of a hand-in: the roster's, if it knows exactly one, else the system's own name of the owner."""
    known = {person.group for said in found.people if (person := roster.find(said)) and person.group}
    return group_id(known.pop() if len(known) == 1 else found.key)


def group_id(text: str) -> str:
    """Give a name for a group's folder: letters, digits, `.`, `_` and `-`; always the same for the same text."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).strip("._-")[:60]
    if plain == text and safe_name(plain) == plain:
        return plain
    return f"{plain or 'group'}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:6]}"


def _collect_one(course: Course, week: str, source: Source, found: Found, roster: Roster, aside: Path) -> Collected:
    group = group_of(found, roster)
    staged = Staged(aside, source.limits, notes=list(found.notes))
    try:
        stage(source, found, staged)
        action = place(course, week, group, found.handed_in, staged) if staged.digests else Action.REFUSED
        if not staged.digests:
            staged.notes.append("It has no file that could be collected.")
    except OSError as error:
        staged.notes.append(f"It could not be written: {error.strerror}.")
        action = Action.REFUSED
    return Collected(group, found.handed_in, action, tuple(sorted(staged.digests)), _shortened(staged.notes))


def _shortened(notes: list[str]) -> tuple[str, ...]:
    more = len(notes) - MAX_SENTENCES
    return (*notes[:MAX_SENTENCES], *([f"And {more} more of the kind."] if more > 0 else []))


def place(course: Course, week: str, group: str, moment: datetime | None, staged: Staged) -> Action:
    """Move a hand-in to where it belongs, beside those that are there."""
    current = course.submitted(week, group)
    earlier = current.parent / ".earlier" / week
    there = contents(current) if current.exists() else {}
    if there and digest_of(there) == staged.digest:
        known = handed_in_at(current / "timestamp.txt") is not None
        if moment and not known:
            (current / "timestamp.txt").write_text(stamp_of(moment), "utf-8")
        return Action.UNCHANGED
    target = earlier / _label(moment, staged.digest)
    if target.exists():
        return Action.UNCHANGED
    if moment:
        (staged.folder / "timestamp.txt").write_text(stamp_of(moment), "utf-8")
    before = handed_in_at(current / "timestamp.txt")
    last = not there or (moment is not None and (before is None or moment > before))
    if last and current.exists():
        _move(current, earlier / _label(before, digest_of(there)))
        if any(name.endswith(".ipynb") for name in there) and not any(n.endswith(".ipynb") for n in staged.digests):
            staged.notes.append("It has no notebook; the earlier one had, and is kept.")
    _move(staged.folder, current if last else target)
    return (Action.REPLACED if there else Action.NEW) if last else Action.EARLIER


def _label(moment: datetime | None, digest: str) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}-{digest[:8]}" if moment else f"unknown-{digest[:8]}"


def _move(folder: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    while target.exists():
        target = target.with_name(f"{target.name}-again")
    folder.rename(target)
