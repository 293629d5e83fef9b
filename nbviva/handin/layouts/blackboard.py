"""Blackboard: files `COURSE_ASSIGNMENT_LOGIN_attempt_TIME_FILE`, and for each attempt a receipt without `_FILE`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from nbviva.handin.archive import ArchivedFile, Source
from nbviva.handin.layouts.layout import Gathered, Layout, Owner, Parts, Wanted, read_text
from nbviva.handin.people import Person
from nbviva.handin.receipt import Receipt, read_receipt

_ATTEMPT = re.compile(r"(?P<before>.+?)_attempt_(?P<time>\d{4}(-\d\d){5})(_(?P<file>.*)|\.txt)")


class Blackboard(Layout):
    """Each attempt is a hand-in of its own; names and receipts tell its time."""

    name = "Blackboard"
    files_vote = True

    def owner(self, parts: Parts) -> Owner | None:
        """Give all before `_attempt_` as the key: where the login begins in it only the receipt tells."""
        found = _ATTEMPT.fullmatch(parts[0])
        if not found:
            return None
        try:
            told = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S")  # noqa: DTZ007 - local on purpose
        except ValueError:
            told = None
        return Owner(found["before"], told=told, path=(found["file"], *parts[1:]) if found["file"] else ())

    def settled(
        self, source: Source, handins: list[Gathered], rest: list[ArchivedFile], wanted: Wanted
    ) -> list[Gathered]:
        """Read the receipts: in 'course_sheet_a_b_attempt_' they tell the login a_b from b."""
        del rest, wanted
        return [_by_receipt(source, handin) for handin in handins]


def _by_receipt(source: Source, handin: Gathered) -> Gathered:
    found = next((owned for owned in handin.files if not owned.owner.path), None)
    said = read_receipt(read_text(source, found.item)) if found else Receipt()
    before = handin.owner.key
    sure = said.login and f"_{before}".endswith(f"_{said.login}")
    person = Person(name=said.name, login=said.login) if sure else Person(login=before.rpartition("_")[2])
    return replace(
        handin,
        owner=replace(handin.owner, key=person.login, people=(person,)),
        told=(*handin.told, *([said.date] if said.date else [])),
        notes=("A comment was left with it in the LMS.",) if said.comment else (),
    )
