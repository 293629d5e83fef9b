"""The second backend: Podman with runc, in a root folder of our own and without an image.

It shows what bubblewrap's view shows: the machine's system and the environment, to read. The engine makes the
namespaces, the control group and the tmpfs; the filter of calls is ours, and the kernel puts it in force itself.
Kernels are started one by one: a template to fork from needs namespaces that an engine gives to nobody.
"""
# ruff: noqa: S603 - every command line is a list that we wrote

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nbviva.errors import SandboxUnavailable
from nbviva.sandbox import bubblewrap, cgroup, seccomp, world
from nbviva.sandbox.limits import Limits
from nbviva.sandbox.provisioner import SandboxProvisioner

ENGINE = ("podman", "--runtime", "runc")
FILTER = world.AGENT / "filter"
STATE_SECONDS = 30.0
# Counters that runc lets a file of ours cover; it hides the others.
_COVERED = ("diskstats", "loadavg", "meminfo", "slabinfo", "stat", "swaps", "uptime")


def refusal() -> str | None:
    """None where a kernel can be put into a container, or one sentence that says what to do."""
    if os.geteuid() != 0:
        return "The podman backend was tried as root only: grade as root, or use bubblewrap."
    for program in ("podman", "runc"):
        if not shutil.which(program):
            return f"{program} is not installed: run 'apt-get install podman runc', or use bubblewrap."
    if bubblewrap.is_missing():
        return f"There is no user id {bubblewrap.UIDS.start} to drop to: give this container 65536 ids."
    return None


def command(name: str, folder: Path, limits: Limits, view: bubblewrap.View, kernel: Sequence[str]) -> list[str]:
    """The command line of one kernel; `folder` is where its root folder and files were laid."""
    user = secrets.choice(bubblewrap.UIDS)
    ceilings = limits.rlimits() | {"nproc": (limits.processes, limits.processes)}
    ulimits = [f"--ulimit={what}={soft}:{hard}" for what, (soft, hard) in ceilings.items() if what != "data"]
    inner = ["-P", "-m", "nbviva.inside.filtered", str(FILTER), *kernel[kernel.index("-f") :]]
    return [
        *(*ENGINE, "run", "--rm", "--interactive", f"--name={name}", "--log-driver=none", "--cgroups=enabled"),
        *("--network=none", "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--ipc=private"),
        *("--security-opt=no-new-privileges", "--security-opt=seccomp=unconfined", f"--security-opt=mask={_masked()}"),
        *(f"--user={user}:{user}", "--hostname=sandbox", "--no-hosts", f"--workdir={world.WORKING_COPY}"),
        *(f"--memory={limits.memory}", f"--memory-swap={limits.memory}", f"--pids-limit={limits.processes}", *ulimits),
        *_tmpfs(limits),
        *(f"--volume={source}:{place}:ro" for source, place in _mounts(folder, view)),
        *("--unsetenv-all", *(f"--env={n}={value}" for n, value in world.environment(os.environ, view.python).items())),
        *("--rootfs", str(folder / "root"), *world.start_script([kernel[0], *inner])),
    ]


def _masked() -> str:
    hidden = [path for path in world.COUNTERS if path.name not in _COVERED and path.exists()]
    return ":".join(map(str, [*hidden, *world.uncounted()]))


def _tmpfs(limits: Limits) -> Iterator[str]:
    for place, size in world.tmpfs(limits).items():
        yield f"--mount=type=tmpfs,destination={place},tmpfs-size={size},tmpfs-mode=1777,notmpcopyup,nosuid,nodev"


def _mounts(folder: Path, view: bubblewrap.View) -> Iterator[tuple[Path, Path]]:
    """Give what is shown, each with its place: the system, the interpreter, counters and files of ours."""
    yield Path("/usr"), Path("/usr")
    yield from ((path, path) for path in (*view.python.binds, Path("/etc/alternatives")) if path.exists())
    yield from ((folder / "empty", path) for path in view.covered())
    for place in view.files:
        yield folder / "files" / place.relative_to("/"), place
    yield from ((folder / "files" / path.relative_to("/"), path) for path in _covered())


def _covered() -> dict[Path, bytes]:
    return {path: data for path, data in world.counters().items() if path.name in _COVERED}


def lay_out(folder: Path, files: Mapping[Path, bytes]) -> None:
    """Make the root folder: the links and small files of a system, and a place for all that is mounted."""
    root = folder / "root"
    for name in ("proc", "sys", "dev", "etc", "run", "usr", "opt", "home"):
        (root / name).mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("bin", "sbin", "lib", "lib64", "lib32"):
        if Path("/", name).is_symlink():
            (root / name).symlink_to(Path("/", name).readlink())
    for place, data in world.system_files().items():
        _write(root / place.relative_to("/"), data)
    for place, data in {**files, **_covered()}.items():
        _write(folder / "files" / place.relative_to("/"), data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o444)


class ContainerProvisioner(SandboxProvisioner):
    """The same with an engine in the place of bubblewrap."""

    _group = cgroup.Cgroup("podman")
    _name = ""

    def _outer_environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _refusal(self) -> str | None:
        return refusal()

    def _command(self, kernel: Sequence[str], parcel: bubblewrap.Parcel) -> list[str]:  # noqa: ARG002 - it needs none
        self._name = f"nbviva-{secrets.token_hex(8)}"
        connection = {world.CONNECTION_FILE: world.inner_connection(self.connection_info)}
        shown = bubblewrap.view(kernel[0], self.hidden, {**connection, FILTER: seccomp.program()})
        lay_out(self._folder, shown.files)
        return command(self._name, self._folder, self.limits, shown, kernel)

    def _inside(self, pid: int) -> tuple[int, int]:
        """Ask the engine: the first process inside is the kernel, and a child of the engine's monitor, not of ours."""
        del pid
        end = time.monotonic() + STATE_SECONDS
        while time.monotonic() < end:
            asked = [*ENGINE, "inspect", "--format", "{{json .State}}", self._name]
            state = subprocess.run(asked, capture_output=True, text=True, check=False)
            if not state.returncode and (found := json.loads(state.stdout).get("Pid")):
                self._group = cgroup.Cgroup("podman", cgroup.groups_of(found))
                return found, found
            time.sleep(0.05)
        raise SandboxUnavailable("The engine does not tell the container's process: is it overloaded?")

    def _end(self) -> None:
        if self._name and self.process:
            subprocess.run(
                [*ENGINE, "kill", f"--signal={signal.SIGKILL}", self._name], capture_output=True, check=False
            )
        super()._end()
