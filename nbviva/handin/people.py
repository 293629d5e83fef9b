"""Who handed in: the roster, what the form, the notebook and the LMS say, and what does not fit together.

Everything here is personal data: it is kept in `roster.csv` and in `.nbviva/people/` (readable by the owner alone),
goes into the marks list and the instructor's list of problems, and nowhere else.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from nbviva.listing import read_listing

T = TypeVar("T")


_COLUMNS = (
    ("matriculation number", "matriculation no", "matriculation", "matrikelnummer", "matrikelnr", "number",
     "student number", "student id", "id number"),
    ("name", "full name", "student"),
    ("e-mail", "email address", "mail", "e-mail address"),
    ("LMS login", "login", "username", "user name", "user", "account"),
    ("group", "team", "gruppe"),
    ("first name", "firstname", "vorname", "given name"),
    ("last name", "surname", "lastname", "nachname", "family name"),
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


def mod11(number: str) -> bool:
    """Whether the last digit makes the sum of digits, weighted 1, 2, 3, ... from the right, a multiple of 11."""
    return sum(i * int(digit) for i, digit in enumerate(reversed(number), start=1)) % 11 == 0


def luhn(number: str) -> bool:
    """Whether the last digit is Luhn's: every second digit from the right doubled, and its digits added."""
    doubled = (int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(number)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


@dataclass(frozen=True)
class Person:
    """A student as one source knows them; what the source does not say is empty.

    Attributes
    ----------
    lms
        The LMS's own name for them, such as Moodle's `Participant 123456`.
    """

    name: str = ""
    number: str = ""
    email: str = ""
    login: str = ""
    group: str = ""
    lms: str = ""


@dataclass(frozen=True)
class Roster:
    """The course's students, and what is wrong with the list of them."""

    people: tuple[Person, ...] = ()
    problems: tuple[str, ...] = ()

    def find(self, person: Person) -> Person | None:
        """Find a student by number, login, e-mail, or name; by swapped name and number, too; None where unclear."""
        swapped = replace(person, name=person.number, number=person.name)
        for place in range(len(_KEYS)):
            for asked in (person, swapped):
                found = self._by_key.alike(place, asked)
                if len(found) == 1:
                    return found[0]
        return None

    @cached_property
    def _by_key(self) -> Lookup[Person]:
        return Lookup(self.people, _KEYS)


def _number_of(person: Person) -> str:
    return plain_number(person.number)


def _login_of(person: Person) -> str:
    return person.login.casefold()


def _email_of(person: Person) -> str:
    return person.email.casefold()


def _name_of(person: Person) -> str:
    return plain_name(person.name)


_KEYS = (_number_of, _login_of, _email_of, _name_of)


def plain_number(text: str) -> str:
    """Give a matriculation number without what people put between its digits; empty where it is none."""
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
    listing = read_listing(path, _COLUMNS)
    people: list[Person] = []
    problems, known = list(listing.problems), Lookup[Person]((), _KEYS)
    for line in listing.lines:
        number, name, email, login, group, first, last = line.texts
        person = Person(name or f"{first} {last}".strip(), number, email, login, group)
        if number and not plain_number(number):
            problems.append(f"{path.name}, line {line.number}: '{number[:40]}' is no matriculation number.")
        for place, what in enumerate(("number", "login")):
            if known.alike(place, person):
                same = _KEYS[place](person)
                problems.append(f"{path.name}, line {line.number}: an earlier line has the same {what} '{same}'.")
        known.add(person)
        people.append(person)
    return Roster(tuple(people), tuple(problems))


def header_people(texts: Iterable[str]) -> tuple[Person, ...]:
    """Read the lines `Name: ... Matriculation no.: ...` of a notebook's markdown cells that are filled in."""
    lines = (line for text in texts for line in text[:20_000].splitlines() if len(line) < 1000)
    found = (_HEADER.search(line) for line in lines)
    people = (Person(_said(match["name"]), _said(match["number"])) for match in found if match)
    return tuple(dict.fromkeys(person for person in people if person.name or person.number))[:20]


def _said(text: str) -> str:
    text = re.sub(r"&\w+;|<[^<>]*>|[*_`|]", " ", text)
    return " ".join(text.split())[:100]


def members_of(roster: Roster, group: str, *sources: Sequence[Person]) -> tuple[Person, ...]:
    """Merge what the form, the notebook's header and the LMS say, the most trusted first, into a group's members.

    A student of the roster is told as the roster has them; the roster's own column `group` adds members.
    """
    members: list[Person] = []
    for said in [*(person for source in sources for person in source), *_of_group(roster, group)]:
        known = roster.find(said)
        person = replace(known, lms=said.lms) if known else said
        place = next((i for i, other in enumerate(members) if same_person(person, other)), None)
        if place is None:
            members.append(person)
        else:
            members[place] = _filled(members[place], person)
    return tuple(members)


def _of_group(roster: Roster, group: str) -> list[Person]:
    return [person for person in roster.people if person.group and person.group == group]


def _filled(person: Person, other: Person) -> Person:
    return Person(**{name: value or getattr(other, name) for name, value in asdict(person).items()})


def same_person(one: Person, other: Person) -> bool:
    """Whether two sources mean the same student: by number or login, else by name where nothing speaks against it."""
    for key in (_number_of, _login_of):
        if key(one) and key(other):
            return key(one) == key(other)
    return bool(_name_of(one)) and _name_of(one) == _name_of(other)


def absent(people: Iterable[Person], present: Iterable[Person]) -> list[Person]:
    """Give those people who are none of those present."""
    known = Lookup(present, _KEYS)
    return [person for person in people if not any(same_person(person, other) for other in known.candidates(person))]


CHECKS: Mapping[str, Callable[[str], bool]] = {"mod11": mod11, "luhn": luhn}


def problems(
    said: Mapping[str, Sequence[Person]], roster: Roster, group_size: int, check_digit: str = ""
) -> tuple[str, ...]:
    """Give the instructor's list: what each group (its members as they were said) has wrong. No mark depends on it."""
    members = {group: members_of(roster, group, people) for group, people in said.items()}
    found = list(roster.problems)
    for group, people in said.items():
        told = {_name_of(person) for person in people if plain_number(person.number)}  # by their numbers already
        asked = [person for person in people if plain_number(person.number) or _name_of(person) not in told]
        found += [f"{group}: {text}" for person in asked for text in _odd(person, roster, check_digit)]
        if len(members[group]) > group_size:
            found.append(f"{group}: {len(members[group])} students handed in together where {group_size} may.")
        if not members[group]:
            found.append(f"{group}: nobody is named as a member.")
    numbers = Counter(n for people in members.values() for n in {_key(p) for p in people} if n)
    for key in sorted(key for key, count in numbers.items() if count > 1):
        groups = sorted(group for group, people in members.items() if key in map(_key, people))
        found.append(f"{', '.join(groups)}: the student {key} is in more than one group.")
    return tuple(dict.fromkeys(found))


def _key(person: Person) -> str:
    return _number_of(person) or _login_of(person) or _name_of(person)


def _odd(person: Person, roster: Roster, check_digit: str) -> list[str]:
    if plain_number(person.name) and not plain_number(person.number):
        return [f"name and number are swapped: '{person.name}' stands where the name belongs."]
    number = plain_number(person.number)
    known = any(number == plain_number(other.number) for other in roster.people)
    found = []
    if person.number and not number:
        found.append(f"'{person.number}' is no matriculation number.")
    if number and check_digit and not CHECKS[check_digit](number):
        found.append(f"the check digit of the number {number} is wrong.")
    if number and roster.people and not known:
        found.append(f"the number {number} is not in the roster.")
    if not number and roster.people and roster.find(person) is None:
        found.append(f"'{person.name or person.login}' is not in the roster: a team's name, or another spelling.")
    named = roster.find(replace(person, name="", login="", email=""))
    if number and known and named and person.name and plain_name(person.name) != plain_name(named.name):
        found.append(f"the number {number} is that of {named.name}, but '{person.name}' is written beside it.")
    return found


def remember(path: Path, found: Mapping[str, Sequence[Person]]) -> None:
    """Keep what an LMS said about the groups' members, beside what earlier archives said; a private file."""
    kept = {group: list(people) for group, people in remembered(path).items()}
    for group, people in found.items():
        kept[group] = list(dict.fromkeys([*kept.get(group, []), *people]))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({g: [asdict(p) for p in kept[g]] for g in sorted(kept)}, indent=1, ensure_ascii=False)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # only its owner can read it
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)


def remembered(path: Path) -> dict[str, tuple[Person, ...]]:
    """Give what the LMS said about each group's members."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return {group: tuple(Person(**person) for person in people) for group, people in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
