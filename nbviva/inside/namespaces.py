"""What a forked kernel builds around itself, as bubblewrap does around one that is started: a view of its own.

Runs inside, in a process that has not seen a line of a hand-in yet, and needs nothing beyond the standard library. The
order counts: namespaces, then mounts, then no capability and a filter, and only then are the hand-in's files unpacked.
"""

import ctypes
import json
import os
import signal
import socket
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

USER_NAMESPACE = 0x10000000
OTHER_NAMESPACES = 0x20000 | 0x20000000 | 0x40000000 | 0x8000000 | 0x4000000 | 0x2000000  # mnt pid net ipc uts cgroup
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, NO_LINKS = 1, 2, 4, 8, 32, 256
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = (
    1,
    4,
    22,
    24,
    38,
    47,
)
AMBIENT_CLEAR_ALL, SECCOMP_MODE_FILTER = 4, 2
CAPABILITIES_VERSION = 0x20080522
FILTER_STEP = 8  # bytes of a struct sock_filter
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PAGE = os.sysconf("SC_PAGE_SIZE")
COUNTERS_SIZE = 1 << 20

Found = tuple[int, bytes | None]  # permissions, and the content of a file

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Request:
    """What an asker wants of a fork.

    Attributes
    ----------
    command
        the command line of a started kernel.
    folder
        where the files of the hand-in are unpacked, and the kernel starts.
    files
        what else to put where, to read, in the places that can be written.
    tmpfs
        these places, each with its size, the number of files that it may hold, and octal permissions.
    sockets
        the one of them in which no link is followed, for the asker comes in there.
    kept
        folders inside of these places that are shown as the template sees them: an environment may lie in /tmp.
    counters, uncounted
        files of /proc that stay as they are now, and folders of it that are not shown: the machine's, not the kernel's.
    rlimits
        soft and hard limits by their names in small letters.
    seccomp
        the filter, in hexadecimal.
    """

    command: list[str]
    folder: str
    files: dict[str, str]
    tmpfs: dict[str, tuple[int, int, str]]
    sockets: str
    kept: list[str]
    counters: list[str]
    uncounted: list[str]
    rlimits: dict[str, tuple[int, int]]
    seccomp: str

    def to_bytes(self) -> bytes:
        """The request as it is sent."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Request":
        """Read what was sent."""
        return cls(**json.loads(data))


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _prctl(option: int, value: int, more: int = 0) -> None:
    _call("prctl", option, *map(ctypes.c_ulong, (value, more, 0, 0)))


def die_with_parent() -> None:
    """Let this process be killed as soon as its parent is dead."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leave_namespaces() -> None:
    """Leave the template's namespaces for new ones, as the user that one was; children are in a new pid namespace."""
    own = {"uid_map": os.getuid(), "gid_map": os.getgid()}
    _call("unshare", USER_NAMESPACE | OTHER_NAMESPACES)
    Path("/proc/self/setgroups").write_text("deny")
    for name, number in own.items():
        Path("/proc/self", name).write_text(f"{number} {number} 1")


def build(request: Request, files: dict[str, Found]) -> None:
    """Cover all that can be written and all that tells of other processes; for the first process of a namespace."""
    os.chdir("/")
    _mount(None, "/", None, RECURSIVE | PRIVATE)
    _raise_loopback()
    kept = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY)) for path in request.kept]
    for place, (size, inodes, octal) in request.tmpfs.items():
        flags = NO_SETUID | NO_DEVICES | (NO_LINKS if place == request.sockets else 0)
        _mount("tmpfs", place, "tmpfs", flags, f"size={size},nr_inodes={inodes},mode={octal}")
    for path, number in kept:
        Path(path).mkdir(0o755, parents=True)
        _mount(f"/proc/self/fd/{number}", path, None, BIND | RECURSIVE)
        os.close(number)
    for path, (mode, data) in (files | {name: (0o444, text.encode()) for name, text in request.files.items()}).items():
        _write(Path(path), mode, data)
    _mount("devpts", "/dev/pts", "devpts", NO_SETUID | NO_PROGRAMS, "newinstance,ptmxmode=0666,mode=620")
    _mount("proc", "/proc", "proc", NO_SETUID | NO_DEVICES | NO_PROGRAMS)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    _freeze(request.counters, request.uncounted)
    _mount("tmpfs", "/proc/1", "tmpfs", NO_SETUID | NO_DEVICES | READ_ONLY, f"size={PAGE},mode=0755")


def _freeze(counters: list[str], uncounted: list[str]) -> None:
    """Put copies in the place of counters; they lie in a folder that is covered next."""
    _mount("tmpfs", "/proc/1", "tmpfs", NO_SETUID | NO_DEVICES, f"size={COUNTERS_SIZE},mode=0755")
    for number, name in enumerate(counters):
        copy = Path("/proc/1", str(number))
        copy.write_bytes(Path(name).read_bytes())
        copy.chmod(0o444)
        _mount(str(copy), name, None, BIND)
        _mount("none", name, None, REMOUNT | BIND | READ_ONLY | NO_SETUID | NO_DEVICES)
    for name in uncounted:
        _mount("tmpfs", name, "tmpfs", NO_SETUID | NO_DEVICES | READ_ONLY, f"size={PAGE},mode=0755")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [word.encode() if word else None for word in (source, target, kind)]
    _call("mount", *words, ctypes.c_ulong(flags), data.encode() if data else None)


def found(path: Path) -> Found:
    """Remember a file or a folder, to be written again for each fork."""
    return path.stat().st_mode & 0o7777, None if path.is_dir() else path.read_bytes()


def _write(path: Path, mode: int, data: bytes | None) -> None:
    if data is None:
        path.mkdir(exist_ok=True)
    else:
        path.write_bytes(data)
    path.chmod(mode)


def _raise_loopback() -> None:
    import fcntl  # an author's machine, which imports this module for `Request` alone, may not have it

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def give_up_privileges(program: bytes) -> None:
    """Drop every capability for good, and put the filter in force; what is started later inherits both."""
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        _prctl(PR_CAPBSET_DROP, capability)
    _prctl(PR_CAP_AMBIENT, AMBIENT_CLEAR_ALL)
    _call("capset", struct.pack("Ii", CAPABILITIES_VERSION, 0), bytes(24))
    filter_calls(program)


def filter_calls(program: bytes) -> None:
    """Put the filter in force, for this process and all that it starts."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    steps = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // FILTER_STEP, ctypes.addressof(steps)))
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(header))


def hide_memory() -> None:
    """Close this process to all others of its user: it is what ends the sandbox."""
    _prctl(PR_SET_DUMPABLE, 0)
