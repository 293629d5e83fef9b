"""The command line of bubblewrap, the user that it runs as, and the one sentence that says why it cannot be used here.

A kernel runs as a user id of its own when root starts it, and as the grader's own user otherwise.
"""
# ruff: noqa: S603 - every command line is a list that we wrote

import contextlib
import functools
import os
import platform
import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from nbviva.errors import SandboxUnavailable
from nbviva.machine import not_linux
from nbviva.sandbox import seccomp, world
from nbviva.sandbox.limits import PAGE, Limits

UIDS = range(60578, 61184)  # unused, says systemd's list of user ids; one is drawn for each kernel that root starts


OLDEST = (0, 7)  # --size for tmpfs
DISABLES_USERNS = (0, 8)
ROOT = Path("/")
PACKAGES = Path(__file__).parents[2]
FRAMEWORK = () if PACKAGES.name in {"site-packages", "dist-packages"} else (PACKAGES,)  # the repository, if it is one
_IN_CONTAINER = "A container forbids a sandbox inside it: grade outside of it."
# What a system that forbids the sandbox shows of it (a file, its content), and what to do. The first that holds counts.
CAUSES = (
    (
        "proc/sys/user/max_user_namespaces",
        "0",
        "User namespaces are off: run 'sysctl user.max_user_namespaces=15000' as root.",
    ),
    (
        "proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "User namespaces are for root only: run 'sysctl kernel.unprivileged_userns_clone=1' as root.",
    ),
    (".dockerenv", None, _IN_CONTAINER),
    ("run/.containerenv", None, _IN_CONTAINER),
    (
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        (
            "AppArmor forbids user namespaces to bwrap: load the profile bwrap-userns-restrict of apparmor-profiles, "
            "or run 'sysctl kernel.apparmor_restrict_unprivileged_userns=0' as root."
        ),
    ),
)
# The links of Debian's alternatives lead to libraries, and the CPU's description bears on results. Small files are
# copied: a copy costs less than a mount, and the start of a kernel counts.
_BOUND = ("/etc/alternatives", "/sys/devices/system/cpu")


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


def refusal(root: Path = ROOT) -> str | None:
    """None where a kernel can be put into a sandbox, or one sentence that names the cause and what to do about it."""
    if sentence := not_linux("The sandbox that student code runs in"):
        return sentence
    if platform.machine() not in seccomp.MACHINES:
        return f"There is no seccomp filter for {platform.machine()}: grade on {' or '.join(seccomp.MACHINES)}."
    program = shutil.which("bwrap")
    if not program:
        return "bubblewrap is not installed: run 'apt-get install bubblewrap' or the like (pip's is another program)."
    if version(program) < OLDEST:
        return f"bubblewrap {_dotted(version(program))} is too old: install {_dotted(OLDEST)} or newer."
    if is_missing():
        return f"There is no user id {UIDS.start} to drop to: give this container 65536 ids, or be an ordinary user."
    unshared = [*_namespaces(), *_last_user_namespace(program)]
    trial = [*dropped(), program, *unshared, *_system(), "--proc", "/proc", "--", "/bin/true"]
    answer = subprocess.run(trial, capture_output=True, text=True, check=False, cwd="/")
    return _cause(answer.stderr.strip(), root) if answer.returncode else None


def _cause(message: str, root: Path) -> str:
    for name, content, sentence in CAUSES:
        sign = root / name
        if sign.exists() and (content is None or sign.read_text().strip() == content):
            return sentence
    return f"bubblewrap cannot build a sandbox here and says {message!r}: ask whoever runs this machine."


@functools.cache
def version(program: str) -> tuple[int, ...]:
    """The version of bubblewrap as numbers, the first three at most."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return tuple(map(int, re.findall(r"\d+", answer.stdout)))[:3]


def _dotted(numbers: Iterable[int]) -> str:
    return ".".join(map(str, numbers))


class Parcel:
    """Data handed to a child as open files that have a number and no name."""

    def __init__(self, files: contextlib.ExitStack) -> None:
        self._files = files
        self.numbers: list[int] = []

    def add(self, data: bytes) -> str:
        """Keep the data open, and tell its number as a word for a command line."""
        file = self._files.enter_context(os.fdopen(os.memfd_create("nbviva"), "w+b"))
        file.write(data)
        file.seek(0)
        self.numbers.append(file.fileno())
        return str(file.fileno())


@dataclass(frozen=True)
class View:
    """What a kernel sees of the machine beside the operating system.

    Attributes
    ----------
    python
        the interpreter's folders, to read.
    hidden
        folders to cover where they lie inside one that is shown.
    files
        what else to put where, to read.
    """

    python: world.PythonHome
    hidden: tuple[Path, ...]
    files: Mapping[Path, bytes]

    def covered(self) -> list[Path]:
        """Hidden folders that something shown would bring into view."""
        shown = [Path("/usr"), *self.python.binds]
        return [folder for folder in self.hidden if folder.is_dir() and any(above in folder.parents for above in shown)]


def view(executable: str, hidden: Iterable[Path], files: Mapping[Path, bytes]) -> View:
    """What a kernel of this interpreter sees, with nothing of the current folder, the framework's, or the `hidden`.

    Raises
    ------
    SandboxUnavailable
        where showing the interpreter would show what is to be hidden.
    """
    folders = tuple(folder.resolve() for folder in (Path.cwd(), *FRAMEWORK, *hidden))
    python = world.python_home(executable, folders)
    if both := set(python.binds) & set(folders):
        message = f"{both.pop()} is the course and its environment at once: make one of them in a folder of its own."
        raise SandboxUnavailable(message)
    return View(python, folders, {**files, **world.agent_files(), **world.font_lists(executable)})


def command(kernel: Sequence[str], limits: Limits, shown: View, parcel: Parcel) -> list[str]:
    """The command line of one kernel: bubblewrap, then the program that becomes the kernel."""
    program = shutil.which("bwrap") or "bwrap"
    closed = [
        *_last_user_namespace(program),
        *_frozen(parcel),
        # The first process inside is bubblewrap, which ends the others: nobody may write into its memory.
        *(*_tmpfs(Path("/proc/1"), PAGE), "--remount-ro", "/proc/1"),
        *("--seccomp", parcel.add(seccomp.program())),
    ]
    return _command([*_world(shown, limits, parcel), *closed], world.start_script(kernel, limits), parcel)


def template_command(template: Sequence[str], limits: Limits, shown: View, parcel: Parcel) -> list[str]:
    """The same for the process that kernels are forked from: it can still make namespaces for each of them."""
    return _command(_world(shown, limits, parcel), template, parcel)


def _command(options: Sequence[str], inner: Sequence[str], parcel: Parcel) -> list[str]:
    # The root and /dev that bubblewrap makes are tmpfs without a size: written full, they take half of the memory.
    words = [*options, "--remount-ro", "/dev", "--remount-ro", "/"]
    # Options in a file: a student can read the command line of the first process inside, which is bubblewrap.
    number = parcel.add("\0".join(words).encode() + b"\0")
    return [shutil.which("bwrap") or "bwrap", "--args", number, "--", *inner]


def _world(shown: View, limits: Limits, parcel: Parcel) -> list[str]:
    """Namespaces, environment and files."""
    files = world.system_files() | dict(shown.files)
    variables = world.environment(os.environ, shown.python)
    return [
        *_namespaces(),
        *("--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"),
        *(word for name, value in variables.items() for word in ("--setenv", name, value)),
        *_system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *(word for place, size in world.tmpfs(limits).items() for word in _tmpfs(place, size)),
        # After the tmpfs of /tmp and /home, which would hide an environment that lies there.
        *(word for folder in map(str, shown.python.binds) for word in ("--ro-bind", folder, folder)),
        *(word for folder in shown.covered() for word in (*_tmpfs(folder, PAGE), "--remount-ro", str(folder))),
        *("--chdir", str(world.WORKING_COPY)),
        *(word for place, data in files.items() for word in _file(place, parcel.add(data))),
    ]


def _frozen(parcel: Parcel) -> list[str]:
    """Copies of the machine's counters in their places; not for a template: no fork could have its own /proc."""
    counters = world.counters().items()
    return [
        *(word for place, data in counters for word in ("--ro-bind-data", parcel.add(data), str(place))),
        *(
            word
            for place in map(str, world.uncounted())
            for word in (*_tmpfs(Path(place), PAGE), "--remount-ro", place)
        ),
    ]


def _namespaces() -> list[str]:
    unshare = [f"--unshare-{name}" for name in ("user", "pid", "net", "ipc", "uts", "cgroup-try")]
    return [*unshare, "--uid", str(world.USER), "--gid", str(world.USER), "--cap-drop", "ALL"]


def _last_user_namespace(program: str) -> list[str]:
    return ["--disable-userns"] if version(program) >= DISABLES_USERNS else []


def _system() -> list[str]:
    """The operating system for reading, with the links of a merged /usr or the folders of an older one."""
    folders = [folder for name in ("bin", "sbin", "lib", "lib64", "lib32") if (folder := Path("/", name)).exists()]
    links = [folder for folder in folders if folder.is_symlink()]
    real = ["/usr", *(str(folder) for folder in folders if not folder.is_symlink()), *_BOUND]
    return [
        *(word for link in links for word in ("--symlink", str(link.readlink()), str(link))),
        *(word for name in real for word in ("--ro-bind-try", name, name)),
    ]


def _tmpfs(place: Path, size: int) -> list[str]:
    return ["--perms", world.mode(place), "--size", str(size), "--tmpfs", str(place)]


def _file(place: Path, number: str) -> list[str]:
    return ["--perms", "0444", "--file", number, str(place)]
