"""nbgrader's exchange: folders `LOGIN+WEEK+TIME+SECRET` in a course's `inbound`; by its root, its course or itself.

`outbound` and `feedback` are no hand-ins. In the exchange itself a folder belongs to the student whose name it has; in
a copy of it nobody can tell any more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nbviva.errors import CourseError
from nbviva.files import STAMP
from nbviva.handin.archive import ArchivedFile, Source
from nbviva.handin.layouts.layout import Gathered, Layout, Owner, Parts, Wanted
from nbviva.handin.people import Person
from nbviva.week.deadline import parse_stamp

_INBOUND = re.compile(
    r"(?P<login>.+)\+(?P<week>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d \d\d[:_]\d\d[:_]\d\d(\.\d+)?) "
    r"(?P<zone>[A-Za-z]+|[+-]\d{4})(\+[\w=-]*)?"
)
_STAGES = {"inbound", "outbound", "feedback"}
COPY = "Owner not verified: this is no live exchange, so its folders may be anybody's."


class NbgraderExchange(Layout):
    """What nbgrader submit writes."""

    name = "nbgrader's exchange"

    def owner(self, parts: Parts) -> Owner | None:
        """Give the login, and the time of the name; what stands in a timestamp.txt is not asked."""
        found = _INBOUND.fullmatch(parts[0])
        if not found or len(parts) < 2:
            return None
        told = parse_stamp(found["time"].replace("_", ":") + " " + found["zone"])
        return Owner(found["login"], (Person(login=found["login"]),), told=told, path=parts[1:])

    def prefixes(self, paths: Sequence[Parts], wanted: Wanted) -> list[Parts]:
        """Find the one inbound that is meant.

        Raises
        ------
        CourseError
            If several courses have hand-ins of the week and the course's own name does not tell which one is meant.
        """
        if any(path[0] == "inbound" and self.owner(path[1:]) for path in paths if len(path) > 2):
            return [("inbound",)]
        courses = {path[0] for path in paths if len(path) > 1}
        if courses and courses == {path[0] for path in paths if len(path) > 2 and path[1] in _STAGES}:
            return self._of_course(paths, wanted)
        return super().prefixes(paths, wanted)

    def _of_course(self, paths: Sequence[Parts], wanted: Wanted) -> list[Parts]:
        inbound = [path for path in paths if len(path) > 3 and path[1] == "inbound"]
        found = sorted({path[0] for path in inbound if week_of(path[2]) == wanted.week})
        chosen = [wanted.course_id] if wanted.course_id in found else found
        if len(chosen) > 1:
            raise CourseError(
                f"The exchange has hand-ins of {wanted.week} in several courses ({', '.join(chosen)}): name one of"
                " them, as in EXCHANGE/COURSE, or give this course its course_id."
            )
        return [(name, "inbound") for name in chosen or sorted({path[0] for path in inbound})]

    def settled(
        self, source: Source, handins: list[Gathered], rest: list[ArchivedFile], wanted: Wanted
    ) -> list[Gathered]:
        """Leave out other weeks; compare the folder's owner with its name, as nbgrader does."""
        for item in list(rest):
            if _STAGES.intersection(item.parts[:4]):
                rest.remove(item)
        kept = [handin for handin in handins if any(week_of(part) == wanted.week for part in _folder(handin))]
        return [_verified(source, _without_stamp(handin), live=wanted.live) for handin in kept]


def week_of(name: str) -> str:
    """Give the week of a folder in the inbound; empty where it is none."""
    found = _INBOUND.fullmatch(name)
    return found["week"] if found else ""


def _folder(handin: Gathered) -> Parts:
    owned = handin.files[0]
    return owned.item.parts[: len(owned.item.parts) - len(owned.owner.path)][-1:]


def _without_stamp(handin: Gathered) -> Gathered:
    """Leave out the timestamp.txt, which says what the folder's name does; the secret beside it is nbgrader's."""
    files = tuple(owned for owned in handin.files if owned.owner.path != (STAMP,))
    return replace(handin, files=files or handin.files, ours=True)


def _verified(source: Source, handin: Gathered, *, live: bool) -> Gathered:
    owned = handin.files[0]
    if not live or source.root is None or not isinstance(owned.item.place, Path):
        return replace(handin, notes=(COPY,))
    import pwd  # there is none on Windows, and no exchange

    folder = owned.item.place.parents[len(owned.owner.path) - 1]
    try:
        user = pwd.getpwuid(folder.stat().st_uid).pw_name
    except (KeyError, OSError):
        user = "an unknown user"
    if user == handin.owner.key:
        return handin
    why = f"Its folder belongs to {user}, not to {handin.owner.key}: it may be forged, and was not collected."
    return replace(handin, refused=f"{why} CollectApp.check_owner = False in nbgrader_config.py collects it.")
