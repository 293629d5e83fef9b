"""Who counts as a member of a group, and what does not fit together.

Where platform or roster name the members, they alone count. Where neither does, those count whom one hand-in alone
names, on its sheet or in its header cell; who is named in several, or in a group too large, is for a person. Nothing
that a hand-in says of others changes the row of another hand-in whose members are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from nbviva.handin.people import (
    KEYS,
    Lookup,
    Person,
    Roster,
    person_key,
    plain_name,
    plain_number,
    same_person,
)


@dataclass(frozen=True)
class Named:
    """Whom a hand-in's sources name: the platform, and the students themselves on sheet and in header."""

    platform: tuple[Person, ...] = ()
    claimed: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Counted:
    """A student who counts as a member of a group, or may.

    Attributes
    ----------
    known
        Whether platform or roster knows the student, or there is no roster that could; a guess is no knowledge.
    doubt
        Why a person has to decide; empty where the student counts.
    """

    person: Person
    known: bool = True
    doubt: str = ""


def merged(roster: Roster, *sources: Iterable[Person]) -> tuple[Person, ...]:
    """Give each person of these sources once, as the roster has them, else as the first source does."""
    found: list[Person] = []
    for said in (person for source in sources for person in source):
        listed = roster.find(said)
        person = _listed(listed, said) if listed else said
        place = next((i for i, other in enumerate(found) if same_person(person, other)), None)
        if place is None:
            found.append(person)
        else:
            found[place] = _filled(found[place], person)
    return tuple(found)


def _listed(listed: Person, said: Person) -> Person:
    """Give a student as the roster has them; what it lacks of login and e-mail only a platform says."""
    return replace(listed, lms=said.lms, login=listed.login or said.login, email=listed.email or said.email)


def _filled(person: Person, other: Person) -> Person:
    both = {name: value or getattr(other, name) for name, value in asdict(person).items()}
    return Person(**both | {"guessed": person.guessed and other.guessed})


def official(roster: Roster, group: str, named: Named) -> tuple[Person, ...]:
    """Give the members whom platform or roster name; a group may be called as a student's login or number."""
    listed = list(roster.of_group(group))
    if not listed and not named.platform:
        own = roster.find(Person(number=group, login=group, email=group))
        listed = [own] if own else []
    return merged(roster, named.platform, listed)


def who_counts(said: Mapping[str, Named], roster: Roster, group_size: int) -> dict[str, tuple[Counted, ...]]:
    """Give the members of each group; none where nobody is named."""
    guesses = {group: tuple(p for p in named.platform if p.guessed) for group, named in said.items()}
    sure = {group: _sure(roster, group, named) for group, named in said.items()}
    settled = Lookup((person for people in sure.values() for person in people), KEYS)
    claims = {
        group: merged(roster, named.claimed) for group, named in said.items() if not sure[group] and named.claimed
    }
    free = {group: [p for p in people if not _among(p, settled)] for group, people in claims.items()}
    legal = {group: people for group, people in free.items() if len(claims[group]) <= group_size}
    times = Counter(person_key(person) for people in legal.values() for person in people)
    counted = {
        group: tuple(map(Counted, people)) or tuple(Counted(person, known=False) for person in guesses[group])
        for group, people in sure.items()
    }
    for group, people in free.items():
        counted[group] = _claimed(people, len(claims[group]), group_size, times, roster)
    return counted


def _sure(roster: Roster, group: str, named: Named) -> tuple[Person, ...]:
    """Give the members whom platform or roster name for sure; a guess at a platform's words names nobody."""
    return official(roster, group, replace(named, platform=tuple(p for p in named.platform if not p.guessed)))


def _claimed(
    people: Sequence[Person], size: int, group_size: int, times: Mapping[str, int], roster: Roster
) -> tuple[Counted, ...]:
    if not people:
        return (Counted(Person(), known=False, doubt="it names only members of other groups."),)
    large = f"it names {size} students where {group_size} may hand in together." if size > group_size else ""
    twice = "the student is named in several hand-ins."
    return tuple(
        Counted(
            person,
            not roster.people or roster.find(person) is not None,
            large or (twice if times[person_key(person)] > 1 else ""),
        )
        for person in people
    )


def _among(person: Person, known: Lookup[Person]) -> bool:
    return any(same_person(person, other) for other in known.candidates(person))


def mod11(number: str) -> bool:
    """Whether the last digit makes the sum of digits, weighted 1, 2, 3, ... from the right, a multiple of 11."""
    return sum(i * int(digit) for i, digit in enumerate(reversed(number), start=1)) % 11 == 0


def luhn(number: str) -> bool:
    """Whether the last digit is Luhn's: every second digit from the right doubled, and its digits added."""
    doubled = (int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(number)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


CHECKS: Mapping[str, Callable[[str], bool]] = {"mod11": mod11, "luhn": luhn}


def problems(said: Mapping[str, Named], roster: Roster, group_size: int, check_digit: str = "") -> tuple[str, ...]:
    """Give the instructor's list: what each group has wrong. No mark depends on it."""
    members = who_counts(said, roster, group_size)
    found = list(roster.problems)
    for group, named in said.items():
        found += [f"{group}: {text}" for text in _of_group(named, members[group], roster, group_size, check_digit)]
    numbers = Counter(key for people in members.values() for key in {person_key(item.person) for item in people} if key)
    for key in sorted(key for key, count in numbers.items() if count > 1):
        groups = sorted(g for g, people in members.items() if key in {person_key(item.person) for item in people})
        found.append(f"{', '.join(groups)}: the student {key} is in more than one group.")
    return tuple(dict.fromkeys(found))


def _of_group(named: Named, members: Sequence[Counted], roster: Roster, group_size: int, check_digit: str) -> list[str]:
    people = [*named.claimed, *named.platform]
    told = {plain_name(person.name) for person in people if plain_number(person.number)}  # by their numbers already
    asked = [person for person in people if plain_number(person.number) or plain_name(person.name) not in told]
    found = [text for person in asked for text in _odd(person, roster, check_digit)]
    found += dict.fromkeys(item.doubt for item in members if item.doubt)
    count = sum(item.person != Person() for item in members)
    if count > group_size and not any(item.doubt for item in members):
        found.append(f"{count} students handed in together where {group_size} may.")
    if not count and not any(item.doubt for item in members):
        found.append("nobody is named as a member.")
    present = Lookup([item.person for item in members], KEYS)
    for person in merged(roster, named.claimed):
        if members and not _among(person, present):
            who = person.name or person.number
            found.append(f"the hand-in names '{who}', who is no member by platform or roster and does not count.")
    return found


def _odd(person: Person, roster: Roster, check_digit: str) -> list[str]:
    if plain_number(person.name) and not plain_number(person.number):
        return [f"name and number are swapped: '{person.name}' stands where the name belongs."]
    number = plain_number(person.number)
    named = roster.find(replace(person, name="", login="", email=""))
    found = []
    if person.number and not number:
        found.append(f"'{person.number}' is no matriculation number.")
    if number and check_digit and not CHECKS[check_digit](number):
        found.append(f"the check digit of the number {number} is wrong.")
    if number and roster.people and not named:
        found.append(f"the number {number} is not in the roster.")
    if not number and roster.people and roster.find(person) is None:
        found.append(f"'{person.name or person.login}' is not in the roster: a team's name, or another spelling.")
    if number and named and person.name and plain_name(person.name) != plain_name(named.name):
        found.append(f"the number {number} is that of {named.name}, but '{person.name}' is written beside it.")
    return found
