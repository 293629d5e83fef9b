"""Is a worker fit to grade? What it tells of itself, held against this machine: a row for each thing, with its mend."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbviva.grading.digest import of_environment
from nbviva.grading.framework import of_framework
from nbviva.grading.options import EXAMINER_BYTES
from nbviva.grading.packages import installed
from nbviva.kernel.room import Room
from nbviva.machine import cores
from nbviva.sandbox.backends import backend
from nbviva.sandbox.limits import GIB, MIB
from nbviva.sandbox.self_check import BUILT, KINDS, self_check

CLOCK_SECONDS = 60.0  # by so much a worker's clock may differ; certificates are believed by it
FOLDER_BYTES = 1 * GIB  # of its temporary folder: the working copy of one hand-in, and what a kernel may write
OPEN_FILES = 256
_LOCK = "install the same lock file there"


@dataclass(frozen=True)
class Inspection:
    """What a worker is asked to look at: the sandbox by its name, tried from inside or only built; folders."""

    sandbox: str = ""
    tried: bool = False
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkerFacts:
    """What a worker tells of itself.

    Attributes
    ----------
    node
        The batch system's name of its machine, or the machine's own.
    packages
        The digest that stands in a report's; `installed` are the names that tell what is different.
    refusal
        Why no sandbox can be built; empty where one can.
    broken, kept
        The promises of the sandbox that were not kept, and how many were; where they were tried.
    memory
        Bytes that the job may use; None where nothing bounds it but the machine.
    seen
        Those of the folders that are there.
    clock
        Seconds since 1970, when all the rest had been looked at.
    """

    node: str
    python: str
    nbviva: str
    packages: str
    installed: tuple[str, ...]
    refusal: str
    broken: tuple[str, ...]
    kept: int
    memory: int | None
    cores: int
    open_files: int
    folder: str
    folder_bytes: int
    seen: tuple[str, ...]
    clock: float


@dataclass(frozen=True)
class Fitness:
    """A row of the table: one thing about one worker, and what to do where it is not as it must be."""

    worker: str
    name: str
    found: str
    mend: str = ""

    @property
    def good(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.mend


def tell(asked: Inspection) -> WorkerFacts:
    """Look at this machine; runs at a worker, and here to be compared with."""
    refusal = backend(asked.sandbox).refusal() or ""
    kinds = KINDS if backend(asked.sandbox).forks else (backend(asked.sandbox).name,)
    tried = list(self_check(kinds)) if asked.tried and not refusal else []
    folder = tempfile.gettempdir()
    return WorkerFacts(
        node=os.environ.get("SLURMD_NODENAME") or socket.gethostname(),
        python=platform.python_version(),
        nbviva=of_framework(),
        packages=of_environment(),
        installed=installed(),
        refusal=refusal,
        broken=tuple(f"{row.promise} {row.found}" for row in tried if not row.kept),
        kept=sum(row.kept for row in tried if row.promise != BUILT),
        memory=job_memory(),
        cores=cores(),
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        folder=folder,
        folder_bytes=shutil.disk_usage(folder).free,
        seen=tuple(path for path in asked.folders if Path(path).is_dir()),
        clock=time.time(),
    )


def job_memory() -> int | None:
    """Give the bytes that bound this job: what SLURM was asked for, its control group, or a limit of the process."""
    asked = os.environ.get("SLURM_MEM_PER_NODE", "")
    bounds = [int(asked) * MIB] if asked.isdecimal() and int(asked) else []
    address_space = resource.getrlimit(resource.RLIMIT_AS)[0]
    bounds += [address_space] if address_space != resource.RLIM_INFINITY else []
    bounds += [int(text) for path in _group_files() if (text := _text(path).strip()).isdecimal()]
    return min(bounds, default=None)


def _group_files() -> Iterator[Path]:
    """Give the files that bound the memory of this process's control group and of those above it, of either version."""
    for line in _text(Path("/proc/self/cgroup")).splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        root, file = (
            ("/sys/fs/cgroup", "memory.max") if number == "0" else ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        )
        if number == "0" or "memory" in names.split(","):
            inner = Path(root + path)
            yield from (folder / file for folder in (inner, *inner.parents) if folder.is_relative_to(root))


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""


def judged(
    worker: str, ours: WorkerFacts, theirs: WorkerFacts, room: Room, since: float, asked: Inspection
) -> Iterator[Fitness]:
    """Give the rows of a worker, by what it told between `since` and now."""
    yield Fitness(worker, "Python", theirs.python, "" if theirs.python == ours.python else f"Use {ours.python}.")
    yield Fitness(worker, "nbviva", *_same(ours.nbviva, theirs.nbviva, "nbviva", ()))
    yield Fitness(worker, "packages", *_same(ours.packages, theirs.packages, "packages", _differing(ours, theirs)))
    if room.sandboxed:
        yield _sandbox(worker, theirs, asked)
    yield _memory(worker, theirs, room)
    yield _folder(worker, theirs)
    few = f"Raise its limit of open files to {OPEN_FILES} (ulimit -n)." if theirs.open_files < OPEN_FILES else ""
    yield Fitness(worker, "limits", f"{theirs.open_files} open files, {theirs.cores} cores", few)
    yield _clock(worker, theirs.clock, since)
    for path in asked.folders:
        here = path in theirs.seen
        yield Fitness(
            worker, "paths", f"{path} is {'seen' if here else 'not seen'} there{'' if here else '; not needed'}"
        )


def _same(ours: str, theirs: str, what: str, names: tuple[str, ...]) -> tuple[str, str]:
    if ours == theirs:
        return "the same as here", ""
    said = f": {', '.join(names[:3])}{' and others' * (len(names) > 3)}" if names else ""
    return f"another version of {what}{said}", f"It has another version of {what}: {_LOCK}."


def _differing(ours: WorkerFacts, theirs: WorkerFacts) -> tuple[str, ...]:
    """Give the packages that are there and not here, or here and not there, as their folders are named."""
    return tuple(sorted({name.rpartition(".")[0] for name in {*ours.installed} ^ {*theirs.installed}}))


def _sandbox(worker: str, theirs: WorkerFacts, asked: Inspection) -> Fitness:
    if theirs.refusal:
        return Fitness(worker, "sandbox", "cannot be built", f"It cannot build the sandbox: {theirs.refusal}")
    if theirs.broken:
        broken = f"Its sandbox does not hold: {' '.join(theirs.broken)} SECURITY.md says how to report it."
        return Fitness(worker, "sandbox", f"{len(theirs.broken)} promises not kept", broken)
    return Fitness(worker, "sandbox", f"{theirs.kept} promises kept" if asked.tried else "can be built")


def _memory(worker: str, theirs: WorkerFacts, room: Room) -> Fitness:
    needed = room.limits.memory + EXAMINER_BYTES
    if theirs.memory is None:
        return Fitness(worker, "memory", "no limit but the machine's")
    mend = f"A hand-in may take {needed / GIB:.1f} GiB: give a job as much." if theirs.memory < needed else ""
    return Fitness(worker, "memory", f"{theirs.memory / GIB:.1f} GiB", mend)


def _folder(worker: str, theirs: WorkerFacts) -> Fitness:
    found = f"{theirs.folder} with {theirs.folder_bytes / GIB:.1f} GiB free"
    short = theirs.folder_bytes < FOLDER_BYTES
    return Fitness(
        worker, "temporary folder", found, "Make room there, or name another one by TMPDIR." if short else ""
    )


def _clock(worker: str, told: float, since: float) -> Fitness:
    now = time.time()
    off = told - now if told > now else min(told - since, 0.0)
    wrong = "Set its clock (chrony, NTP): certificates are believed by it." if abs(off) > CLOCK_SECONDS else ""
    return Fitness(worker, "clock", f"{off:+.0f} s" if wrong else "as here", wrong)
