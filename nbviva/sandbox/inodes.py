"""What a sandbox's builder does not do for the places that a kernel can write: few files, and no link out of them.

Neither bubblewrap nor an engine limits the number of files, and an empty file takes memory that is nobody's size; and
a link in the place of a socket would lead the asker, who connects from outside, to a socket of the machine. So the
places are mounted again as soon as they are there, before any line of a hand-in has run. Called by the provisioner.
As a program it joins the kernel's namespaces and does it: only a process without threads may join a user namespace.
"""
# ruff: noqa: S603 - the command line is a list that we wrote

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

NS_GET_USERNS = 0xB701  # whose user namespace a namespace belongs to
NEW_USER, NEW_MOUNTS = 0x10000000, 0x20000
REMOUNT, NO_SETUID, NO_DEVICES, NO_LINKS = 32, 2, 4, 256


def limit(pid: int, number: int, places: Iterable[Path], sockets: Path) -> bool:
    """Let each of these places of a process hold so many files, and one no links; tell whether that could be done."""
    words = [sys.executable, "-I", "-S", __file__, str(pid), str(number), str(sockets), *map(str, places)]
    return not subprocess.run(words, capture_output=True, check=False, cwd="/").returncode


def _main(pid: str, number: str, sockets: str, *places: str) -> None:
    import fcntl  # Linux' own: an author's machine, which imports this module for nothing, may not have it

    libc = ctypes.CDLL(None, use_errno=True)
    mounts = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
    owner = fcntl.ioctl(mounts, NS_GET_USERNS)
    steps = [] if os.path.sameopenfile(owner, os.open("/proc/self/ns/user", os.O_RDONLY)) else [(owner, NEW_USER)]
    for descriptor, kind in (*steps, (mounts, NEW_MOUNTS)):
        if libc.setns(descriptor, kind):
            raise OSError(ctypes.get_errno(), "setns")
    for place in places:
        flags = ctypes.c_ulong(REMOUNT | NO_SETUID | NO_DEVICES | (NO_LINKS if place == sockets else 0))
        if libc.mount(None, place.encode(), None, flags, f"nr_inodes={number}".encode()):
            raise OSError(ctypes.get_errno(), place)


if __name__ == "__main__":
    _main(*sys.argv[1:])
