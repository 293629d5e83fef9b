"""A filled exercise sheet: what a group wrote and ticked, with a sentence for all that is no answer.

`read_form` is total: whatever the file is, it gives a `Filled`. What it gives of the file is plain text, cleaned.
"""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbviva.week.compare import Mismatch, as_number
from nbviva.week.fields import MARK, box_name, form_fields, member_names, options, sheet_mark
from nbviva.week.spec import Assignment, Kind, Question

MAX_BYTES = 10 << 20
SECONDS = 20.0
_READER = Path(__file__).with_name("pdf.py")
_MINUS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-") | {"\u2044": "/", "\u2215": "/"}
)
_SAVE = "Fill in the exercise sheet of the release in a PDF viewer and save it."
_REFUSALS = {
    "damaged": f"The exercise sheet is damaged or no PDF, so it cannot be read. {_SAVE}",
    "encrypted": "The exercise sheet is protected with a password, so it cannot be read. Save it without protection.",
    "objects": f"The exercise sheet has far more parts than the one that was given out and was not read. {_SAVE}",
    "pages": f"The exercise sheet has far more pages than the one that was given out and was not read. {_SAVE}",
    "slow": f"Reading the exercise sheet took too long and was ended. {_SAVE}",
}


@dataclass(frozen=True)
class Member:
    """A line of the sheet: a student's name and matriculation number, as written; either may be empty."""

    name: str
    number: str


@dataclass(frozen=True)
class Filled:
    """What a filled sheet says.

    Attributes
    ----------
    answers
        By the answer's name: a number as its text with a decimal point, the chosen option's name (of a true/false
        question `correct` or `incorrect`), or all chosen options.
    refused
        Why there is no answer, by the answer's name.
    problems
        All sentences: those of `refused`, and those on the file and on names and numbers.
    readable
        Whether this is the week's form. If not, nothing of it counts, and the first problem says why.
    """

    answers: Mapping[str, str | frozenset[str]] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    problems: tuple[str, ...] = ()
    readable: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)


class _UnreadableForm(ValueError):
    """The file is not the week's form; the text is the sentence for the group."""


def read_form(path: Path, week: Assignment) -> Filled:
    """Read a filled sheet; never raises for what the file contains, and never runs any of it."""
    try:
        content = _content(path)
        return _Form(week, content).filled()
    except _UnreadableForm as error:
        return Filled(problems=(str(error),))


def _content(path: Path) -> dict[str, Any]:
    """Let `nbviva.handin.pdf` parse the file in a process of its own, and give what it found."""
    try:
        status = path.lstat()
    except OSError:
        raise _UnreadableForm(f"There is no exercise sheet in the hand-in. {_SAVE}") from None
    if not stat.S_ISREG(status.st_mode):
        raise _UnreadableForm(f"The exercise sheet is a link or a folder and was not read. {_SAVE}")
    if status.st_size > MAX_BYTES:
        raise _UnreadableForm(f"The exercise sheet is larger than {MAX_BYTES >> 20} MB and was not read. {_SAVE}")
    command = [sys.executable, "-I", "-X", "utf8", str(_READER), str(path.resolve())]
    try:
        done = subprocess.run(  # noqa: S603 - our own program; the file's name is its only argument
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=True, env={}
        )
        content: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise _UnreadableForm(_REFUSALS["slow"]) from None
    except (subprocess.CalledProcessError, ValueError):
        raise _UnreadableForm(_REFUSALS["damaged"]) from None
    if content["state"] != "read":
        raise _UnreadableForm(_REFUSALS[content["state"]])
    return content


class _Form:
    """The values of one PDF's fields, by the names that the week's sheet has for them."""

    def __init__(self, week: Assignment, content: dict[str, Any]) -> None:
        self.week = week
        self.content = content
        self.problems: list[str] = []
        self.refused: dict[str, str] = {}
        self.texts: dict[str, set[str]] = {}
        self.ticks: dict[str, set[str]] = {}
        known = {item.name for item in form_fields(week)} | {MARK}
        known |= {answer for question in week.questions for answer, _ in question.answers}
        for item in content["fields"]:
            names = (re.sub(r"\[\d+\]$", "", item[key]).rpartition(".")[2] for key in ("name", "second"))
            name = next((name for name in names if name in known), None)
            if name is not None:
                self.ticks.setdefault(name, set()).update(item["on"])
                self.texts.setdefault(name, set()).update([] if item["box"] else [_clean(item["text"])])

    def filled(self) -> Filled:
        """Judge the file, then give its answers and members."""
        self.check_mark()
        found = ", ".join(self.content["active"])
        if found:
            self.problems.append(f"The exercise sheet contains {found}. None of it was run or opened.")
        members = self.members()
        answers = {
            answer: given
            for question in self.week.questions
            for answer, label in question.answers
            if (given := self.answer(question, answer, label)) is not None
        }
        return Filled(answers, members, (*self.problems, *self.refused.values()), readable=True, refused=self.refused)

    def check_mark(self) -> None:
        """Refuse what is not the week's form; note where it is another version of it."""
        marks = [*self.texts.pop(MARK, ()), _clean(self.content["keywords"])]
        found = [match for mark in marks if (match := re.fullmatch(r"(\w{1,40}) ([0-9a-f]{12})", mark))]
        other = next((match[1] for match in found if match[1] != self.week.week), None)
        if other is not None:
            raise _UnreadableForm(f"This is the exercise sheet of {other}, not of {self.week.week}. {_SAVE}")
        if not self.texts or (not found and len(self.texts) < len(form_fields(self.week)) / 2):
            raise _UnreadableForm(self.no_form(marked=bool(found)))
        if sheet_mark(self.week) not in (match[0] for match in found):
            self.problems.append("This is another version of the exercise sheet; its fields were read by their names.")

    def no_form(self, *, marked: bool) -> str:
        """Say what a PDF without the week's fields is."""
        text = _clean(self.content["text"], limit=8000).lower()
        heading = [word for word in re.findall(r"\w+", f"{self.week.course} {self.week.title}".lower()) if word in text]
        if marked or (text and len(heading) >= len(re.findall(r"\w+", f"{self.week.course} {self.week.title}")) / 2):
            return f"The exercise sheet has no fields any more, as after printing it to a PDF. {_SAVE}"
        if self.content["pictures"] and not text and not self.content["fields"]:
            return f"The exercise sheet is a scan or a photo, which is not read. {_SAVE}"
        return f"This PDF is not the exercise sheet of {self.week.week}. {_SAVE}"

    def members(self) -> tuple[Member, ...]:
        """Give the lines that are filled in, and note what is missing. Nobody's name stands in a note."""
        found = []
        for line in range(1, self.week.group_size + 1):
            name, number = (self.text(item) for item in member_names(line))
            if re.search(r"\d", name) and number and not re.search(r"\d", number):
                name, number = number, name
                self.problems.append(f"Line {line}: name and matriculation number were swapped and put right.")
            if bool(name) != bool(number):
                lacking = "matriculation number" if name else "name"
                self.problems.append(f"Line {line}: the {lacking} is not filled in.")
            found += [Member(name, number)] if name or number else []
        if not found:
            self.problems.append("No name and no matriculation number is filled in.")
        return tuple(found)

    def text(self, name: str) -> str:
        """Give the text of a field; where it is there twice with different texts, none of them."""
        given = self.texts.get(name, set()) - {""}
        return given.pop() if len(given) == 1 else ""

    def answer(self, question: Question, answer: str, label: str) -> str | frozenset[str] | None:
        """Give an answer, or note why there is none."""
        try:
            return self.number(answer) if question.kind is Kind.NUMERIC else self.choice(question, answer)
        except Mismatch as error:
            part = f" ({label})" if len(question.answers) > 1 else ""
            self.refused[answer] = f"Question {question.number}{part}: {error}"
            return None

    def number(self, answer: str) -> str:
        if len(self.texts.get(answer, set()) - {""}) > 1:
            raise Mismatch("the field is there more than once, with different texts, so none of them counts.")
        return number_text(self.text(answer))

    def choice(self, question: Question, answer: str) -> str | frozenset[str]:
        labels = dict(options(question))
        ticked = {option for option in labels if self.ticks.get(box_name(answer, option))}
        as_radio = {name.lower() for name in self.ticks.get(answer, set())}
        ticked |= {option for option, label in labels.items() if as_radio & {option.lower(), label.lower()}}
        if not ticked:
            raise Mismatch("no box is ticked.")
        if question.kind is Kind.MULTIPLE_CHOICE:
            return frozenset(ticked)
        if len(ticked) > 1:
            both = " and ".join(f'"{label}"' for option, label in labels.items() if option in ticked)
            raise Mismatch(f"the boxes {both} are ticked where one is asked, so none of them counts.")
        return ticked.pop()


def number_text(text: str) -> str:
    """Give a number as Python writes it, with all its digits, from what a student writes; else raise `Mismatch`.

    "0,83", "x1 = 0", "- 5 / 6" and a typographic minus are understood; a percentage is not, since 83 and 0.83 differ.
    """
    if not text:
        raise Mismatch("nothing is filled in.")
    if "%" in text:
        raise Mismatch(f"{_quoted(text)} is a percentage; write a number such as 0.83.")
    left, _, right = text.translate(_MINUS).rpartition("=")
    plain = "/".join(part.strip() for part in re.sub(r"^([+-])\s+", r"\1", right.strip()).split("/")).replace(",", ".")
    try:
        as_number(plain)
    except Mismatch:
        raise Mismatch(f"{_quoted(text)} is not a number.") from None
    if left and re.fullmatch(r"[\d\s.,/+-]*", left):
        raise Mismatch(f"{_quoted(text)} are two numbers where one is asked.")
    return plain


def _clean(text: str, limit: int = 100) -> str:
    """Give a text in one line without control and direction characters."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())[:limit].strip()


def _quoted(text: str) -> str:
    """Give what a student wrote on the sheet, for a sentence; nothing hidden can stand there."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
