"""A question as its group reads it: its mark, and of each check what was required, answered, found, and is next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from nbviva.feedback.advice import next_step
from nbviva.feedback.html import escaped, outcome, with_code
from nbviva.grading.verdict import Mark, Outcome, Verdict
from nbviva.handin.sheet import AnswerGiven, answer_in
from nbviva.naming import question_of
from nbviva.week.question import Question

_PLACES = re.compile(
    r"(?P<before>&#x27;)(?P<name>[\w./ -]{1,80})(?=&#x27;)|(?P<word>\b[Qq]uestion )(?P<number>[\w.]*\w)"
)


@dataclass(frozen=True)
class ShownQuestion:
    """A question as it is marked now.

    Attributes
    ----------
    mark
        The mark that counts: the gradebook's.
    automatic
        The examiner's points where a person decided otherwise; else None.
    manual
        Whether a person gave the mark.
    comments
        What persons wrote about it.
    pointers
        Words on the mistake, by the check that they stand beside.
    asked
        The question as the week has it, where that is known.
    """

    mark: Mark
    verdicts: tuple[Verdict, ...] = ()
    automatic: float | None = None
    manual: bool = False
    comments: tuple[str, ...] = ()
    pointers: tuple[tuple[str, str], ...] = ()
    asked: Question | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something to look at: points are missing, a person decides, or somebody wrote a word."""
        mark = self.mark
        if self.comments or mark.points is None:
            return True
        return mark.points < mark.maximum if self.manual else mark.outcome is not Outcome.PASSED

    @property
    def waits(self) -> bool:
        """Whether it has no mark yet."""
        return self.mark.points is None


@dataclass(frozen=True)
class ShownCheck:
    """What is told of a check: how it ended, the claim it passed, or rows on why it did not; all of it HTML."""

    outcome: Markup
    claim: Markup
    rows: tuple[tuple[str, Markup], ...]


def shown_checks(question: ShownQuestion) -> tuple[ShownCheck, ...]:
    """Give what is told of a question's checks, those that did not pass first."""
    ordered = sorted(question.verdicts, key=lambda verdict: verdict.outcome is Outcome.PASSED)
    return tuple(_check(question, verdict) for verdict in ordered)


def _check(question: ShownQuestion, verdict: Verdict) -> ShownCheck:
    passed = verdict.outcome is Outcome.PASSED
    rows = tuple((label, _html(text)) for label, text in _rows(question, verdict) if text)
    claim = _html(verdict.sentence) if passed else Markup("")
    return ShownCheck(Markup(outcome(verdict.outcome)), claim, rows)  # noqa: S704 - our own words


def _rows(question: ShownQuestion, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Give label and text of each row; of a check that passed no more than what it measured."""
    asked, told = question.asked, answer_in(verdict.detail)
    passed = verdict.outcome is Outcome.PASSED
    if not passed:
        yield "Required", verdict.sentence
    yield from _answered(told, asked) if told else [("Measured" if passed else "Found", verdict.detail)]
    if not passed:
        yield "Bounds", _bounds(verdict)
        yield "It behaves like", dict(question.pointers).get(verdict.check, "")
        is_adopted = asked is not None and asked.state is not None
        yield "What next", next_step(verdict, asked.kind if asked else None, is_adopted=is_adopted)


def _answered(told: AnswerGiven, asked: Question | None) -> Iterator[tuple[str, str]]:
    labels = dict(asked.options) if asked else {}
    words = [labels.get(word, word) for word in told.answer.split(", ")]
    yield "Your answer", ", ".join(words) if all(word in labels for word in told.answer.split(", ")) else told.answer
    yield "Accepted", f"what is at most {told.bound} away from the right value" if told.bound else ""
    yield "Found", told.rest


def _bounds(verdict: Verdict) -> str:
    """Say what was measured beside what it is held against; points of a curve stand in its plot."""
    values = [value for value in verdict.values if value.bound is not None and "[" not in value.name]
    return "; ".join(f"{v.name.replace('_', ' ')} {v.number:.4g}, bound {v.bound:.4g}" for v in values)


def _html(text: str) -> Markup:
    return Markup(with_code(text))  # noqa: S704 - it escapes


def linked(text: str, questions: tuple[ShownQuestion, ...]) -> Markup:
    """Give a note as HTML in which the names of questions and of their cells, and "question 1.2", lead to them."""
    places = {question.mark.number: question.mark.question for question in reversed(questions)}
    names = {question.mark.question for question in questions}

    def link(found: re.Match[str]) -> str:
        name = found["name"] or ""
        words = name or found["number"]
        target = places.get(words) if not name else name if name in names else question_of(name)
        if target not in names:
            return found[0]
        return f'{found["before"] or found["word"]}<a href="#question-{target}">{words}</a>'

    return Markup(_PLACES.sub(link, escaped(text)))  # noqa: S704 - escaped first
