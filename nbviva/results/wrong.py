"""The most frequent wrong answers of a class: what failed alike, which mutant it behaves like, what stood on the sheet.

A hand-in behaves like a mutant that is told the very same by the same check. The mutant is run in this process, as in a
rehearsal, with the questions that the group was asked; no code of a student's is. What was found is kept in
`.nbviva/cache`, and what does not fit into the time is looked up at the next run.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nbviva.cache import TextCache
from nbviva.course import Course
from nbviva.files import digest, digest_of_files
from nbviva.grading.rehearsal import rehearse
from nbviva.grading.verdict import NO_NOTEBOOK, Outcome, Report, Verdict
from nbviva.handin.sheet import answer_in
from nbviva.secret import secret_of
from nbviva.week.declare import Overlay
from nbviva.week.spec import Assignment, Kind
from nbviva.week.week import Week

SECONDS = 60.0  # for all that is not in the cache
SLOW = 3.0  # a check whose mutant takes longer is left out


_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Failure:
    """A failed check of a hand-in, with what it was told."""

    group: str
    check: str
    detail: str


def stories(course: Course, week: Week, failures: Iterable[Failure], seconds: float = SECONDS) -> dict[Failure, str]:
    """Give for each failure the story of the mutant that it behaves like; those that resemble none are left out."""
    known = TextCache(course.root, f"behaves-{week.assignment.week}")
    files = sorted([*week.folder.rglob("*.py"), *week.folder.glob("*.toml")])
    state = digest(digest_of_files(week.folder, files), secret_of(course.root))
    keys = {failure: digest(state, failure.group, failure.check, failure.detail) for failure in failures}
    search = _Search(course, week, time.monotonic() + seconds)
    found = {key: search.story(failure) for failure, key in keys.items() if known.get(key) is None}
    known.update({key: story for key, story in found.items() if story is not None}, used=set(keys.values()))
    return {failure: story for failure, key in keys.items() if (story := known.get(key))}


class _Search:
    """Runs mutants, those first that hand-ins behaved like before, until the time is up.

    A hand-in that behaves like a mutant in one check may do so in another that the mutant is not written for.
    """

    def __init__(self, course: Course, week: Week, until: float) -> None:
        self._course, self._week, self._until = course, week, until
        self._mutants, self._checks = (
            list(week.overlays("mutants").values()),
            {check.name: check for check in week.checks},
        )
        self._slow = set[str]()
        self._found = Counter[str]()
        self._of_group = defaultdict[str, set[str]](set)

    def story(self, failure: Failure) -> str | None:
        """Give a mutant's story, an empty text where it resembles none, or None where there was no time to tell."""
        for mutant in self._candidates(failure):
            started = time.monotonic()
            if failure.check in self._slow or started > self._until:
                return None
            overlay = replace(mutant, checks=(self._checks[failure.check],))
            verdicts = rehearse(self._week, overlay, group=failure.group, secret=secret_of(self._course.root))
            if time.monotonic() - started > SLOW:
                self._slow.add(failure.check)
            if any(verdict.check == failure.check and verdict.detail == failure.detail for verdict in verdicts):
                self._found[mutant.story] += 1
                self._of_group[failure.group].add(mutant.story)
                return mutant.story
        return ""

    def _candidates(self, failure: Failure) -> list[Overlay]:
        if failure.check not in self._checks:
            return []  # a report from before the check was renamed
        known = self._of_group[failure.group]
        names = [({check.name for check in mutant.checks}, mutant) for mutant in self._mutants]
        own = [mutant for checks, mutant in names if failure.check in checks or mutant.story in known]
        return sorted(own, key=lambda mutant: (mutant.story not in known, -self._found[mutant.story]))


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
class SheetAnswers:
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
                found[verdict.check, alike(assignment, verdict, like)].append((report.group, verdict, like))
    wrong = [_wrong(assignment, cases) for cases in found.values()]
    return tuple(sorted(wrong, key=lambda item: (-len(item.groups), item.number, item.sentence)))


def alike(assignment: Assignment, verdict: Verdict, like: str) -> str:
    """Give what a wrong answer has in common with those that are the same: its mutant, its answer, or its words."""
    return _given(verdict.detail) if _on_sheet(assignment, verdict) else like or _NUMBER.sub("#", verdict.detail)


def is_unwritten(verdict: Verdict) -> bool:
    """Whether a check met a stub as it was released, or an empty field."""
    if verdict.outcome is not Outcome.FAILED:
        return False
    is_stub = verdict.cause == "Raised" and "NotImplementedError" in verdict.detail
    return is_stub or verdict.detail.startswith("No answer was given")


def _wrong(assignment: Assignment, cases: Sequence[tuple[str, Verdict, str]]) -> Wrong:
    _, verdict, like = cases[0]
    question = assignment.question(verdict.exercise)
    groups = tuple(group for group, _, _ in cases)
    return Wrong(question.number, question.title, verdict.sentence, verdict.detail, like, groups)


def sheet_answers(assignment: Assignment, reports: Sequence[Report]) -> tuple[SheetAnswers, ...]:
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
        SheetAnswers(questions[exercise].number, questions[exercise].title, check, _ranked(answers))
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
    told = answer_in(detail)
    return told.answer if told else _NUMBER.sub("#", detail) or "no word"


def _on_sheet(assignment: Assignment, verdict: Verdict) -> bool:
    return assignment.question(verdict.exercise).kind not in (Kind.CODE, Kind.FIGURE)


def _counts(verdict: Verdict) -> bool:
    return verdict.cause != NO_NOTEBOOK
