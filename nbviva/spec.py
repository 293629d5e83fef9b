"""Assignment and Question: a week's `assignment.toml` as frozen dataclasses, with errors that name field and line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class SpecError(ValueError):
    """A week's folder has a mistake; the text names file, line and field, or the check, and what to write instead."""


class Kind(StrEnum):
    """What a question asks for."""

    CODE = "code"
    NUMERIC = "numeric"
    CHOICE = "choice"
    MULTIPLE_CHOICE = "multiple_choice"
    TRUE_FALSE = "true_false"
    FIGURE = "figure"


@dataclass(frozen=True)
class Question:
    """One graded cell.

    Attributes
    ----------
    name
        The `grade_id` of its test cell, and the exercise that checks name.
    number
        The number on the sheet; several cells may share one.
    answers
        Names of the notebook's variables that hold the answers, each with its label on the sheet.
    options
        For choices: what the answer may be, each with its label on the sheet.
    tolerance
        For numbers: the largest absolute difference that still counts.
    bonus
        Its points are extra: they count on top of the maximum.
    """

    name: str
    number: str
    title: str
    kind: Kind
    points: float = 0.0
    bonus: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    tolerance: float | None = None


@dataclass(frozen=True)
class Assignment:
    """One week: its title, dates, rules and questions.

    Attributes
    ----------
    issued, due
        Aware datetimes in the week's zone.
    imports
        The heavy modules that its notebook imports.
    files
        What the release holds beside the notebook: paths in the release, each with its path in the week's folder.
    """

    week: str
    course: str
    title: str
    term: str
    notebook: str
    issued: datetime
    due: datetime
    group_size: int
    rule: str
    questions: tuple[Question, ...]
    imports: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    @property
    def maximum(self) -> float:
        """Points without the extra ones."""
        return sum(q.points for q in self.questions if not q.bonus)

    @property
    def extra(self) -> float:
        """Extra points."""
        return sum(q.points for q in self.questions if q.bonus)

    @property
    def due_utc(self) -> datetime:
        """The deadline in UTC."""
        return self.due.astimezone(UTC)

    def question(self, name: str) -> Question:
        """Give the question of a graded cell; raises KeyError with the names that there are."""
        found = {q.name: q for q in self.questions}
        if name not in found:
            raise KeyError(f"{self.week} has no question '{name}'; it has {', '.join(found)}.")
        return found[name]


def read_assignment(folder: Path) -> Assignment:
    """Read `assignment.toml` of a week's folder.

    Raises
    ------
    SpecError
        With one sentence that names the line and the field to change.
    """
    path = folder / "assignment.toml"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise SpecError(f"{path} is missing: a week is a folder with an assignment.toml in it.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} is no valid TOML: {error}.") from None
    return _Reader(path, text).assignment(folder.name, data)


_REQUIRED: dict[str, type] = {
    "course": str, "title": str, "term": str, "notebook": str, "issued": datetime, "due": datetime,
    "zone": str, "group_size": int, "rule": str,
}  # fmt: skip
_QUESTION_FIELDS = {f.name for f in fields(Question)}


class _Reader:
    """Reads one file and knows the line of every field, to say where a mistake is."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.headers = [i for i, line in enumerate(self.lines) if re.match(r"\s*\[\[\s*question\s*\]\]", line)]

    def fail(self, field: str, why: str, question: int | None = None) -> NoReturn:
        start = 0 if question is None or question >= len(self.headers) else self.headers[question]
        later = [i for i in self.headers if i > start] if question is not None else self.headers
        end = later[0] if later else len(self.lines)
        pattern = re.compile(rf"\s*{re.escape(field)}\s*(=|\.)")
        line = next((i for i in range(start, end) if pattern.match(self.lines[i])), start)
        raise SpecError(f"{self.path}, line {line + 1}: '{field}' {why}.")

    def assignment(self, week: str, data: dict[str, Any]) -> Assignment:
        for field, kind in _REQUIRED.items():
            if field not in data:
                self.fail(field, f"is missing; add it with a value of type {kind.__name__}")
            if type(data[field]) is not kind:
                self.fail(field, f"must be of type {kind.__name__}, not {type(data[field]).__name__}")
        for field in data:
            if field not in {*_REQUIRED, "question", "imports", "files"}:
                self.fail(field, "is not known; remove it or correct its spelling")
        if data["group_size"] < 1:
            self.fail("group_size", "must be at least 1")
        return Assignment(
            week=week,
            issued=self.moment(data, "issued"),
            due=self.moment(data, "due"),
            questions=self.questions(data.get("question")),
            imports=self.names(data, "imports"),
            files=self.table(data, "files"),
            **{name: data[name] for name in ("course", "title", "term", "notebook", "group_size", "rule")},
        )

    def names(self, data: dict[str, Any], field: str) -> tuple[str, ...]:
        value = data.get(field, [])
        if type(value) is not list or not all(type(item) is str for item in value):
            self.fail(field, 'must be a list of texts, as in ["torch"]')
        return tuple(value)

    def table(self, data: dict[str, Any], field: str, question: int | None = None) -> tuple[tuple[str, str], ...]:
        value = data.get(field, {})
        if type(value) is not dict or not all(type(item) is str for item in value.values()):
            self.fail(field, 'must be a table of names and texts, as in { x_1 = "x1" }', question)
        return tuple(value.items())

    def moment(self, data: dict[str, Any], field: str) -> datetime:
        value: datetime = data[field]
        if value.tzinfo is not None:
            self.fail(field, "must be local time without an offset; the zone stands in 'zone'")
        try:
            return value.replace(tzinfo=ZoneInfo(data["zone"]))
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a region, such as 'Europe', is a folder
            self.fail("zone", f"is '{data['zone']}', which is no IANA time zone; write one such as 'Europe/Berlin'")

    def questions(self, items: Any) -> tuple[Question, ...]:
        if type(items) is not list or not items or not all(type(item) is dict for item in items):
            self.fail("question", "is missing; add at least one [[question]] table")
        questions = tuple(self.question(i, item) for i, item in enumerate(items))
        names = [q.name for q in questions]
        for i, name in enumerate(names):
            if name in names[:i]:
                self.fail("name", f"is '{name}', which an earlier question has already; choose another", i)
        return questions

    def question(self, i: int, item: dict[str, Any]) -> Question:
        for field in ("name", "number", "title", "kind"):
            if type(item.get(field)) is not str:
                self.fail(field, "is missing or no text", i)
        for field in item:
            if field not in _QUESTION_FIELDS:
                self.fail(field, "is not known; remove it or correct its spelling", i)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", item["name"]):
            self.fail("name", f"is '{item['name']}'; use small letters, digits and underscores", i)
        if item["kind"] not in list(Kind):
            self.fail("kind", f"is '{item['kind']}'; it must be one of {', '.join(Kind)}", i)
        points = item.get("points", 0)
        if type(points) not in (int, float) or not 0 <= points < 1000:
            self.fail("points", "must be a number from 0 to 1000", i)
        tables = {name: self.table(item, name, i) for name in ("answers", "options")}
        self.check_answers(i, item)
        return Question(**{**item, "kind": Kind(item["kind"]), "points": float(points), **tables})

    def check_answers(self, i: int, item: dict[str, Any]) -> None:
        kind = Kind(item["kind"])
        if kind not in (Kind.CODE, Kind.FIGURE) and not item.get("answers"):
            self.fail("answers", f"is missing; a {kind} question names the variable that holds its answer", i)
        if kind in (Kind.CHOICE, Kind.MULTIPLE_CHOICE) and len(item.get("options", {})) < 2:
            self.fail("options", "must have at least two entries", i)
        tolerance = item.get("tolerance", -1)
        wanted = kind is Kind.NUMERIC or "tolerance" in item
        if wanted and (type(tolerance) not in (int, float) or not 0 <= tolerance < 1e6):
            self.fail("tolerance", "is missing or negative; a numeric question says how near is near enough", i)
        if type(item.get("bonus", False)) is not bool:
            self.fail("bonus", "must be true or false", i)
