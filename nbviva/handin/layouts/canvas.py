"""Canvas: flat files `NAME_USERID_ATTACHMENTID_FILE`, late ones `NAME_LATE_USERID_...`, texts `NAME_USERID_text.html`.

NAME is the student's sortable name, or the group's, in small letters without all that is no letter or digit; in a group
the id is that of one member. There are no times: Canvas only says who is late.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

from nbviva.handin.archive import ArchivedFile, Source
from nbviva.handin.layouts.layout import Gathered, Layout, Owner, Parts, Wanted
from nbviva.handin.people import Person, Roster
from nbviva.listing import plain_word

_FILE = re.compile(
    r"((?P<name>\w*?)_)?(?P<late>LATE_)?(?P<user>\d+|anon_[A-Za-z0-9]+)_"
    r"((?P<attachment>\d+)_(?P<file>.+)|(?P<text>(text|link)\.html))"
)
_GROUP = re.compile(r"\d|^(group|gruppe|team)", re.IGNORECASE)
NO_MEMBERS = "Canvas names the group only: the roster's group says who is in it."
LATE = "Canvas marks it as late and tells no time: --times with a list of names and times does."


class Canvas(Layout):
    """The user's id is the owner; the roster tells the name that belongs to it."""

    name = "Canvas"
    files_vote = True

    def owner(self, parts: Parts) -> Owner | None:
        """Give the owner of a file; folders are none of Canvas'."""
        found = _FILE.fullmatch(parts[0]) if len(parts) == 1 else None
        if not found:
            return None
        name = found["name"] or ""
        person = Person(name=name, lms=f"Canvas {found['user']}")
        return Owner(f"canvas_{found['user']}", (person,), name, path=(found["file"] or found["text"],))

    def settled(
        self, source: Source, handins: list[Gathered], rest: list[ArchivedFile], wanted: Wanted
    ) -> list[Gathered]:
        """Find the owners in roster or worksheet by the letters of their names, or the group by its name."""
        del source, rest
        listed = [line.person for line in wanted.worksheet.lines] if wanted.worksheet else []
        spelled = _spelled(listed) | _spelled(wanted.roster.people)
        return [_known(handin, wanted.roster, spelled) for handin in handins]


def _known(handin: Gathered, roster: Roster, spelled: Mapping[str, Sequence[Person]]) -> Gathered:
    owner, notes = handin.owner, list(handin.notes)
    team, said = owner.team, owner.people[0]
    found = spelled.get(team, ())
    group = roster.group_called(team)
    if len(found) == 1:
        owner = replace(owner, people=(replace(found[0], lms=said.lms),), team="")
    elif group:
        owner = replace(owner, people=(), team=group)
    elif _GROUP.search(team):
        owner = replace(owner, people=())
        notes.append(NO_MEMBERS)
    else:
        owner = replace(owner, people=(said,), team="")
    named = _FILE.fullmatch(handin.files[0].item.parts[-1])
    late = bool(named and named["late"])
    return replace(handin, owner=owner, notes=(*notes, *([LATE] if late else [])), doubtful=late)


def _spelled(people: Iterable[Person]) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    for person in people:
        for word in _spellings(person.name):
            found.setdefault(word, []).append(person)
    return found


def _spellings(name: str) -> set[str]:
    """Give a name's letters in every order of its words: Canvas writes the last one first."""
    words = [plain_word(word) for word in name.split()][:5]
    return {"".join(order) for order in permutations(words)} if words else set()
