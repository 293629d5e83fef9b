"""Measure a cluster without having one: many hand-ins of week 11, their real times and reports, a real scheduler.

    tools/cluster_bench.py [--handins 1000] [--workers 200] [--recorded COURSE]
    tools/cluster_bench.py --site slurm.toml [--light 200]
    tools/cluster_bench.py --own-slurm [--light 200]

The first grades the rehearsal hand-ins of week 11 for real, or takes what a course has stored of such. Many copies of
these then go through the scheduler of `nbviva grade --cluster`, by TLS, to so many Dask workers that sleep for the time
that is recorded and give that report. Sending, storing and recording are real; only nothing is computed. Pages are left
out: `tools/record_bench.py` measures them.

The second grades light hand-ins for real, in the jobs of a settings file; the third in two jobs of a SLURM that it
starts on this machine and ends, as `make test-slurm` does.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from batch_bench import _hand_in, _light, _text, _week11
from hand_in import hand_in

from nbviva.cluster import parcels, wire
from nbviva.cluster.admission import Admission
from nbviva.cluster.fitness import Inspection
from nbviva.cluster.runner import Sending, carried_out
from nbviva.course import Course
from nbviva.gradebook.record import record
from nbviva.grading import reports
from nbviva.grading.batch import Runner, grade_batch
from nbviva.grading.options import BatchOptions
from nbviva.handin.walk import walk
from nbviva.kernel.room import Room
from nbviva.processes.job import Finished

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
WEEK = "week11"


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of this process's CPU."""

    clock: float
    processor: float

    def __str__(self) -> str:
        """As the table says it."""
        return f"{self.clock:7.1f} s, {self.processor:7.1f} s of CPU at home"


@contextmanager
def spending(what: str) -> Iterator[None]:
    """Print what a block took."""
    began, before = time.monotonic(), time.process_time()
    yield
    print(f"{what:46} {Spent(time.monotonic() - began, time.process_time() - before)}", flush=True)


def simulate(number: int, workers: int, recorded: Path | None) -> None:
    """Grade copies of hand-ins on workers that sleep, and print what each step took."""
    with tempfile.TemporaryDirectory() as folder:
        course = _week11(Path(folder) / WEEK)
        kinds = _recorded(course, recorded) if recorded else _graded(course)
        seconds, groups = _copied(course, kinds, number)
        print(f"{number} hand-ins of {sum(seconds.values()) / len(seconds):.1f} s each on {workers} simulated workers")
        ideal = sum(seconds.values()) / workers
        with _sleepers(course, seconds, workers) as run, spending(f"graded ({ideal:.0f} s with nothing lost)"):
            done = grade_batch(course, WEEK, groups, BatchOptions(), runner=run)
        print(f"{'graded, faults':46} {len(done.graded)}, {len(done.faults)}")
        with spending("nothing changed"):
            grade_batch(course, WEEK, groups, BatchOptions())
        with spending("marks recorded"), mock.patch("nbviva.gradebook.record.write_pages"):
            record(course, WEEK, groups)


def _graded(course: Course) -> list[str]:
    """Grade the rehearsal hand-ins for real."""
    shutil.copytree(ROOT / "tests" / "submissions", course.root / "tests" / "submissions")
    kinds = hand_in(course, WEEK)
    with spending(f"{len(kinds)} rehearsal hand-ins, graded for real"):
        grade_batch(course, WEEK, kinds, BatchOptions(workers=os.cpu_count() or 1))
    return kinds


def _recorded(course: Course, other: Path) -> list[str]:
    """Take hand-ins and reports of another course directory, as they were written there."""
    shutil.copytree(other / "reports" / WEEK, course.root / "reports" / WEEK)
    shutil.copytree(other / ".nbviva", course.root / ".nbviva", dirs_exist_ok=True)
    there = sorted(path.parent.name for path in (course.root / "reports" / WEEK).glob("*/report.json"))
    for group in there:
        shutil.copytree(other / "submitted" / group / WEEK, course.submitted(WEEK, group))
    return there


def _copied(course: Course, kinds: list[str], number: int) -> tuple[dict[str, float], list[str]]:
    """Hand the kinds in again under other names, with the reports that they will get in `made/`, and their times."""
    room, seconds = Room(), dict[str, float]()
    common = reports.shared(course, WEEK, room)
    for index, kind in zip(range(number), itertools.cycle(kinds), strict=False):
        group, report = f"group{index:04d}", reports.stored_report(course.report(WEEK, kind))
        if report is None:
            raise SystemExit(f"{kind} has no report.")
        shutil.copytree(course.submitted(WEEK, kind), course.submitted(WEEK, group))
        digest = common.with_handin(walk(course.submitted(WEEK, group)), group)
        place = course.root / "made" / WEEK / group  # as deep as where it will lie: seal and secret are found by that
        shutil.copytree(course.report(WEEK, kind), place)
        reports.keep_report(place, replace(report, group=group, digest=digest))
        seconds[group] = report.seconds["total"]
    return seconds, list(seconds)


@contextmanager
def _sleepers(course: Course, seconds: dict[str, float], workers: int) -> Iterator[Runner]:
    """Start a scheduler and workers that sleep, in a process of theirs, and give a runner for the batch."""
    security, texts = wire.temporary_security()
    with tempfile.TemporaryDirectory() as folder, wire.scheduler("127.0.0.1", 0, security) as client:
        paths = [Path(folder) / name for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, "utf-8")
        told = (client.scheduler.address, paths, seconds, course.root / "made" / WEEK, workers)
        process = multiprocessing.get_context("spawn").Process(target=sleep_as_workers, args=told)
        process.start()
        client.wait_for_workers(workers, timeout=120)

        def run(groups: Sequence[str], tick: Callable[[], None]) -> Generator[Finished, None, None]:
            admission = Admission(client, Room(), Inspection(), parcels.pack_week(course, WEEK))
            sending = Sending(admission, course, WEEK, Room(), list(groups))
            return carried_out(sending, tick, lambda: None, print)

        yield run
        process.terminate()
        process.join()


def sleep_as_workers(
    address: str, paths: list[Path], seconds: dict[str, float], made: Path, number: int
) -> None:  # fmt: skip
    """Be so many Dask workers, which give the report that is made after the time that it took."""
    import asyncio
    import logging

    from distributed import Worker

    def grade_parcel(handin: parcels.HandinParcel, batch: str) -> bytes:
        del batch
        time.sleep(seconds[handin.group])
        return parcels._packed((Path(p.name), p.read_bytes()) for p in sorted((made / handin.group).iterdir()))  # noqa: SLF001

    logging.getLogger("distributed").setLevel(logging.ERROR)

    async def work() -> None:
        security = wire.given_security(*paths)
        every = [Worker(address, nthreads=1, security=security, name=str(n), memory_limit=0) for n in range(number)]
        await asyncio.gather(*every)
        await asyncio.gather(*(worker.finished() for worker in every))

    parcels.grade_parcel = grade_parcel  # tasks name it, and find it here
    asyncio.run(work())


@contextmanager
def own_slurm() -> Iterator[Path]:
    """Start a SLURM of two nodes of one core each on this machine, and give a settings file for it."""
    sys.path.insert(0, str(ROOT))
    from tests.slurm.machine import Slurm, address_of_ours

    with tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp") as folder:  # a short path: its sockets' are bounded
        slurm, site, shared = Slurm(Path(folder)), Path(folder) / "slurm.toml", Path(folder) / "shared"
        shared.mkdir()
        fields = {"host": address_of_ours(), "shared": str(shared), "jobs": 2, "time": "04:00:00"}
        site.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items()), "utf-8")
        try:
            slurm.start()
            os.environ.update(slurm.environment)
            yield site
        finally:
            slurm.end()


def light(site: Path, number: int) -> None:
    """Grade light hand-ins for real in the jobs of a site, and print what that took."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        course = _light(Path(folder) / "light")
        _hand_in(course, "toy", _text(course.source("toy") / "toys.ipynb"), number)
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        began = time.monotonic()
        done = subprocess.run(
            [BIN / "nbviva", "grade", "toy", "--cluster", site.resolve()], cwd=course.root,
            env=os.environ | {"PATH": path}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        took = time.monotonic() - began
        graded = len(reports.fresh_groups(course, "toy", course.groups("toy"), reports.shared(course, "toy", Room())))
        print(f"{number} light hand-ins in jobs: {graded} graded in {took:.0f} s, exit code {done.returncode}")
        print(done.stderr[-400:] if graded < number else "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--handins", type=int, default=1000, help="of week 11, simulated")
    parser.add_argument("--workers", type=int, default=200, help="that sleep")
    parser.add_argument("--recorded", type=Path, help="a course directory whose reports on week 11 give the times")
    parser.add_argument("--site", type=Path, help="a settings file: grade light hand-ins for real in its jobs")
    parser.add_argument("--own-slurm", action="store_true", help="the same in a SLURM that is started for it")
    parser.add_argument("--light", type=int, default=200, help="hand-ins that import much and train nothing")
    chosen = parser.parse_args()
    if chosen.site:
        light(chosen.site, chosen.light)
    elif chosen.own_slurm:
        with own_slurm() as own:
            light(own, chosen.light)
    else:
        simulate(chosen.handins, chosen.workers, chosen.recorded)
