"""Plain folders, one a group, also inside one or more folders around them all; archives in the place of folders, too.

No system wrote this, so what a student can write is not believed: no timestamp.txt, and no file's time. nbgrader's own
`submitted/GROUP/WEEK` is known by a timestamp.txt in each of its folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nbviva.files import STAMP
from nbviva.handin.archive import ARCHIVES, ArchivedFile, Source
from nbviva.handin.layouts.layout import Gathered, Layout, Owned, Owner, Parts, Wanted, read_text
from nbviva.week.deadline import parse_stamp

ANSWERS = (".ipynb", ".pdf", *ARCHIVES)
DISBELIEVED = f"Its {STAMP} may be the student's own and tells no time."


class Folders(Layout):
    """The generic reader, which says what it took for groups."""

    name = "folders"
    names_members = False

    def prefixes(self, paths: Sequence[Parts], wanted: Wanted) -> list[Parts]:
        """Give the folder in which the groups' folders lie."""
        prefix: Parts = ()
        while True:
            inside = [
                path[len(prefix) :] for path in paths if path[: len(prefix)] == prefix and len(path) > len(prefix)
            ]
            folders = {path[0] for path in inside if len(path) > 1}
            only = next(iter(folders)) if len(folders) == 1 else ""
            if not only or not _around([path[1:] for path in inside if path[0] == only and len(path) > 1], wanted):
                return [prefix]
            prefix = (*prefix, only)

    def owner(self, parts: Parts) -> Owner | None:
        """Give the folder, or the archive that stands in the place of one."""
        if len(parts) > 1:
            return Owner(parts[0], path=parts[1:])
        stem = next((parts[0][: -len(end)] for end in ARCHIVES if parts[0].lower().endswith(end)), "")
        return Owner(stem, path=parts) if stem else None

    def settled(
        self, source: Source, handins: list[Gathered], rest: list[ArchivedFile], wanted: Wanted
    ) -> list[Gathered]:
        """Say which folders were taken; of nbgrader's own `submitted/` take the week's folders."""
        handins = _without_archives(handins, rest)
        stages = [handin for handin in handins if any(_in_week(owned, wanted.week) for owned in handin.files)]
        direct = any(len(owned.owner.path) == 1 for handin in handins for owned in handin.files)
        if stages and not direct and all(_is_stamped(handin, wanted.week) for handin in stages):
            return [_stage(source, handin, wanted.week) for handin in stages]
        return [_folder(handin, wanted.week) for handin in handins]


def _without_archives(handins: list[Gathered], rest: list[ArchivedFile]) -> list[Gathered]:
    """Take archives for hand-ins only where there are no folders."""
    loose = [owned for handin in handins for owned in handin.files if _is_loose(owned)]
    if len(loose) == sum(len(handin.files) for handin in handins):
        return handins
    rest += [owned.item for owned in loose]
    kept = (replace(handin, files=tuple(o for o in handin.files if o not in loose)) for handin in handins)
    return [handin for handin in kept if handin.files]


def _is_loose(owned: Owned) -> bool:
    above = owned.item.parts[: -len(owned.owner.path)]
    return not above or above[-1] != owned.owner.key


def _in_week(owned: Owned, week: str) -> bool:
    return len(owned.owner.path) > 1 and owned.owner.path[0] == week


def _is_stamped(handin: Gathered, week: str) -> bool:
    return any(owned.owner.path == (week, STAMP) for owned in handin.files)


def _stage(source: Source, handin: Gathered, week: str) -> Gathered:
    """Give a hand-in of nbgrader's `submitted/`, with the time that stands beside it."""
    stamp = next(owned for owned in handin.files if owned.owner.path == (week, STAMP))
    files = tuple(owned for owned in handin.files if _in_week(owned, week) and owned is not stamp)
    moment = parse_stamp(read_text(source, stamp.item))
    return _folder(replace(handin, files=files or handin.files, told=(moment,) if moment else (), ours=True), week)


def _folder(handin: Gathered, week: str) -> Gathered:
    """Give a hand-in as it lies in its folder; a folder of the week in it is no part of a file's path."""
    first = handin.files[0]
    place = "/".join(first.item.parts[: -len(first.owner.path)] or (handin.owner.key,))
    files = tuple(
        replace(owned, owner=replace(owned.owner, path=owned.owner.path[_in_week(owned, week) :]))
        for owned in handin.files
    )
    odd = (DISBELIEVED,) if any(owned.owner.path == (STAMP,) for owned in files) else ()
    return replace(handin, files=files, notes=(*handin.notes, *odd, f"The folder '{place}' was taken for a group."))


def _around(inside: list[Parts], wanted: Wanted) -> bool:
    """Whether a folder with these files lies around groups' folders, and is no group's own."""
    folders = {path[0] for path in inside if len(path) > 1}
    if not folders or wanted.week in folders or any(len(path) == 1 and _is_answer(path) for path in inside):
        return False
    if {path[1] for path in inside if len(path) > 2} == {wanted.week} or folders & _known(wanted):
        return True
    if len(folders) > 1:
        return len({path[0] for path in inside if len(path) > 1 and _is_answer(path)}) > 1
    return _around([path[1:] for path in inside if len(path) > 1], wanted)


def _known(wanted: Wanted) -> set[str]:
    people = wanted.roster.people
    return {text for person in people for text in (person.group, person.login, person.number) if text}


def _is_answer(path: Parts) -> bool:
    return path[-1].lower().endswith(ANSWERS)
