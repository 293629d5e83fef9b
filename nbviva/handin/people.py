"""A person, the roster and the header of a notebook: when two of them mean the same student.

Everything here is personal data: it is kept in `roster.csv` and in `.nbviva/people/` (readable by the owner alone),
goes into the marks list and the instructor's list of problems, and nowhere else.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from nbviva.files import make_folder, write
from nbviva.handin.archive import safe_name
from nbviva.listing import plain_word, read_listing
from nbviva.records import kept, to_json

T = TypeVar("T")


_COLUMNS = (
    ("matriculation number", "matriculation no", "matriculation", "matrikelnummer", "matrikelnr", "number",
     "student number", "student id", "id number", "id-nummer", "numéro d'identification", "matr.-nr.", "matr. nr.",
     "matrikel-nr.", "sid", "sis user id"),
    ("name", "full name", "student", "vollständiger name", "nom complet"),
    ("e-mail", "email address", "mail", "e-mail address", "e-mail-adresse", "adresse de courriel"),
    ("LMS login", "login", "username", "user name", "user", "account", "anmeldename", "benutzername", "kennung",
     "sis login id"),
    ("group", "team", "gruppe", "groups", "gruppen", "groupe", "groupes", "teams"),
    ("first name", "firstname", "vorname", "given name", "vorname(n)", "prénom"),
    ("last name", "surname", "lastname", "nachname", "family name", "familienname", "nom"),
)  # fmt: skip
_HEADER = re.compile(
    r"Name\s*:(?P<name>.*?)(?:Matriculation|Matrikel)\s*-?\s*(?:number|no\.?|nr\.?|nummer)?\s*:(?P<number>.*)",
    re.IGNORECASE,
)


class Lookup(Generic[T]):
    """Items by each of their keys; an empty key finds nothing."""

    def __init__(self, items: Iterable[T], keys: Sequence[Callable[[T], str]]) -> None:
        self._keys = keys
        self._found: dict[tuple[int, str], list[T]] = {}
        for item in items:
            self.add(item)

    def add(self, item: T) -> None:
        """Add one item."""
        for place, key in enumerate(self._keys):
            if value := key(item):
                self._found.setdefault((place, value), []).append(item)

    def alike(self, place: int, item: T) -> Sequence[T]:
        """Give the items whose key at this place is the same as that of an item."""
        return self._found.get((place, self._keys[place](item)), ())

    def candidates(self, item: T) -> list[T]:
        """Give the items that share any key with an item."""
        return [other for place in range(len(self._keys)) for other in self.alike(place, item)]


@dataclass(frozen=True)
class Person:
    """A student as one source knows them; what the source does not say is empty.

    Attributes
    ----------
    lms
        The LMS's own name for them, such as Moodle's `Participant 123456`.
    guessed
        Whether that is only a guess by the look of an archive.
    """

    name: str = ""
    number: str = ""
    email: str = ""
    login: str = ""
    group: str = ""
    lms: str = ""
    guessed: bool = False


@dataclass(frozen=True)
class Roster:
    """The course's students, what is wrong with the list of them, and the line of the file where each stands."""

    people: tuple[Person, ...] = ()
    problems: tuple[str, ...] = ()
    lines: tuple[int, ...] = field(default=(), compare=False)

    def find(self, person: Person) -> Person | None:
        """Find a student by number, login, e-mail, or name; by swapped name and number, too; None where unclear."""
        swapped = replace(person, name=person.number, number=person.name)
        for place in range(len(KEYS)):
            for asked in (person, swapped):
                found = self._by_key.alike(place, asked)
                if len(found) == 1:
                    return found[0]
        return None

    def of_group(self, folder: str) -> tuple[Person, ...]:
        """Give the students of a group by the name of its folder: see `group_id`."""
        return self._by_folder.get(folder, ())

    def group_called(self, text: str) -> str:
        """Give a group's name as it stands here, whatever case and punctuation others write it with; else nothing."""
        return self._groups.get(plain_word(text), "")

    @cached_property
    def names(self) -> frozenset[str]:
        """All names, as `plain_name` gives them."""
        return frozenset(_name_of(person) for person in self.people)

    @cached_property
    def _by_folder(self) -> dict[str, tuple[Person, ...]]:
        found: dict[str, tuple[Person, ...]] = {}
        folders = {person.group: group_id(person.group) for person in self.people if person.group}
        for person in self.people:
            if person.group:
                found[folders[person.group]] = (*found.get(folders[person.group], ()), person)
        return found

    @cached_property
    def _groups(self) -> dict[str, str]:
        return {plain_word(person.group): person.group for person in self.people if plain_word(person.group)}

    @cached_property
    def _by_key(self) -> Lookup[Person]:
        return Lookup(self.people, KEYS)


def _number_of(person: Person) -> str:
    return plain_number(person.number).lstrip("0")  # a spreadsheet drops leading zeros


def _login_of(person: Person) -> str:
    return person.login.casefold()


def _email_of(person: Person) -> str:
    return person.email.casefold()


def _name_of(person: Person) -> str:
    return plain_name(person.name)


def _lms_of(person: Person) -> str:
    return person.lms


KEYS = (_number_of, _login_of, _email_of, _name_of)


def group_id(text: str) -> str:
    """Give a name for a group's folder: letters, digits, `.`, `_` and `-`; always the same for the same text."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).strip("._-")[:60]
    if plain == text and safe_name(plain) == plain:
        return plain
    return f"{plain or 'group'}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:6]}"


def person_key(person: Person) -> str:
    """Give what tells a person from others: the number, else the login, else the name."""
    return _number_of(person) or _login_of(person) or _name_of(person) or person.lms


def plain_number(text: str) -> str:
    """Give a matriculation number without what people put between its digits; empty where it is none.

    A spreadsheet may have made a float of it, which is read where no digit is lost: '7654321.0', '7.654321E+06'.
    """
    if found := re.fullmatch(r"\s*(\d+)[.,]00?\s*", text, re.ASCII):
        text = found[1]
    elif found := re.fullmatch(r"\s*(\d)[.,]?(\d*)[eE]\+?(\d\d?)\s*", text, re.ASCII):
        text = found[1] + found[2] if len(found[2]) == int(found[3]) else "?"
    bare = re.sub(r"[\s./-]", "", text)
    return bare if re.fullmatch(r"[0-9]{3,15}", bare) else ""


def plain_name(text: str) -> str:
    """Give a name's words without case and accents, in one order: 'Müller, Ann' and 'ann muller' are one."""
    text = text.casefold()
    letters = unicodedata.normalize("NFKD", text)
    words = re.findall(r"[^\W\d_]+", "".join(c for c in letters if not unicodedata.combining(c)))
    return " ".join(sorted(words))


def read_roster(path: Path) -> Roster:
    """Read the course's `roster.csv`; without one the roster is empty."""
    listing = read_listing(path, _COLUMNS, required=0)
    words = {plain_word(text) for text in listing.header}
    has = [any(plain_word(name) in words for name in names) for names in _COLUMNS]
    problems = list(listing.problems)
    if listing.header and not has[0]:
        problems.append(f"{path.name} has no column '{_COLUMNS[0][0]}': name it so in the first line.")
    if not any(has):
        return Roster((), tuple(problems))
    people: list[Person] = []
    known = Lookup[Person]((), KEYS)
    several = bool(words & {"groups", "gruppen", "groupes", "teams"})
    for line in listing.lines:
        person = _listed(line.texts, several=several)
        problems += [f"{path.name}, line {line.number}: {text}" for text in _wrong(line.texts, person, known)]
        known.add(person)
        people.append(person)
    lines = tuple(line.number for line in listing.lines)
    return Roster(tuple(people), (*problems, *_short_numbers(path.name, people)), lines)


def _listed(texts: Sequence[str], *, several: bool) -> Person:
    number, name, email, login, group, first, last = texts
    if (number.isascii() and not re.sub(r"[\s./-]", "", number).isdigit()) or re.search(r"[.,]00?$", number):
        number = plain_number(number) or number
    group = "" if several and re.search(r"[,;|]", group) else group
    return Person(name or f"{first} {last}".strip(), number, email, login, group)


def _wrong(texts: Sequence[str], person: Person, known: Lookup[Person]) -> list[str]:
    found = []
    if person.number and not plain_number(person.number):
        found.append(f"'{person.number[:40]}' is no matriculation number.")
    if texts[4] and not person.group:
        found.append(f"'{texts[4][:60]}' are several groups: leave only the one that hands in together.")
    for place, what in enumerate(("number", "login")):
        if known.alike(place, person):
            found.append(f"an earlier line has the same {what} '{KEYS[place](person)}'.")
    return found


def _short_numbers(name: str, people: Sequence[Person]) -> list[str]:
    """Say it where a few numbers are shorter than all others: a spreadsheet may have dropped their leading zeros."""
    numbers = [number for person in people if (number := plain_number(person.number))]
    if len(numbers) < 3:
        return []
    usual, count = Counter(map(len, numbers)).most_common(1)[0]
    short = [number for number in numbers if len(number) < usual]
    if not short or 3 * count < 2 * len(numbers):
        return []
    return [
        f"{name}: the number {number} is shorter than the others; leading zeros that a spreadsheet dropped do no harm."
        for number in short
    ]


def header_people(texts: Iterable[str]) -> tuple[Person, ...]:
    """Read the lines `Name: ... Matriculation no.: ...` of a notebook's markdown cells that are filled in."""
    lines = (line for text in texts for line in text[:20_000].splitlines() if len(line) < 1000)
    found = (_HEADER.search(line) for line in lines)
    people = (Person(_said(match["name"]), _said(match["number"])) for match in found if match)
    return tuple(dict.fromkeys(person for person in people if person.name or person.number))[:20]


def _said(text: str) -> str:
    text = re.sub(r"&\w+;|<[^<>]*>|[*_`|]", " ", text)
    return " ".join(text.split())[:100]


def same_person(one: Person, other: Person) -> bool:
    """Whether two sources mean the same student: by number, login or the LMS's name for them, else by their name."""
    for key in (_number_of, _login_of, _lms_of):
        if key(one) and key(other):
            return key(one) == key(other)
    return bool(_name_of(one)) and _name_of(one) == _name_of(other)


def absent(people: Iterable[Person], present: Iterable[Person]) -> list[Person]:
    """Give those people who are none of those present."""
    known = Lookup(present, KEYS)
    return [person for person in people if not any(same_person(person, other) for other in known.candidates(person))]


def remember(path: Path, found: Mapping[str, Sequence[Person]]) -> None:
    """Keep what an LMS said last about the groups' members, beside what it said about others; a private file."""
    said = remembered(path) | {group: tuple(dict.fromkeys(people)) for group, people in found.items()}
    make_folder(path.parent, 0o700)
    write(path, people_text(said))


def people_text(people: Mapping[str, Sequence[Person]]) -> str:
    """Give the text of the file that `remembered` reads."""
    said = {group: [asdict(person) for person in people[group]] for group in sorted(people)}
    return to_json(said, indent=1, ascii_only=False)


def remembered(path: Path) -> dict[str, tuple[Person, ...]]:
    """Give what the LMS said about each group's members."""
    return kept(dict[str, tuple[Person, ...]], path) or {}
