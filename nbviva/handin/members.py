"""Whom a hand-in's sheet names, kept beside the report where only its owner can read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbviva.course import Course
from nbviva.files import has_seal, seal, write
from nbviva.handin.door import Handin
from nbviva.handin.people import Person
from nbviva.week.fields import sheet_mark

MEMBERS = "members.json"


@dataclass(frozen=True)
class Signed:
    """Whom a hand-in's sheet names, and in one sentence each what is odd about names, numbers and the file."""

    people: tuple[Person, ...] = ()
    problems: tuple[str, ...] = ()


def signed(handin: Handin, report: Path) -> Signed:
    """Give whom the sheet names: from the report's folder while the PDFs are the same, else read and kept there."""
    key = _key(handin)
    kept = _kept(report / MEMBERS, key)
    if kept is None:
        kept = _signed(handin)
        if kept != Signed():
            _keep(report / MEMBERS, key, kept)
    return kept


def _signed(handin: Handin) -> Signed:
    filled = handin.sheet.filled
    doubts = tuple(doubt.sentence for doubt in handin.sheet.doubts)
    if filled is None or filled.is_untouched:
        return Signed((), doubts)
    people = tuple(Person(name=member.name, number=member.number) for member in filled.members)
    answers = set(filled.refused.values())
    return Signed(people, (*doubts, *(text for text in filled.problems if text not in answers)))


def _key(handin: Handin) -> str:
    """Digest what the names may be read from."""
    asked = handin.assignment
    return f"{handin.came.digest.hex()} {sheet_mark(asked)}{' required' if asked.sheet_required else ''}"


def _kept(path: Path, key: str) -> Signed | None:
    try:
        data = json.loads(path.read_text("utf-8"))
        said = data.pop("seal").encode()
        if data["sheet"] != key or not has_seal(_text(data), _secret(path), path, said):
            return None
        return Signed(tuple(Person(**person) for person in data["people"]), tuple(data["problems"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _keep(path: Path, key: str, found: Signed) -> None:
    keep_members(path, {"sheet": key, **asdict(found)})


def keep_members(path: Path, data: Mapping[str, Any]) -> None:
    """Write the file, sealed: names that somebody else has put there are not believed, but read anew."""
    said = seal(_text(data), _secret(path), path).decode()
    write(path, json.dumps({**data, "seal": said}, indent=1, ensure_ascii=False))


def _text(data: Mapping[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in data.items() if name != "seal"}, sort_keys=True).encode()


def _secret(path: Path) -> bytes:
    return Course(path.parents[3]).secret()
