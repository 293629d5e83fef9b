"""What a layout is: whose a file is by its names alone, and what else the system wrote that tells owner and time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nbviva.handin.archive import ArchivedFile, Source, UnreadableArchive
from nbviva.handin.people import Person, Roster
from nbviva.handin.worksheet import Worksheet

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Owner:
    """Whose a file is.

    Attributes
    ----------
    key
        What the system calls the owner, always the same: a login, a participant, a team, a folder.
    people
        The members whom the system names; empty where it names none.
    team
        The name of a group of the platform, to find it in the roster or the worksheet.
    told
        The hand-in time that the system tells: a local time, or a moment.
    path
        The file's path in the hand-in; empty for what the system wrote about it.
    """

    key: str
    people: tuple[Person, ...] = ()
    team: str = ""
    told: datetime | None = None
    path: Parts = ()


@dataclass(frozen=True)
class Owned:
    """A file with its owner."""

    owner: Owner
    item: ArchivedFile


@dataclass(frozen=True)
class Gathered:
    """The files of one hand-in, while a layout looks at it.

    Attributes
    ----------
    told
        Hand-in times, the most trusted first.
    refused
        Why it must not be collected.
    doubtful
        Whether a person should look at its notes.
    ours
        Whether nbgrader itself wrote the small files beside the notebook.
    """

    owner: Owner
    files: tuple[Owned, ...]
    told: tuple[datetime, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
    doubtful: bool = False
    ours: bool = False


@dataclass(frozen=True)
class Wanted:
    """What is looked for, and what helps to find it.

    Attributes
    ----------
    zone
        The zone of times that name none.
    course_id
        The course's name in an nbgrader exchange.
    live
        Whether the source is the exchange itself, where a folder's owner is the student.
    """

    week: str
    zone: ZoneInfo
    roster: Roster = field(default_factory=Roster)
    worksheet: Worksheet | None = None
    course_id: str = ""
    live: bool = False


class Layout:
    """One system's layout; `find` asks `prefixes`, then `owner` for each file, then `settled`.

    Attributes
    ----------
    name
        As people call the system.
    names_members
        Whether it says who is in a group, so that nobody else is.
    files_vote
        Whether files beside folders have to look like its own, too.
    packing
        Files that changed within this time of each other have the time of packing; None: no file's time is believed.
    """

    name = ""
    names_members = True
    files_vote = False
    packing: timedelta | None = None

    def owner(self, parts: Parts) -> Owner | None:
        """Tell whose a file is by its path in one of the `prefixes`; None where it is nobody's."""
        raise NotImplementedError

    def prefixes(self, paths: Sequence[Parts], wanted: Wanted) -> list[Parts]:
        """Give the folders of a source in which hand-ins lie as in this layout; none where it is another one."""
        del wanted
        voters = {path[0] for path in paths if len(path) > 1 or self.files_vote}
        matches = {path[0] for path in paths if self.owner(path)}
        return [()] if matches and 2 * len(matches) >= len(voters) else []

    def settled(
        self, source: Source, handins: list[Gathered], rest: list[ArchivedFile], wanted: Wanted
    ) -> list[Gathered]:
        """Give the hand-ins with all that the system tells; takes out of `rest` what it has read for that."""
        del source, rest, wanted
        return handins


def read_text(source: Source, item: ArchivedFile, most: int = 1 << 20) -> str:
    """Read a small text file of a source; empty where it cannot be read."""
    buffer = io.BytesIO()
    try:
        if not item.problem and item.size < most:
            source.copy(item, buffer)
    except UnreadableArchive:
        return ""
    return buffer.getvalue().decode("utf-8", "replace")
