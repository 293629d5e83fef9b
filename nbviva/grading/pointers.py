"""Name the mistake: words that a week's author marked on a mutant, for a group whose wrong answers are the very same.

A transcript holds what a check asked and what was answered. The mutant is asked the same in this process, and so is the
week's own solution: where these two differ, an answer tells which of them it is. Several answers have to be the
mutant's, none the solution's, and no mutant with other words may fit as well; else nothing is told. No code of a
student's runs. The words are told once the week's last extension is over, and only with the report that they are about.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nbviva.course import Course
from nbviva.files import digest, write
from nbviva.grading.rehearsal import Instead, rehearsals
from nbviva.grading.reports import lasting, readable_report, readable_transcript
from nbviva.grading.verdict import Outcome, Report
from nbviva.inside import Frames, Unreadable, decode
from nbviva.kernel.student import NoAnswer, Transport, listen
from nbviva.kernel.transcript import BrokenTranscript, Transcript
from nbviva.records import kept, to_json
from nbviva.secret import secret_of
from nbviva.week.compare import Mismatch, as_numbers
from nbviva.week.declare import Overlay
from nbviva.week.spec import Assignment
from nbviva.week.week import Week

FILE = "pointers.json"
LEAST = 2  # answers that are the mutant's
SECONDS = 120.0  # for all groups of a week; who is left is looked at by the next call
SLOW = 5.0  # a check that takes a mutant longer is left out
CLOSE = 1e-3
MOST_TEXT = 300
Numbers = np.ndarray | None


def told(course: Course, assignment: Assignment, group: str) -> Mapping[str, str]:
    """Give the words that a group may read now, by the check that they stand beside."""
    folder = course.report(assignment.week, group)
    kept = _kept(folder)
    return kept if kept and course.is_over(assignment) else {}


@dataclass(frozen=True)
class Pointed:
    """What is kept beside a report: its digest, and the words by check."""

    report: str
    told: dict[str, str]


def look(course: Course, name: str, seconds: float = SECONDS) -> tuple[str, ...]:
    """Look for each group's mistakes once the week is over, and keep what is found beside its report.

    Gives the groups for which something else is kept than before.
    """
    if not course.is_over(course.assignment(name)):
        return ()
    week, until, changed = course.week(name), time.monotonic() + seconds, []
    bench = _AskedAlike(course, week)
    for group in course.groups(name):
        folder = course.report(name, group)
        report, before = readable_report(folder), _kept(folder)
        if report is None or before is not None or time.monotonic() > until:
            continue
        found = {name: words for name in _failed(report) if (words := bench.words(group, folder, name))}
        write(folder / FILE, to_json(Pointed(_digest(folder), found)))
        changed += [group] * bool(found)
    return tuple(changed)


def _failed(report: Report) -> Iterator[str]:
    return (v.check for v in report.verdicts if v.outcome is Outcome.FAILED and not v.cause)


def _kept(folder: Path) -> Mapping[str, str] | None:
    """Read what was kept with the report as it is now; None where nothing was."""
    found = kept(Pointed, folder / FILE)
    if found is None or found.report != _digest(folder):
        return None
    return {check: words[:MOST_TEXT] for check, words in found.told.items()}


def _digest(folder: Path) -> str:
    path = folder / "report.json"
    return digest(lasting(path.read_bytes()) if path.is_file() else None)


class _AskedAlike:
    """Asks mutants, and the week's own solution, what groups were asked."""

    def __init__(self, course: Course, week: Week) -> None:
        self._course, self._week, self._slow = course, week, set[str]()
        self._mutants = [mutant for mutant in week.overlays("mutants").values() if mutant.tell]
        self._checks = {check.name: check for check in week.checks}
        self._rehearsal = cache(
            lambda check, mutant: rehearsals(week, [self._checks[check]], Instead(overlay=mutant))[0]
        )

    def words(self, group: str, folder: Path, check: str) -> str:
        """Give the words on the one mutant that a group's answers to a check are those of; or none."""
        mutants = [mutant for mutant in self._mutants if check in {item.name for item in mutant.checks}]
        given = list(_answers(folder, check)) if mutants and check in self._checks else []
        if len(given) < LEAST:
            return ""
        own = self._asked(check, None, group)
        fits = {m.tell for m in mutants if own and is_mutants(given, self._asked(check, m, group), own)}
        return fits.pop() if len(fits) == 1 else ""

    def _asked(self, check: str, overlay: Overlay | None, group: str) -> list[Numbers]:
        """Let a check ask all its questions of a mutant or the solution; nothing where that takes long."""
        if check in self._slow:
            return []
        began, heard = time.monotonic(), list[Numbers]()

        def hear(transport: Transport, asker: str, frames: Frames, seconds: float) -> Frames:
            try:
                answer = transport(frames, seconds)
            except NoAnswer:
                heard.extend([None] * (asker == check))
                raise
            heard.extend([_numbers(answer)] * (asker == check))
            return answer

        rehearsal = self._rehearsal(check, overlay)
        with contextlib.redirect_stdout(io.StringIO()):
            asked = rehearsal.examination(secret_of(self._course.root), group)
            before = rehearsal.student._transport  # noqa: SLF001 - the notebook stays; what listens goes
            listen(rehearsal.student, hear)
            asked.ask_on(self._checks[check])
            rehearsal.student._transport = before  # noqa: SLF001
        if time.monotonic() - began > SLOW:
            self._slow.add(check)
        return heard


def _answers(folder: Path, check: str) -> Iterator[Numbers]:
    """Give what a group answered to a check, question by question; None for what is no number."""
    try:
        read = Transcript.all_from_bytes(readable_transcript(folder))
    except BrokenTranscript:
        return
    for exchange in (exchange for one in read for exchange in one.exchanges):
        if exchange.asker == check:
            yield _numbers(exchange.answer) if exchange.answer else None


def _numbers(answer: Frames) -> Numbers:
    try:
        status, *value = decode(answer, exact=True)
        return as_numbers(value[0]) if status == "ok" else None
    except (Unreadable, Mismatch, ValueError, TypeError, IndexError):
        return None


def is_mutants(given: Sequence[Numbers], mutants: Sequence[Numbers], own: Sequence[Numbers]) -> bool:
    """Whether answers are a mutant's: several where it differs from the solution, and none of them the solution's."""
    telling = [
        (answer, wrong, right)
        for answer, wrong, right in zip(given, mutants, own, strict=False)
        if wrong is not None and right is not None and not _same(wrong, right)
    ]
    agree = sum(_same(answer, wrong) for answer, wrong, _ in telling)
    return agree >= LEAST and not any(_same(answer, right) for answer, _, right in telling)


def _same(one: Numbers, other: Numbers) -> bool:
    if one is None or other is None or one.shape != other.shape:
        return False
    scale = float(np.abs(other).max(initial=0.0))
    return bool(np.allclose(one, other, rtol=CLOSE, atol=1e-6 * scale, equal_nan=True))
