"""The audit of one hand-in: what each check asked, what was answered, what it measured, by which rule it decided.

It shows the examiner's hidden inputs, so it is for the examiner. What a student's kernel chose is told as printable
text of limited length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.grading.reports import stored_report
from nbviva.grading.stored import stored_transcript
from nbviva.grading.verdict import Outcome, Verdict
from nbviva.kernel import brief
from nbviva.kernel.outputs import plain
from nbviva.kernel.transcript import BrokenTranscript, Exchange, Transcript
from nbviva.week.declare import Check
from nbviva.week.week import Week

STYLES = {
    Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.SKIPPED: "dim", Outcome.ERROR: "yellow",
    Outcome.PERSON: "yellow",
}  # fmt: skip
SET_BY_US = "names that stand-ins set"


@dataclass(frozen=True)
class Asked:
    """One question and its answer, in words; `seconds` is what it took of its `limit`."""

    asked: str
    answered: str
    seconds: float
    limit: float


@dataclass(frozen=True)
class Section:
    """What one check or fixture asked, and what a check decided.

    Attributes
    ----------
    rule
        What must hold: the check's sentence; for a fixture which checks it was asked for.
    outcome, measured
        As in the check's verdict; empty for a fixture.
    """

    name: str
    rule: str
    asked: tuple[Asked, ...]
    outcome: str = ""
    measured: str = ""


@dataclass(frozen=True)
class Audit:
    """All that is known about how one hand-in was marked; `notes` are sentences on it as a whole."""

    group: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]


def audit(course: Course, week: str, group: str, check: str = "") -> Audit:
    """Give the audit of a hand-in, or of one of its checks with the fixtures that it uses.

    Raises
    ------
    CourseError
        If there is no report, or no such check.
    """
    folder, loaded = course.report(week, group), course.week(week)
    report = stored_report(folder)
    if report is None:
        raise CourseError(f"There is no report on {group}: run 'nbviva grade {week} {group}'.")
    checks = [item for item in loaded.checks if check in ("", item.name)]
    if not checks:
        raise CourseError(f"There is no check '{check}'; there are: {', '.join(item.name for item in loaded.checks)}.")
    doubts = (f"A person decides: {doubt.sentence}" for doubt in report.doubts)
    notes = [*doubts, f"Kept in: {report.sandbox}.", *report.notes]
    exchanges = _exchanges(stored_transcript(folder), notes)
    verdicts = {verdict.check: verdict for verdict in report.verdicts}
    asked_for = [_of_check(item, verdicts.get(item.name), exchanges) for item in checks]
    return Audit(group, tuple(map(plain, notes)), (*_of_fixtures(loaded, checks, exchanges), *asked_for))


def _exchanges(data: bytes, notes: list[str]) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    try:
        read = Transcript.from_bytes(data) if data else None
    except BrokenTranscript as error:
        notes.append(f"{error} What was asked is not known any more.")
        return found
    if read is None:
        notes.append("There is no transcript: what was asked is not known.")
    for exchange in read.exchanges if read else ():
        found.setdefault(exchange.asker, []).append(exchange)
    return found


def _of_fixtures(week: Week, checks: list[Check], exchanges: dict[str, list[Exchange]]) -> Iterator[Section]:
    for name, held in exchanges.items():
        users = [item.name for item in checks if name in week.fixtures_of(item)]
        if users:
            yield Section(name, f"asked for {', '.join(users)}", _asked(held))
    if "" in exchanges and len(checks) == len(week.checks):
        yield Section(SET_BY_US, "the examiner's own run stands in for training cells", _asked(exchanges[""]))


def _of_check(item: Check, verdict: Verdict | None, exchanges: dict[str, list[Exchange]]) -> Section:
    asked = _asked(exchanges.get(item.name, []))
    if verdict is None:
        return Section(item.name, item.sentence, asked, measured="It was not checked when this was graded.")
    name = f"{item.name} ({verdict.exercise})"
    return Section(name, plain(verdict.sentence), asked, str(verdict.outcome), plain(verdict.detail))


def _asked(exchanges: list[Exchange]) -> tuple[Asked, ...]:
    return tuple(Asked(plain(_question(item)), plain(_answered(item)), item.seconds, item.limit) for item in exchanges)


def _question(item: Exchange) -> str:
    return brief.question(item.question) if item.question else item.brief


def _answered(item: Exchange) -> str:
    if item.failure:
        return f"no answer, {item.failure}: {item.sentence}"
    return "[too large to be kept]" if item.answer is None else brief.answer(item.answer)
