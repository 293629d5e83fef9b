"""The process that warm kernels are forked from: what a week imports, imported once, inside a sandbox of its own.

`python -P -m nbviva.inside.forking LISTENER MODULE...` imports, makes sure that forks would share nothing that can be
changed, says that it is ready, and forks for whoever connects. It reads no byte of what an asker sends: the fork does.
From the asker's side a kernel looks as one that bubblewrap started:

    keeper     waits for the asker to hang up or for the kernel to end; left in the template's pid namespace
      first    process 1 of the kernel's namespaces: builds them, then waits for whatever dies inside
        kernel
"""

import contextlib
import gc
import importlib
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from nbviva.inside import agent, namespaces  # noqa: F401 - the agent, so that each kernel has it

READY = b"ready\n"
HERE = b"here"
REQUEST_BYTES = 1 << 17
# What a kernel imports at its start, some of it if it is there. Not what hooks into the running shell when imported.
OF_A_KERNEL = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.extensions.storemagic",
    "sqlite3",
)
PLACES = ("/handin", "/home/student", "/tmp", "/dev/shm", "/run/nbviva")  # noqa: S108 - the sandbox's own
INLINE = "module://matplotlib_inline.backend_inline"  # as ipykernel sets it, which matplotlib reads when it is imported


class CannotFork(RuntimeError):
    """Forks of this process would share something, or would not work; the text is a sentence."""


def import_all(names: Sequence[str]) -> None:
    """Import what the kernels will import; what that changes in the environment, it would change in each of them."""
    os.environ["MPLBACKEND"] = INLINE
    for name in OF_A_KERNEL:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in names:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:
            raise CannotFork(f"{name} cannot be imported ahead ({type(error).__name__}: {error}).") from error
    del os.environ["MPLBACKEND"]


def refuse_to_share(listener: int) -> None:
    """A thread would be missing in a fork; an open file or shared memory would be one for all forks."""
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise CannotFork("One of the week's imports starts a thread, and no process with threads can be forked.")
    for number in sorted(_open_files() - {0, 1, 2, listener}):
        name = Path(f"/proc/self/fd/{number}").readlink()
        raise CannotFork(f"One of the week's imports leaves a file open ({name}), which all kernels would share.")
    for line in Path("/proc/self/maps").read_text().splitlines():
        permissions = line.split()[1]
        if "w" in permissions and "s" in permissions:
            raise CannotFork(f"One of the week's imports maps memory that all kernels would share ({line}).")


def _open_files() -> set[int]:
    """All but the one by which the list is read."""
    found = {int(link.name) for link in Path("/proc/self/fd").iterdir()}
    return {number for number in found if Path(f"/proc/self/fd/{number}").is_symlink()}


def found_files() -> dict[str, namespaces.Found]:
    """What lies in the places that can be written: given at the start, or made by an import; every kernel gets it."""
    found: dict[str, namespaces.Found] = {}
    for place in PLACES:
        device = Path(place).stat().st_dev
        for folder, folders, files in os.walk(place):
            folders[:] = [name for name in folders if Path(folder, name).lstat().st_dev == device]
            paths = [Path(folder, name) for name in (*folders, *files)]
            found |= {str(path): namespaces.found(path) for path in paths if path.is_dir() or path.is_file()}
    return found


def next_asker(listener: socket.socket) -> socket.socket:
    """Fork for everybody who connects, at once; return in the fork only."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no fork becomes a zombie
    while True:
        asker, _ = listener.accept()
        with asker:
            try:
                forked = os.fork()
            except OSError:  # no process or memory to be had: the asker hears that nobody is there
                continue
            if forked == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                return socket.socket(fileno=asker.detach())


def become_kernel(asker: socket.socket, files: dict[str, namespaces.Found]) -> None:
    """Turn a fork of the template into a keeper, a first process and a kernel; return in the kernel only."""
    asker.send(HERE)  # Linux tells the asker who sent it
    data, (archive, process), _, _ = socket.recv_fds(asker, REQUEST_BYTES, 2)
    request = namespaces.Request.from_bytes(data)
    program = bytes.fromhex(request.seccomp)
    namespaces.leave_namespaces()
    alive, keeper_holds = os.pipe()
    if first := os.fork():
        os.close(alive)
        os.close(archive)
        _keep(asker, process, first, program)
    os.close(keeper_holds)
    os.close(process)
    namespaces.die_with_parent()
    if select.select([alive], [], [], 0)[0]:  # the keeper died before it was asked to take us along
        os._exit(1)
    os.close(alive)
    namespaces.build(request, files)
    os.setsid()  # the last one: the filter lets nobody have a session, and so a share of the CPU, of his own
    namespaces.give_up_privileges(program)
    if kernel := os.fork():
        asker.close()
        os.close(archive)
        _wait_for(kernel)
    os.setpgid(0, 0)
    _unpack(archive, request.folder)
    _set_up(request)
    asker.send(READY)
    asker.close()


def _keep(asker: socket.socket, process: int, first: int, program: bytes) -> NoReturn:
    """End with the first process, or let it, and so all others, end when the asker hangs up or its process is dead."""
    namespaces.give_up_privileges(program)
    poll = select.poll()
    poll.register(os.pidfd_open(first), select.POLLIN)
    poll.register(process, select.POLLIN)  # a fork of the asker's may have the connection too, and outlive it
    poll.register(asker, 0)  # hanging up is always told
    poll.poll()
    os._exit(0)


def _wait_for(kernel: int) -> NoReturn:
    """Bury what dies inside, and end with the kernel; signals from inside do nothing, as there is no handler."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    namespaces.hide_memory()
    while os.wait()[0] != kernel:
        pass
    os._exit(0)


def _unpack(archive: int, folder: str) -> None:
    os.chdir(folder)
    command = ["tar", "--extract", "--no-same-owner", "--no-same-permissions"]
    done = subprocess.run(command, stdin=archive, capture_output=True, check=False)  # noqa: S603 - a list of ours
    os.close(archive)
    if done.returncode:
        raise OSError(done.stderr.decode(errors="replace"))


def _set_up(request: namespaces.Request) -> None:
    """Leave the process as a started kernel would find itself."""
    sys.orig_argv = request.command
    program = importlib.import_module(_module(request.command))
    sys.argv = [str(program.__file__), *request.command[request.command.index("-m") + 2 :]]
    for name, (soft, hard) in request.rlimits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (soft, hard))
    if processes := sys.modules.get("multiprocessing.process"):
        processes.current_process().authkey = os.urandom(32)


def _module(command: Sequence[str]) -> str:
    """Give the name of the module that a kernel's command line runs."""
    return command[command.index("-m") + 1]


def wait_for_fork(listener: int, names: Sequence[str]) -> None:
    """Return in every kernel, ready to be one, and in no other process."""
    with socket.socket(fileno=listener) as door:
        try:
            import_all(names)
            refuse_to_share(listener)
        except CannotFork as error:
            sys.exit(str(error))
        files = found_files()
        gc.collect()
        gc.freeze()  # the collector of a fork does not touch, and so copy, what all have in common
        os.write(1, READY)
        with Path(os.devnull).open("r+b", buffering=0) as nowhere:
            for number in range(3):
                os.dup2(nowhere.fileno(), number)
        asker = next_asker(door)
    try:
        become_kernel(asker, files)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError):
            asker.send(f"{error}".encode())
        os._exit(1)


if __name__ == "__main__":
    wait_for_fork(int(sys.argv[1]), sys.argv[2:])
    importlib.import_module(_module(sys.orig_argv)).main()
