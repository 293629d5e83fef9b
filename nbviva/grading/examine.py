"""`examine`: run all checks of a week on one hand-in, each after those that it needs.

What a check notes in the fixture `findings` stays with its verdict, however it ends; what a shared fixture noted goes
to each check that used it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from traceback import clear_frames
from typing import Any

from nbviva.grading.verdict import Outcome, Verdict
from nbviva.kernel.student import QUESTION_SECONDS, NoAnswer, Student, viva
from nbviva.week.compare import ForPerson, Mismatch, asking_on
from nbviva.week.declare import Check
from nbviva.week.draws import Draw
from nbviva.week.findings import Findings
from nbviva.week.week import Week


class Examination:
    """The fixtures of one hand-in's examination: given ones (`student`, `sheet`, ...) and the week's own, made once.

    Parameters
    ----------
    reach
        Called with the question of each check before it is asked: a rehearsal runs its notebook so far.
    """

    def __init__(
        self,
        week: Week,
        student: Student,
        draw: Draw,
        given: Mapping[str, Any],
        reach: Callable[[str], None] | None = None,
    ) -> None:
        self.week, self.student, self.draw, self._reach = week, student, draw, reach
        self._given = {"student": student, **given}
        self._made: dict[str, Any] = {}
        self._noted: dict[str, Findings] = {}
        self._stage = ""

    def fixture(self, name: str) -> Any:
        """Make a fixture of the week's, or give it again; what it raised is raised again."""
        if name not in self._made:
            item = self.week.fixtures[name]
            self._made[name] = _attempt(lambda: self._call(item.function, name, item.seconds))
        return self._made[name].give()

    def names(self, name: str) -> Mapping[str, object]:
        """Give the variables that a stand-in sets; none where it failed, which the checks that use it will say."""
        attempt = _attempt(lambda: self.fixture(name))
        return {} if attempt.error else dict(getattr(attempt.value, "names", {}))

    def verdict(self, item: Check, before: Mapping[Check, Outcome]) -> Verdict:
        """Run one check, knowing how those before it ended, and add what was noted."""
        verdict = self._judge(item, before)
        if verdict.outcome is Outcome.SKIPPED:
            return verdict
        used = self.week.fixtures_of(item)
        names = [*(name for name in self.week.fixtures if name in used), item.name]
        noted = [self._noted[name] for name in names if name in self._noted]
        values = tuple(value for found in noted for value in found.values)
        plots = tuple(plot for found in noted for plot in found.plots)
        doubts = tuple(doubt for found in noted for doubt in found.doubts)
        credit = next((found.credit for found in noted if found.credit is not None), None)
        return replace(verdict, values=values, plots=plots, doubts=doubts, credit=credit)

    def _judge(self, item: Check, before: Mapping[Check, Outcome]) -> Verdict:
        missing = next((need for need in item.needs if before.get(need) is not Outcome.PASSED), None)
        if missing is not None:
            return _verdict(item, Outcome.SKIPPED, f"Not asked, since this did not hold: {missing.sentence}")
        attempt = self._ask(item)
        error = attempt.error
        if error is None:
            return _verdict(item, Outcome.PASSED, attempt.value or "")
        if isinstance(error, NoAnswer):
            return _verdict(item, Outcome.FAILED, f"No answer: {error}", type(error).__name__)
        if isinstance(error, Mismatch):
            return _verdict(item, Outcome.FAILED, str(error))
        if isinstance(error, ForPerson):
            return _verdict(item, Outcome.PERSON, str(error))
        return _verdict(item, Outcome.ERROR, f"The check itself failed{_place(error)}: {error}", type(error).__name__)

    def ask_on(self, item: Check) -> None:
        """Let a check ask what it was not asked for, or had no reason to go on asking; its verdict stands."""
        with asking_on():
            self._ask(item)

    def _ask(self, item: Check) -> _Attempt:
        self._stage = item.exercise
        if self._reach:
            self._reach(item.exercise)
        return _attempt(lambda: self._call(item.function, item.name, item.seconds))

    def _call(self, function: Callable[..., Any], name: str, limit: float | None) -> Any:
        values = [self._argument(parameter, name) for parameter in inspect.signature(function).parameters]
        seconds = limit or self.week.assignment.limits.question or QUESTION_SECONDS
        with viva(self.student, self.draw(f"{name}/seeds"), seconds, name, self._stage):
            return function(*values)

    def _argument(self, parameter: str, name: str) -> Any:
        if parameter == "rng":
            return self.draw(name)
        if parameter == "findings":
            return self._noted.setdefault(name, Findings())
        return self._given[parameter] if parameter in self._given else self.fixture(parameter)


def examine(examination: Examination, last: str = "") -> tuple[Verdict, ...]:
    """Run all checks of the week, each after those that it needs, and give their verdicts in the week's order.

    Parameters
    ----------
    last
        As of `put_last`: these come after all others.
    """
    week, later = examination.week, put_last(examination.week, last)
    verdicts = dict(one_by_one(examination, sorted(week.checks, key=later.__contains__)))
    return tuple(verdicts[item] for item in week.checks)


def one_by_one(examination: Examination, checks: Iterable[Check]) -> Iterator[tuple[Check, Verdict]]:
    """Run these checks in their order, each after those that it needs; give each once, with its verdict."""
    outcomes: dict[Check, Outcome] = {}
    for item in (each for check in checks for each in _needs_first(check)):
        if item not in outcomes:
            verdict = examination.verdict(item, outcomes)
            outcomes[item] = verdict.outcome
            yield item, verdict


def _needs_first(item: Check) -> Iterator[Check]:
    for need in item.needs:
        yield from _needs_first(need)
    yield item


def put_last(week: Week, last: str) -> frozenset[Check]:
    """Give the checks that ask for a check, fixture or question, or need one that does; none for an empty name."""
    return _put_last(_askers(week), last) if last else frozenset()


def asks_last(week: Week, last: str, asker: str) -> bool:
    """Whether a check or fixture asks on behalf of those alone that were put last."""
    askers = _askers(week)
    later = _put_last(askers, last) if last else frozenset()
    others = (names for item, names in askers.items() if item not in later)
    return any(asker in askers[item] for item in later) and not any(asker in names for names in others)


def _askers(week: Week) -> dict[Check, frozenset[str]]:
    """Give the names on whose behalf each check asks: its own, and those of its fixtures."""
    return {item: frozenset((item.name, *week.fixtures_of(item))) for item in week.checks}


def _put_last(askers: Mapping[Check, frozenset[str]], last: str) -> frozenset[Check]:
    found = {item for item, names in askers.items() if last in (item.exercise, *names)}
    while more := {item for item in askers if item not in found and found.intersection(item.needs)}:
        found |= more
    return frozenset(found)


def unasked(examination: Examination, verdicts: Sequence[Verdict]) -> Iterator[Callable[[], None]]:
    """Give a call for each check that did not ask all its questions: it was skipped, or an answer did not match.

    So a transcript can answer, too, what these checks ask once a mistake in them, or in one before them, is mended.
    """
    for item, verdict in zip(examination.week.checks, verdicts, strict=True):
        if verdict.outcome is Outcome.SKIPPED or (verdict.outcome is Outcome.FAILED and not verdict.cause):
            yield partial(examination.ask_on, item)


@dataclass(frozen=True)
class _Attempt:
    """What a call gave, or what it raised."""

    value: Any = None
    error: Exception | None = None

    def give(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


def _attempt(call: Callable[[], Any]) -> _Attempt:
    try:
        return _Attempt(call())
    except Exception as error:  # noqa: BLE001 - a fault of ours must cost one question only, and be seen in its verdict
        clear_frames(error.__traceback__)  # the answers in their variables: up to 256 MB each
        return _Attempt(error=error)


def _verdict(item: Check, outcome: Outcome, detail: str, cause: str = "") -> Verdict:
    return Verdict(item.name, item.exercise, outcome, item.sentence, detail, cause)


def _place(error: BaseException) -> str:
    trace = inspect.getinnerframes(error.__traceback__) if error.__traceback__ else []
    return f" ({Path(trace[-1].filename).name}, line {trace[-1].lineno})" if trace else ""
