"""Regrade a week: today's checks against the transcripts, so that a mistake of ours is put right without any kernel.

A hand-in's kernel is started again only where its transcript cannot answer. Nothing is written before `apply`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbviva.course import Course
from nbviva.errors import Refused
from nbviva.grading.batch import libraries
from nbviva.grading.digest import Shared
from nbviva.grading.grade import grade, ungraded
from nbviva.grading.reports import readable_report, shared, stored_transcript
from nbviva.grading.stored import one_of
from nbviva.grading.submission import Graded, Submission
from nbviva.grading.verdict import Mark, Report, Verdict
from nbviva.kernel.recording import NotAsked
from nbviva.kernel.room import Room
from nbviva.processes import workers as processes
from nbviva.processes.job import Finished
from nbviva.sandbox import scratch
from nbviva.sandbox.backends import backend

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
    scratch.sweep()
    common = shared(course, week, room or Room())
    jobs = [(group, course.root, week, common) for group in groups]
    number = min(workers, len(jobs) // _A_WORKER)
    if number < 2:
        yield from (_regraded(*job) for job in jobs)
        return
    processes.prepare(libraries(course, week))
    for finished in processes.run(_regraded, jobs, number):
        if finished.is_given_up:
            yield _left_to_a_person(finished, course, week, common)
        elif finished.error is not None:
            raise finished.error
        else:
            yield finished.value


def _left_to_a_person(finished: Finished, course: Course, week: str, common: Shared) -> Regraded:
    group, why = finished.job, finished.why("regraded")
    found = ungraded(one_of(course, week, group, common), why)
    return Regraded(group, readable_report(course.report(week, group)), found.report, why, found)


def _regraded(group: str, root: Path, week: str, common: Shared) -> Regraded:
    course = Course(root)
    folder, item = course.report(week, group), one_of(course, week, group, common)
    before, again = readable_report(folder), ""
    try:
        found = grade(item, stored_transcript(folder))
    except NotAsked as why:
        found, again = _run_again(item), str(why)
    return Regraded(group, before, found.report, again, found)


def _run_again(item: Submission) -> Graded:
    if item.room.sandboxed and (sentence := backend(item.room.backend).refusal()):
        raise Refused(sentence)
    found = grade(item)
    if not found.report.digest:  # no kernel, which is our fault
        raise Refused(found.report.verdicts[0].detail)
    return found


def _changes(before: Report | None, after: Report) -> Iterator[Change]:
    old = {mark.question: mark for mark in before.marks} if before else {}
    for mark in after.marks:
        was = old.get(mark.question)
        if was is None or was != replace(mark, number=was.number, title=was.title):
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
