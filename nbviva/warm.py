"""Keep a template running: the sandboxed process, with a week's modules imported, that kernels are forked from."""

# ruff: noqa: S603, S108 - every command line is a list that we wrote; our folder in /tmp is a new one

import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Self, cast

from nbviva import bubblewrap, cgroup, inside, user
from nbviva.forked import Forked, group_for, request
from nbviva.inside import Limits, SandboxUnavailable

START_SECONDS = 300.0
WAITING = 128  # askers that may wait for their fork


class Template:
    """A running template; a context manager, and leaving it ends the template with all kernels forked from it.

    Enter it in a thread that lives as long: the template dies with the thread that started it. A template belongs to
    the environment that it has imported from, so it is started once a batch, and nothing of it is kept.

    Parameters
    ----------
    modules
        what to import ahead; `nbviva.source.imports_of` reads it from a week's notebook.
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
        folder = tempfile.mkdtemp(prefix="nbviva-", dir="/tmp" if os.access("/tmp", os.W_OK) else None)
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
            _until_ready(said.fileno())
        group.enter(cgroup.process_tree(self._process.pid))
        self._try()

    def _spawn(self, listener: int, files: contextlib.ExitStack) -> "subprocess.Popen[bytes]":
        parcel = bubblewrap.Parcel(files)
        program = [sys.executable, "-P", "-m", "nbviva.template", str(listener), *self.modules]
        shown = bubblewrap.view(sys.executable, self.hidden, inside.agent_files(inside.TEMPLATE_MODULES))
        self._shown = shown.python.binds
        words = bubblewrap.template_command(program, self.limits, shown, parcel)
        return subprocess.Popen(
            [*user.dropped(shown.python.binds), *words],
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
        command = [sys.executable, "-P", "-m", "nbviva.agent", "-f", str(inside.CONNECTION_FILE)]
        with os.fdopen(os.memfd_create("handin"), "w+b") as archive:
            inside.pack(None, 0, archive)
            forked.ask(request(command, self.limits, {"key": ""}, self._shown), archive.fileno())
        try:
            _until_ready(forked.stdout.fileno())
        finally:
            forked.kill()
            forked.wait()


def _until_ready(said: int) -> None:
    heard, end = b"", time.monotonic() + START_SECONDS
    while not heard.endswith(inside.READY):
        if not select.select([said], [], [], max(0.0, end - time.monotonic()))[0]:
            raise SandboxUnavailable(f"Kernels cannot be started warm: nothing was ready within {START_SECONDS:.0f} s.")
        piece = os.read(said, 4096)
        if not piece:
            words = " ".join(heard.decode(errors="replace").split())
            raise SandboxUnavailable(f"Kernels cannot be started warm: {words}")
        heard = (heard + piece)[-4096:]
