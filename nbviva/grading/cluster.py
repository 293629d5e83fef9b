"""Grading on a Dask cluster: hand-ins and weeks travel as bytes, reports travel back.

No worker needs the course directory.
"""

from __future__ import annotations

import atexit
import functools
import io
import os
import shutil
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Client, KilledWorker, wait
from distributed import TimeoutError as DaskTimeoutError

from nbviva.adopt.adoption import adoption_path
from nbviva.course import Course
from nbviva.errors import CourseError
from nbviva.files import make_folder, regular_files, share_all
from nbviva.grading import stored
from nbviva.grading.digest import of_environment
from nbviva.grading.framework import of_framework
from nbviva.kernel.room import Room
from nbviva.processes.job import DEATHS_MOST, Finished
from nbviva.sandbox import scratch
from nbviva.sandbox.backends import backend
from nbviva.secret import SECRET, secret_of

CONNECT_SECONDS = 20
TICK_SECONDS = 0.5
AHEAD = 2  # hand-ins a thread that are on their way or waiting at a worker; the others wait here
SLOW = 3.0  # a hand-in that takes so many times the median is given to an idle worker, too
SLOW_SECONDS = 120.0


@dataclass(frozen=True)
class WeekParcel:
    """A week on its way: all that grading needs of the course beside the hand-in.

    Attributes
    ----------
    files
        A tar archive of the week's folder and its source.
    secret
        What hidden questions are drawn from; it is kept in memory only.
    """

    week: str
    files: bytes = field(repr=False)
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class HandinParcel:
    """A hand-in on its way; `files` is a tar archive of its folder."""

    group: str
    files: bytes = field(repr=False)
    room: Room


def pack_week(course: Course, week: str) -> WeekParcel:
    """Put a week into a parcel."""
    folders = (course.root / "graders" / week, course.source(week))
    paths = [path for folder in folders for path in regular_files(folder) if "__pycache__" not in path.parts]
    paths += [adoption_path(course.root, week)] if course.is_adopted(week) else []
    named = [(path.relative_to(course.root), path.read_bytes()) for path in sorted(paths)]
    return WeekParcel(week, _packed([*named, (Path("nbgrader_config.py"), b"")]), secret_of(course.root))


def pack_handin(course: Course, week: str, group: str, room: Room) -> HandinParcel:
    """Put a group's hand-in into a parcel."""
    folder = course.submitted(week, group)
    named = [(path.relative_to(folder), path.read_bytes()) for path in sorted(regular_files(folder))]
    return HandinParcel(group, _packed(named), room)


def grade_parcel(handin: HandinParcel, week: WeekParcel) -> bytes:
    """Grade a hand-in on another machine and give the files of its report as a tar archive."""
    course = unpacked_course(week)
    folder, report = course.submitted(week.week, handin.group), course.report(week.week, handin.group)
    try:
        _unpack(handin.files, folder)
        stored.graded(course, week.week, handin.group, again=True, room=handin.room)
        return _packed((Path(path.name), path.read_bytes()) for path in sorted(report.iterdir()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(report, ignore_errors=True)


def unpack_report(files: bytes, folder: Path) -> None:
    """Store a report that came back; `report.json` is put in place last, so that it stands for a whole one."""
    make_folder(folder)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".arriving-") as aside:
        _unpack(files, Path(aside))
        share_all(Path(aside))
        for path in sorted(Path(aside).iterdir(), key=lambda path: path.name == "report.json"):
            path.replace(folder / path.name)


def _packed(named: Iterable[tuple[Path, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for name, data in named:
            member = tarfile.TarInfo(os.fspath(name))
            member.size, member.mode = len(data), 0o600
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def _unpack(files: bytes, folder: Path) -> None:
    """Write an archive's files, for their owner only; tarfile's own filter is not in every Python 3.11."""
    folder.mkdir(parents=True, exist_ok=True)
    inside = folder.resolve()
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        for member in archive:
            path, content = folder / member.name, archive.extractfile(member) if member.isreg() else None
            if content is None or inside not in path.resolve().parents:
                raise tarfile.ReadError(f"The archive holds {member.name!r}, which is no file of its folder.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(content.read())


@functools.lru_cache(maxsize=1)
def unpacked_course(week: WeekParcel) -> Course:
    """Lay out a course directory that holds one week; it is removed when the process ends.

    A process knows one state of a week's modules at a time, so those of an earlier parcel are forgotten.
    """
    for name in [name for name in sys.modules if name.split(".")[0] == "graders"]:
        del sys.modules[name]
    root = Path(tempfile.mkdtemp(prefix=f"{scratch.prefix()}course-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    sys.path[:] = [entry for entry in sys.path if not Path(entry).name.startswith(f"{scratch.prefix()}course-")]
    _unpack(week.files, root)
    sys.path.insert(0, str(root))  # before any other course that the worker may know
    os.environ[SECRET] = week.secret.decode()
    return Course(root)


class ClusterError(CourseError):
    """The cluster cannot be used; the text says why and what to do."""


@dataclass
class _Run:
    """The hand-ins of a batch on a cluster: those to be sent, and those under way."""

    client: Any
    course: Course
    week: str
    room: Room
    parcel: Any  # the future of the week's parcel, sent to each worker once
    left: list[str]
    under_way: dict[Any, tuple[str, float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    copied: set[str] = field(default_factory=set)

    def send(self, group: str) -> None:
        """Send one hand-in; two tasks with one hand-in give the same report."""
        handin = pack_handin(self.course, self.week, group, self.room)
        key = f"nbviva-{self.week}-{group}-{time.monotonic_ns()}"
        future = self.client.submit(grade_parcel, handin, self.parcel, key=key, pure=False)
        self.under_way[future] = group, time.monotonic()

    def fill(self) -> None:
        """Keep every thread busy, and no more than that in memory."""
        threads = sum(self.client.nthreads().values())
        while self.left and len(self.under_way) < threads * AHEAD:
            self.send(self.left.pop(0))
        if not self.left and len(self.under_way) < threads:
            self._copy_the_slowest()

    def _copy_the_slowest(self) -> None:
        """Give the hand-in that is longest under way to an idle worker too: its machine may be the reason."""
        limit = max(SLOW_SECONDS, SLOW * statistics.median(self.seconds)) if self.seconds else float("inf")
        late = [(since, group) for group, since in self.under_way.values() if time.monotonic() - since > limit]
        for _, group in sorted(late)[:1]:
            if group not in self.copied:
                self.copied.add(group)
                self.send(group)

    def finish(self, future: Any) -> Finished | None:
        """Take what a task gave; None for the second of two copies."""
        group, since = self.under_way.pop(future)
        for other in [other for other, (name, _) in self.under_way.items() if name == group]:
            del self.under_way[other]
            other.cancel()
        self.seconds.append(time.monotonic() - since)
        if error := future.exception():  # what a worker raised is told of its hand-in, and the rest goes on
            return Finished(group, None, error, DEATHS_MOST if isinstance(error, KilledWorker) else 0)
        unpack_report(future.result(), self.course.report(self.week, group))
        return Finished(group)


def on_cluster(address: str, course: Course, week: str, room: Room) -> Callable[..., Generator[Finished, None, None]]:
    """Give a runner for `grade_batch` that grades on the cluster of the scheduler at `address`.

    A worker that is lost has its hand-ins sent to others; a hand-in that was on two lost workers is given up.

    Raises
    ------
    ClusterError
        When it is called: no scheduler answers, there is no worker, or one differs from this machine.
    """

    def run(groups: Sequence[str], tick: Callable[[], None]) -> Generator[Finished, None, None]:
        if not groups:
            return
        with _connected(address) as client:
            _require_equal_workers(client, room)
            client.run_on_scheduler(_give_up_after, DEATHS_MOST - 1)
            parcel = client.submit(_as_it_is, pack_week(course, week), pure=False)
            current = _Run(client, course, week, room, parcel, list(groups))
            try:
                while current.left or current.under_way:
                    current.fill()
                    yield from _finished(current)
                    tick()
            finally:
                client.cancel(list(current.under_way))

    return run


def _as_it_is(week: WeekParcel) -> WeekParcel:
    """Give the parcel as a task does, which is repeated when the workers that hold it die; scattered data is lost."""
    return week


def _finished(current: _Run) -> Iterator[Finished]:
    try:
        with current.client.as_current():
            done = wait(list(current.under_way), timeout=TICK_SECONDS, return_when="FIRST_COMPLETED").done
    except DaskTimeoutError:
        return
    for future in done:
        if future in current.under_way and (finished := current.finish(future)):
            yield finished


def _connected(address: str) -> Any:
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}): start one with 'dask scheduler'."
        ) from None


def _give_up_after(deaths: int, dask_scheduler: Any = None) -> None:
    """Set how many workers a task may lose before it is given up; runs in the scheduler."""
    dask_scheduler.allowed_failures = deaths


def _about_this_machine(sandbox: str) -> dict[str, str]:
    """What must be the same wherever a hand-in is graded; and what keeps a machine from grading in this sandbox."""
    return {"nbviva": of_framework(), "packages": of_environment(), "sandbox": backend(sandbox).refusal() or ""}


def _require_equal_workers(client: Any, room: Room) -> None:
    asked = client.run(_about_this_machine, room.backend, on_error="return")
    workers = {worker: told for worker, told in sorted(asked.items()) if not isinstance(told, OSError)}  # just gone
    if not workers:
        raise ClusterError("The cluster has no worker: start some with 'dask worker --nthreads 1 ADDRESS'.")
    ours = _about_this_machine(room.backend)
    for worker, theirs in workers.items():
        if sentence := _unfit(ours, theirs, room):
            raise ClusterError(f"Worker {worker} {sentence}")
    many = [worker for worker, threads in client.nthreads().items() if threads > 1]
    if many:
        raise ClusterError(f"Worker {many[0]} has several threads: start it with --nthreads 1 and --nworkers instead.")


def _unfit(ours: Mapping[str, str], theirs: Mapping[str, str] | Exception, room: Room) -> str:
    if isinstance(theirs, Exception):
        return f"cannot grade ({type(theirs).__name__}: {theirs}): install nbviva from the same lock file there."
    for what in ("nbviva", "packages"):
        if theirs[what] != ours[what]:
            return f"has another version of {what}: install the same lock file there."
    return f"cannot build the sandbox: {theirs['sandbox']}" if room.sandboxed and theirs["sandbox"] else ""
