"""What a sandbox promises, each tried from inside by a function whose docstring is the promise.

The text of this module is run in a kernel by `nbviva.sandbox.self_check`, so it needs the standard library alone. Each
function is told some facts about the machine and gives what it could do and should not have been able to, in a few
words; nothing where the promise is kept.
"""
# ruff: noqa: S108 - places inside the sandbox

import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]
Promise = Callable[[Facts], str]

WRITABLE = ("/handin", "/home/student", "/tmp", "/dev/shm")
EVERYWHERE = ("/", "/bin", "/dev", "/etc", "/lib", "/opt", "/proc", "/run", "/sys", "/usr", "/var")
NEW_USER_NAMESPACE = 0x10000000


def sees_its_hand_in(facts: Facts) -> str:
    """It starts in a copy of the hand-in, with a home and a /tmp of its own that can be written."""
    missing = [] if Path(facts["file"]).is_file() else ["the hand-in's file"]
    return _listed([*missing, *(place for place in WRITABLE if not _can_write(place))], "missing: ")


def sees_no_file_of_ours(facts: Facts) -> str:
    """It sees no file of the course, of the examiner's home or of another hand-in."""
    return _listed(path for path in facts["secrets"] if os.access(path, os.F_OK))


def writes_no_system(facts: Facts) -> str:
    """It can write to no folder of the system or of the environment."""
    return _listed(folder for folder in (*EVERYWHERE, sys.prefix, *facts["folders"]) if _can_write(folder))


def sees_no_variable(facts: Facts) -> str:
    """It finds nothing of the examiner's environment."""
    return facts["variable"] if facts["variable"] in os.environ else ""


def sees_no_process(facts: Facts) -> str:
    """It sees no process but its own."""
    numbers = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = [number for number in numbers if facts["variable"].encode() in _read(f"/proc/{number}/environ")]
    return _listed([*found, *([f"{len(numbers)} processes"] if len(numbers) > facts["processes_most"] else [])])


def ends_no_first_process(facts: Facts) -> str:
    """It cannot end or read the process that holds the sandbox together."""
    del facts
    if os.getpid() == 1:  # what an engine started holds nothing together: the engine does, from outside
        return ""
    with contextlib.suppress(OSError):
        os.kill(1, signal.SIGTERM)
    with contextlib.suppress(OSError), Path("/proc/1/mem").open("rb"):
        return "its memory can be opened"
    return ""


def reaches_no_network(facts: Facts) -> str:
    """It reaches no network, not even the machine's own."""
    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    with socket.socket() as door, contextlib.suppress(OSError):
        door.settimeout(2)
        door.connect(("127.0.0.1", facts["port"]))
        names.append("a port of the machine")
    with socket.socket(socket.AF_UNIX) as door, contextlib.suppress(OSError):
        door.connect("\0" + facts["abstract"])
        names.append("a socket of the machine")
    return _listed(names)


def has_no_privilege(facts: Facts) -> str:
    """It has no capability and can gain none, and a filter of calls is in force."""
    del facts
    lines = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    sets = [name for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb") if int(lines[name], 16)]
    others = {"NoNewPrivs": "1", "Seccomp": "2"}
    missing = [name for name, value in others.items() if lines[name].strip() != value]
    return _listed([*sets, *missing])


def is_not_root(facts: Facts) -> str:
    """It is root neither inside nor on the machine."""
    del facts
    return "root inside" if 0 in (os.getuid(), os.getgid()) else ""


def makes_no_namespace(facts: Facts) -> str:
    """It can make no user namespace, in which it would be root."""
    del facts
    link = Path("/proc/self/ns/user")
    ours = link.readlink()
    libc = ctypes.CDLL(None)
    child = os.fork()
    if not child:
        libc.unshare(NEW_USER_NAMESPACE)
        os._exit(int(link.readlink() != ours))
    return "a user namespace" if os.waitpid(child, 0)[1] else ""


def calls_no_forbidden(facts: Facts) -> str:
    """Calls that reach around the sandbox (ptrace, keyrings, io_uring, memory without a file ...) are refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    return _listed(name for name, number in facts["calls"].items() if not _is_refused(libc, number))


def _is_refused(libc: ctypes.CDLL, number: int) -> bool:
    return libc.syscall(number, 0, 0, 0, 0, 0, 0) == -1 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)


def fills_no_disk(facts: Facts) -> str:
    """What it can write is limited, in bytes and in number of files, and is memory that ends with it."""
    found = []
    for place in WRITABLE:
        room = os.statvfs(place)
        sizes = (room.f_blocks * room.f_frsize, max(facts["disk"], 1 << 20)), (room.f_files, facts["inodes"])
        names = [f"{place} holds {size}" for size, most in sizes if size > most or size == 0]
        found += names[:1]
    return _listed(found)


def opens_few_files(facts: Facts) -> str:
    """Its open files, the size of a file, its CPU time and its core dumps are limited."""
    names = {"NOFILE": "open_files", "FSIZE": "file_size", "CPU": "cpu_seconds"}
    wrong = [
        name
        for name, limit in names.items()
        if not 0 < resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] <= facts[limit]
    ]
    return _listed([*wrong, *(["CORE"] if resource.getrlimit(resource.RLIMIT_CORE)[1] else [])])


def starts_few_processes(facts: Facts) -> str:
    """It can start no more processes than its limit."""
    children: list[int] = []
    with contextlib.suppress(OSError):
        while len(children) <= facts["processes"]:
            children.append(_sleeping())
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return f"{len(children)} processes" if len(children) > facts["processes"] else ""


def _sleeping() -> int:
    child = os.fork()
    if not child:
        signal.pause()
        os._exit(0)
    return child


def leaves_a_process(facts: Facts) -> str:
    """Nothing that it started outlives it."""
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", facts["mark"]])  # noqa: S606
    return ""


def takes_no_more_memory(facts: Facts) -> str:
    """It is ended when it takes more memory than its limit, and nobody else is."""
    hoard = [bytearray(b"x") * (8 << 20) for _ in range(2 * facts["memory"] >> 23)]
    return f"{len(hoard) * 8} MiB"


def _can_write(folder: str) -> bool:
    place = Path(folder, f"nbviva-{os.getpid()}")
    try:
        place.write_bytes(b"x")
    except OSError:
        return False
    place.unlink()
    return True


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError:
        return b""


def _listed(names: Iterable[str], before: str = "") -> str:
    found = ", ".join(names)
    return f"{before}{found}" if found else ""
