"""A Jupyter kernel provisioner that starts the kernel in a sandbox, and ends all of it at once.

From inside, nothing of the machine can be written: the system and the environment are read-only, and every other place
is a tmpfs of limited size, the working copy and the folder of the sockets among them. The asker reaches the sockets
through the kernel's own root in /proc. Namespaces: user, pid, network (loopback only), mount, ipc, uts, cgroup; no
capability, no new user namespace, no privilege to gain; a seccomp filter on top. Started by root, the kernel has a user
id of its own on the machine; started by an ordinary user, it has that user's, in a user namespace.

Not covered: a hole in the Linux kernel, timing and other side channels, what the CPU's description tells; and where no
cgroup may be written, what `nbviva.sandbox.cgroup` says about memory.
"""
# ruff: noqa: S603 - our folder in /tmp is a new one; every command line is a list that we wrote

import asyncio
import contextlib
import functools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

from jupyter_client.connect import KernelConnectionInfo, port_names
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Instance, Tuple, Unicode

from nbviva.errors import SandboxUnavailable
from nbviva.sandbox import bubblewrap, cgroup, fairness, inodes, scratch, world
from nbviva.sandbox.fork_server import Forked, group_for, request
from nbviva.sandbox.limits import Limits

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
START_SECONDS = 60.0
END_SECONDS = 10.0
REMOVALS = 100

refusal = bubblewrap.refusal


@functools.cache
def _lasting_refusal() -> str | None:
    return refusal()


class SandboxProvisioner(LocalProvisioner):
    """Starts one kernel in bubblewrap; Jupyter's kernel manager makes it, from the metadata of a kernel spec.

    The manager calls `pre_launch` and `launch_kernel`, `send_signal` and `poll` while the kernel lives, and `kill`,
    `wait` and `cleanup` at its end.
    """

    limits = Instance(Limits, ())
    working_copy = Instance(Path, allow_none=True)
    template = Unicode()  # the socket of a process to fork from; without one the kernel is started cold
    hidden = Tuple(default_value=())  # folders that no kernel may see, beside the current one and the framework's

    process: Any = None  # a Popen or a Forked
    _folder: Path  # made by `pre_launch`
    _group = cgroup.Cgroup("none")
    _watch: cgroup.MemoryWatch | None = None
    _share: fairness.CpuWatch | None = None
    _peak = 0
    _handles: tuple[int, ...] = ()  # pidfds of the first process inside and of the kernel: an id may pass to another

    @property
    def memory_limit_kind(self) -> str:
        """Who holds the kernel to its memory limit, for the report."""
        return self._group.kind

    @property
    def peak_memory(self) -> int:
        """The most bytes that the kernel has taken so far; it stays known when the kernel is gone."""
        self._peak = max(self._peak, self._group.peak(), self._watch.peak if self._watch else 0)
        return self._peak

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose unix sockets in a short folder of our own, where `s` will lead to the sockets inside."""
        self._folder = scratch.short()
        manager: Any = self.parent
        manager.transport, manager.cache_ports = "ipc", False
        manager.ip = str(self._folder / "s/k")
        manager.connection_file = str(self._folder / "connection.json")
        for number, name in enumerate(port_names, start=1):
            setattr(manager, name, number)
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **_: Any) -> KernelConnectionInfo:
        """Start the kernel under its limits and wait until it can be spoken to.

        Raises
        ------
        SandboxUnavailable, HandInTooLarge
            nothing of the hand-in has run, and nothing is left.
        """
        outside = str(self._folder.resolve() / "connection.json")
        kernel = [str(world.CONNECTION_FILE) if word == outside else word for word in cmd]
        try:
            if reason := self._refusal():
                raise SandboxUnavailable(reason)  # noqa: TRY301 - what went before is cleaned up in one place
            with contextlib.ExitStack() as files:
                process = self._spawn(kernel, files)
            self.process, self.pid = process, process.pid
            with cast("IO[bytes]", process.stdout) as said:
                for __ in world.until_ready(said.fileno(), START_SECONDS, "The sandbox did not start"):
                    await asyncio.sleep(0.002)
            self._attach(process.pid)
            await self._until_bound(process)
        except BaseException:
            await self.cleanup()
            raise
        return self.connection_info

    def _refusal(self) -> str | None:
        return _lasting_refusal()

    def _spawn(self, kernel: Sequence[str], files: contextlib.ExitStack) -> "subprocess.Popen[bytes] | Forked":
        archive = files.enter_context(os.fdopen(os.memfd_create("handin"), "w+b"))
        world.pack(self.working_copy, self.limits, archive)
        if self.template:
            return self._fork(kernel, archive)
        parcel = bubblewrap.Parcel(files)
        return subprocess.Popen(
            self._command(kernel, parcel),
            stdin=archive,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=parcel.numbers,
            env=self._outer_environment(),
            cwd="/",
            start_new_session=True,
        )

    def _fork(self, kernel: Sequence[str], archive: IO[bytes]) -> Forked:
        """Ask the template for a fork, and put it under its limits before it hears what for."""
        shown = bubblewrap.view(kernel[0], self.hidden, {}).python.binds
        self._group = group_for(self.limits)
        self.process = forked = Forked(self.template)
        self._group.enter([forked.pid])
        forked.ask(request(kernel, self.limits, self.connection_info, shown), archive.fileno())
        return forked

    def _outer_environment(self) -> dict[str, str]:
        """Next to nothing: a student can read it as the environment of the first process, which is bubblewrap."""
        runtime = {name: value for name, value in os.environ.items() if name == "XDG_RUNTIME_DIR"}  # for systemd-run
        return runtime | {"PATH": SYSTEM_PATH}

    def _command(self, kernel: Sequence[str], parcel: bubblewrap.Parcel) -> list[str]:
        connection = {world.CONNECTION_FILE: world.inner_connection(self.connection_info)}
        shown = bubblewrap.view(kernel[0], self.hidden, connection)
        words = bubblewrap.command(kernel, self.limits, shown, parcel)
        self._group = cgroup.make_cgroup(self.limits)
        return [*self._group.prefix, *bubblewrap.dropped(shown.python.binds), *words]

    async def _until_bound(self, process: "subprocess.Popen[bytes] | Forked") -> None:
        """A client that comes before the sockets tries again only after 100 ms; that a kernel died is its to notice."""
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if len(list(self._folder.glob("s/k-*"))) == len(port_names):
                return
            await asyncio.sleep(0.005)

    def _attach(self, pid: int) -> None:
        """Take hold of the processes inside, put them under their limits, lead `s` to the sockets.

        Linux takes some 10 ms for a control group, in which the kernel starts: it has no line of a hand-in to run yet.
        """
        try:
            first, kernel = self._inside(pid)
            self._handles = os.pidfd_open(first), os.pidfd_open(kernel)
            self._group.enter([pid, first, kernel])
        except (ValueError, OSError) as error:
            message = f"The kernel's process ended as soon as it began, or could not be limited ({error})."
            raise SandboxUnavailable(message) from error
        if not self.template:
            inodes.limit(kernel, self.limits.inodes, world.tmpfs(self.limits), world.SOCKETS)
        (self._folder / "s").symlink_to(f"/proc/{kernel}/root{world.SOCKETS}")
        if self.memory_limit_kind == "watcher":
            self._watch = cgroup.MemoryWatch(pid, self.limits.memory, self._end)
            self._share = fairness.CpuWatch(pid, kernel)
            self._watch.start()
            self._share.start()

    def _inside(self, pid: int) -> tuple[int, int]:
        """The first process inside, which is bubblewrap, and the kernel; of what was started with this id."""
        (first,) = cgroup.children(pid)
        (kernel,) = cgroup.children(first)
        return first, kernel

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel's own process, for bubblewrap passes no signal on; or end everything."""
        if signum in (signal.SIGKILL, signal.SIGTERM):
            self._end()
        elif signum:
            self._pass_on(signum)

    def _pass_on(self, signum: int) -> None:
        with contextlib.suppress(ProcessLookupError, IndexError):
            signal.pidfd_send_signal(self._handles[1], signum)

    def _end(self) -> None:
        """With the first process of a pid namespace all others die; without bubblewrap nothing waits for them."""
        with contextlib.suppress(ProcessLookupError, IndexError):
            signal.pidfd_send_signal(self._handles[0], signal.SIGKILL)
        if process := self.process:
            process.kill()

    async def wait(self) -> int | None:
        """Return when no process is left inside."""
        while self._is_alive():  # noqa: ASYNC110 - the end of a process sets no event
            await asyncio.sleep(0.005)
        return await super().wait()

    def _is_alive(self) -> bool:
        if not self.process:
            return False
        return self.process.poll() is None or not all(map(world.has_something, self._handles))

    async def cleanup(self, restart: bool = False) -> None:
        """Called when the kernel is done with, dead or not: nothing of it stays."""
        self._end()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.wait(), END_SECONDS)
        _ = self.peak_memory  # before there is nothing left to ask
        if self._watch:
            self._watch.stop()
        if self._share:
            self._share.stop()
        for handle in self._handles:
            os.close(handle)
        self._group.remove()
        for _ in range(REMOVALS if hasattr(self, "_folder") else 0):  # there is none before `pre_launch`
            if _is_removed(self._folder):
                break
            await asyncio.sleep(0.05)  # an engine writes into it for a moment after its container's end
        self._watch, self._share, self._handles = None, None, ()
        await super().cleanup(restart)


def _is_removed(folder: Path) -> bool:
    """Remove a folder of ours, and tell whether it is gone."""
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
    return not folder.exists()
