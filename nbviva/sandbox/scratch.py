"""Our folders in the system's temporary folder, and the sweeping of those whose process was killed.

A folder's name says whose it is: the process, when that began, and its pid namespace, in which alone the number means
it. So a folder is swept only if it is ours, of this namespace, and its process is gone.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

_NAMED = re.compile(r"nbviva-(\d+)-(\d+)-(\d+)-")
_STARTED = 19  # in /proc/PID/stat, counted from the state: in ticks since the machine started


def prefix() -> str:
    """Give how the names of this process's folders begin."""
    return f"nbviva-{os.getpid()}-{_started(os.getpid())}-{_namespace()}-"


def folder(place: str | None = None) -> tempfile.TemporaryDirectory[str]:
    """Make a folder that goes with its context, or else with the next sweep."""
    return tempfile.TemporaryDirectory(prefix=prefix(), dir=place)


def short() -> Path:
    """Make a folder whose path is short enough for the sockets in it; who calls removes it."""
    return Path(tempfile.mkdtemp(prefix=prefix(), dir="/tmp" if os.access("/tmp", os.W_OK) else None))  # noqa: S108


def sweep() -> tuple[Path, ...]:
    """Remove the folders that killed processes of ours left; called before and after hand-ins are graded."""
    places = {Path(tempfile.gettempdir()), Path("/tmp")}  # noqa: S108 - see `short`
    left = [path for place in places for path in place.glob("nbviva-*") if is_left(path)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return tuple(left)


def is_left(path: Path) -> bool:
    """Whether a folder is one of ours whose process is gone."""
    found = _NAMED.match(path.name)
    if not found or int(found[3]) != _namespace():
        return False
    with contextlib.suppress(OSError):
        return path.lstat().st_uid == os.getuid() and path.is_dir() and _started(int(found[1])) != int(found[2])
    return False


def _started(pid: int) -> int:
    """Give when a process began; 0 where there is none."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[_STARTED])
    except (OSError, IndexError, ValueError):
        return 0


def _namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0
