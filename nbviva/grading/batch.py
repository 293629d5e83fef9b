"""Many hand-ins: those without a fresh report are graded by workers, here or on a cluster; killed, it resumes.

A worker grades one hand-in and stores its report, whole or not at all; nothing else is kept about a batch. So whatever
ends it and whenever, the next call finds what is done by the reports' digests and goes on with the rest.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbviva.course import Course, only_one
from nbviva.errors import CourseError, DiskFull, Refused, SandboxUnavailable
from nbviva.grading.progress import (
    Mailbox,
    Progress,
    SaidOfAll,
    Show,
    Standing,
    teller,
    unseen,
)
from nbviva.grading.reports import allowed, fresh_groups, is_spoilt
from nbviva.kernel.room import Room
from nbviva.listing import shown
from nbviva.machine import not_linux
from nbviva.sandbox import scratch
from nbviva.sandbox.limits import GIB

if TYPE_CHECKING:
    from nbviva.processes.job import Finished

EXAMINER_BYTES = 1 * GIB  # a worker's own share beside its kernel's limit: the week's libraries and what answers take
A_CLASS = (
    5  # hand-ins: so many with a report, and no report fresh, means that something changed which all have in common
)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

Runner = Callable[[Sequence[str], Callable[[], None]], Generator["Finished", None, None]]


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is run.

    Attributes
    ----------
    workers
        The most hand-ins at a time.
    memory
        Bytes for all workers and kernels together; None: what the machine has available.
    again
        Whether hand-ins with a fresh report are graded anew, too.
    """

    workers: int = 1
    memory: int | None = None
    again: bool = False
    room: Room = field(default_factory=Room)


@dataclass(frozen=True)
class Batch:
    """What a batch did: the groups by what became of them, and a sentence for each fault of ours."""

    fresh: tuple[str, ...]
    graded: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


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
        Called with their number before a whole class that has reports is graded anew; raises where nobody wants that.

    Raises
    ------
    Busy
        If another batch runs on this course.
    DiskFull
        If a report could not be stored.
    Refused
        If something is to be graded here, and there is no sandbox.
    """
    course.require_as_adopted(week)
    needed = replace(options, room=allowed(options.room, course.assignment(week).limits)[0])
    scratch.sweep()
    fresh, due = _fresh_and_due(course, week, groups, options, agree)
    if not due:  # what finds nothing to do writes nothing in the course, and waits for nobody
        with Progress(Standing(len(groups), len(fresh)), show):
            return Batch(tuple(groups), (), ())
    with only_one(course), ExitStack() as ending, Mailbox() as listener:
        ending.callback(scratch.sweep)  # what workers left that were killed
        _say_spoilt(course, week, due, show)
        stands = ending.enter_context(Progress(Standing(len(groups), len(fresh)), show))
        run = runner or _here(course, week, needed, listener.address, lambda sentence: show(SaidOfAll(sentence)))
        with closing(run(due, partial(stands.tick, listener))) as all_finished:
            faults = _settled(course, week, all_finished, stands)
    return Batch(tuple(group for group in groups if group in fresh), tuple(due), tuple(faults.items()))


def _settled(course: Course, week: str, all_finished: Iterable[Finished], stands: Progress) -> dict[str, str]:
    """Settle what comes from the workers, as it comes; give a sentence for each fault of ours, by group."""
    faults: dict[str, str] = {}
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


def _fresh_and_due(
    course: Course, week: str, groups: Sequence[str], options: BatchOptions, agree: Callable[[int], None]
) -> tuple[set[str], list[str]]:
    """Give the groups whose report is fresh, and those that are to be graded, if need be when a person agrees."""
    fresh = set() if options.again else fresh_groups(course, week, groups, options.room)
    if not options.again and not fresh:
        graded = sum((course.report(week, group) / "report.json").is_file() for group in groups)  # older ones, too
        if graded >= A_CLASS:
            agree(graded)
    return fresh, [group for group in groups if group not in fresh]


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


def _here(course: Course, week: str, options: BatchOptions, address: str, say: Callable[[str], None]) -> Runner:
    """Give a runner that grades in worker processes on this machine, with kernels forked from one template."""

    def run(groups: Sequence[str], tick: Callable[[], None]) -> Generator[Finished, None, None]:
        if not groups:
            return
        from nbviva.grading.runs import TooBusy
        from nbviva.processes import workers
        from nbviva.sandbox.backends import backend

        if options.room.sandboxed and (sentence := backend(options.room.backend).refusal()):
            raise Refused(sentence)
        most = min(workers_that_fit(options), len(groups))
        workers.prepare(libraries(course, week))  # while the template, too, imports
        with _warmed(course, week, options.room, say) if len(groups) > 1 else nullcontext(options.room) as room:
            jobs = [(group, course.root, week, room, address) for group in groups]
            busy = list[tuple[Any, ...]]()
            for finished in workers.run(grade_one, [(*job, most == 1) for job in jobs], most, tick):
                if isinstance(finished.error, TooBusy):
                    busy += [(*job, True, True) for job in jobs if job[0] == finished.job]
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
def _warmed(course: Course, week: str, room: Room, say: Callable[[str], None]) -> Generator[Room, None, None]:
    """Give the room with a template, where one can be had; else kernels are started cold, and why is said."""
    from nbviva.notebooks import read
    from nbviva.sandbox.backends import backend
    from nbviva.sandbox.fork_server import ForkServer
    from nbviva.week.source import imports_of

    names = course.assignment(week).notebooks
    sources = [path for name in names if (path := course.source(week) / f"{name}.ipynb").is_file()]
    with ExitStack() as ending:
        if room.sandboxed and backend(room.backend).forks and sources:
            try:
                imported = dict.fromkeys(name for path in sources for name in imports_of(read(path)))
                template = ending.enter_context(ForkServer(tuple(imported), room.limits))
                room = replace(room, template=template.address)
            except SandboxUnavailable as error:
                say(f"Kernels are started one by one, without a template: {error}")
        yield room


def grade_one(
    group: str, root: Path, week: str, room: Room, address: str, alone: bool = True, again: bool = False
) -> None:
    """Grade one hand-in and store its report: what a worker process does.

    Parameters
    ----------
    alone
        Whether no other hand-in is graded meanwhile.
    again
        Whether it was run before, when the machine was too busy.
    """
    from nbviva.grading import stored
    from nbviva.grading.runs import Turn
    from nbviva.kernel.sitting import RunEnd

    tell = teller(address, group)
    tell("starting")
    turn = Turn((RunEnd(starved=True),) if again else (), alone)
    stored.graded(Course(root), week, group, again=True, room=room, tell=tell, turn=turn)


def workers_that_fit(options: BatchOptions) -> int:
    """Give the number of workers that the memory allows, each with a kernel that takes all that it may.

    Raises
    ------
    CourseError
        If there is not enough for one.
    """
    memory = available_memory() if options.memory is None else options.memory
    each = options.room.limits.memory + EXAMINER_BYTES
    if options.memory is not None and memory < each:
        raise CourseError(f"--memory must be at least {each / GIB:.0f} GiB: that is what one hand-in may take.")
    return max(1, min(options.workers, memory // each))


def available_memory() -> int:
    """Give the bytes that the machine can hand out without swapping."""
    if sentence := not_linux("Marking"):
        raise CourseError(sentence)
    for line in Path("/proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise CourseError("/proc/meminfo does not tell how much memory is available: say it with --memory.")


def read_size(text: str) -> int | None:
    """Give the bytes of a size such as `16G` or `900M`; None for an empty text.

    Raises
    ------
    CourseError
        If it is no size.
    """
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])i?B?", text.strip(), re.IGNORECASE)
    if not found:
        raise CourseError(f"'{text}' is no size of memory: write it as 16G or 900M.")
    return int(float(found[1]) * 1024 ** ("KMGT".index(found[2].upper()) + 1))
