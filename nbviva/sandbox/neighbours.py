"""All that one kernel could do for another to notice, and all that the other could look at: a probe of channels.

Like `nbviva.sandbox.promises`, its text is run in a kernel, by `nbviva.sandbox.self_check`: in two that are side by
side. One does everything at once or nothing, the other says what it sees.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import pty
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]


def tells_its_neighbour(facts: Facts) -> str:
    """A kernel beside it cannot tell by locks, leases, watches, counters or common limits what it does."""
    _let_go()
    if facts["bit"]:
        for name in (*SHARED, sys.executable):
            _held.append(number := os.open(name, os.O_RDONLY))
            for lock in (_flock, _posix_lock, _owner_lock):
                with contextlib.suppress(OSError):
                    lock(number)
            with contextlib.suppress(OSError):
                os.read(number, 1)
        for _ in range(20):
            with contextlib.suppress(OSError):
                _held.extend(pty.openpty())
        _use_up()
    return ""


SHARED = (
    "/",
    "/usr/bin/env",
    "/usr/lib",
    "/dev/null",
    "/etc/passwd",
    "/opt/nbviva/nbviva/__init__.py",
    "/proc/version",
)
COUNTERS = tuple(
    f"/proc/{name}" for name in ("loadavg", "locks", "meminfo", "stat", "sys/fs/file-nr", "sys/kernel/pty/nr")
)
F_OFD_GETLK, F_OFD_SETLK = 36, 37
F_SETPIPE_SZ = 1031
_CALLS = {"x86_64": (206, 207, 222, 226), "aarch64": (0, 1, 107, 111)}
IO_SETUP, IO_DESTROY, TIMER_CREATE, TIMER_DELETE = _CALLS[os.uname().machine]
REQUESTS = 60_000  # of 65,536 that the whole machine may have waiting
_held: list[int] = []
_timers: list[int] = []
_requests: list[int] = []
_heard: dict[str, int] = {}
_LOCK = struct.Struct("hhqqi4x")  # of Linux's struct flock: type, whence, start, length, process


def _let_go() -> None:
    for opened in _held:
        with contextlib.suppress(OSError):
            os.close(opened)
    for timer in _timers:
        _call(TIMER_DELETE, timer)
    for requests in _requests:
        _call(IO_DESTROY, ctypes.c_ulong(requests))
    for held in (_held, _timers, _requests):
        held.clear()


def _use_up() -> None:
    """Take all that Linux gives one user of pipes and waiting signals, and the machine of requests to its disks."""
    with contextlib.suppress(OSError):
        while True:
            _held.extend(os.pipe())
            fcntl.fcntl(_held[-1], F_SETPIPE_SZ, 1 << 20)
    timer, requests = ctypes.c_int(), ctypes.c_ulong()
    while _call(TIMER_CREATE, 0, None, ctypes.byref(timer)) == 0:
        _timers.append(timer.value)
    if _call(IO_SETUP, REQUESTS, ctypes.byref(requests)) == 0:
        _requests.append(requests.value)


def _call(number: int, *given: Any) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(number, *given))


def _room() -> dict[str, str]:
    """Give what a user, and the machine, have left of pipes, waiting signals and requests to its disks."""
    heard, timer, requests = {}, ctypes.c_int(), ctypes.c_ulong()
    reading, writing = os.pipe()
    try:
        heard["pipes"] = str(fcntl.fcntl(writing, F_SETPIPE_SZ, 1 << 20))
    except OSError as error:
        heard["pipes"] = str(error.errno)
    os.close(reading)
    os.close(writing)
    heard["timers"] = str(_call(TIMER_CREATE, 0, None, ctypes.byref(timer)))
    if heard["timers"] == "0":
        _call(TIMER_DELETE, timer)
    heard["requests"] = str(_call(IO_SETUP, REQUESTS, ctypes.byref(requests)))
    if heard["requests"] == "0":
        _call(IO_DESTROY, requests)
    return heard


def _flock(number: int) -> str:
    fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return "free"


def _posix_lock(number: int) -> str:
    fcntl.fcntl(number, fcntl.F_SETLK, _LOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
    return ""


def _owner_lock(number: int) -> str:
    fcntl.fcntl(number, F_OFD_SETLK, _LOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
    return ""


def _lock_of_others(number: int, command: int) -> str:
    answer = fcntl.fcntl(number, command, _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    return str(_LOCK.unpack(answer)[0])


def _lease(number: int) -> str:
    fcntl.fcntl(number, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    fcntl.fcntl(number, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return "free"


_LOOKS: dict[str, Callable[[int], str]] = {
    "flock": _flock,
    "F_GETLK": lambda number: _lock_of_others(number, fcntl.F_GETLK),
    "F_OFD_GETLK": lambda number: _lock_of_others(number, F_OFD_GETLK),
    "lease": _lease,
}


def _looked(look: Callable[[int], str], number: int) -> str:
    try:
        return look(number)
    except OSError as error:
        return str(error.errno)


def _watch(name: str) -> str:
    """Give what was seen of a file since it was asked for last."""
    libc = ctypes.CDLL(None, use_errno=True)
    if name not in _heard:
        _heard[name] = libc.inotify_init1(os.O_NONBLOCK)
        libc.inotify_add_watch(_heard[name], name.encode(), 0xFFF)
    try:
        os.read(_heard[name], 65536)
    except OSError as error:
        return str(error.errno)
    return "seen"


def hears_its_neighbour(facts: Facts) -> str:
    """Give all that can be told of a neighbour as JSON, by the channel."""
    del facts
    heard = _room()
    for name in (*SHARED, sys.executable):
        heard[f"inotify {name}"] = _watch(name)
        number = os.open(name, os.O_RDONLY)
        heard |= {f"{kind} {name}": _looked(look, number) for kind, look in _LOOKS.items()}
        os.close(number)
        _watch(name)
    for name in COUNTERS:
        heard[name] = Path(name).read_text("utf-8") if os.access(name, os.R_OK) else ""
    return json.dumps(heard)
