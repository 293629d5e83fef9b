"""What a kernel finds inside its sandbox: its own files, an environment, an interpreter, limits on what it may use.

Both backends build on it: `bubblewrap` puts these things into a namespace, `container` into an engine's container.
"""
# ruff: noqa: S108, S603 - /tmp inside is the kernel's own; every command line is a list that we wrote

import contextlib
import functools
import json
import os
import select
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nbviva.errors import HandInTooLarge, SandboxUnavailable
from nbviva.sandbox.limits import MIB, PAGE, Limits, thread_variables

WORKING_COPY = Path("/handin")
HOME = Path("/home/student")
SOCKETS = Path("/run/nbviva")  # short: the path of a unix socket holds 107 bytes
CONNECTION_FILE = SOCKETS / "connection.json"
AGENT = Path("/opt/nbviva")
ROOMS = tuple(Path(__file__).parents[1] / room for room in ("inside", "tester"))  # of ours that kernels see
WRITABLE = (WORKING_COPY, HOME, Path("/tmp"), Path("/dev/shm"))  # each a tmpfs of its own
SOCKETS_SIZE = MIB
FONTS = HOME / ".config/matplotlib"
USER = 1000
_COPIED = (Path("/etc/ld.so.cache"), Path("/etc/localtime"))
_ACCOUNTS = {
    Path("/etc/passwd"): b"student:x:1000:1000::/home/student:/bin/sh\n",
    Path("/etc/group"): b"student:x:1000:\n",
    Path("/etc/hosts"): b"127.0.0.1 localhost\n",
    Path("/etc/nsswitch.conf"): b"passwd: files\ngroup: files\nhosts: files\n",
}
# Counters of the whole machine, by which one kernel could tell another what it does: each sees them as they stood when
# it started. What counts open files and terminals is not shown at all.
COUNTERS = tuple(
    Path("/proc", name)
    for name in (
        "buddyinfo", "diskstats", "interrupts", "loadavg", "locks", "meminfo", "schedstat", "slabinfo", "softirqs",
        "stat", "swaps", "uptime", "vmstat", "zoneinfo",
    )
)  # fmt: skip
UNCOUNTED = tuple(Path("/proc", name) for name in ("fs", "pressure", "sys/fs", "sys/kernel/pty"))
_MESSAGE_BYTES = 4096  # of what it says before it is ready
READY = b"ready\n"  # what the start says when the kernel is next

# Rlimits are set here and not by the parent: RLIMIT_NPROC set before the user namespace is made would count the
# grader's own processes too. The working copy comes as an archive: the original is never mounted, nor given away.
_START = f"tar --extract --no-same-owner --no-same-permissions && echo {READY.decode().strip()} && exec "

# Kernels of linear algebra are chosen by these; they decide the last bits of a result, so the inside has the outside's.
_PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NVPL_BLAS_DEBUG_CPU_TYPE", "TZ")


def start_script(command: Sequence[str], limits: Limits | None = None) -> list[str]:
    """The first program inside: unpack stdin, say that it is ready, set the rlimits, become the kernel.

    Without `limits` somebody else has set them. The kernel's own stdout and stderr go nowhere: what it prints through
    Jupyter's messages is counted by the asker, and what it prints past them is not wanted.
    """
    words = ["/bin/sh", "-c", f'{_START}"$@" </dev/null >/dev/null 2>&1', "start"]
    if limits is None:
        return [*words, *command]
    ceilings = [f"--{name}={soft}:{hard}" for name, (soft, hard) in limits.rlimits().items()]
    return [*words, "prlimit", *ceilings, "--", *command]


def environment(outer: Mapping[str, str], python: "PythonHome | None" = None) -> dict[str, str]:
    """Everything that the kernel finds in its environment; of the outer one only what bears on arithmetic and time.

    Not there on purpose: JPY_PARENT_PID, for ipykernel would look for that process in a pid namespace and quit.
    """
    inner = {
        "HOME": str(HOME),
        "JOBLIB_TEMP_FOLDER": "/tmp",
        "LANG": "C.UTF-8",
        "LOGNAME": "student",
        "MPLCONFIGDIR": str(FONTS),
        "NBGRADER_EXECUTION": "autograde",  # as in nbgrader, which notebooks may ask
        "NUMBA_CACHE_DIR": "/tmp/numba",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(AGENT),
        "PYTHONSAFEPATH": "1",
        "TMPDIR": "/tmp",
        "TORCH_HOME": str(HOME / ".cache/torch"),
        "USER": "student",
        "XDG_CACHE_HOME": str(HOME / ".cache"),
    }
    inner |= thread_variables(1)
    inner |= {name: outer[name] for name in _PASSED_ON if name in outer}
    user_base = python.user_base if python else None
    return inner | ({"PYTHONUSERBASE": user_base} if user_base else {"PYTHONNOUSERSITE": "1"})


def tmpfs(limits: Limits) -> dict[Path, int]:
    """The places that can be written, with their sizes in bytes."""
    return {SOCKETS: SOCKETS_SIZE, **dict.fromkeys(WRITABLE, limits.disk)}


@functools.cache
def system_files() -> dict[Path, bytes]:
    """The small files of a system that a kernel finds in /etc."""
    return _ACCOUNTS | {file: file.read_bytes() for file in _COPIED if file.exists()}


def counters() -> dict[Path, bytes]:
    """The counters of the machine as they stand; what cannot be read from inside either is left out."""
    return {path: path.read_bytes() for path in COUNTERS if path.exists() and path.stat().st_mode & 0o004}


def uncounted() -> list[Path]:
    """The folders of /proc that are covered."""
    return [path for path in UNCOUNTED if path.is_dir()]


def mode(place: Path) -> str:
    """The permissions of such a place, in octal."""
    return "1777" if place.name in {"tmp", "shm"} else "0755"


def agent_files() -> dict[Path, bytes]:
    """The framework as the kernel sees it: its `ROOMS` in an empty package, nothing else of the framework."""
    package = AGENT / "nbviva"
    modules = {
        package / room.name / path.name: path.read_bytes() for room in ROOMS for path in sorted(room.glob("*.py"))
    }
    return {package / "__init__.py": b"", **modules}


def inner_connection(connection: Mapping[str, object]) -> bytes:
    """The connection file for the kernel's eyes: the same sockets by the path that they have inside."""
    key = connection["key"]
    inside = {**connection, "ip": str(SOCKETS / "k"), "key": key.decode() if isinstance(key, bytes) else key}
    return json.dumps({name: value for name, value in inside.items() if isinstance(value, str | int)}).encode()


def pack(folder: Path | None, limits: Limits, archive: IO[bytes]) -> None:
    """Write the files of a working copy as a tar archive; links stay links, and what cannot be read is left out."""
    files = sorted(filter(_can_be_packed, folder.rglob("*"))) if folder else []
    size = sum(max(file.lstat().st_size, PAGE) for file in files)  # an empty file takes memory too
    if size > limits.disk:
        raise HandInTooLarge(f"The files of the hand-in take {size} bytes, and a kernel gets {limits.disk}.")
    if len(files) >= limits.inodes:
        raise HandInTooLarge(f"The hand-in has {len(files)} files, and a kernel may have {limits.inodes}.")
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for file in files:
            tar.add(file, file.relative_to(folder or file), recursive=False, filter=_made_readable)
    archive.seek(0)


def _can_be_packed(file: Path) -> bool:
    """Pipes and devices would wait or fail, and a file that is closed to us was closed by who handed it in."""
    return file.is_symlink() or ((file.is_file() or file.is_dir()) and os.access(file, os.R_OK))


def _made_readable(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A folder that its owner may not enter would stop the unpacking; whose file it was is nobody's business inside."""
    member.mode |= 0o700 if member.isdir() else 0o600
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


@dataclass(frozen=True)
class PythonHome:
    """The folders that an interpreter needs, and the base of the user's own packages if it looks there."""

    binds: tuple[Path, ...]
    user_base: str | None


_PROBE = """
import json, site, sys
base = site.USER_BASE if site.ENABLE_USER_SITE else None
print(json.dumps([[sys.prefix, sys.exec_prefix, sys.base_prefix], sys.path, base]))
"""


@functools.cache
def python_home(executable: str, hidden: tuple[Path, ...]) -> PythonHome:
    """What to show of the machine for `executable` to run: its environment, its base, the folders of its .pth files.

    Nothing inside a `hidden` folder is shown, nor a folder that holds one, but for the environment itself: a course
    is often installed in an environment that lies inside the course.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [executable, "-P", "-c", _PROBE]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=clean, cwd="/")
    prefixes, path, user_base = json.loads(answer.stdout)
    roots = [root.resolve() for root in hidden]
    targets = [target for target in map(Path, path) if target.is_dir() and not _touches(target.resolve(), roots)]
    return PythonHome(_outermost([*map(Path, prefixes), *targets]), user_base)


def _touches(folder: Path, roots: Iterable[Path]) -> bool:
    return any(folder.is_relative_to(root) or root.is_relative_to(folder) for root in roots)


def _outermost(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Each folder by the name it goes by and by its real one, without those that another already shows."""
    kept: list[Path] = [Path("/usr")]
    names = set(folders)
    for folder in sorted(names | {folder.resolve() for folder in names}):
        if not any(folder.is_relative_to(shown) for shown in kept):
            kept.append(folder)
    return tuple(kept[1:])


@functools.cache
def font_lists(executable: str) -> dict[Path, bytes]:
    """Matplotlib's list of fonts, made once and given to every kernel, or each would search the machine again."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nbviva/matplotlib"
    with tempfile.TemporaryDirectory() as spare:
        cache = own if _can_be_written(own) else Path(spare)
        if not list(cache.glob("fontlist-*.json")):
            clean = {"PATH": os.defpath, "MPLCONFIGDIR": str(cache), "HOME": "/nonexistent"}
            command = [executable, "-P", "-c", "import matplotlib.font_manager"]
            subprocess.run(command, env=clean, cwd="/", capture_output=True, check=False)
        return {FONTS / found.name: found.read_bytes() for found in cache.glob("fontlist-*.json")}


def _can_be_written(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK)
    return False


def until_ready(said: int, seconds: float, sentence: str) -> Iterator[None]:
    """Read what a start says on this pipe until it says that the kernel is next, and yield whenever it is silent.

    Raises
    ------
    SandboxUnavailable
        With the sentence and why, if it ends before or takes longer.
    """
    heard, end = b"", time.monotonic() + seconds
    while not heard.endswith(READY):
        if time.monotonic() > end:
            raise SandboxUnavailable(
                f"{sentence}: nothing was ready within {seconds:.0f} s; is the machine overloaded?"
            )
        if not has_something(said):
            yield
        elif piece := os.read(said, _MESSAGE_BYTES):
            heard = (heard + piece)[-_MESSAGE_BYTES:]
        else:
            raise SandboxUnavailable(f"{sentence}: {' '.join(heard.decode(errors='replace').split()) or 'it ended.'}")


def has_something(descriptor: int, seconds: float = 0.0) -> bool:
    """Whether within this time a pipe has something to say, or the process of a pidfd has ended."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(1000 * seconds))
