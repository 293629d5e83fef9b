"""The audit of one hand-in: what each check asked, what was answered, what it measured, by which rule it decided.

It shows the examiner's hidden inputs, so it is for the examiner. What a student's kernel chose is told as printable
text of limited length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.grading.reports import EARLIER, earlier_report, readable_report, readable_transcript
from nbviva.grading.verdict import Outcome, Verdict
from nbviva.kernel import brief
from nbviva.kernel.outputs import plain
from nbviva.kernel.transcript import BrokenTranscript, Exchange, Transcript
from nbviva.week.contents import ReadDeclarations, declared
from nbviva.week.spec import Assignment

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
    question
        Number and title of the question that a check belongs to; empty for a fixture.
    exercise
        The name of that question.
    """

    name: str
    rule: str
    asked: tuple[Asked, ...]
    outcome: str = ""
    measured: str = ""
    question: str = ""
    exercise: str = ""


@dataclass(frozen=True)
class Audit:
    """All that is known about how one hand-in was marked; `notes` are sentences on it as a whole."""

    group: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]


def audit(course: Course, week: str, group: str, wanted: str = "") -> Audit:
    """Give the audit of a hand-in, or of some of its checks with the fixtures that they use.

    Parameters
    ----------
    wanted
        A check, or a question by its name, number or title; empty: all.

    Raises
    ------
    CourseError
        If there is no report, or nothing of that name.
    """
    assignment, folder = course.assignment(week), course.report(week, group)
    report = readable_report(folder)
    if report is None:
        raise CourseError(f"There is no report on {group}: run 'nbviva grade {week} {group}'.")
    known = declared(course.folder(week))
    exercises = {name: question for name, (question, _) in known.checks.items()}
    exercises = {verdict.check: verdict.exercise for verdict in report.verdicts} | exercises
    chosen = _chosen(assignment, exercises, wanted)
    doubts = (f"A person decides: {doubt.sentence}" for doubt in report.doubts)
    earlier = (EARLIER,) if earlier_report(folder) else ()
    notes = [*earlier, *doubts, f"Kept in: {report.sandbox}.", *report.notes]
    exchanges = _exchanges(folder, notes)
    verdicts = {verdict.check: verdict for verdict in report.verdicts}
    titles = {question.name: f"{question.number} {question.title}" for question in assignment.questions}
    asked_for = [
        _of_check(
            name, (exercises[name], titles.get(exercises[name], exercises[name])), verdicts.get(name), known, asked
        )
        for name, asked in ((name, _asked(exchanges.get(name, []))) for name in chosen)
    ]
    fixtures = _of_fixtures(known, chosen, set(exercises), exchanges, everything=not wanted)
    return Audit(group, tuple(map(plain, notes)), (*fixtures, *asked_for))


def _chosen(assignment: Assignment, exercises: Mapping[str, str], wanted: str) -> list[str]:
    """Give the checks that are meant, those of the first question first."""
    places = {question.name: place for place, question in enumerate(assignment.questions)}
    ordered = sorted(exercises, key=lambda name: places.get(exercises[name], len(places)))
    if wanted in ("", *exercises):
        return [name for name in ordered if wanted in ("", name)]
    questions = _meant(assignment, wanted)
    if not questions:
        known = ", ".join(f"{question.number} {question.title}" for question in assignment.questions)
        raise CourseError(f"There is no check '{wanted}', and no question of that name, number or title: {known}.")
    return [name for name in ordered if exercises[name] in questions]


def _meant(assignment: Assignment, wanted: str) -> set[str]:
    """Give the questions of a name or number, else all below a number, else those whose title has the words."""
    word = wanted.casefold().strip().rstrip(".")
    for fits in (
        lambda question: word in (question.name, question.number.casefold(), question.title.casefold()),
        lambda question: question.number.casefold().startswith(f"{word}."),
        lambda question: word in question.title.casefold(),
    ):
        if found := {question.name for question in assignment.questions if word and fits(question)}:
            return found
    return set()


def _exchanges(folder: Path, notes: list[str]) -> dict[str, list[Exchange]]:
    data, found = readable_transcript(folder), dict[str, list[Exchange]]()
    try:
        read = Transcript.all_from_bytes(data) if data else ()
    except BrokenTranscript as error:
        notes.append(f"{error} What was asked is not known any more.")
        return found
    if not read:
        is_there = (folder / "transcript").exists()
        lost = "The transcript is not as it was written" if is_there else "There is no transcript"
        notes.append(f"{lost}: what was asked is not known any more.")
    for exchange in (exchange for one in read for exchange in one.exchanges):
        found.setdefault(exchange.asker, []).append(exchange)
    return found


def _of_fixtures(
    known: ReadDeclarations,
    chosen: list[str],
    checks: set[str],
    exchanges: dict[str, list[Exchange]],
    *,
    everything: bool,
) -> Iterator[Section]:
    """Give the fixtures that asked something; of those that no file of the week's declares nobody knows for whom."""
    for name in (name for name in exchanges if name and name not in checks):
        users = [item for item in chosen if name in known.fixtures_of(item)]
        if users or (everything or name not in known.parameters):
            yield Section(name, f"asked for {', '.join(users) or 'others'}", _asked(exchanges[name]))
    if "" in exchanges and everything:
        yield Section(SET_BY_US, "the examiner's own run stands in for training cells", _asked(exchanges[""]))


def _of_check(
    name: str, question: tuple[str, str], verdict: Verdict | None, known: ReadDeclarations, asked: tuple[Asked, ...]
) -> Section:
    """Give the section of a check; of its question name and title."""
    exercise, title = question
    if verdict is None:
        outcome, measured, heading, sentence = (
            "",
            "It was not checked when this was graded.",
            name,
            known.checks[name][1],
        )
    else:
        outcome, measured = str(verdict.outcome), plain(verdict.detail)
        heading, sentence = f"{name} ({title})", plain(verdict.sentence)
    return Section(heading, sentence, asked, outcome, measured, title, exercise)


def _asked(exchanges: list[Exchange]) -> tuple[Asked, ...]:
    return tuple(Asked(plain(_question(item)), plain(_answered(item)), item.seconds, item.limit) for item in exchanges)


def _question(item: Exchange) -> str:
    return brief.question(item.question) if item.question else item.brief


def _answered(item: Exchange) -> str:
    if item.failure:
        return f"no answer, {item.failure}: {item.sentence}"
    return "[too large to be kept]" if item.answer is None else brief.answer(item.answer)
