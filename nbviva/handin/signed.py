"""Whom a hand-in's sheet names, kept beside the report where only its owner can read it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from nbviva.files import has_seal, seal, write
from nbviva.handin.door import Handin
from nbviva.handin.people import Person
from nbviva.records import kept, to_json
from nbviva.secret import secret_of
from nbviva.week.fields import sheet_mark

MEMBERS = "members.json"


@dataclass(frozen=True)
class Signed:
    """Whom a hand-in's sheet names, and in one sentence each what is odd about names, numbers and the file.

    Attributes
    ----------
    sheet, seal
        Digest of what they were read from, and the seal of the file that keeps them.
    """

    people: tuple[Person, ...] = ()
    problems: tuple[str, ...] = ()
    sheet: str = field(default="", compare=False)
    seal: str = field(default="", compare=False)


def signed(handin: Handin, report: Path) -> Signed:
    """Give whom the sheet names: from the report's folder while the PDFs are the same, else read and kept there."""
    path, key = report / MEMBERS, _key(handin)
    found = _kept(path, key)
    if found is None:
        found = replace(_signed(handin), sheet=key)
        if found != Signed():
            keep(path, found)
    return found


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
    return f"{handin.came.digest} {sheet_mark(asked)}{' required' if asked.sheet_required else ''}"


def _kept(path: Path, key: str) -> Signed | None:
    found = kept(Signed, path)
    if found is None or found.sheet != key or not has_seal(_text(found), _secret(path), path, found.seal.encode()):
        return None
    return found


def keep(path: Path, found: Signed) -> None:
    """Write the file, sealed: names that somebody else has put there are not believed, but read anew."""
    said = seal(_text(found), _secret(path), path).decode()
    write(path, to_json(replace(found, seal=said), indent=1, ascii_only=False))


def _text(found: Signed) -> bytes:
    """Give what is sealed."""
    said = {"people": [asdict(person) for person in found.people], "problems": found.problems, "sheet": found.sheet}
    return to_json(said).encode()


def _secret(path: Path) -> bytes:
    return secret_of(path.parents[3])
