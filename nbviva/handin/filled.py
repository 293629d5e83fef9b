"""A filled exercise sheet: what a group wrote and ticked, with a sentence for all that is no answer.

`read_forms` is total: whatever the files are, it gives a `Filled` for each. What it gives of a file is plain text,
cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbviva.handin.apart import SAVE, contents
from nbviva.handin.numerals import EmptyField, number_text, quoted
from nbviva.week.compare import Mismatch
from nbviva.week.fields import MARK, box_name, form_fields, member_names, options, sheet_mark
from nbviva.week.spec import Assignment, Kind, Question


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
    empty
        The answers whose fields are empty: there the notebook's counts.
    drawn
        What was typed as notes on its pages; an empty text for what was only drawn.
    unsure
        The answers that a person should look at, each with the sentence that says why.
    foreign
        The text of a PDF that has nothing to do with the sheet; None where it has.
    """

    answers: Mapping[str, str | frozenset[str]] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    problems: tuple[str, ...] = ()
    readable: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()
    drawn: tuple[str, ...] = ()
    unsure: Mapping[str, str] = field(default_factory=dict)
    foreign: str | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """The problems of this sheet, without a sentence for each field that is only empty."""
        empty = {self.refused[answer] for answer in self.empty}
        return tuple(sentence for sentence in self.problems if sentence not in empty)

    @property
    def is_untouched(self) -> bool:
        """Whether nobody wrote anything into the week's form."""
        said = self.answers or self.members or self.drawn or self.unsure or set(self.refused) - self.empty
        return self.readable and not said


class _UnreadableForm(ValueError):
    """The file is not the week's form; the text is the sentence for the group."""


class _ForeignForm(_UnreadableForm):
    """The file is another PDF, and none that was made of the sheet."""


class _Undecided(Mismatch):
    """What is filled in may be an answer, but nobody can tell which."""


def read_forms(paths: Sequence[Path], week: Assignment) -> list[Filled]:
    """Read PDFs in one process; never raises for what the files contain, and never runs any of it."""
    return [_filled(content, week) for content in contents(paths)]


def read_form(path: Path, week: Assignment) -> Filled:
    """Read one PDF, as `read_forms` does."""
    return read_forms([path], week)[0]


def _filled(content: dict[str, Any] | str, week: Assignment) -> Filled:
    if isinstance(content, str):
        return Filled(problems=(content,))
    try:
        return _Form(week, content).filled()
    except _ForeignForm as error:
        return Filled(problems=(str(error),), foreign=str(content["text"]))
    except _UnreadableForm as error:
        return Filled(problems=(str(error),))


class _Form:
    """The values of one PDF's fields, by the names that the week's sheet has for them."""

    def __init__(self, week: Assignment, content: dict[str, Any]) -> None:
        self.week = week
        self.content = content
        self.problems: list[str] = []
        self.refused: dict[str, str] = {}
        self.unsure: dict[str, str] = {}
        self.texts: dict[str, set[str]] = {}
        self.ticks: dict[str, set[str]] = {}
        self.empty: set[str] = set()
        known = {item.name for item in form_fields(week)} | {MARK}
        known |= {answer for question in week.questions for answer, _ in question.answers}
        for item in content["fields"]:
            names = (re.sub(r"\[\d+\]$", "", item[key]).rpartition(".")[2] for key in ("name", "second"))
            name = next((name for name in names if name in known), None)
            if name is not None and self.is_seen(name, item):
                self.ticks.setdefault(name, set()).update(item["on"])
                self.texts.setdefault(name, set()).update([] if item["box"] else [_clean(item["text"])])

    def is_seen(self, name: str, item: Mapping[str, Any]) -> bool:
        """Whether people see a field as it is read; what nobody sees does not count, and all that is odd is noted."""
        text = "" if item["box"] else _clean(item["text"])
        if name != MARK and not item["seen"]:
            if text or item["on"]:
                self.problems.append(f"The field '{name}' of the sheet is where nobody sees it; it was not read.")
            return False
        looks = item["looks"] and _clean(item["looks"])
        if name != MARK and text and _differs(text, looks, redrawn=self.content["redrawn"]):
            shows = f"shows {quoted(looks)}" if looks else "shows nothing"
            self.problems.append(f"The field '{name}' of the sheet holds {quoted(text)}, while its picture {shows}.")
        if name != MARK and looks and not (text or item["box"] or self.content["redrawn"]):
            shows = "shows a text" if looks == "?" else f"shows {quoted(looks)}"
            self.unsure[name] = f"The field '{name}' of the sheet holds nothing, while its picture {shows}."
        return True

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
        drawn = tuple(map(_clean, self.content["drawn"]))
        problems = (*self.problems, *self.refused.values())
        return Filled(answers, members, problems, True, self.refused, frozenset(self.empty), drawn, self.unsure)

    def check_mark(self) -> None:
        """Refuse what is not the week's form; note where it is another version of it."""
        marks = [*self.texts.pop(MARK, ()), _clean(self.content["keywords"])]
        found = [match for mark in marks if (match := re.fullmatch(r"(\w{1,40}) ([0-9a-f]{12})", mark))]
        other = next((match[1] for match in found if match[1] != self.week.week), None)
        if other is not None:
            raise _UnreadableForm(f"This is the exercise sheet of {other}, not of {self.week.week}. {SAVE}")
        if not self.texts or (
            not found and len(self.texts) < len({item.group or item.name for item in form_fields(self.week)}) / 2
        ):
            if why := self.no_form(marked=bool(found)):
                raise _UnreadableForm(why)
            raise _ForeignForm(f"This PDF is not the exercise sheet of {self.week.week}. {SAVE}")
        complete = all(item.name in self.ticks or item.group in self.ticks for item in form_fields(self.week))
        if sheet_mark(self.week) not in (match[0] for match in found) and (found or not complete):
            self.problems.append("This is another version of the exercise sheet; its fields were read by their names.")

    def no_form(self, *, marked: bool) -> str:
        """Say what became of the sheet in a PDF without the week's fields; nothing where it is another PDF."""
        text = _clean(self.content["text"], limit=8000).lower()
        heading = [word for word in re.findall(r"\w+", f"{self.week.course} {self.week.title}".lower()) if word in text]
        if marked or (text and len(heading) >= len(re.findall(r"\w+", f"{self.week.course} {self.week.title}")) / 2):
            return f"The exercise sheet has no fields any more, as after printing it to a PDF. {SAVE}"
        if self.content["pictures"] and not text and not self.content["fields"]:
            return f"The exercise sheet is a scan or a photo, which is not read. {SAVE}"
        return ""

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
            return self.number(question, answer) if question.kind is Kind.NUMERIC else self.choice(question, answer)
        except Mismatch as error:
            self.empty |= {answer} if isinstance(error, EmptyField) else set()
            part = f" ({label})" if len(question.answers) > 1 else ""
            self.refused[answer] = f"Question {question.number}{part}: {error}"
            if isinstance(error, _Undecided):
                self.unsure[answer] = self.refused[answer]
            return None

    def number(self, question: Question, answer: str) -> str:
        if len(self.texts.get(answer, set()) - {""}) > 1:
            raise _Undecided("the field is there more than once, with different texts, so none of them counts.")
        return number_text(self.text(answer), share=question.share)

    def choice(self, question: Question, answer: str) -> str | frozenset[str]:
        labels = dict(options(question))
        ticked = {option for option in labels if self.ticks.get(box_name(answer, option))}
        as_radio = {name.lower() for name in self.ticks.get(answer, set())}
        ticked |= {option for option, label in labels.items() if as_radio & {option.lower(), label.lower()}}
        if as_radio and not ticked:
            raise _Undecided("a box is ticked, but the file does not tell which.")
        if not ticked:
            raise EmptyField("no box is ticked.")
        if question.kind is Kind.MULTIPLE_CHOICE:
            return frozenset(ticked)
        if len(ticked) > 1:
            both = " and ".join(f'"{label}"' for option, label in labels.items() if option in ticked)
            raise Mismatch(f"the boxes {both} are ticked where one is asked, so none of them counts.")
        return ticked.pop()


def _differs(text: str, looks: str | None, *, redrawn: bool) -> bool:
    """Whether a field's picture shows another text than the field holds, as far as that can be told.

    Where viewers are told to draw the fields anew, only a picture with another text counts, not an empty one.
    """
    if not looks:
        return not redrawn
    one, other = ("".join(c for c in part if c.isascii() and not c.isspace()) for part in (text, looks))
    return "?" not in other and one not in other and other not in one


def _clean(text: str, limit: int = 100) -> str:
    """Give a text in one line without control and direction characters."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())[:limit].strip()
