"""Assignment and Question: a week's `assignment.toml` as frozen dataclasses, with errors that name field and line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbviva.errors import SpecError
from nbviva.naming import qualified
from nbviva.week.allowance import AS_EVER, Allowance, read_allowance
from nbviva.week.deadline import NOT_LATE, Late, Policy, in_zone
from nbviva.week.feedback_rules import AS_USUAL, FeedbackRules, read_feedback_rules
from nbviva.week.question import CellState, Kind, Question, Support
from nbviva.week.toml_fields import TomlFields

__all__ = ["CHECK_DIGITS", "Assignment", "CellState", "Kind", "Question", "SpecError", "Support", "read_assignment"]
CHECK_DIGITS = ("mod11", "luhn")
_REQUIRED: dict[str, type] = {
    "course": str, "title": str, "term": str, "issued": datetime, "due": datetime,
    "zone": str, "group_size": int, "rule": str,
}  # fmt: skip
_OPTIONAL = {"notebook", "question", "files", "late", "check_digit", "sheet_required", "limits", "feedback"}


@dataclass(frozen=True)
class Assignment:
    """One week: its title, dates, rules and questions.

    Attributes
    ----------
    course, title, term
        As they stand on the sheet and in lists.
    notebook
        The name of the notebook that is released and handed in, without `.ipynb`; in the file also a list of names.
    issued
        When it is given out: an aware datetime in the week's zone; in the file a local time without an offset.
    due
        The deadline, likewise.
    zone
        The time zone of both, by its IANA name, such as "Europe/Berlin".
    group_size
        How many people hand in together, at most.
    rule
        How to hand in: a sentence on the sheet.
    files
        What the release holds beside the notebook: paths in the release, each with its path in the week's folder.
    late
        What a late hand-in costs.
    check_digit
        How the last digit of a matriculation number is checked, `mod11` or `luhn`; empty: not at all.
    limits
        What a hand-in's kernel may use.
    feedback
        What a group's page tells beside its marks.
    sheet_required
        Whether a hand-in without the filled PDF has no answers; else they are read from the notebook's answer cells.
    parts
        Names of the notebooks of a week that has several, in their order; else empty.
    adopted
        Whether it is an ordinary nbgrader assignment, whose own test cells are its questions.
    dated
        Whether it has a deadline; else `due` lies far off.
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
    files: tuple[tuple[str, str], ...] = ()
    late: Late = NOT_LATE
    check_digit: str = ""
    sheet_required: bool = False
    limits: Allowance = AS_EVER
    feedback: FeedbackRules = AS_USUAL
    parts: tuple[str, ...] = ()
    adopted: bool = False
    dated: bool = True

    @property
    def notebooks(self) -> tuple[str, ...]:
        """Names of all notebooks of the week."""
        return self.parts or (self.notebook,)

    def of(self, notebook: str) -> Assignment:
        """Give what is asked in one of the week's notebooks; all, where there is no other."""
        if not self.parts:
            return self
        own = tuple(question for question in self.questions if question.notebook == notebook)
        return replace(self, notebook=notebook, parts=(), questions=own)

    def known_as(self, notebook: str, cell: str) -> str:
        """Give the name by which a notebook's cell is known among all of the week's.

        In an adopted week two notebooks may have cells of one name; a week that was written for nbviva has none such.
        """
        return qualified(notebook, cell) if self.parts and self.adopted else cell

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
    return AssignmentFields(path, text).assignment(folder.name, data)


def assignment_of(week: str, data: dict[str, Any], path: Path) -> Assignment:
    """Make an assignment of what stands in its file at `path`, read already; raises as `read_assignment` does."""
    return AssignmentFields(path, "").assignment(week, data)


_QUESTION_FIELDS = {f.name for f in fields(Question)} - {"state"}


class AssignmentFields(TomlFields):
    """Reads one assignment.toml."""

    def assignment(self, week: str, data: dict[str, Any]) -> Assignment:
        """Read the whole file."""
        for field, kind in _REQUIRED.items():
            if field not in data:
                self.fail(field, f"is missing; add it with a value of type {kind.__name__}")
            if type(data[field]) is not kind:
                self.fail(field, f"must be of type {kind.__name__}, not {type(data[field]).__name__}")
        for field in data:
            if field not in {*_REQUIRED, *_OPTIONAL}:
                self.fail(field, "is not known; remove it or correct its spelling")
        if data["group_size"] < 1:
            self.fail("group_size", "must be at least 1")
        names = self.notebooks(data)
        return Assignment(
            week=week,
            notebook=names[0],
            parts=names if len(names) > 1 else (),
            issued=self.moment(data, "issued"),
            due=self.moment(data, "due"),
            questions=self.questions(data.get("question"), names),
            files=self.table(data, "files"),
            late=self.late(data["late"]) if "late" in data else NOT_LATE,
            check_digit=self.one_of(data, "check_digit", CHECK_DIGITS),
            sheet_required=self.truth(data, "sheet_required"),
            limits=read_allowance(self, data.get("limits", {})),
            feedback=read_feedback_rules(self, data.get("feedback", {})),
            **{name: data[name] for name in ("course", "title", "term", "group_size", "rule")},
        )

    def late(self, table: Any) -> Late:
        """Read the table `[late]`."""
        if type(table) is not dict:
            self.fail("late", 'must be a table: a line [late], then policy = "per_day" and points = 1')
        below = next(iter(self.starts(r"\[\s*late\s*\]")), None)
        for field in table:
            if field not in ("policy", "grace_minutes", "points"):
                self.fail(field, "is not known; [late] has policy, grace_minutes and points", below)
        if table.get("policy") not in list(Policy):
            self.fail("policy", f"must be one of {', '.join(Policy)}", below)
        grace = self.number(table, "grace_minutes", 100_000, "must be a number of minutes from 0", below=below)
        points = self.number(table, "points", 1000, "must be a number from 0 to 1000", below=below)
        if (points > 0) is not (table["policy"] in (Policy.PER_HOUR, Policy.PER_DAY)):
            self.fail("points", "must be above 0 for per_hour and per_day, and is not for the other policies", below)
        return Late(Policy(table["policy"]), grace, points)

    def moment(self, data: dict[str, Any], field: str) -> datetime:
        """Read a local time of the zone that `zone` names."""
        value: datetime = data[field]
        if value.tzinfo is not None:
            self.fail(field, "must be local time without an offset; the zone stands in 'zone'")
        try:
            return in_zone(value, ZoneInfo(data["zone"]))
        except OverflowError:
            self.fail(field, "lies too far from today")
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a region, such as 'Europe', is a folder
            self.fail("zone", f"is '{data['zone']}', which is no IANA time zone; write one such as 'Europe/Berlin'")

    def notebooks(self, data: dict[str, Any]) -> tuple[str, ...]:
        """Read `notebook`: a name, or a list of names."""
        given = data.get("notebook")
        if given is None:
            self.fail("notebook", "is missing; add it with a value of type str, or a list of such")
        if type(given) is str:
            return (given,)
        if type(given) is not list or not given or not all(type(name) is str for name in given):
            self.fail("notebook", 'must be the name of a notebook, or a list of names, as in ["models", "theory"]')
        if len(set(given)) < len(given) or not all(re.fullmatch(r"[\w-]+", name) for name in given):
            self.fail("notebook", "must have names that differ, of letters, digits, _ and -")
        return tuple(given)

    def questions(self, items: Any, notebooks: tuple[str, ...]) -> tuple[Question, ...]:
        """Read all `[[question]]`."""
        if type(items) is not list or not items or not all(type(item) is dict for item in items):
            self.fail("question", "is missing; add at least one [[question]] table")
        heads = [*self.starts(r"\[\[\s*question\s*\]\]"), *([None] * len(items))]
        questions = tuple(self.question(head, item, notebooks) for head, item in zip(heads, items, strict=False))
        names = [q.name for q in questions]
        for i, name in enumerate(names):
            if name in names[:i]:
                self.fail("name", f"is '{name}', which an earlier question has already; choose another", heads[i])
        return questions

    def question(self, below: int | None, item: dict[str, Any], notebooks: tuple[str, ...]) -> Question:
        """Read one."""
        for field in ("name", "number", "title", "kind"):
            if type(item.get(field)) is not str:
                self.fail(field, "is missing or no text", below)
        for field in item:
            if field not in _QUESTION_FIELDS:
                self.fail(field, "is not known; remove it or correct its spelling", below)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", item["name"]):
            self.fail("name", f"is '{item['name']}'; use small letters, digits and underscores", below)
        if item["kind"] not in list(Kind):
            self.fail("kind", f"is '{item['kind']}'; it must be one of {', '.join(Kind)}", below)
        if item.get("notebook", "" if len(notebooks) > 1 else notebooks[0]) not in notebooks:
            self.fail("notebook", f"must say in which notebook its cell stands: {', '.join(notebooks)}", below)
        points = self.number(item, "points", 1000, "must be a number from 0 to 1000", below=below)
        tables = {name: self.table(item, name, below) for name in ("answers", "options")}
        self.check_answers(below, item)
        evidence = self.support(below, item)
        return Question(**{**item, "kind": Kind(item["kind"]), "points": points, "evidence": evidence, **tables})

    def support(self, below: int | None, item: dict[str, Any]) -> Support | None:
        """Read its `evidence`."""
        table = item.get("evidence")
        if table is None:
            return None
        good = type(table) is dict and type(table.get("cell")) is str and type(table.get("label", "")) is str
        if not good or item["kind"] != Kind.NUMERIC or not set(table) <= {"cell", "label", "decimals"}:
            why = 'is for numeric questions, and a table such as { cell = "validation", label = "R2", decimals = 2 }'
            self.fail("evidence", why, below)
        decimals = self.number(table, "decimals", 16, "must be a whole number below 16", 2, below)
        return Support(table["cell"], table.get("label", ""), int(decimals))

    def check_answers(self, below: int | None, item: dict[str, Any]) -> None:
        """Refuse answers that do not fit the question's kind."""
        kind = Kind(item["kind"])
        if kind not in (Kind.CODE, Kind.FIGURE) and not item.get("answers"):
            self.fail("answers", f"is missing; a {kind} question names the variable that holds its answer", below)
        if kind in (Kind.CHOICE, Kind.MULTIPLE_CHOICE) and len(item.get("options", {})) < 2:
            self.fail("options", "must have at least two entries", below)
        if kind is Kind.NUMERIC or "tolerance" in item:
            why = "is missing or negative; a numeric question says how near is near enough"
            self.number(item, "tolerance", 1e6, why, -1, below)
        self.truth(item, "bonus", below)
        if self.truth(item, "share", below) and kind is not Kind.NUMERIC:
            self.fail("share", "is for numeric questions", below)
