"""Looked at by `nbviva doctor`: what of this machine makes the same hand-in get the same mark tomorrow.

Marks depend on time and memory only through limits, which are generous. A machine that swaps, throttles or has more
to do than cores comes nearer to them on one day than on another.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from nbviva.errors import CourseError
from nbviva.grading.options import EXAMINER_BYTES, BatchOptions, available_memory, workers_that_fit
from nbviva.machine import cores
from nbviva.sandbox.cgroup import make_cgroup
from nbviva.sandbox.limits import GIB, Limits
from nbviva.setup.symptom import State, Symptom, judged
from nbviva.wording import counted

AREA = "repeatable marks"
LEAST_DISK = 5 * GIB
ROOT = Path("/")


def repeatable(place: Path, root: Path = ROOT) -> Iterator[Symptom]:
    """Give the rows; `place` is where reports are written."""
    yield _cgroup()
    yield _swap(root)
    yield _workers()
    yield _load(root)
    yield from _settings(root)
    yield _disk(place)


def _cgroup() -> Symptom:
    made = make_cgroup(Limits())
    made.remove()
    mend = ""
    if made.kind == "watcher":
        mend = (
            "No control group may be made, so memory is looked at every 50 ms: run in a systemd user session, or as "
            "root, or have an administrator delegate the memory controller."
        )
    return judged(AREA, "memory held by", made.kind, mend)


def _swap(root: Path) -> Symptom:
    lines = _read(root / "proc/swaps").splitlines()[1:]
    mend = "Run 'swapoff -a' as root while marking: a kernel that swaps is slow, and runs into limits of time."
    return judged(AREA, "swap", counted(len(lines), "area") if lines else "off", mend if lines else "")


def _workers() -> Symptom:
    """`nbviva grade` takes a worker a core, and no more than fit into memory."""
    try:
        fit = workers_that_fit(BatchOptions(cores()))
    except CourseError as error:
        return judged(AREA, "workers", "unknown", str(error))
    each = Limits().memory + EXAMINER_BYTES
    found = f"{counted(cores(), 'core')}, memory for {counted(fit, 'hand-in')} at a time ({each / GIB:.0f} GiB each)"
    mend = "" if available_memory() >= each else f"A hand-in may take {each / GIB:.0f} GiB: free memory before marking."
    return judged(AREA, "workers", found, mend)


def _load(root: Path) -> Symptom:
    busy = float((_read(root / "proc/loadavg").split() or ["0"])[0])
    mend = f"There is more at work than {counted(cores(), 'core')}: mark when less is going on, or with a smaller -j."
    return judged(AREA, "load", f"{busy:.1f}", mend if busy > cores() + 0.5 else "")


def _settings(root: Path) -> Iterator[Symptom]:
    """Give the settings of the Linux kernel that bear on times and on what a crash leaves."""
    governors = {_read(path) for path in root.glob("sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")} - {""}
    slow = governors - {"performance"}
    yield judged(
        AREA,
        "CPU frequency",
        ", ".join(sorted(governors)) or "not to be set here",
        "Run 'cpupower frequency-set -g performance' as root: times vary less." if slow else "",
    )
    pages = _read(root / "sys/kernel/mm/transparent_hugepage/enabled")
    mend = "Write 'madvise' to /sys/kernel/mm/transparent_hugepage/enabled: how much memory is taken varies less."
    yield judged(AREA, "huge pages", pages or "none", mend if "[always]" in pages else "")
    pattern = _read(root / "proc/sys/kernel/core_pattern")
    mend = "Run 'sysctl kernel.core_pattern=core' as root: else each crash of a kernel starts that program outside."
    yield judged(AREA, "core dumps", pattern or "none", mend if pattern.startswith("|") else "")


def _disk(place: Path) -> Symptom:
    free = shutil.disk_usage(place).free
    temporary = shutil.disk_usage(os.environ.get("TMPDIR", "/tmp")).free  # noqa: S108 - where working copies are made
    least = min(free, temporary)
    mend = f"Make room: less than {LEAST_DISK / GIB:.0f} GiB are free." if least < LEAST_DISK else ""
    state = State.FAULT if least < GIB else State.WARNING
    return judged(
        AREA, "disk", f"{free / GIB:.0f} GiB free here, {temporary / GIB:.0f} for temporary files", mend, state
    )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
