"""Find the hand-ins in a source: the layout that it has, whose each file is, and when it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nbviva.errors import CourseError
from nbviva.handin.archive import ArchivedFile, Source
from nbviva.handin.layouts.blackboard import Blackboard
from nbviva.handin.layouts.canvas import Canvas
from nbviva.handin.layouts.exchange import NbgraderExchange
from nbviva.handin.layouts.folders import ANSWERS, Folders
from nbviva.handin.layouts.gradescope import Gradescope
from nbviva.handin.layouts.ilias import Ilias
from nbviva.handin.layouts.layout import Gathered, Layout, Owned, Owner, Parts, Wanted
from nbviva.handin.layouts.moodle import Moodle
from nbviva.handin.people import Person
from nbviva.week.deadline import in_zone

PLATFORMS: tuple[Layout, ...] = (Gradescope(), Moodle(), Blackboard(), NbgraderExchange(), Ilias(), Canvas())
UNKNOWN_TIME = "Nothing tells when it was handed in, so it counts as in time."


@dataclass(frozen=True)
class Found:
    """A hand-in as it was found.

    Attributes
    ----------
    key, team
        What the system calls the owner, always the same; and the platform's name of the group, where it has one.
    people, names_members
        Those whom the platform names, and whether it is one that does.
    handed_in
        In UTC, and None where nothing trustworthy tells it.
    refused, doubtful
        Why it must not be collected; whether a person should look at its notes.
    ours
        Whether nbgrader itself wrote the small files beside the notebook.
    """

    key: str
    people: tuple[Person, ...]
    handed_in: datetime | None
    files: tuple[Owned, ...]
    notes: tuple[str, ...] = ()
    team: str = ""
    names_members: bool = True
    refused: str = ""
    doubtful: bool = False
    ours: bool = False


@dataclass(frozen=True)
class Sorted:
    """What lies in a source: hand-ins in the order of time, and the files that belong to nobody.

    Attributes
    ----------
    layout
        The name of the system whose layout it is.
    lost
        Those of the files that look like somebody's hand-in.
    """

    layout: str
    handins: tuple[Found, ...]
    others: tuple[ArchivedFile, ...] = ()
    lost: tuple[ArchivedFile, ...] = ()


def recognise(paths: Sequence[Parts], wanted: Wanted) -> tuple[Layout, list[Parts]]:
    """Tell the layout of a source by its outermost names, and the folders in which its hand-ins lie."""
    around: Parts = ()
    for _ in range(6):
        inside = [path[len(around) :] for path in paths if path[: len(around)] == around and len(path) > len(around)]
        for layout in PLATFORMS:
            if found := layout.prefixes(inside, wanted):
                return layout, [(*around, *prefix) for prefix in found]
        folders = {path[0] for path in inside if len(path) > 1}
        if len(folders) != 1:
            break
        around = (*around, *folders)
    generic = Folders()
    return generic, generic.prefixes(paths, wanted)


def find_handins(source: Source, wanted: Wanted) -> Sorted:
    """Sort a source's files by hand-ins.

    Raises
    ------
    CourseError
        If there is a worksheet with times, and none of them is that of a hand-in.
    """
    items = list(source.items())
    layout, prefixes = recognise([item.parts for item in items], wanted)
    handins, rest = _sorted(items, layout, prefixes)
    settled = layout.settled(source, handins, rest, wanted)
    times = {id(handin): _listed_time(handin, wanted) for handin in settled}
    if wanted.worksheet and settled and not any(handin.told or times[id(handin)] for handin in settled):
        raise CourseError(
            f"{wanted.worksheet.name} has no time for any of the {len(settled)} hand-ins: is it that of another"
            " assignment? Nothing was collected."
        )
    changes = _changes(items, layout)
    made = [_found(handin, layout, wanted.zone, times[id(handin)], changes) for handin in settled]
    order = sorted(made, key=lambda item: (item.handed_in or datetime.min.replace(tzinfo=UTC), item.key))
    lost = tuple(item for item in rest if item.parts[-1].lower().endswith(ANSWERS))
    return Sorted(layout.name, tuple(order), tuple(rest), lost)


def _sorted(
    items: list[ArchivedFile], layout: Layout, prefixes: list[Parts]
) -> tuple[list[Gathered], list[ArchivedFile]]:
    rest: list[ArchivedFile] = []
    files: dict[tuple[str, datetime | None], list[Owned]] = {}
    for item in items:
        owner = _owner(item, layout, prefixes)
        if owner is None:
            rest.append(item)
        else:
            files.setdefault((owner.key, owner.told), []).append(Owned(owner, item))
    return [_handin(owned) for owned in files.values()], rest


def _owner(item: ArchivedFile, layout: Layout, prefixes: list[Parts]) -> Owner | None:
    for prefix in prefixes:
        if item.parts[: len(prefix)] == prefix and len(item.parts) > len(prefix):
            return layout.owner(item.parts[len(prefix) :])
    return None


def _handin(files: list[Owned]) -> Gathered:
    first = files[0].owner
    people = tuple(dict.fromkeys(person for owned in files for person in owned.owner.people))
    return Gathered(Owner(first.key, people, first.team, first.told), tuple(files), (first.told,) if first.told else ())


def _listed_time(handin: Gathered, wanted: Wanted) -> datetime | None:
    """Give the time that a list has for a hand-in's owner: by the group, or by a member."""
    if wanted.worksheet is None:
        return None
    return wanted.worksheet.time_of(handin.owner.key, handin.owner.team, handin.owner.people)


def _found(
    handin: Gathered, layout: Layout, zone: ZoneInfo, listed: datetime | None, changes: bool
) -> Found:  # fmt: skip
    kept = tuple(owned for owned in handin.files if owned.owner.path)
    told = [*handin.told, *([listed] if listed else [])]
    changed = [moment for owned in kept if changes and (moment := _changed(owned.item, zone))]
    moments = [moment_of(moment, zone) for moment in told] + ([max(changed)] if changed else [])
    notes = (*handin.notes, *(() if moments else (UNKNOWN_TIME,)))
    owner = handin.owner
    return Found(
        owner.key, owner.people, moments[0] if moments else None, kept, notes, owner.team, layout.names_members,
        handin.refused, handin.doubtful and not listed, handin.ours,
    )  # fmt: skip


def moment_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Give a moment in UTC; a local time is one of the zone."""
    return (in_zone(moment, zone) if moment.tzinfo is None else moment).astimezone(UTC)


def _changed(item: ArchivedFile, zone: ZoneInfo) -> datetime | None:
    return item.moment or (moment_of(item.local, zone) if item.local else None)


def _changes(items: list[ArchivedFile], layout: Layout) -> bool:
    """Whether the times of files can be those of hand-ins: not where all files were packed at once."""
    times = [moment for item in items if (moment := _changed(item, ZoneInfo("UTC")))]
    return layout.packing is not None and bool(times) and max(times) - min(times) > layout.packing
