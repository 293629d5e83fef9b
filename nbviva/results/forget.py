"""`nbviva forget`: take a student out of lists, reports and pages, and say where else they stand.

Hand-ins, graded notebooks, transcripts and the gradebook are evidence of marks: they are named, never touched. Numbers
and words are looked for as they are written in roster, platform's and sheet's lists.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.files import regular_files, rewrite, write
from nbviva.gradebook.book import opened, present, student_ids
from nbviva.handin.people import (
    Person,
    group_id,
    people_text,
    plain_name,
    plain_number,
    read_roster,
    remembered,
    same_person,
)
from nbviva.handin.signed import MEMBERS, Signed, keep
from nbviva.records import kept
from nbviva.results.export import PERSON_COLUMNS, workbook

_GONE = "(removed)"
_PROBLEMS = "-problems.txt"
_LEFT = ("submitted", "autograded", "reports", "feedback", "marks", "requests", "extensions.csv")
_MOST = 64 << 20


@dataclass(frozen=True)
class Forgotten:
    """Files that were changed or removed, by their paths in the course, and where the student still stands."""

    changed: tuple[str, ...]
    left: tuple[str, ...]


def forget(course: Course, who: str) -> Forgotten:
    """Remove a student, named by number, login, e-mail or name, wherever it costs no evidence of a mark.

    Raises
    ------
    CourseError
        If nobody is called so, or several are.
    """
    known = _known(course)
    person = _chosen(known, who)
    same = [other for other in known if same_person(person, other)]
    pattern = _pattern(same)
    changed = [
        *_lists(course, same),
        *_memories(course, person),
        *_members(course, person),
        *_problems(course, pattern),
        *_class_reports(course, pattern),
        *_pages(course, pattern),
    ]
    return Forgotten(tuple(_relative(course, changed)), tuple(_left(course, same, pattern)))


def _known(course: Course) -> list[Person]:
    """Give all that the lists say of people, the roster's first."""
    found = list(read_roster(course.root / "roster.csv").people)
    for path in _people_files(course):
        found += [replace(person, lms="") for people in remembered(path).values() for person in people]
    for path in _member_files(course):
        found += (kept(Signed, path) or Signed()).people
    return found


def _people_files(course: Course) -> list[Path]:
    return sorted((course.root / ".nbviva" / "people").glob("*.json"))


def _member_files(course: Course) -> list[Path]:
    return sorted((course.root / "reports").glob(f"*/*/{MEMBERS}"))


def _chosen(known: list[Person], who: str) -> Person:
    number, word, name = plain_number(who).lstrip("0"), who.strip().casefold(), plain_name(who)
    for found in (
        [person for person in known if number and plain_number(person.number).lstrip("0") == number],
        [person for person in known if word and word in (person.login.casefold(), person.email.casefold())],
        [person for person in known if name and plain_name(person.name) == name],
    ):
        if found:
            if all(same_person(found[0], other) for other in found[1:]):
                return found[0]
            raise CourseError(f"Several students are called '{who[:60]}': give a number, a login or an e-mail.")
    raise CourseError(
        f"No list knows '{who[:60]}': give a number, a login, an e-mail or a name as it is written there."
    )


def _pattern(people: Iterable[Person]) -> re.Pattern[str]:
    """Find the student in a text: by number, e-mail, or a name of several words, also the last one first."""
    words: set[str] = set()
    for person in people:
        parts = person.name.split()
        spoken = [" ".join(parts), f"{parts[-1]}, {' '.join(parts[:-1])}"] if len(parts) > 1 else []
        words |= {text for text in (*spoken, plain_number(person.number), person.email) if len(text) > 3}
    words |= {html.escape(word) for word in words}
    either = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if either else r"(?!)", re.IGNORECASE)


def _lists(course: Course, same: list[Person]) -> Iterator[Path]:
    """Take the student's lines out of the roster and the marks lists; all others stay as they are, byte for byte."""
    marks = sorted(path for path in (course.root / "marks").glob("*-*") if path.suffix in (".csv", ".txt"))
    for path in [course.root / "roster.csv", *(path for path in marks if not path.name.endswith(_PROBLEMS))]:
        roster = read_roster(path)
        named = zip(roster.lines, roster.people, strict=True)
        gone = {line for line, other in named if any(same_person(one, other) for one in same)}
        if gone:
            _without(path, gone)
            yield path
            yield from _workbook(path)


def _without(path: Path, gone: set[int]) -> None:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        lines = list(io.StringIO(raw.decode("utf-16"), newline=""))
        rewrite(path, "".join(line for number, line in enumerate(lines, 1) if number not in gone).encode("utf-16"))
    else:
        rewrite(path, b"".join(x for number, x in enumerate(raw.splitlines(keepends=True), 1) if number not in gone))


def _workbook(path: Path) -> Iterator[Path]:
    """Write the workbook anew that stands beside a marks list."""
    book = path.with_suffix(".xlsx")
    if path.name.endswith("-marks.csv") and book.is_file():
        rows = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
        table = [tuple(_cell(text, place) for place, text in enumerate(row)) for row in rows]
        rewrite(book, workbook(path.name.removesuffix("-marks.csv"), table))
        yield book


def _cell(text: str, place: int) -> str | float | None:
    """Give a cell as it was: behind the columns that say who it is, an amount of points is a number."""
    is_amount = place >= len(PERSON_COLUMNS) and re.fullmatch(r"-?\d{1,9}(\.\d{1,12})?", text)
    return float(text) if is_amount else text or None


def _memories(course: Course, person: Person) -> Iterator[Path]:
    for path in _people_files(course):
        found = remembered(path)
        others = {group: _others(people, person) for group, people in found.items()}
        if others != found:
            write(path, people_text(others))
            yield path


def _members(course: Course, person: Person) -> Iterator[Path]:
    """Take the student out of what the sheets said; it is kept while the sheet is the same, so it is not read again."""
    for path in _member_files(course):
        found = kept(Signed, path) or Signed()
        others = _others(found.people, person)
        if others != found.people:
            keep(path, replace(found, people=others))
            yield path


def _others(people: Iterable[Person], person: Person) -> tuple[Person, ...]:
    return tuple(other for other in people if not same_person(person, other))


def _problems(course: Course, pattern: re.Pattern[str]) -> Iterator[Path]:
    for path in sorted((course.root / "marks").glob(f"*{_PROBLEMS}")):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not pattern.search(line)]
        if len(kept) < len(lines):
            rewrite(path, "".join(kept))
            yield path


def _class_reports(course: Course, pattern: re.Pattern[str]) -> Iterator[Path]:
    """Remove the class reports that name the student: `nbviva report` makes them anew."""
    for path in sorted((course.root / "reports").glob("*/*.html")):
        if pattern.search(path.read_text("utf-8", "replace")):
            path.unlink()
            yield path


def _pages(course: Course, pattern: re.Pattern[str]) -> Iterator[Path]:
    """Blank the student in the pages, which other members read, too."""
    for path in sorted((course.root / "feedback").glob("*/*/*.html")):
        text, count = pattern.subn(_GONE, path.read_text("utf-8", "replace"))
        if count:
            rewrite(path, text)
            yield path


def _left(course: Course, same: list[Person], pattern: re.Pattern[str]) -> Iterator[str]:
    """Name the places that still have the student: the gradebook's entries, folders called so, and files."""
    ids = {group_id(text) for one in same for text in (one.login, one.number, one.email, one.name) if text}
    if present(course):
        with opened(course) as book:
            yield from (f"gradebook: the student '{name}'" for name in student_ids(book) if name in ids)
    for place in _LEFT:
        path = course.root / place
        for file in [path] if path.is_file() else regular_files(path):
            here = file.relative_to(course.root)
            if ids.intersection(here.parts) or (file.stat().st_size < _MOST and _holds(file, pattern)):
                yield str(here)


def _holds(path: Path, pattern: re.Pattern[str]) -> bool:
    """Whether the text of a file names the student, also as JSON writes letters; a PDF's text is packed."""
    text = path.read_bytes().decode("utf-8", "replace")
    return bool(pattern.search(text) or ("\\u" in text and pattern.search(_unescaped(text))))


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)


def _relative(course: Course, paths: Iterable[Path]) -> list[str]:
    return list(dict.fromkeys(str(path.relative_to(course.root)) for path in paths))
