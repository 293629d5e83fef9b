"""The sandbox tried from inside: every promise of it, in every kind of kernel, as a table.

    for tried in self_check():
        print(tried.kind, tried.promise, "kept" if tried.kept else f"broken: {tried.found}")

Called by `nbviva doctor` and by the tests; each backend has to keep every promise. It takes some ten seconds a kind,
starts and ends its own kernels, and leaves nothing.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any, Self

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

from nbviva.errors import SandboxUnavailable
from nbviva.sandbox import neighbours, promises, seccomp
from nbviva.sandbox.backends import BACKENDS
from nbviva.sandbox.fork_server import ForkServer
from nbviva.sandbox.limits import MIB, Limits

KINDS = ("started", "forked")  # beside them `podman`, where that backend is used
LIMITS = Limits(
    memory=512 * MIB, processes=64, open_files=256, file_size=16 * MIB, disk=16 * MIB, inodes=1024, cpu_seconds=60
)
BITS = 8
START_SECONDS = ANSWER_SECONDS = 60.0
LOOKED_AT = (
    promises.sees_its_hand_in, promises.sees_no_file_of_ours, promises.writes_no_system, promises.sees_no_variable,
    promises.sees_no_process, promises.ends_no_first_process, promises.reaches_no_network, promises.has_no_privilege,
    promises.makes_no_namespace, promises.calls_no_forbidden, promises.fills_no_disk, promises.opens_few_files,
    promises.starts_few_processes,
)  # fmt: skip
BUILT = "Such a kernel can be built here."
# What an ordinary user could do elsewhere, and what does no harm where it is not refused.
_CALLS = ("add_key", "io_uring_setup", "keyctl", "memfd_create", "name_to_handle_at", "ptrace", "shmget", "userfaultfd")


@dataclass(frozen=True)
class Tried:
    """A row of the table: what came of trying one promise in one kind of kernel.

    Attributes
    ----------
    kind
        `started`, `forked`, or the name of another backend.
    promise
        A sentence about the kernel.
    found
        Where it is not kept: what could be done; where nothing could be tried: the sentence that says why.
    """

    kind: str
    promise: str
    kept: bool
    found: str = ""


class _Ended(Exception):
    """The kernel ended while it was asked."""


def self_check(kinds: Iterable[str] = KINDS) -> Iterator[Tried]:
    """Try every promise from inside of each kind of kernel, and give the rows as they come.

    A kind that cannot be built here has one row, `BUILT`, which says why. Nothing is raised for what is found.
    """
    for kind in kinds:
        try:
            with _prepared(kind) as template:
                yield from _tried(kind, template)
        except SandboxUnavailable as error:
            yield Tried(kind, BUILT, kept=False, found=str(error))


@contextlib.contextmanager
def side_by_side(kind: str) -> Generator[tuple[_Probed, _Probed], None, None]:
    """Start two kernels of a kind that may be asked; called by what measures them."""
    with _prepared(kind) as template, _machine() as facts:
        handin = Path(facts["handin"])
        with _Probed(kind, template, handin) as first, _Probed(kind, template, handin) as second:
            yield first, second


@contextlib.contextmanager
def _prepared(kind: str) -> Generator[str, None, None]:
    if reason := BACKENDS.get(kind, BACKENDS["bubblewrap"]).refusal():
        raise SandboxUnavailable(reason)
    if kind != "forked":
        yield ""
        return
    with ForkServer(()) as server:
        yield server.address


def _tried(kind: str, template: str) -> Iterator[Tried]:
    with _machine() as facts, _Probed(kind, template, Path(facts["handin"])) as kernel:
        yield Tried(kind, BUILT, kept=True)
        for promise in LOOKED_AT:
            yield _row(kind, promise, kernel.value(promise, facts))
        with _Probed(kind, template, Path(facts["handin"])) as neighbour:
            yield _row(kind, neighbours.tells_its_neighbour, _told(kernel, neighbour, facts))
        kernel.value(promises.leaves_a_process, facts)
        found = kernel.value(promises.is_not_root, facts) or _rooted(facts["mark"])
        yield _row(kind, promises.is_not_root, found)
        try:
            found = kernel.value(promises.takes_no_more_memory, facts)
        except _Ended:
            found = ""
        yield _row(kind, promises.takes_no_more_memory, found)
    yield _row(kind, promises.leaves_a_process, _running(facts["mark"]))


def _told(kernel: _Probed, neighbour: _Probed, facts: Mapping[str, Any]) -> str:
    """Send bits from one kernel to another by all channels at once, and name the channels that any arrived by."""
    heard: dict[str, set[str]] = {}
    neighbour.value(neighbours.hears_its_neighbour, facts)  # once for nothing: from now on it watches
    for number in range(BITS):
        kernel.value(neighbours.tells_its_neighbour, {**facts, "bit": number % 2})
        for channel, look in json.loads(neighbour.value(neighbours.hears_its_neighbour, facts)).items():
            heard.setdefault(channel, set()).add(look)
    return ", ".join(channel for channel, looks in heard.items() if len(looks) > 1)


def _row(kind: str, promise: promises.Promise, found: str) -> Tried:
    return Tried(kind, inspect.getdoc(promise) or "", kept=not found, found=found)


@contextlib.contextmanager
def _machine() -> Generator[dict[str, Any], None, None]:
    """Put things around the sandbox that it must not reach, and tell what they are."""
    mark = f"nbviva_self_check_{secrets.token_hex(8)}"
    with contextlib.ExitStack() as open_:
        handin, other = (Path(open_.enter_context(tempfile.TemporaryDirectory(prefix=mark))) for _ in range(2))
        for folder in (handin, other):
            (folder / "notebook.ipynb").write_text("{}", "utf-8")
        door = open_.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = open_.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{mark}")
        abstract.listen()
        os.environ[mark] = mark
        open_.callback(os.environ.pop, mark)
        yield {
            **vars(LIMITS), "file": "notebook.ipynb", "handin": str(handin), "folders": [str(other)], "mark": mark,
            "secrets": [str(other), str(handin), *_own_files()], "variable": mark, "port": door.getsockname()[1],
            "abstract": mark, "processes_most": 6, "calls": _calls(),
        }  # fmt: skip


def _own_files() -> Iterator[str]:
    """Files of this user's that no kernel has a reason to see."""
    for folder in (Path.cwd(), Path.home()):
        found = list(folder.iterdir())[:50] if os.access(folder, os.R_OK) else []  # some users have no home
        yield from (str(path) for path in found if path.is_file())


def _calls() -> dict[str, int]:
    denied = seccomp.MACHINES[os.uname().machine].denied()
    return {name: denied[name] for name in _CALLS if name in denied}


def _rooted(mark: str) -> str:
    """Say whether a process with a word on its command line is root on the machine."""
    return "root on the machine" if 0 in {path.stat().st_uid for path in _processes(mark)} else ""


def _running(mark: str) -> str:
    """Say which processes of the machine have a word on their command line, once they have had time to end."""
    end = time.monotonic() + 5
    while found := _processes(mark):
        if time.monotonic() > end:
            return f"{len(found)} processes"
        time.sleep(0.05)
    return ""


def _processes(mark: str) -> list[Path]:
    return [path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _content(path)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


class _Spec(KernelSpecManager):
    """Knows the one kernel that is to be tried."""

    stanza: Mapping[str, Any]

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Called by the kernel manager."""
        command = [sys.executable, "-P", "-m", "nbviva.inside.agent", "-f", "{connection_file}"]
        metadata = {"kernel_provisioner": self.stanza}
        return KernelSpec(argv=command, display_name=kernel_name, language="python", metadata=metadata)


class _Probed:
    """A kernel that runs the module of promises; a context manager."""

    def __init__(self, kind: str, template: str, handin: Path) -> None:
        spec = _Spec()
        config = {"limits": LIMITS, "working_copy": handin, "template": template}
        backend = BACKENDS.get(kind, BACKENDS["bubblewrap"])
        spec.stanza = {"provisioner_name": backend.provisioner, "config": config}
        self._manager = KernelManager(kernel_spec_manager=spec)

    def __enter__(self) -> Self:
        self._manager.start_kernel()
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=START_SECONDS)
            for module in (promises, neighbours):
                self.run(inspect.getsource(module))
        except BaseException as error:
            self.__exit__()
            if isinstance(error, RuntimeError | _Ended):
                raise SandboxUnavailable("The kernel was built, and ended before it could be asked.") from error
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    @property
    def folder(self) -> Path:
        """Where the asker comes in."""
        return Path(self._manager.ip).parents[1]

    def value(self, promise: promises.Promise, facts: Mapping[str, Any]) -> str:
        """Try one promise; what goes wrong meanwhile is what was found."""
        quiet = "__import__('warnings').simplefilter('ignore')"  # Python 3.12 warns of a fork beside threads
        said = self.run(f"{quiet}; print({promise.__name__}(__import__('json').loads({json.dumps(facts)!r})))")
        return said.strip()

    def run(self, code: str) -> str:
        """Run code and give what it printed, or its error."""
        request = self._client.execute(code, store_history=False)
        said: list[str] = []
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            try:
                message = self._client.get_iopub_msg(timeout=0.2)
            except Empty:
                if not self._manager.is_alive():
                    raise _Ended from None
                continue
            if message["parent_header"].get("msg_id") == request:
                content = message["content"]
                said += [content.get("text", ""), content.get("evalue", "")]
                if content.get("execution_state") == "idle":
                    return "".join(said)
        return f"no answer within {ANSWER_SECONDS:.0f} s"
