"""A kernel forked from a template, seen from outside: to whom it is a process, it looks like a started one."""

import contextlib
import os
import select
import signal
import socket
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nbviva import cgroup, inside, seccomp
from nbviva.inside import Limits, SandboxUnavailable
from nbviva.nest import Request

ANSWER_SECONDS = 60.0
CREDENTIALS = struct.Struct("iII")  # of Linux's struct ucred: process, user, group


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
    places = {str(place): (size, inside.mode(place)) for place, size in inside.tmpfs(limits).items()}
    return Request(
        command=list(kernel),
        folder=str(inside.WORKING_COPY),
        files={str(inside.CONNECTION_FILE): inside.inner_connection(connection).decode()},
        tmpfs=places,
        kept=[str(folder) for folder in shown if any(folder.is_relative_to(place) for place in places)],
        rlimits=limits.rlimits(),
        seccomp=seccomp.program().hex(),
    )
