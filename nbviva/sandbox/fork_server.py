"""The fork server from outside: a sandboxed process with a week's modules imported, and the kernels forked from it.

To whom a forked kernel is a process, it looks like a started one. What runs inside is `nbviva.inside.forking`.
"""
# ruff: noqa: S603 - every command line is a list that we wrote; our folder in /tmp is a new one

import contextlib
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self, cast

from nbviva.errors import SandboxUnavailable
from nbviva.inside.namespaces import Request
from nbviva.sandbox import bubblewrap, cgroup, scratch, seccomp, world
from nbviva.sandbox.limits import Limits

ANSWER_SECONDS = 60.0
CREDENTIALS = struct.Struct("iII")  # of Linux's struct ucred: process, user, group


START_SECONDS = 300.0
WAITING = 128  # askers that may wait for their fork


class Forked:
    """The keeper of a forked kernel: what `subprocess.Popen` is of a started one, as far as a provisioner asks.

    The fork lives as long as its connection is open and this process lives.
    """

    stdin = stderr = None

    def __init__(self, address: str) -> None:
        """Connect to the template; the fork that answers waits for its request.

        Raises
        ------
        SandboxUnavailable
            nobody answers there any more.
        """
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._connection.settimeout(ANSWER_SECONDS)
        try:
            self._connection.connect(address)
            _, (credentials, *_), _, _ = self._connection.recvmsg(16, socket.CMSG_SPACE(CREDENTIALS.size))
            self.pid, _, _ = CREDENTIALS.unpack(credentials[2])
            self._handle = os.pidfd_open(self.pid)
        except (OSError, ValueError) as error:
            self._connection.close()
            message = f"The process that kernels are forked from has ended or is too busy ({error}): start it again."
            raise SandboxUnavailable(message) from error
        self.stdout = os.fdopen(os.dup(self._connection.fileno()), "rb")

    def ask(self, wanted: Request, archive: int) -> None:
        """Tell what is wanted, and hand over the archive of the hand-in, and this process to keep an eye on."""
        myself = os.pidfd_open(os.getpid())
        try:
            socket.send_fds(self._connection, [wanted.to_bytes()], [archive, myself])
        except OSError as error:
            raise SandboxUnavailable(f"The fork ended before it was told what for ({error}).") from error
        finally:
            os.close(myself)

    def poll(self) -> int | None:
        """Give 0 when the process has ended: nobody but the template hears how."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            self._close()
        return self.returncode

    def wait(self) -> int:
        """Wait until the process has ended."""
        if self.returncode is None:
            select.select([self._handle], [], [])
            self._close()
        return 0

    def _close(self) -> None:
        self.returncode = 0
        os.close(self._handle)
        self._connection.close()
        self.stdout.close()

    def kill(self) -> None:
        """End the process, and with it the kernel."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)


def answers(address: str) -> bool:
    """Whether the template at this address still forks."""
    try:
        forked = Forked(address)
    except SandboxUnavailable:
        return False
    forked.kill()
    forked.wait()
    return True


def group_for(limits: Limits) -> cgroup.Cgroup:
    """Make what holds a fork to its limits.

    Raises
    ------
    SandboxUnavailable
        where a command would have to be started in it.
    """
    group = cgroup.make_cgroup(limits)
    if group.prefix:
        message = (
            "Kernels cannot be started warm, for here only a systemd scope holds a kernel to its memory: "
            "put 'systemd-run --user --scope' before the command."
        )
        raise SandboxUnavailable(message)
    return group


def request(kernel: Sequence[str], limits: Limits, connection: Mapping[str, object], shown: Iterable[Path]) -> Request:
    """Write down what a fork needs to know to be this kernel; `shown` are the folders of its interpreter."""
    places = {str(place): (size, limits.inodes, world.mode(place)) for place, size in world.tmpfs(limits).items()}
    return Request(
        command=list(kernel),
        folder=str(world.WORKING_COPY),
        files={str(world.CONNECTION_FILE): world.inner_connection(connection).decode()},
        tmpfs=places,
        sockets=str(world.SOCKETS),
        kept=[str(folder) for folder in shown if any(folder.is_relative_to(place) for place in places)],
        counters=[str(path) for path in world.counters()],
        uncounted=[str(path) for path in world.uncounted()],
        rlimits=limits.rlimits(),
        seccomp=seccomp.program().hex(),
    )


class ForkServer:
    """A running template; a context manager, and leaving it ends the template with all kernels forked from it.

    Enter it in a thread that lives as long: the template dies with the thread that started it. A template belongs to
    the environment that it has imported from, so it is started once a batch, and nothing of it is kept.

    Parameters
    ----------
    modules
        what to import ahead; `nbviva.week.source.imports_of` reads it from a week's notebook.
    limits
        of the template itself; every kernel has its own.
    hidden
        folders that no kernel may see, beside the current one and the framework's.

    Attributes
    ----------
    address
        the socket that `Room(template=...)` takes, in this process and in all others of the same user.
    """

    def __init__(self, modules: Iterable[str], limits: Limits | None = None, hidden: Iterable[Path] = ()) -> None:
        self.modules, self.limits, self.hidden = tuple(modules), limits or Limits(), tuple(hidden)
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start it, and try it once.

        Raises
        ------
        SandboxUnavailable
            with a sentence that says why kernels have to be started cold, in this environment or on this machine.
        """
        if reason := bubblewrap.refusal():
            raise SandboxUnavailable(reason)
        with contextlib.ExitStack() as opened:
            self._start(opened)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def is_alive(self) -> bool:
        """Whether kernels can still be forked from it."""
        return self._process.poll() is None

    def _start(self, opened: contextlib.ExitStack) -> None:
        folder = scratch.short()
        opened.callback(shutil.rmtree, folder)
        self.address = f"{folder}/template"
        group = group_for(self.limits)
        opened.callback(group.remove)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, contextlib.ExitStack() as files:
            listener.bind(self.address)
            listener.listen(WAITING)
            self._process = self._spawn(listener.fileno(), files)
        opened.callback(self._end)
        group.enter([self._process.pid])
        with cast("IO[bytes]", self._process.stdout) as said:
            _wait_until_ready(said.fileno())
        group.enter(cgroup.process_tree(self._process.pid))
        self._try()

    def _spawn(self, listener: int, files: contextlib.ExitStack) -> "subprocess.Popen[bytes]":
        parcel = bubblewrap.Parcel(files)
        program = [sys.executable, "-P", "-m", "nbviva.inside.forking", str(listener), *self.modules]
        shown = bubblewrap.view(sys.executable, self.hidden, world.agent_files())
        self._shown = shown.python.binds
        words = bubblewrap.template_command(program, self.limits, shown, parcel)
        return subprocess.Popen(
            [*bubblewrap.dropped(shown.python.binds), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[listener, *parcel.numbers],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd="/",
            start_new_session=True,
        )

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _try(self) -> None:
        """Fork one kernel, of nobody's: what this machine forbids shows here and not in a hand-in."""
        forked = Forked(self.address)
        command = [sys.executable, "-P", "-m", "nbviva.inside.agent", "-f", str(world.CONNECTION_FILE)]
        with os.fdopen(os.memfd_create("handin"), "w+b") as archive:
            world.pack(None, self.limits, archive)
            forked.ask(request(command, self.limits, {"key": ""}, self._shown), archive.fileno())
        try:
            _wait_until_ready(forked.stdout.fileno())
        finally:
            forked.kill()
            forked.wait()


def _wait_until_ready(said: int) -> None:
    for _ in world.until_ready(said, START_SECONDS, "Kernels cannot be started warm"):
        world.has_something(said, START_SECONDS)
