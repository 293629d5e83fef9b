"""ILIAS: a folder `Last_First_login_id` a participant, in `Team 5` where teams hand in; files keep their times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from nbviva.handin.layouts.layout import Layout, Owner, Parts, Wanted
from nbviva.handin.people import Person

_TEAM = re.compile(r"(Team|Gruppe|Group)[ _](?P<id>\d+)")
_MEMBER = re.compile(r"(?!multi_feedback_)(?P<last>[^_]+)_(?P<first>.+)_(?P<login>[^_]+)_(?P<id>\d{2,})")


class Ilias(Layout):
    """Newer versions pack files with the time of packing, which is no hand-in time."""

    name = "ILIAS"
    packing = timedelta(minutes=10)

    def owner(self, parts: Parts) -> Owner | None:
        """Give the participant of the folder; in a team's folder the team, with that participant as a member."""
        team = _TEAM.fullmatch(parts[0])
        parts = parts[1:] if team else parts
        found = _MEMBER.fullmatch(parts[0]) if len(parts) > 1 else None
        if not found:
            return None
        person = Person(name=f"{found['first']} {found['last']}", login=found["login"], lms=f"ILIAS {found['id']}")
        return Owner(f"team_{team['id']}" if team else found["login"], (person,), path=parts[1:])

    def prefixes(self, paths: Sequence[Parts], wanted: Wanted) -> list[Parts]:
        """Plain folders may look like it; then they name the same login again and again."""
        found = [owner.people[0] for path in paths if (owner := self.owner(path))]
        people = {(person.login, person.lms) for person in found}
        if len({login for login, _ in people}) < len(people):
            return []
        return super().prefixes(paths, wanted)
