"""Moodle's "download all submissions": `NAME_NUMBER_assignsubmission_file`, as a folder or before the file's name.

Where students hand in alone, NAME is theirs and NUMBER their participant's; where groups do, they are the group's, and
members stand nowhere. Both look alike: the worksheet tells them apart, else the roster, else the look of all names.
Nothing in it is a hand-in time, unless the files' times lie further apart than packing can take.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from nbviva.handin.archive import ArchivedFile, Source
from nbviva.handin.layouts.layout import Gathered, Layout, Owner, Parts, Wanted
from nbviva.handin.people import Person, plain_name

_FOLDER = re.compile(r"(?P<name>.*?)(_(?P<id>\d+))?_assignsubmission_(file|onlinetext)(_(?P<file>.*))?")
_GROUP = re.compile(r"\d|\b(group|gruppe|groupe|team|grupo|gruppo|groep|tutori)", re.IGNORECASE)
_BLIND = re.compile(r"(Participant|Teilnehmer(/?\s?in)?|Participante?|Partecipante|Deelnemer)", re.IGNORECASE)
NO_MEMBERS = "Moodle names the group only: --times with Moodle's worksheet, or the roster's group, says who is in it."
GUESSED = (
    "Its number is taken for a participant's, which no import trusts: --times with Moodle's worksheet, or roster.csv,"
    " makes sure."
)


class Moodle(Layout):
    """The downloader of Moodle's assignments."""

    name = "Moodle"
    files_vote = True
    packing = timedelta(hours=12)  # a large class takes long to download

    def owner(self, parts: Parts) -> Owner | None:
        """Give the participant or the group, both by their number."""
        found = _FOLDER.fullmatch(parts[0])
        if not found or not (found["file"] or len(parts) > 1):
            return None
        path = (found["file"], *parts[1:]) if found["file"] else parts[1:]
        name, number = found["name"].strip(), found["id"]
        if not number:
            return Owner("default_team", team=name, path=path)
        kind = "group" if _GROUP.search(name) else "participant"
        return Owner(f"{kind}_{number}", (Person(name, lms=f"Participant {number}"),), name, path=path)

    def settled(
        self, source: Source, handins: list[Gathered], rest: list[ArchivedFile], wanted: Wanted
    ) -> list[Gathered]:
        """Tell groups from students, for all of them at once: an assignment has one kind."""
        del source, rest
        teams = _are_teams(handins, wanted)
        return [_as_team(handin, wanted) if teams else _as_student(handin, wanted, teams) for handin in handins]


def _are_teams(handins: Sequence[Gathered], wanted: Wanted) -> bool | None:
    """Whether groups handed in; None where that is only a guess, and students are guessed."""
    names = [handin.owner.team for handin in handins]
    if any(_team_known(name, wanted) for name in names):
        return True
    if any(_student_known(handin, wanted) for handin in handins):
        return False
    no_number = any(not handin.owner.people for handin in handins)
    return True if no_number or any(_GROUP.search(name) for name in names if not _BLIND.fullmatch(name)) else None


def _team_known(name: str, wanted: Wanted) -> bool:
    return bool(wanted.roster.group_called(name) or (wanted.worksheet and wanted.worksheet.of_group(name)))


def _student_known(handin: Gathered, wanted: Wanted) -> bool:
    if not handin.owner.people or _BLIND.fullmatch(handin.owner.team):
        return bool(handin.owner.people)
    said = handin.owner.people[0]
    words = plain_name(said.name)
    listed = wanted.worksheet.of_participant(said) if wanted.worksheet else None
    return bool(words) and (words in wanted.roster.names or listed is not None)


def _as_team(handin: Gathered, wanted: Wanted) -> Gathered:
    team = handin.owner.team
    lines = wanted.worksheet.of_group(team) if wanted.worksheet else ()
    people = tuple(line.person for line in lines)
    named = bool(people) or _team_known(team, wanted)
    told = max((line.moment for line in lines if line.moment), default=None)
    return replace(
        handin,
        owner=replace(handin.owner, people=people),
        told=(told,) if told else (),
        notes=() if named else (NO_MEMBERS,),
    )


def _as_student(handin: Gathered, wanted: Wanted, teams: bool | None) -> Gathered:
    said = handin.owner.people[0]
    if _BLIND.fullmatch(said.name):
        said = replace(said, name="")
    line = wanted.worksheet.of_participant(said) if wanted.worksheet else None
    person = replace(line.person, name=line.person.name or said.name) if line else said
    person = replace(person, guessed=teams is None)
    notes = (GUESSED,) if teams is None else ()
    told = (line.moment,) if line and line.moment else ()
    return replace(handin, owner=replace(handin.owner, people=(person,), team=""), told=told, notes=notes)
