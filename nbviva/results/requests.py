"""Regrade requests: text files in which groups say which verdict they doubt and why; gathered, placed, decided.

They lie in `requests/WEEK/`, as files or as saved mails, with the lines that the feedback page names. What stands in
them is anybody's word, even whose group it is: a person reads each beside the audit and decides.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.files import digest, regular_files, write
from nbviva.kernel.outputs import plain
from nbviva.lock import only_one
from nbviva.naming import natural_order
from nbviva.records import kept, to_json
from nbviva.week.question import Question

SUFFIXES = (".txt", ".eml")
_MOST_BYTES, _MOST_BLOCKS, _MOST_FILES = 256 << 10, 30, 5000
_MOST_WHY = 4000  # characters
_FIELD = re.compile(r"[>\s]*(week|group|question|why)\s*:(.*)", re.IGNORECASE)
_DECISIONS = "decisions.json"


@dataclass(frozen=True)
class Decision:
    """What a person decided: the points before and after (the same where the mark stays), why, and when (UTC)."""

    before: float | None
    after: float | None
    because: str
    moment: datetime


@dataclass(frozen=True)
class RegradeRequest:
    """What a group asks about one question; `name` is short, and the same as long as its words are."""

    name: str
    file: str
    group: str
    question: Question
    why: str
    decision: Decision | None = None


@dataclass(frozen=True)
class UnplacedRequest:
    """A file, or a part of one, of which nobody can tell what it is about; the sentence says why."""

    file: str
    sentence: str


@dataclass(frozen=True)
class GatheredRequests:
    """All requests on a week: open ones first, by question, so that like stands beside like."""

    found: tuple[RegradeRequest, ...] = ()
    unplaced: tuple[UnplacedRequest, ...] = ()

    @property
    def open(self) -> tuple[RegradeRequest, ...]:
        """Those that nobody has decided."""
        return tuple(item for item in self.found if item.decision is None)


def folder_of(course: Course, week: str) -> Path:
    """Say where the requests on a week lie."""
    return course.root / "requests" / week


def take_in(course: Course, week: str, source: Path) -> tuple[str, ...]:
    """Copy the text files and mails of a folder, or one file, to the others; nothing is overwritten.

    Raises
    ------
    CourseError
        If there is no such file or folder, or far too much in it.
    """
    if not source.exists():
        raise CourseError(f"There is no {source}: name a folder of text files or saved mails.")
    found = [source] if source.is_file() else [path for path in regular_files(source) if path.suffix in SUFFIXES]
    if len(found) > _MOST_FILES:
        raise CourseError(f"{source} holds {len(found)} text files: name the folder of the requests alone.")
    taken: list[str] = []
    for path in found:
        place = Path(path.name) if source.is_file() else path.relative_to(source)
        content = _read(path)
        target = folder_of(course, week) / place
        if target.exists() and target.read_bytes() != content:
            target = target.with_stem(f"{target.stem}-{digest(content)[:8]}")
        if not target.exists():
            write(target, content)
            taken.append(place.as_posix())
    return tuple(taken)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


def gather(course: Course, week: str) -> GatheredRequests:
    """Read all requests on a week, each with what was decided."""
    folder, decided = folder_of(course, week), _decisions(course, week)
    found: dict[str, RegradeRequest] = {}
    unplaced: list[UnplacedRequest] = []
    for path in sorted(path for path in regular_files(folder) if path.suffix in SUFFIXES) if folder.is_dir() else ():
        for item in _placed(course, week, path.relative_to(folder), _text(path)):
            if isinstance(item, UnplacedRequest):
                unplaced.append(item)
            else:
                found[item.name] = replace(item, decision=decided.get(item.name))
    order = {question.name: i for i, question in enumerate(course.assignment(week).questions)}
    ranked = sorted(
        found.values(),
        key=lambda item: (item.decision is not None, order[item.question.name], natural_order(item.group)),
    )
    return GatheredRequests(tuple(ranked), tuple(unplaced))


def _text(path: Path) -> str:
    """Give a file's text; of a mail that of its plain part."""
    content = _read(path)
    if path.suffix == ".eml":
        mail = email.message_from_bytes(content, policy=email.policy.default)
        try:
            part = mail.get_body(preferencelist=("plain",))
            return str(part.get_content()) if part is not None else ""
        except (LookupError, ValueError, AttributeError):  # no such charset, or no mail at all
            return ""
    return content.decode("utf-8-sig", "replace")


def _placed(course: Course, week: str, file: Path, text: str) -> Iterator[RegradeRequest | UnplacedRequest]:
    """Give the requests of a file; a part of which nobody can tell what it is about is told."""
    groups = set(course.groups(week))
    beside = next((part for part in file.parts[:-1] if part in groups), "")
    name = file.as_posix()
    blocks = list(_blocks(text))[:_MOST_BLOCKS]
    if not blocks:
        yield UnplacedRequest(name, "It has no line 'question: ...'.")
    for block in blocks:
        group = block.get("group") or beside
        questions = _meant(course.assignment(week).questions, block["question"])
        if block.get("week", week) != week:
            yield UnplacedRequest(name, f"It is about '{block['week'][:60]}', and not about {week}.")
        elif group not in groups:
            yield UnplacedRequest(name, f"It names no group that handed in: '{group[:60]}'.")
        elif not questions:
            yield UnplacedRequest(name, f"There is no question '{block['question'][:60]}'.")
        for question in questions if group in groups and block.get("week", week) == week else ():
            why = block.get("why", "")[:_MOST_WHY]
            yield RegradeRequest(digest(group, question.name, why)[:8], name, group, question, why)


def _meant(questions: Iterable[Question], said: str) -> list[Question]:
    """Give the questions of a number, name or title, or of number and title; of several those that give points."""
    questions, word = list(questions), said.casefold()
    exact = [
        q for q in questions if word in (q.name.casefold(), q.title.casefold(), f"{q.number} {q.title}".casefold())
    ]
    found = exact or [q for q in questions if f"{word} ".startswith(f"{q.number.casefold()} ")]
    return [q for q in found if q.points] or found


def _blocks(text: str) -> Iterator[Mapping[str, str]]:
    """Give the fields of each request in a text; week and group hold until others are named."""
    fields: dict[str, list[str]] = {}
    last = ""
    for line in plain(text).split("\n"):
        match = _FIELD.fullmatch(line)
        if match:
            last = match[1].lower()
            if "question" in fields and (last == "question" or ("why" in fields and last != "why")):
                yield _joined(fields)
                fields = {name: fields[name] for name in ("week", "group") if name in fields}
            fields[last] = [match[2].strip()]
        elif last == "why":
            fields["why"].append(line.rstrip())
    if "question" in fields:
        yield _joined(fields)


def _joined(fields: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: "\n".join(lines).strip() for name, lines in fields.items()}


def _decisions(course: Course, week: str) -> dict[str, Decision]:
    return kept(dict[str, Decision], folder_of(course, week) / _DECISIONS) or {}


def keep_decision(course: Course, week: str, request: str, decision: Decision) -> None:
    """Note what was decided beside all that was decided before.

    Raises
    ------
    Busy
        If another command is at work on this course.
    Refused
        If what was decided before cannot be read.
    """
    with only_one(course):
        known = _decisions(course, week) | {request: decision}
        said = {name: asdict(item) | {"moment": item.moment.isoformat()} for name, item in known.items()}
        write(folder_of(course, week) / _DECISIONS, to_json(said, indent=1))


def now() -> datetime:
    """Give this moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
