"""Who holds a kernel to its memory and its processes: a cgroup, a systemd scope, or a thread that watches.

A ceiling on address space breaks torch, which maps far more than it touches, so resident memory is what has to be
counted, and only a cgroup counts it without a gap. Where none may be written, `MemoryWatch` looks every 50 ms: a kernel
can pass its limit by what it touches in that time, files in its tmpfs are held by `Limits.disk` only, and what Linux
keeps for it (buffers of sockets, names of files, swapped pages) is not counted.
"""
# ruff: noqa: S603 - every command line is a list that we wrote

import contextlib
import functools
import os
import re
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbviva.sandbox.limits import MIB, PAGE, Limits

CONTROLLERS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
NOT_EVERYWHERE = {"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group"}  # older, or swap not accounted
PEAKS = ("memory.max_usage_in_bytes", "memory.peak")  # v1, v2


@dataclass(frozen=True)
class Cgroup:
    """What holds one kernel to its limits; `kind` is what a report says about its memory limit.

    Attributes
    ----------
    kind
        "cgroup v1", "cgroup v2", "systemd scope" or, where none of them can be had, "watcher".
    folders
        the control groups made for it.
    prefix
        the words before its command.
    """

    kind: str
    folders: tuple[Path, ...] = ()
    prefix: tuple[str, ...] = ()

    def enter(self, pids: Iterable[int]) -> None:
        """Put processes under the limits; what they start later is under them too."""
        for pid in pids:
            for folder in self.folders:
                (folder / "cgroup.procs").write_text(f"{pid}\n")

    def peak(self) -> int:
        """Give the most bytes that its processes had; 0 where no group of ours counts them."""
        for file in (folder / name for folder in self.folders for name in PEAKS):
            with contextlib.suppress(OSError, ValueError):
                return int(file.read_text())
        return 0

    def remove(self) -> None:
        """Called when the last process is dead; the kernel may need some milliseconds more to believe it."""
        for folder in self.folders:
            for _ in range(200):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.005)
                else:
                    break


def make_cgroup(limits: Limits, controllers: Path = CONTROLLERS, own_groups: Path = OWN_GROUPS) -> Cgroup:
    """Make a new group under our own, or the next best thing that may be had here."""
    unified = (controllers / "cgroup.controllers").exists()
    made = None
    with contextlib.suppress(OSError):
        own = _own_groups(own_groups)
        made = _make_v2(limits, controllers, own) if unified else _make_v1(limits, controllers, own)
    if made:
        return made
    return Cgroup("systemd scope", prefix=_scope(limits)) if _scope_holds_memory() else Cgroup("watcher")


def groups_of(pid: int, controllers: Path = CONTROLLERS) -> tuple[Path, ...]:
    """The control group that counts the memory of a process that somebody else put into one."""
    own = _own_groups(Path(f"/proc/{pid}/cgroup"))
    if (controllers / "cgroup.controllers").exists():
        return (controllers / own[""].lstrip("/"),)
    return (_v1_parent(controllers / "memory", own["memory"]),) if "memory" in own else ()


def _own_groups(listing: Path) -> dict[str, str]:
    """Our own group by controller; the unified hierarchy goes by the empty name."""
    lines = (line.split(":", 2) for line in listing.read_text().splitlines())
    return {controller: group for _, names, group in lines for controller in names.split(",")}


def _new_name() -> str:
    return f"nbviva-{os.getpid()}-{secrets.token_hex(4)}"


@functools.cache
def _sweep(parent: Path) -> None:
    """Once a process: take away the empty groups of graders that were killed."""
    for folder in parent.glob("nbviva-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _make_v2(limits: Limits, controllers: Path, own: dict[str, str]) -> Cgroup | None:
    """The nearest ancestor that hands memory to its children: a group with processes of its own may not."""
    here = controllers / own.get("", "/").lstrip("/")
    for parent in (here, *here.parents):
        if _delegates(parent):
            memory = {"memory.max": limits.memory, "memory.swap.max": 0, "memory.oom.group": 1}
            return _filled(Cgroup("cgroup v2", (parent / _new_name(),)), [memory | {"pids.max": limits.processes}])
        if parent == controllers:
            break
    return None


def _delegates(group: Path) -> bool:
    """To move a process, the common ancestor must be ours to write too."""
    if not os.access(group / "cgroup.procs", os.W_OK) or not os.access(group, os.W_OK):
        return False
    return {"memory", "pids"} <= set((group / "cgroup.subtree_control").read_text().split())


def _make_v1(limits: Limits, controllers: Path, own: dict[str, str]) -> Cgroup | None:
    """One folder a controller; cpu is joined without a ceiling, so that a kernel of many processes gets one share."""
    memory = {"memory.limit_in_bytes": limits.memory, "memory.memsw.limit_in_bytes": limits.memory}
    wanted: dict[str, dict[str, int]] = {"memory": memory, "pids": {"pids.max": limits.processes}, "cpu": {}}
    parents = {name: _v1_parent(controllers / name, own.get(name, "/")) for name in wanted}
    usable = {name: parent for name, parent in parents.items() if os.access(parent, os.W_OK)}
    if "memory" not in usable:
        return None
    group = Cgroup("cgroup v1", tuple(parent / _new_name() for parent in usable.values()))
    return _filled(group, [wanted[name] for name in usable])


def _v1_parent(mount: Path, own: str) -> Path:
    """In a container the mount may already be our own group, and the listing tells the host's path."""
    inner = mount / own.lstrip("/")
    return inner if inner.is_dir() else mount


def _filled(group: Cgroup, settings: list[dict[str, int]]) -> Cgroup:
    try:
        for folder, values in zip(group.folders, settings, strict=True):
            _sweep(folder.parent)
            folder.mkdir()
            for name, value in values.items():
                _set(folder / name, value)
    except OSError:
        group.remove()
        raise
    return group


def _set(setting: Path, value: int) -> None:
    try:
        setting.write_text(f"{value}\n")
    except OSError:
        if setting.name not in NOT_EVERYWHERE:
            raise


def _scope(limits: Limits) -> tuple[str, ...]:
    """Words that put a command into a systemd scope of the user's own; they exec it, so its id stays the same."""
    ceilings = (f"MemoryMax={limits.memory}", "MemorySwapMax=0", f"TasksMax={limits.processes}", "CPUWeight=100")
    properties = (f"--property={ceiling}" for ceiling in ceilings)
    return ("systemd-run", "--user", "--scope", "--quiet", "--collect", *properties, "--")


@functools.cache
def _scope_holds_memory() -> bool:
    """Ask a scope for its limit: a user manager without the memory controller takes the word and does nothing."""
    if "XDG_RUNTIME_DIR" not in os.environ or not shutil.which("systemd-run"):
        return False
    read_back = "cat /sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/memory.max"
    command = [*_scope(Limits(memory=64 * MIB)), "sh", "-c", read_back]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == str(64 * MIB)


def children(pid: int) -> list[int]:
    """Direct children of a process, of all its threads."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def process_tree(pid: int) -> list[int]:
    """A process and all that descends from it; inside a pid namespace nothing can leave the tree."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def resident_bytes(pid: int) -> int:
    """What one process has in memory, shared pages counted in full."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> int:
    """The same with every shared page divided among its users; slower, so asked only near the limit."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return resident_bytes(pid)
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


class MemoryWatch(threading.Thread):
    """Kills a kernel whose processes together pass a limit, where no cgroup can."""

    def __init__(self, pid: int, limit: int, kill: Callable[[], None], interval: float = 0.05) -> None:
        super().__init__(name=f"memory-watch-{pid}", daemon=True)
        self._pid, self._limit, self._kill, self._interval = pid, limit, kill, interval
        self._stopped = threading.Event()
        self.peak = 0  # bytes, shared pages counted in full

    def run(self) -> None:
        """Look, again and again, until it is too much or the kernel is gone."""
        while not self._stopped.wait(self._interval):
            resident = self._sum(resident_bytes)
            self.peak = max(self.peak, resident)
            if resident > self._limit and self._sum(proportional_bytes) > self._limit:
                self._kill()
                return

    def _sum(self, measure: Callable[[int], int]) -> int:
        return sum(map(measure, process_tree(self._pid)))

    def stop(self) -> None:
        """Called before the kernel's id can be given to another process."""
        self._stopped.set()
        self.join(1.0)
