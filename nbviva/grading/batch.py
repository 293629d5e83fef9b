"""Many hand-ins: those without a fresh report are graded by workers, here or on a cluster; killed, it resumes.

Those with a transcript are marked from that first, which takes a fiftieth: a kernel is started where it cannot answer.

A worker grades one hand-in and stores its report, whole or not at all; nothing else is kept about a batch. So whatever
ends it and whenever, the next call finds what is done by the reports' digests and goes on with the rest.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbviva.course import Course
from nbviva.errors import DiskFull, Refused, SandboxUnavailable
from nbviva.grading.digest import Shared
from nbviva.grading.options import BatchOptions, workers_that_fit
from nbviva.grading.progress import (
    Mailbox,
    Progress,
    SaidOfAll,
    Show,
    Standing,
    teller,
    unseen,
)
from nbviva.grading.reports import allowed, fresh_groups, is_spoilt, shared
from nbviva.kernel.room import Room
from nbviva.listing import shown
from nbviva.lock import only_one
from nbviva.sandbox import scratch

if TYPE_CHECKING:
    from nbviva.grading.runs import Turn
    from nbviva.processes.job import Finished

A_CLASS = (
    5  # hand-ins: so many with a report, and no report fresh, means that something changed which all have in common
)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

Runner = Callable[[Sequence[str], Callable[[], None]], Generator["Finished", None, None]]


@dataclass(frozen=True)
class Batch:
    """What a batch did: the groups by what became of them, and a sentence for each fault of ours.

    Attributes
    ----------
    replayed
        Marked from their transcripts.
    """

    fresh: tuple[str, ...]
    graded: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    replayed: tuple[str, ...] = ()


def grade_batch(
    course: Course, week: str, groups: Sequence[str], options: BatchOptions, show: Show = unseen,
    runner: Runner | None = None, agree: Callable[[int], None] = lambda _: None,
) -> Batch:  # fmt: skip
    """Grade the groups whose report is not fresh; every report is on disk when this returns.

    Parameters
    ----------
    runner
        Grades elsewhere; None: worker processes on this machine.
    agree
        Called with their number before kernels run for a whole class that has reports; raises where nobody wants that.

    Raises
    ------
    Busy
        If another batch runs on this course.
    DiskFull
        If a report could not be stored.
    Refused
        If something is to be graded here, and there is no sandbox.
    """
    scratch.sweep()
    common = shared(course, week, options.room)
    fresh = set() if options.again else fresh_groups(course, week, groups, common)
    due = [group for group in groups if group not in fresh]
    if not due:  # what finds nothing to do writes nothing in the course, and waits for nobody
        with Progress(Standing(len(groups), len(fresh)), show):
            return Batch(tuple(groups), (), ())
    with only_one(course), ExitStack() as ending, Mailbox() as listener:
        ending.callback(scratch.sweep)  # what workers left that were killed
        _say_spoilt(course, week, due, show)
        stands = ending.enter_context(Progress(Standing(len(groups), len(fresh)), show))
        tick = partial(stands.tick, listener)
        left = due if options.again else _unanswered(course, week, due, options, common, stands, tick)
        _ask(course, week, [] if options.again else left, stands, agree)
        run = runner or _here(course, week, options, common, listener.address, lambda text: show(SaidOfAll(text)))
        faults = _settled(course, week, run(left, tick), stands) if left else {}
    replayed = tuple(group for group in due if group not in left)
    return Batch(tuple(group for group in groups if group in fresh), tuple(left), tuple(faults.items()), replayed)


def _settled(
    course: Course, week: str, running: Generator[Finished, None, None], stands: Progress
) -> dict[str, str]:  # fmt: skip
    """Settle what comes from the workers, as it comes; give a sentence for each fault of ours, by group."""
    faults: dict[str, str] = {}
    with closing(running) as all_finished:
        for finished in all_finished:
            sentence = _settle(course, week, finished)
            faults |= {finished.job: sentence} if sentence else {}
            stands.finished(finished.job, sentence)
    return faults


def _say_spoilt(course: Course, week: str, groups: Sequence[str], show: Show) -> None:
    for group in groups:
        if is_spoilt(course.report(week, group)):
            said = "its report is not as it was written, and is not believed: graded anew."
            show(SaidOfAll(f"{shown(group)}: {said}"))


def _ask(course: Course, week: str, left: list[str], stands: Progress, agree: Callable[[int], None]) -> None:
    """Have a person agree where what has to be run is a class that has reports, of which none is fresh."""
    graded = sum((course.report(week, group) / "report.json").is_file() for group in left)  # by older ones, too
    if not stands.now.fresh and graded >= A_CLASS and 2 * graded > stands.now.total:
        stands.ask()
        agree(graded)


def _unanswered(
    course: Course, week: str, groups: list[str], options: BatchOptions, common: Shared, stands: Progress,
    tick: Callable[[], None],
) -> list[str]:  # fmt: skip
    """Mark hand-ins from their transcripts, and give those for which that did not go; no kernel is started.

    Whatever goes wrong with one, also with its process, is no more than a reason to run it.
    """
    with_one = [group for group in groups if (course.report(week, group) / "transcript").is_file()]
    if not with_one:
        return groups
    from nbviva.processes import workers

    workers.prepare(libraries(course, week))
    jobs = [(group, course.root, week, common) for group in with_one]
    number, answered = min(workers_that_fit(options), len(jobs)), set[str]()
    with closing(workers.run(mark_one_again, jobs, number, tick)) as all_finished:
        for finished in all_finished:
            if finished.error is None and not finished.value:
                answered.add(finished.job)
                stands.answered(finished.job)
    return [group for group in groups if group not in answered]


def mark_one_again(group: str, root: Path, week: str, common: Shared) -> str:
    """Mark one hand-in from its transcript and store its report; else say why not. What a worker process does."""
    from nbviva.grading import stored
    from nbviva.kernel.recording import NotAsked

    course = Course(root)
    try:
        stored.mark_again(stored.one_of(course, week, group, common), course.report(week, group))
    except NotAsked as why:
        return str(why)
    return ""


def _settle(course: Course, week: str, finished: Finished) -> str:
    """Give a hand-in that no worker could grade a report that leaves it to a person; say why, or nothing."""
    error = finished.error
    if error is None:
        return ""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        raise DiskFull("Nothing more can be stored: make room on the disk, then run the same command again.") from error
    from nbviva.grading import stored

    sentence = finished.why("graded")
    stored.leave_to_a_person(course, week, finished.job, sentence)
    return sentence


def _here(
    course: Course, week: str, options: BatchOptions, common: Shared, address: str, say: Callable[[str], None]
) -> Runner:  # fmt: skip
    """Give a runner that grades in worker processes on this machine, with kernels forked from one template."""

    def run(groups: Sequence[str], tick: Callable[[], None]) -> Generator[Finished, None, None]:
        if not groups:
            return
        from nbviva.grading.runs import TooBusy, Turn
        from nbviva.kernel.sitting import RunEnd
        from nbviva.processes import workers
        from nbviva.sandbox.backends import backend

        if options.room.sandboxed and (sentence := backend(options.room.backend).refusal()):
            raise Refused(sentence)
        needed = replace(options, room=allowed(options.room, course.assignment(week).limits)[0])
        most = min(workers_that_fit(needed), len(groups))
        workers.prepare(libraries(course, week))  # while the template, too, imports
        with warmed(course, week, options.room, say) if len(groups) > 1 else nullcontext(options.room) as room:
            about = (course.root, week, replace(common, room=room), address, time.time())
            jobs = [(group, *about) for group in groups]
            busy = list[tuple[Any, ...]]()
            for finished in workers.run(grade_one, [(*job, Turn(alone=most == 1)) for job in jobs], most, tick):
                if isinstance(finished.error, TooBusy):
                    busy += [(*job, Turn((RunEnd(starved=True),))) for job in jobs if job[0] == finished.job]
                else:
                    yield finished
            if busy:
                say(f"Run again, alone, since the machine was too busy: {', '.join(job[0] for job in busy)}.")
                yield from workers.run(grade_one, busy, 1, tick)

    return run


def libraries(course: Course, week: str) -> tuple[str, ...]:
    """Give what a worker needs of others before it can grade this week: what is ours here, and what checks import."""
    from nbviva.week.imports import libraries_behind
    from nbviva.week.week import modules_in

    folder = course.folder(week)
    package = f"{folder.parent.name}.{folder.name}"
    checks = [f"{package}.{name}" for name in modules_in(folder, "checks")]
    return "nbviva.grading.stored", *libraries_behind(checks, {package: folder})


@contextmanager
def warmed(course: Course, week: str, room: Room, say: Callable[[str], None]) -> Generator[Room, None, None]:
    """Give the room with a template, where one can be had; else kernels are started cold, and why is said."""
    from nbviva.kernel.outside import PROGRAM
    from nbviva.notebooks import read
    from nbviva.sandbox.backends import backend
    from nbviva.sandbox.fork_server import ForkServer
    from nbviva.week.source import imports_of
    from nbviva.week.spec import CellState

    names = course.assignment(week).notebooks
    sources = [path for name in names if (path := course.source(week) / f"{name}.ipynb").is_file()]
    with ExitStack() as ending:
        if room.sandboxed and backend(room.backend).forks and sources:
            try:
                imported = dict.fromkeys(name for path in sources for name in imports_of(read(path)))
                if any(question.state is CellState.HARDENED for question in course.assignment(week).questions):
                    imported[PROGRAM] = None  # testers are forked from it, too
                limits = allowed(room, course.assignment(week).limits)[0].limits
                template = ending.enter_context(ForkServer(tuple(imported), limits))
                room = replace(room, template=template.address)
            except SandboxUnavailable as error:
                say(f"Kernels are started one by one, without a template: {error}")
        yield room


def grade_one(group: str, root: Path, week: str, common: Shared, address: str, began: float, turn: Turn) -> None:
    """Grade one hand-in and store its report: what a worker process does.

    Parameters
    ----------
    began
        When it was given to the workers, by `time.time()`.
    """
    from nbviva.grading import stored

    course, tell = Course(root), teller(address, group)
    tell("starting")
    turn = replace(turn, waited=round(max(0.0, time.time() - began), 3))
    item = stored.one_of(course, week, group, common)
    stored.grade_anew(replace(item, tell=tell, turn=turn), course.report(week, group))
