"""Collect hand-ins from a folder, an LMS's archive or an nbgrader exchange into `submitted/GROUP/WEEK/`.

The last hand-in counts; earlier ones are kept in `submitted/GROUP/.earlier/WEEK/TIME/`, where nbgrader does not look.
Each is written aside and moved in its place whole. Collecting again changes nothing, and nothing is ever deleted.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from nbviva.archive import Limits, Source, Unreadable, safe_name
from nbviva.course import Course, CourseError
from nbviva.deadline import handed_in_at, stamp_of
from nbviva.layouts import Found, find_handins
from nbviva.people import Roster, read_roster, remember
from nbviva.staging import Staged, contents, digest_of, stage

MAX_SENTENCES = 20


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
    limits: Limits | None = None,
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
        with Source(source, limits or Limits()) as opened:
            found, orphans = find_handins(opened, week, zone, times)
            rows = [_collect_one(course, week, opened, item, roster, aside / str(i)) for i, item in enumerate(found)]
    except Unreadable as error:
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
