"""The user that a kernel runs as on the machine: nobody's when root starts it, the grader's own otherwise."""

# ruff: noqa: S603 - every command line is a list that we wrote

import functools
import os
import secrets
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

from nbviva.inside import SandboxUnavailable

UIDS = range(60578, 61184)  # unused, says systemd's list of user ids; one is drawn for each kernel that root starts


def is_missing() -> bool:
    """Whether there is nobody to drop to: root of a container may have no other user id to give."""
    ranges = (map(int, line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines())
    return os.geteuid() == 0 and not any(first <= UIDS.start < first + count for first, _, count in ranges)


def dropped(needed: Iterable[Path] = ()) -> list[str]:
    """The words before a command that let it run as its own user, who can reach what it needs."""
    uid = _draw()
    far = tuple(folder for folder in needed if uid and not reachable(folder))
    if not far:
        return _as_user(uid)
    mounts = f"--mount=/proc/{os.getpid()}/fd/{_opened_mounts(far)}"
    return ["nsenter", mounts, f"--setgid={uid}", f"--setuid={uid}", "--"]


def _draw() -> int | None:
    """A user id of the kernel's own when root starts it; an ordinary user has only the one."""
    return secrets.choice(UIDS) if os.geteuid() == 0 else None


def _as_user(uid: int | None) -> list[str]:
    """The words before a command that let it run as somebody else."""
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--inh-caps=-all", "--"] if uid else []


def reachable(folder: Path) -> bool:
    """Whether a user without rights of its own gets to a folder: root's interpreter often lies in root's home."""
    return not any(_is_closed(parent) for parent in folder.resolve().parents)


def _is_closed(folder: Path) -> bool:
    return not folder.stat().st_mode & 0o001


@functools.cache
def _opened_mounts(far: tuple[Path, ...]) -> int:
    """A mount namespace, as an open file, in which the closed folders above what is needed are open and empty.

    Made once a process. Nothing changes outside of it, and it ends with the process.
    """
    closed = {next(filter(_is_closed, reversed(folder.resolve().parents))) for folder in far}
    names = [(number, shlex.quote(str(folder))) for number, folder in enumerate(far, start=3)]
    lines = [
        "set -e",
        *(f"exec {number}< {name}" for number, name in names),
        *(f"mount -t tmpfs -o mode=0755,size=64k nbviva {shlex.quote(str(folder))}" for folder in sorted(closed)),
        *(f"mkdir -p {name}; mount --no-canonicalize --bind /proc/self/fd/{number} {name}" for number, name in names),
        "echo ready; read end",
    ]
    command = ["unshare", "--mount", "--propagation=slave", "/bin/sh", "-c", "\n".join(lines)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        if not cast("IO[bytes]", holder.stdout).readline():
            message = f"The kernel's user cannot reach {far[0]}: install Python where every user can read it."
            raise SandboxUnavailable(message)
        return os.open(f"/proc/{holder.pid}/ns/mnt", os.O_RDONLY)
