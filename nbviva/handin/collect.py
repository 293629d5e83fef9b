"""Collect hand-ins from a folder, an LMS's archive or an nbgrader exchange into `submitted/GROUP/WEEK/`.

The last hand-in counts; earlier ones are kept in `submitted/GROUP/.earlier/WEEK/TIME/`, where nbgrader does not look.
Each is written aside, its files under safe names and caps, and moved in its place whole. Collecting again changes
nothing, and nothing is ever deleted.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from nbviva.configuration import configuration, share_with_group
from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.files import STAMP, make_folder, share_all, write
from nbviva.handin.archive import ArchiveCaps, Source, UnreadableArchive
from nbviva.handin.door import open_handins
from nbviva.handin.layouts.find import UNKNOWN_TIME, Found, Sorted, find_handins
from nbviva.handin.layouts.layout import Wanted
from nbviva.handin.people import Person, Roster, group_id, read_roster, remember
from nbviva.handin.staging import Staged, contents, digest_of, stage
from nbviva.handin.walk import remark
from nbviva.handin.worksheet import read_worksheet
from nbviva.week.deadline import handed_in_at, stamp_of

MAX_SENTENCES = 20


class Action(StrEnum):
    """What was done with a hand-in."""

    NEW = "new"
    REPLACED = "replaced an earlier one"
    EARLIER = "kept as an earlier one"
    UNCHANGED = "was here already"
    REFUSED = "not collected"
    FOUND = "found, not collected yet"
    LEFT = "left where it is"


@dataclass(frozen=True)
class Collected:
    """One row of what collecting did; without a group, what belongs to no hand-in.

    Attributes
    ----------
    handed_in
        The moment in UTC, or None where nothing tells it.
    notes
        A sentence for everything that was not as it should be. No names of people are in it.
    doubtful
        Whether a person has to look at the notes.
    """

    group: str
    handed_in: datetime | None
    action: Action
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubtful: bool = False

    @property
    def needs_person(self) -> bool:
        """Whether a hand-in was not collected, or something of it is in doubt."""
        return self.doubtful or self.action is Action.REFUSED


def fingerprints(course: Course, week: str, rows: Sequence[Collected]) -> dict[str, str]:
    """Give the fingerprints of the hand-ins that were collected now, by group: what `nbviva check` shows, too."""
    new = [row.group for row in rows if row.action in (Action.NEW, Action.REPLACED)]
    handins = open_handins(course, week, new) if new else {}
    return {group: handin.fingerprint for group, handin in handins.items()}


def collect(
    course: Course, week: str, source: Path, times: Path | None = None, limits: ArchiveCaps | None = None
) -> tuple[Collected, ...]:
    """Collect a week's hand-ins from a source; what is wrong with one never touches another.

    Parameters
    ----------
    times
        A list with hand-in times, where the source has none: see `worksheet.read_worksheet`.

    Raises
    ------
    CourseError
        If there is no such week, or source or times cannot be read at all; nothing is collected then.
    """
    wanted = _wanted(course, week, source, times)
    (course.root / ".nbviva").mkdir(exist_ok=True)
    share_with_group(course.root)
    aside = Path(tempfile.mkdtemp(prefix="collecting-", dir=course.root / ".nbviva"))
    try:
        with Source(source, limits or ArchiveCaps()) as opened:
            found = find_handins(opened, wanted)
            rows = [
                _collect_one(course, week, opened, item, wanted.roster, aside / str(i))
                for i, item in enumerate(found.handins)
            ]
    except UnreadableArchive as error:
        raise CourseError(f"{source.name} {error}") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _remember(course, week, found.handins, wanted.roster)
    return (*rows, *_left(found))


def survey(course: Course, week: str, source: Path, times: Path | None = None) -> tuple[Collected, ...]:
    """Say what `collect` would find, and whose; nothing is written. Raises as `collect` does."""
    wanted = _wanted(course, week, source, times)
    try:
        with Source(source, ArchiveCaps()) as opened:
            found = find_handins(opened, wanted)
    except UnreadableArchive as error:
        raise CourseError(f"{source.name} {error}") from None
    rows = [
        Collected(
            group_of(item, wanted.roster), item.handed_in, Action.REFUSED if item.refused else Action.FOUND,
            tuple(sorted("/".join(owned.owner.path) for owned in item.files)),
            _shortened([*item.notes, *([item.refused] if item.refused else [])]), item.doubtful,
        )
        for item in found.handins
    ]  # fmt: skip
    return (*rows, *_left(found))


def _wanted(course: Course, week: str, source: Path, times: Path | None) -> Wanted:
    due = course.assignment(week).due
    zone = due.tzinfo if isinstance(due.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    config = configuration(course.root)
    exchange = Path(str(config.Exchange.get("root", "") or _EXCHANGE)).expanduser().resolve()
    asked = all(config[name].get("check_owner", True) for name in ("ExchangeCollect", "CollectApp"))
    return Wanted(
        week,
        zone,
        read_roster(course.root / "roster.csv"),
        read_worksheet(times, zone) if times else None,
        str(config.CourseDirectory.get("course_id", "") or ""),
        bool(asked) and source.resolve().is_relative_to(exchange),
    )


_EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's own default


def _remember(course: Course, week: str, handins: Sequence[Found], roster: Roster) -> None:
    """Keep whom the platform names; an empty list, too, where it names nobody any more."""
    people: dict[str, list[Person]] = {}
    for item in handins:
        if item.names_members and not item.refused:
            people.setdefault(group_of(item, roster), []).extend(item.people)
    if people:
        remember(lms_file(course, week), people)


def _left(found: Sorted) -> list[Collected]:
    """Tell the files that belong to nobody; a person is asked where one of them may be a hand-in."""
    notes = [f"{item.parts[-1]}: the name says not whose it is; it was left where it is." for item in found.others]
    return [Collected("", None, Action.LEFT, (), _shortened(notes), bool(found.lost))] if notes else []


def lms_file(course: Course, week: str) -> Path:
    """Where is kept what the LMS says about a week's groups."""
    return course.root / ".nbviva" / "people" / f"{week}.json"


def group_of(found: Found, roster: Roster) -> str:
    """Give the group of a hand-in: the roster's, if it knows exactly one, else the system's own name of the owner."""
    named = roster.group_called(found.team)
    known = (
        {named} if named else {person.group for said in found.people if (person := roster.find(said)) and person.group}
    )
    return group_id(known.pop() if len(known) == 1 else found.key)


def _collect_one(course: Course, week: str, source: Source, found: Found, roster: Roster, aside: Path) -> Collected:
    group = group_of(found, roster)
    staged = Staged(aside, source.limits, notes=list(found.notes))
    if found.ours:
        staged.reserved = frozenset({STAMP})
    if found.refused:
        return Collected(group, found.handed_in, Action.REFUSED, (), (*found.notes, found.refused))
    try:
        stage(source, found, staged)
        action = place(course, week, group, found.handed_in, staged) if staged.digests else Action.REFUSED
        if not staged.digests:
            staged.notes.append("It has no file that could be collected.")
        elif action is not Action.EARLIER:
            _keep_doubt(remark(course.submitted(week, group)), found)
    except OSError as error:
        staged.notes.append(f"It could not be written: {error.strerror}.")
        action = Action.REFUSED
    return Collected(
        group, found.handed_in, action, tuple(sorted(staged.digests)), _shortened(staged.notes), found.doubtful
    )


def _keep_doubt(path: Path, found: Found) -> None:
    """Write what is doubtful in how a hand-in came beside it: grading leaves it to a person, too."""
    if found.doubtful:
        write(path, " ".join(note for note in found.notes if note != UNKNOWN_TIME))
    else:
        path.unlink(missing_ok=True)


def _shortened(notes: list[str]) -> tuple[str, ...]:
    more = len(notes) - MAX_SENTENCES
    return (*notes[:MAX_SENTENCES], *([f"And {more} more of the kind."] if more > 0 else []))


LATER = (
    "Nothing tells which of its two versions is the later one: this one was collected later, so it counts; the other is"
    " in .earlier."
)


def place(course: Course, week: str, group: str, moment: datetime | None, staged: Staged) -> Action:
    """Move a hand-in to where it belongs, beside those that are there.

    The later one counts; where the time of one is not known, the one that is collected later, and a note says so.
    """
    current = course.submitted(week, group)
    earlier = current.parent / ".earlier" / week
    there = contents(current) if current.exists() else {}
    if there and digest_of(there) == staged.digest:
        return _unchanged(current, moment)
    before = handed_in_at(current / STAMP)
    last = not there or moment is None or before is None or moment > before
    target = earlier / _label(moment, staged.digest)
    if target.exists() and not last:
        return Action.UNCHANGED
    if moment:
        write(staged.folder / STAMP, stamp_of(moment))
    if last and there:
        _replaced(there, staged, known=moment is not None and before is not None)
    if last and current.exists():
        _move(current, earlier / _label(before, digest_of(there)))
    if last and target.exists():  # it was here before
        _move(target, current)
    else:
        _move(staged.folder, current if last else target)
    return (Action.REPLACED if there else Action.NEW) if last else Action.EARLIER


def _unchanged(current: Path, moment: datetime | None) -> Action:
    if moment and handed_in_at(current / STAMP) is None:
        write(current / STAMP, stamp_of(moment))
    return Action.UNCHANGED


def _replaced(there: Mapping[str, str], staged: Staged, *, known: bool) -> None:
    if not known:
        staged.notes.append(LATER)
    if any(name.endswith(".ipynb") for name in there) and not any(name.endswith(".ipynb") for name in staged.digests):
        staged.notes.append("It has no notebook; the earlier one had, and is kept.")


def _label(moment: datetime | None, digest: str) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}-{digest[:8]}" if moment else f"unknown-{digest[:8]}"


def _move(folder: Path, target: Path) -> None:
    make_folder(target.parent)
    while target.exists():
        target = target.with_name(f"{target.name}-again")
    folder.rename(target)
    share_all(target)
