"""Workers as jobs of our own: a scheduler here, jobs on the site's batch system, and others for those that end."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbviva.cluster.admission import Admission
from nbviva.cluster.fitness import Fitness, Inspection
from nbviva.cluster.parcels import pack_week
from nbviva.cluster.runner import TICK_SECONDS, Say, Sending, carried_out, lack
from nbviva.cluster.site import SiteSettings
from nbviva.cluster.slurm import SlurmJobs, script_of
from nbviva.cluster.wire import ClusterError, given_security, scheduler, temporary_security
from nbviva.course import Course
from nbviva.files import digest
from nbviva.grading.batch import Runner
from nbviva.grading.reports import allowed
from nbviva.kernel.room import Room
from nbviva.processes.job import Finished

KEEP_SECONDS = 15.0  # between two looks at the queue, which many share
BARREN_MOST = 3  # so many jobs more than there are at a time may end before their worker came


@dataclass
class Keeper:
    """Sees to it that there are as many jobs as there is work, and that no node is tried twice that lacks something."""

    jobs: SlurmJobs
    admission: Admission
    script: str
    most: Callable[[], int]
    submitted: int = 0
    _next: float = 0.0
    _closed: set[str] = field(default_factory=set)

    def keep(self) -> None:
        """Called all the time: end jobs whose worker was refused, queue others for those that ended.

        Raises
        ------
        ClusterError
            If none is fit, or jobs end before their worker comes.
        """
        self._close_refused()
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + KEEP_SECONDS
        try:
            self._replace()
        except ClusterError:
            if not self.admission.fit:
                raise  # else those that are there go on, and SLURM is asked again

    def _replace(self) -> None:
        active, wanted = self.jobs.active(), min(self.jobs.site.jobs, self.most())
        self._require_worth(active, wanted)
        if active < wanted:
            nodes = self.admission.nodes
            self.jobs.submit(wanted - active, self.script, {nodes[a] for a in self._closed if a in nodes})
            self.submitted += wanted - active

    def _close_refused(self) -> None:
        admission = self.admission
        refused = admission.rows.keys() - admission.fit.keys() - self._closed
        if refused:
            self._closed |= refused
            admission.client.retire_workers(workers=list(refused), close_workers=True)

    def _require_worth(self, active: int, wanted: int) -> None:
        admission = self.admission
        if len(self._closed) >= wanted and not admission.fit and not admission.pending:
            raise ClusterError(f"No worker is fit to grade. {lack(admission, min(self._closed))}")
        if self.submitted - active - len(admission.known) >= self.jobs.site.jobs + BARREN_MOST:
            raise ClusterError(
                f"Jobs end before their worker comes; the last one wrote in {self.jobs.folder}:\n"
                f"{self.jobs.last_words() or '(nothing)'}\nMend what it complains of, then run the same command again."
            )


def on_site(site: SiteSettings, course: Course, week: str, room: Room, say: Say) -> Runner:
    """Give a runner for `grade_batch` that grades in jobs of the site; they end with it.

    Raises
    ------
    ClusterError
        When it is called: jobs cannot be queued, end at once, or come from nodes that are all unfit.
    """

    def run(groups: Sequence[str], tick: Callable[[], None]) -> Generator[Finished, None, None]:
        if not groups:
            return
        needed = allowed(room, course.assignment(week).limits)[0]
        with _launched(site, f"nbviva-{digest(str(course.root))[:12]}") as (client, jobs, script):
            asked = Inspection(room.backend, tried=room.sandboxed)
            admission = Admission(client, needed, asked, pack_week(course, week))
            sending = Sending(admission, course, week, room, list(groups), jobs.is_excused)
            keeper = Keeper(jobs, admission, script, lambda: len(sending.left) + len(sending.under_way))
            say(f"{min(site.jobs, len(groups))} jobs are queued as {jobs.name}; workers get hand-ins as they come.")
            yield from carried_out(sending, tick, keeper.keep, say)

    return run


def check(site: SiteSettings, room: Room, folders: Sequence[Path], seconds: float) -> list[Fitness]:
    """Queue jobs, look at the worker of each, and give the rows; nothing of a course is sent.

    Parameters
    ----------
    seconds
        How long to wait for workers; those that did not come have a row, too.
    """
    name, end = f"nbviva-check-{os.getpid()}", time.monotonic() + seconds
    with _launched(site, name) as (client, jobs, script):
        asked = Inspection(room.backend, tried=True, folders=tuple(map(str, (site.shared, *folders))))
        admission = Admission(client, room, asked)
        jobs.submit(site.jobs, script)
        while time.monotonic() < end and (admission.pending or len(admission.rows) < site.jobs):
            admission.look()
            time.sleep(TICK_SECONDS)
        rows = [row for found in admission.rows.values() for row in found]
        rows += [_absent(number, jobs, seconds) for number in range(1, site.jobs - len(admission.rows) + 1)]
    if all(row.good for row in rows):
        shutil.rmtree(jobs.folder, ignore_errors=True)  # its logs tell nothing that one wants to read
    return rows


def _absent(number: int, jobs: SlurmJobs, seconds: float) -> Fitness:
    wrote = jobs.last_words()
    mend = (
        f"A log ends with: {wrote}" if wrote else "No job has begun: wait longer (--wait), or ask for fewer (--jobs)."
    )
    return Fitness(f"no worker {number}", "answer", f"none within {seconds:.0f} s", mend)


@contextmanager
def _launched(site: SiteSettings, name: str) -> Generator[tuple[Any, SlurmJobs, str], None, None]:
    """Start a scheduler, and give a client of it, jobs that can be queued, and their script; all end with it."""
    jobs = SlurmJobs(site, name, site.shared / name)
    jobs.cancel()  # what is left of a batch that was killed
    _make_private(jobs.folder)
    try:
        security, files = _security(jobs)
        with scheduler(site.host, site.port, security) as client:
            yield client, jobs, script_of(site, client.scheduler.address, files)
    finally:
        jobs.cancel()
        for path in jobs.folder.glob("*.pem"):
            path.unlink()


def _security(jobs: SlurmJobs) -> tuple[Any, dict[str, str]]:
    """Give the TLS of the batch, and the paths of what a worker needs of it."""
    given = jobs.site.certificates
    if given:
        files = {"ca_file": given.authority, "cert": given.certificate, "key": given.key}
        return given_security(*files.values()), {name: str(path) for name, path in files.items()}
    security, texts = temporary_security()
    for name, text in texts.items():
        path = jobs.folder / f"{name}.pem"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    return security, {name: str(jobs.folder / f"{name}.pem") for name in texts}


def _make_private(folder: Path) -> None:
    """Make a folder anew that nobody else can look into."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise ClusterError(
            f"{folder} cannot be made ({error.strerror}): 'shared' must be a folder of yours that the nodes see, too."
        ) from None
