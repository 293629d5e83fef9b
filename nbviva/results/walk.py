"""The way through a class, question by question: whose mark is missing first, then one wrong answer after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from nbviva.grading.verdict import NO_NOTEBOOK, Outcome, Report, Verdict
from nbviva.naming import natural_order
from nbviva.results.marks import Marked
from nbviva.results.wrong import Failure, alike, is_unwritten
from nbviva.week.question import Question
from nbviva.week.spec import Assignment

MOST_TEXT = 400  # characters that are told of a hand-in's answer


class StopKind(StrEnum):
    """What a hand-in is to a question, in the order in which a person looks at them."""

    UNMARKED = "no mark yet"
    WRONG = "wrong answer"
    SILENT = "no answer"
    SKIPPED = "not asked"
    BLANK = "nothing was written"
    PASSED = "passed"


@dataclass(frozen=True)
class WalkStop:
    """A hand-in at a question.

    Attributes
    ----------
    told
        What the check found that decided; empty where all passed.
    like
        The story of the mutant that it behaves like.
    cluster, size
        The number of its wrong answer, the most frequent one first, and how many hand-ins gave it; 0 where it is none.
    personal
        Whether what is told may hold words of the hand-in, such as a file's name.
    """

    group: str
    kind: StopKind
    points: float | None
    told: str = ""
    like: str = ""
    cluster: int = 0
    size: int = 0
    personal: bool = False


@dataclass(frozen=True)
class QuestionWalk:
    """All hand-ins at one question, in the order of the way; `notebook` is its own one in a week of several."""

    name: str
    number: str
    title: str
    maximum: float
    stops: tuple[WalkStop, ...]
    notebook: str = ""


def walks(
    assignment: Assignment,
    groups: Sequence[str],
    reports: Mapping[str, Report],
    marks: Mapping[str, Marked],
    likeness: Mapping[Failure, str],
) -> tuple[QuestionWalk, ...]:
    """Give the way through each question, in the sheet's order; hand-ins without a report are on it, too."""
    blank = {group for group, report in reports.items() if is_blank(report)}
    found: list[QuestionWalk] = []
    for i, question in enumerate(assignment.questions):
        given = {group: marked.points[i] for group, marked in marks.items()}
        stops = [
            _stop(assignment, question, group, reports.get(group), given.get(group), likeness, is_blank=group in blank)
            for group in groups
        ]
        part = question.notebook if assignment.parts else ""
        head = (question.name, question.number, question.title, question.points)
        found.append(QuestionWalk(*head, _clustered(stops), part))
    return tuple(found)


def is_blank(report: Report) -> bool:
    """Whether nothing was written in a hand-in: each question met a stub, an empty field, or waits for one that did."""
    deciding = [_deciding(report, mark.question) for mark in report.marks]
    empty = [verdict is not None and is_unwritten(verdict) for verdict in deciding]
    waits = [verdict is not None and verdict.outcome is Outcome.SKIPPED for verdict in deciding]
    return any(empty) and all(map(any, zip(empty, waits, strict=True)))


def blank_groups(reports: Iterable[Report]) -> tuple[str, ...]:
    """Give the groups whose hand-in is blank."""
    return tuple(report.group for report in reports if is_blank(report))


_Key = tuple[WalkStop, str]


def _stop(
    assignment: Assignment, question: Question, group: str, report: Report | None, points: float | None,
    likeness: Mapping[Failure, str], *, is_blank: bool,
) -> _Key:  # fmt: skip
    """Give a hand-in's stop, and what its wrong answer has in common with those alike."""
    if report is None:
        return WalkStop(group, StopKind.UNMARKED, None, "There is no report: it is not graded yet."), ""
    verdict = _deciding(report, question.name)
    told = f"{verdict.sentence} {verdict.detail}".strip()[:MOST_TEXT] if verdict else ""
    doubts = [doubt.sentence for doubt in report.doubts if doubt.concerns(question.name)]
    if points is None and (question.points or verdict is None or verdict.outcome in (Outcome.ERROR, Outcome.PERSON)):
        said = " ".join([*doubts, told])[:MOST_TEXT]
        return WalkStop(group, StopKind.UNMARKED, None, said, personal=bool(doubts)), ""
    if verdict is None:
        return WalkStop(group, StopKind.PASSED, points), ""
    kind = StopKind.BLANK if is_blank else _kind(verdict)
    if kind is not StopKind.WRONG:
        return WalkStop(group, kind, points, told, personal=verdict.cause == NO_NOTEBOOK), ""
    like = likeness.get(Failure(group, verdict.check, verdict.detail), "")
    return WalkStop(group, kind, points, told, like), f"{verdict.check}\0{alike(assignment, verdict, like)}"


def _deciding(report: Report, question: str) -> Verdict | None:
    """Give the verdict by which a question did not pass; None where all did."""
    own = [verdict for verdict in report.verdicts if verdict.exercise == question]
    order = (Outcome.ERROR, Outcome.PERSON, Outcome.FAILED, Outcome.SKIPPED)
    return next((verdict for outcome in order for verdict in own if verdict.outcome is outcome), None)


def _kind(verdict: Verdict) -> StopKind:
    if verdict.outcome is Outcome.SKIPPED:
        return StopKind.SKIPPED
    return StopKind.SILENT if verdict.cause or is_unwritten(verdict) else StopKind.WRONG


def _clustered(stops: Sequence[_Key]) -> tuple[WalkStop, ...]:
    """Number the wrong answers, the most frequent first, and put the hand-ins into the order of the way."""
    sizes = Counter(key for _, key in stops if key)
    ranked = sorted(sizes, key=lambda key: (-sizes[key], key))
    numbers = {key: place for place, key in enumerate(ranked, start=1)}
    numbered = (replace(stop, cluster=numbers[key], size=sizes[key]) if key else stop for stop, key in stops)
    return ordered(numbered)


def ordered(stops: Iterable[WalkStop]) -> tuple[WalkStop, ...]:
    """Give stops in the order of the way; those alike by their group's name."""
    return tuple(sorted(stops, key=_place))


def _place(stop: WalkStop) -> tuple[int, int, object]:
    return list(StopKind).index(stop.kind), stop.cluster, natural_order(stop.group)


def without_personal(walk: QuestionWalk) -> QuestionWalk:
    """Give the way without words that may name somebody, in an order that tells nothing."""

    def said() -> Iterator[WalkStop]:
        for stop in walk.stops:
            yield replace(stop, told="The report has the sentence.", personal=False) if stop.personal else stop

    return replace(walk, stops=ordered(said()))
