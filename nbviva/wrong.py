"""The most frequent wrong answers of a class: what failed alike, what it resembles, and what stood on the sheet."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nbviva.behaves import Failure
from nbviva.spec import Assignment, Kind
from nbviva.verdict import NO_NOTEBOOK, Outcome, Report, Verdict

_GIVEN = re.compile(r"Your answer: (?P<given>.+?)(?: \(accepted within [^)]*\))?\.(?: |$)")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Wrong:
    """Hand-ins that fail one check alike.

    Attributes
    ----------
    detail
        What the first of them was told.
    like
        The story of the mutant that they behave like; empty where none was found.
    """

    number: str
    title: str
    sentence: str
    detail: str
    like: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """One answer to a question of the sheet, and who gave it."""

    text: str
    right: bool
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """All answers to one question of the sheet, the most frequent first."""

    number: str
    title: str
    check: str
    given: tuple[Given, ...]


def failures(assignment: Assignment, reports: Sequence[Report]) -> tuple[Failure, ...]:
    """Give what may behave like a mutant: checks of code that failed with an answer."""
    return tuple(
        Failure(report.group, verdict.check, verdict.detail)
        for report in reports
        for verdict in report.verdicts
        if verdict.outcome is Outcome.FAILED and not verdict.cause and not _on_sheet(assignment, verdict)
    )


def wrong_answers(
    assignment: Assignment, reports: Sequence[Report], likeness: Mapping[Failure, str]
) -> tuple[Wrong, ...]:
    """Give the wrong answers of checks of code, the most frequent first."""
    found = defaultdict[tuple[str, str], list[tuple[str, Verdict, str]]](list)
    for report in reports:
        for verdict in report.verdicts:
            if verdict.outcome is Outcome.FAILED and not _on_sheet(assignment, verdict) and _counts(verdict):
                like = likeness.get(Failure(report.group, verdict.check, verdict.detail), "")
                key = like or _NUMBER.sub("#", verdict.detail)
                found[verdict.check, key].append((report.group, verdict, like))
    wrong = [_wrong(assignment, cases) for cases in found.values()]
    return tuple(sorted(wrong, key=lambda item: (-len(item.groups), item.number, item.sentence)))


def _wrong(assignment: Assignment, cases: Sequence[tuple[str, Verdict, str]]) -> Wrong:
    _, verdict, like = cases[0]
    question = assignment.question(verdict.exercise)
    groups = tuple(group for group, _, _ in cases)
    return Wrong(question.number, question.title, verdict.sentence, verdict.detail, like, groups)


def sheet_answers(assignment: Assignment, reports: Sequence[Report]) -> tuple[Answers, ...]:
    """Give the answers to the sheet's questions, in the order of the questions."""
    found = defaultdict[tuple[str, str], list[tuple[str, bool, str]]](list)
    for report in reports:
        for verdict in report.verdicts:
            judged = verdict.outcome in (Outcome.PASSED, Outcome.FAILED)
            if judged and _on_sheet(assignment, verdict) and _counts(verdict):
                answer = (_given(verdict.detail), verdict.outcome is Outcome.PASSED, report.group)
                found[verdict.exercise, verdict.check].append(answer)
    questions = {question.name: question for question in assignment.questions}
    order = {name: place for place, name in enumerate(questions)}
    return tuple(
        Answers(questions[exercise].number, questions[exercise].title, check, _ranked(answers))
        for (exercise, check), answers in sorted(found.items(), key=lambda item: order[item[0][0]])
    )


def _ranked(answers: Iterable[tuple[str, bool, str]]) -> tuple[Given, ...]:
    answers = list(answers)
    ranks = Counter((text, right) for text, right, _ in answers)
    return tuple(
        Given(text, right, tuple(group for said, was, group in answers if (said, was) == (text, right)))
        for (text, right), _ in ranks.most_common()
    )


def _given(detail: str) -> str:
    match = _GIVEN.match(detail)
    return match["given"] if match else _NUMBER.sub("#", detail) or "no word"


def _on_sheet(assignment: Assignment, verdict: Verdict) -> bool:
    return assignment.question(verdict.exercise).kind not in (Kind.CODE, Kind.FIGURE)


def _counts(verdict: Verdict) -> bool:
    return verdict.cause != NO_NOTEBOOK
