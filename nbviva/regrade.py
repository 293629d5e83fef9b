"""Regrade a week: today's checks against the transcripts, so that a mistake of ours is put right without any kernel.

A hand-in's kernel is started again only where its transcript cannot answer. Nothing is written before `apply`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nbviva import pool
from nbviva.batch import libraries
from nbviva.course import Course, Refused
from nbviva.grade import Graded, Submission, grade
from nbviva.lock import only_one
from nbviva.outputs import plain
from nbviva.paper import signed
from nbviva.record import record
from nbviva.replay import NotAsked
from nbviva.reports import stored_report
from nbviva.room import Room
from nbviva.sandbox import refusal
from nbviva.store import save, stored_transcript, submission
from nbviva.verdict import Mark, Report, Verdict

_A_WORKER = 4  # hand-ins: fewer are done sooner by one process than by two


@dataclass(frozen=True)
class Change:
    """A question whose mark is another one.

    Attributes
    ----------
    before, after
        The points; None where a person has to decide, or where there was no report.
    why
        Sentences: the old and the new verdict of each check that ended differently.
    """

    question: str
    title: str
    before: float | None
    after: float | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class Regraded:
    """What regrading found about one hand-in.

    Attributes
    ----------
    again
        Why its kernel had to be started again; empty where the transcript answered everything.
    found
        All that is to be stored; None once that is done, or where it is not wanted.
    """

    group: str
    before: Report | None
    after: Report
    again: str = ""
    found: Graded | None = None

    @property
    def gain(self) -> float:
        """Points gained, with the extra ones; negative if lost."""
        before = self.before.points + self.before.extra_points if self.before else 0.0
        return self.after.points + self.after.extra_points - before

    @property
    def is_new(self) -> bool:
        """Whether anything in the report is another than before, if only a word."""
        return self.before is None or replace(self.before, digest="") != replace(self.after, digest="")

    @property
    def changes(self) -> tuple[Change, ...]:
        """The questions with another mark."""
        return tuple(_changes(self.before, self.after))


def regrade(
    course: Course, week: str, groups: Sequence[str], room: Room | None = None, workers: int = 1
) -> Iterator[Regraded]:
    """Grade each group's hand-in by today's checks, from its transcript wherever that can answer; as they are done.

    Parameters
    ----------
    workers
        The most processes that do it; one process starts sooner for few hand-ins.

    Raises
    ------
    Refused
        If a kernel is needed and cannot be started.
    """
    jobs = [(group, course.root, week, room) for group in groups]
    number = min(workers, len(jobs) // _A_WORKER)
    if number < 2:
        yield from (_regraded(*job) for job in jobs)
        return
    pool.prepare(libraries(course, week))
    for finished in pool.run(_regraded, jobs, number):
        if finished.deaths >= pool.DEATHS_MOST:
            raise Refused(f"The process that regraded {finished.job} was ended twice from outside: run it again.")
        if finished.error is not None:
            raise finished.error
        yield finished.value


def _regraded(group: str, root: Path, week: str, room: Room | None) -> Regraded:
    course = Course(root)
    folder, item = course.report(week, group), submission(course, week, group, room)
    before, again = stored_report(folder), ""
    try:
        found = grade(item, stored_transcript(folder))
    except NotAsked as why:
        found, again = _fresh(item), str(why)
    return Regraded(group, before, found.report, again, found)


def _fresh(item: Submission) -> Graded:
    if item.room.sandboxed and (sentence := refusal()):
        raise Refused(sentence)
    found = grade(item)
    if not found.report.digest:  # no kernel, which is our fault
        raise Refused(found.report.verdicts[0].detail)
    return found


def apply(course: Course, week: str, found: Iterable[Regraded]) -> tuple[Regraded, ...]:
    """Replace each report as soon as it is found, then record those that changed in the gradebook; manual marks stay.

    Who has to be recorded is noted before that, so that the next call makes up for one that was interrupted.
    """
    pending = course.root / ".nbviva" / f"regraded-{week}.jsonl"
    pending.parent.mkdir(exist_ok=True)
    with only_one(course):
        done = tuple(_saved(course, week, item, pending) for item in found)
    record(course, week, sorted(group for group in _noted(pending) if stored_report(course.report(week, group))))
    pending.unlink(missing_ok=True)
    return done


def _saved(course: Course, week: str, item: Regraded, pending: Path) -> Regraded:
    folder = course.report(week, item.group)
    if item.is_new:
        with pending.open("a", encoding="utf-8") as file:
            file.write(json.dumps(item.group) + "\n")
    if item.found is not None:
        save(folder, item.found)
        signed(course.submitted(week, item.group), folder, course.assignment(week))
    return replace(item, found=None)


def _noted(pending: Path) -> set[str]:
    try:
        return {str(json.loads(line)) for line in pending.read_text("utf-8").splitlines()}
    except (FileNotFoundError, ValueError):
        return set()


def lines(found: Sequence[Regraded]) -> Iterator[tuple[str, str]]:
    """Give what was found as lines for a terminal, each with its style: who gains and loses what, and why."""
    for item in found:
        if item.changes or item.again:
            style = "green" if item.gain > 0 else "red" if item.gain < 0 else ""
            yield f"bold {style}", f"{item.group}: {item.gain:+g} points"
        if item.again:
            yield "yellow", f"  run again: {item.again}"
        for change in item.changes:
            yield "", f"  {change.title}: {_points(change.before)} -> {_points(change.after)}"
            yield from (("", f"    {plain(why)}") for why in change.why)
    gain, lose = (sum(item.gain * sign > 0 for item in found) for sign in (1, -1))
    words = sum(item.is_new and not item.changes for item in found)
    again = sum(bool(item.again) for item in found)
    yield (
        "bold",
        f"{len(found)} hand-ins: {gain} gain, {lose} lose, {words} get other words only, {again} were run again",
    )


def summary(item: Regraded) -> dict[str, Any]:
    """Give what was found about one hand-in as plain data."""
    before = item.before
    return {
        "group": item.group,
        "points": {"before": before.points if before else None, "after": item.after.points},
        "extra_points": {"before": before.extra_points if before else None, "after": item.after.extra_points},
        "gain": item.gain,
        "new": item.is_new,
        "run_again": item.again,
        "needs_person": item.after.needs_person,
        "changes": [asdict(change) for change in item.changes],
    }


def _points(points: float | None) -> str:
    return "none" if points is None else f"{points:g}"


def _changes(before: Report | None, after: Report) -> Iterator[Change]:
    old = {mark.question: mark for mark in before.marks} if before else {}
    for mark in after.marks:
        was = old.get(mark.question)
        if was is None or (was.points, was.maximum, was.outcome) != (mark.points, mark.maximum, mark.outcome):
            why = tuple(_reasons(before, after, was, mark))
            yield Change(mark.question, f"{mark.number} {mark.title}", was.points if was else None, mark.points, why)


def _reasons(before: Report | None, after: Report, was: Mark | None, mark: Mark) -> Iterator[str]:
    if was is not None and was.maximum != mark.maximum:
        yield f"The question has {mark.maximum:g} points, it had {was.maximum:g}."
    old = {verdict.check: verdict for verdict in before.verdicts} if before else {}
    for verdict in after.verdicts:
        earlier = old.pop(verdict.check, None)
        if verdict.exercise == mark.question and (earlier is None or earlier.outcome is not verdict.outcome):
            told = _told(earlier) if earlier else "It was not checked before."
            yield f"{verdict.sentence} Before: {told} Now: {_told(verdict)}"
    for verdict in old.values():
        if verdict.exercise == mark.question:
            yield f"{verdict.sentence} Before: {_told(verdict)} It is not checked any more."


def _told(verdict: Verdict) -> str:
    return f"{verdict.outcome}{f', {verdict.detail}' if verdict.detail else '.'}"
