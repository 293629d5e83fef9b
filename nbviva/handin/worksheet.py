"""A list with hand-in times: Moodle's grading worksheet in any of its languages, or one that a person keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nbviva.errors import CourseError
from nbviva.handin.dates import order_of, read_date
from nbviva.handin.people import Person, plain_name, plain_number
from nbviva.listing import Line, plain_word, read_listing
from nbviva.week.deadline import in_zone

_COLUMNS = (
    ("Identifier", "ID", "Identifiant", "Identificador", "Identificativo", "Identificatie", "Kennung", "Participant"),
    ("Full name", "Name", "Vollständiger Name", "Nom complet", "Nombre completo", "Nome completo", "Volledige naam",
     "Student"),
    ("Email address", "E-Mail", "Mail", "E-Mail-Adresse", "Adresse de courriel", "Adresse courriel",
     "Dirección de correo", "Dirección Email", "Indirizzo email", "E-mailadres"),
    ("Username", "Login", "Benutzername", "Anmeldename", "Nom d'utilisateur", "Nombre de usuario"),
    ("ID number", "ID-Nummer", "Matrikelnummer", "Matriculation number", "Numéro d'identification", "Número de ID"),
    ("Group", "Groups", "Gruppe", "Gruppen", "Groupe", "Groupes", "Grupo", "Gruppo", "Groep", "Team"),
    ("First name", "Vorname", "Prénom", "Nombre", "Nome", "Voornaam"),
    ("Last name", "Surname", "Nachname", "Nom", "Apellido(s)", "Cognome", "Achternaam"),
)  # fmt: skip
_TIMES = (
    "Last modified (submission)", "Zuletzt geändert (Abgabe)", "Dernière modification (travail remis)",
    "Dernière modification (remise)", "Dernière modification (soumission)", "Última modificación (entrega)",
    "Ultima modifica (consegna)", "Laatst gewijzigd (inzending)", "Handed in", "Submitted at", "Time", "Abgegeben",
)  # fmt: skip


@dataclass(frozen=True)
class ListedTime:
    """A line of the list: who, in which of the platform's groups, and when they handed in."""

    person: Person
    group: str
    moment: datetime | None


@dataclass(frozen=True)
class Worksheet:
    """The lines of a list, by what a hand-in may be known by."""

    name: str
    lines: tuple[ListedTime, ...]

    def of_group(self, name: str) -> tuple[ListedTime, ...]:
        """Give the lines of the members of a group."""
        word = plain_word(name)
        return tuple(line for line in self.lines if word and plain_word(line.group) == word)

    def of_participant(self, said: Person) -> ListedTime | None:
        """Give the line of a participant, by the platform's number and, where both are known, the name."""
        for line in self.lines:
            names = {plain_name(line.person.name), plain_name(said.name)} - {""}
            if line.person.lms and line.person.lms == said.lms and len(names) < 2:
                return line
        return None

    def time_of(self, key: str, team: str, people: Iterable[Person]) -> datetime | None:
        """Give the latest time that the list has for a group, or for one of these people."""
        found = list(self.of_group(team or key))
        for person in people:
            found += self._of_person(person)
        return max((line.moment for line in found if line.moment), default=None)

    def _of_person(self, said: Person) -> list[ListedTime]:
        if line := self.of_participant(said):
            return [line]
        others = [line for line in self.lines if not _differ(line.person.lms, said.lms)]
        for plain in _KEYS:
            found = [line for line in others if plain(said) and plain(line.person) == plain(said)]
            if found:
                return found if len(found) == 1 else []
        return []


def _differ(one: str, other: str) -> bool:
    """Whether one platform numbers two people: Moodle gives everybody another number in each assignment."""
    return one != other and one.partition(" ")[0] == other.partition(" ")[0]


_KEYS: tuple[Callable[[Person], str], ...] = (
    lambda person: plain_number(person.number),
    lambda person: person.login.casefold(),
    lambda person: person.email.casefold(),
    lambda person: plain_name(person.name),
)


def read_worksheet(path: Path, zone: ZoneInfo) -> Worksheet:
    """Read hand-in times.

    Raises
    ------
    CourseError
        If there is no such file, or it has no column with times, or none with names; nothing is collected then.
    """
    if not path.is_file():
        raise CourseError(f"There is no file {path}: --times takes Moodle's grading worksheet. Nothing was collected.")
    listing = read_listing(path, _COLUMNS, required=0)
    times = _times(listing.header, listing.lines)
    known = any(any(line.texts) for line in listing.lines)
    if times is None or not known:
        why = listing.problems[0] if listing.problems else _missing(path, listing.header)
        raise CourseError(f"{why} Nothing was collected.")
    texts = [line.cells[times] if times < len(line.cells) else "" for line in listing.lines]
    order = order_of(texts)
    if order == "?":
        odd = next(text for text in texts if order_of([text]) == "?")
        raise CourseError(
            f"{path.name}: '{odd[:40]}' may be two days: write such dates as 2024-01-31 20:00. Nothing was collected."
        )
    lines = (_line(line, read_date(text, order), zone) for line, text in zip(listing.lines, texts, strict=True))
    return Worksheet(path.name, tuple(lines))


def _missing(path: Path, header: tuple[str, ...]) -> str:
    there = ", ".join(header)[:200] or "none"
    return (
        f"{path.name} is no grading worksheet: it has no column with hand-in times such as '{_TIMES[0]}', or none that"
        f" names people or groups; its columns are: {there}."
    )


def _times(header: tuple[str, ...], lines: tuple[Line, ...]) -> int | None:
    """Find the column with hand-in times: by its heading, else the first in which only dates stand."""
    words, named = [plain_word(text) for text in header], {plain_word(text) for text in _TIMES}
    for place, word in enumerate(words):
        if word in named:
            return place
    for place in range(len(words)):
        texts = [line.cells[place] for line in lines[:50] if place < len(line.cells)]
        said = [text for text in texts if re.search(r"\d", text)]
        if said and all(read_date(text, "DMY") or read_date(text, "MDY") for text in said):
            return place
    return None


def _line(line: Line, moment: datetime | None, zone: ZoneInfo) -> ListedTime:
    identifier, name, email, login, number, group, first, last = line.texts
    digits = re.search(r"(?<!\d)(\d++)\s*+$", identifier)
    person = Person(
        name or f"{first} {last}".strip(), number, email, login, lms=f"Participant {digits[1]}" if digits else ""
    )
    if moment is not None:
        moment = (in_zone(moment, zone) if moment.tzinfo is None else moment).astimezone(UTC)
    return ListedTime(replace(person), group, moment)
