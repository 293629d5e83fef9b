"""The layouts in which systems hand out what was handed in: whose a file is, and when it came, by names alone.

Only names that the system chose are believed: a layout is told from the outermost names, and of a name only the part
before the student's own. Times stand in names (Blackboard, nbgrader), in a receipt or a timestamp.txt, or are those of
the files. Moodle, and ILIAS in its newer versions, pack files with the time of packing: where all files of a source
changed within minutes of each other, that is taken for no hand-in time at all, and nobody is late by it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from nbviva.handin.archive import ArchivedFile, Source, UnreadableArchive
from nbviva.handin.people import Person
from nbviva.handin.receipt import Receipt, read_receipt
from nbviva.week.deadline import in_zone, parse_stamp

PACKING = timedelta(minutes=10)


@dataclass(frozen=True)
class Owned:
    """A file with its owner.

    Attributes
    ----------
    key
        What the system calls the owner: a login, a participant, a team, a folder.
    told
        The hand-in time that stands in a name: a local time, or a moment.
    path
        Its path in the hand-in; empty for a receipt.
    """

    key: str
    person: Person
    told: datetime | None
    path: tuple[str, ...]
    item: ArchivedFile


@dataclass(frozen=True)
class Found:
    """A hand-in as it was found; `handed_in` is in UTC, and None where nothing trustworthy tells it."""

    key: str
    people: tuple[Person, ...]
    handed_in: datetime | None
    files: tuple[Owned, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trust:
    """Whether a file timestamp.txt is the system's own, and whether times of files can be those of hand-ins."""

    stamps: bool
    changes: bool


Owner = tuple[str, Person, datetime | None, tuple[str, ...]]  # the first four fields of Owned


def _exchange(parts: tuple[str, ...]) -> Owner | None:
    found = _INBOUND.fullmatch(parts[0])
    if not found or len(parts) < 2:
        return None
    told = parse_stamp(found["time"].replace("_", ":") + " " + found["zone"])
    return found["login"], Person(login=found["login"]), told, parts[1:]


_INBOUND = re.compile(
    r"(?P<login>.+)\+(?P<week>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d \d\d[:_]\d\d[:_]\d\d(\.\d+)?) "
    r"(?P<zone>[A-Za-z]+|[+-]\d{4})(\+[\w=-]*)?"
)


def _moodle(parts: tuple[str, ...]) -> Owner | None:
    found = _PARTICIPANT.fullmatch(parts[0])
    if not found or not (found["file"] or len(parts) > 1):
        return None
    key = f"participant_{found['id']}" if found["id"] else "default_team"
    path = (found["file"], *parts[1:]) if found["file"] else parts[1:]
    return key, Person(name=found["name"].strip(), lms=f"Participant {found['id']}" if found["id"] else ""), None, path


_PARTICIPANT = re.compile(r"(?P<name>.*?)(_(?P<id>\d+))?_assignsubmission_(file|onlinetext)(_(?P<file>.*))?")


def _blackboard(parts: tuple[str, ...]) -> Owner | None:
    found = _ATTEMPT.fullmatch(parts[0])
    if not found:
        return None
    before = found["before"]
    try:
        told = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S")  # noqa: DTZ007 - local on purpose
    except ValueError:
        told = None
    return before, Person(login=before.rpartition("_")[2]), told, (found["file"], *parts[1:]) if found["file"] else ()


_ATTEMPT = re.compile(r"(?P<before>.+?)_attempt_(?P<time>\d{4}(-\d\d){5})(_(?P<file>.*)|\.txt)")


def _ilias(parts: tuple[str, ...]) -> Owner | None:
    team = _TEAM.fullmatch(parts[0])
    parts = parts[1:] if team else parts
    found = _MEMBER.fullmatch(parts[0]) if len(parts) > 1 else None
    if not found:
        return None
    person = Person(name=f"{found['first']} {found['last']}", login=found["login"], lms=f"ILIAS {found['id']}")
    return f"team_{team['id']}" if team else found["login"], person, None, parts[1:]


_TEAM = re.compile(r"(Team|Gruppe|Group)[ _](?P<id>\d+)")
_MEMBER = re.compile(r"(?!multi_feedback_)(?P<last>[^_]+)_(?P<first>.+)_(?P<login>[^_]+)_(?P<id>\d{2,})")


def _folders(parts: tuple[str, ...]) -> Owner | None:
    return (parts[0], Person(), None, parts[1:]) if len(parts) > 1 else None


Layout = Callable[[tuple[str, ...]], Owner | None]


def recognise(paths: list[tuple[str, ...]]) -> tuple[Layout, int]:
    """Tell the layout of a source by its outermost names, and how many folders lie around it."""
    for depth in range(6):
        inner = [path[depth:] for path in paths if len(path) > depth]
        for layout in (_exchange, _moodle, _blackboard, _ilias):
            if _fits(layout, inner):
                return layout, depth
        folders = {path[0] for path in inner if len(path) > 1}
        if len(folders) != 1 and "inbound" not in folders:
            break
        only = "inbound" if "inbound" in folders else next(iter(folders))
        paths = [path for path in paths if len(path) > depth + 1 and path[depth] == only]
    return _folders, 0


def _fits(layout: Layout, paths: list[tuple[str, ...]]) -> bool:
    voters = {path[0] for path in paths if len(path) > 1 or layout in (_moodle, _blackboard)}
    matches = {path[0]: found for path in paths if (found := layout(path))}
    if layout is _ilias:  # plain folders may look like it; then they name the same login again and again
        people = {(found[1].login, found[1].lms) for path in paths if (found := layout(path))}
        if len({login for login, _ in people}) < len(people):
            return False
    return bool(matches) and 2 * len(matches) >= len(voters)


def _wrapped(paths: list[tuple[str, ...]], week: str) -> int:
    """Tell whether plain folders lie in one folder around them all."""
    tops, seconds = {path[0] for path in paths if len(path) > 1}, {path[1] for path in paths if len(path) > 2}
    return int(len(tops) == 1 and len(seconds) > 1 and week not in seconds and all(len(path) > 2 for path in paths))


def find_handins(
    source: Source, week: str, zone: ZoneInfo, times: Mapping[str, datetime] | None = None
) -> tuple[list[Found], list[str]]:
    """Give the hand-ins in a source, in the order of time, and a sentence for each file that belongs to nobody."""
    items = list(source.items())
    paths = [item.parts for item in items]
    layout, depth = recognise(paths)
    depth = _wrapped(paths, week) if layout is _folders else depth
    problems, handins = [], dict[tuple[str, datetime | None], list[Owned]]()
    for item in items:
        found = layout(item.parts[depth:]) if len(item.parts) > depth else None
        if found is None:
            problems.append(f"{item.parts[-1]}: the name says not whose it is; it was left where it is.")
        elif layout is not _exchange or _week_of(item.parts[depth]) == week:
            owned = Owned(*_inside(found, week, layout), item)
            handins.setdefault((owned.key, owned.told), []).append(owned)
    trust = Trust(stamps=layout in (_exchange, _folders), changes=_spread(items))
    owners = _by_login(source, handins.values()) if layout is _blackboard else handins.values()
    made = [_handin(source, zone, files, times or {}, trust) for files in owners]
    return sorted(made, key=lambda item: (item.handed_in or datetime.min.replace(tzinfo=UTC), item.key)), problems


def _week_of(name: str) -> str:
    found = _INBOUND.fullmatch(name)
    return found["week"] if found else ""


def _inside(found: Owner, week: str, layout: Layout) -> Owner:
    key, person, told, path = found
    strip = layout is _folders and len(path) > 1 and path[0] == week  # nbgrader's own submitted/GROUP/WEEK
    return key, person, told, path[1:] if strip else path


def _by_login(source: Source, handins: Iterable[list[Owned]]) -> Iterable[list[Owned]]:
    """Settle Blackboard's owners: in 'course_sheet_a_b_attempt_' only the receipt tells the login a_b from b."""
    for files in handins:
        receipt = next((owned for owned in files if not owned.path), None)
        said = read_receipt(read_text(source, receipt.item)) if receipt else Receipt()
        sure = said.login and f"_{files[0].key}".endswith(f"_{said.login}")
        person = Person(name=said.name, login=said.login) if sure else files[0].person
        yield [replace(owned, key=person.login, person=person) for owned in files]


def _handin(source: Source, zone: ZoneInfo, files: list[Owned], times: Mapping[str, datetime], trust: Trust) -> Found:
    first = files[0]
    stamps = [owned for owned in files if trust.stamps and owned.path == ("timestamp.txt",)]
    kept = tuple(owned for owned in files if owned.path and owned not in stamps)
    people = tuple(dict.fromkeys(owned.person for owned in files if owned.person != Person()))
    receipts = [read_receipt(read_text(source, owned.item)) for owned in files if not owned.path]
    stamp = next((moment for o in stamps if (moment := parse_stamp(read_text(source, o.item)))), None)
    told = [first.told, *(receipt.date for receipt in receipts), stamp, times.get(first.key)]
    changed = [moment for owned in kept if trust.changes and (moment := _changed(owned.item, zone))]
    moments = [_moment(moment, zone) for moment in told if moment] + ([max(changed)] if changed else [])
    notes = ["A comment was left with it in the LMS."] if any(receipt.comment for receipt in receipts) else []
    if not moments:
        notes.append("Nothing tells when it was handed in, so it counts as in time.")
    return Found(first.key, people, moments[0] if moments else None, kept, tuple(notes))


def _moment(moment: datetime, zone: ZoneInfo) -> datetime:
    return (in_zone(moment, zone) if moment.tzinfo is None else moment).astimezone(UTC)


def _changed(item: ArchivedFile, zone: ZoneInfo) -> datetime | None:
    return item.moment or (_moment(item.local, zone) if item.local else None)


def _spread(items: list[ArchivedFile]) -> bool:
    times = [moment for item in items if (moment := _changed(item, ZoneInfo("UTC")))]
    return bool(times) and max(times) - min(times) > PACKING


def read_text(source: Source, item: ArchivedFile) -> str:
    """Read a small text file of a source; empty where it cannot be read."""
    buffer = io.BytesIO()
    try:
        if not item.problem and item.size < 1 << 20:
            source.copy(item, buffer)
    except UnreadableArchive:
        return ""
    return buffer.getvalue().decode("utf-8", "replace")
