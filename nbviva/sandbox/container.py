"""The second backend: a container engine, Podman or Docker, for machines that have one instead of bubblewrap.

Tested as a command line, and not run: no engine runs on the machine that this was written on. Weaker than the sandbox
in one thing: the sockets lie in a folder of the machine, and the size of what a kernel writes there is not limited.
"""
# ruff: noqa: S603 - every command line is a list that we wrote

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from traitlets import Instance

from nbviva.sandbox import bubblewrap, cgroup, world
from nbviva.sandbox.limits import Limits
from nbviva.sandbox.provisioner import SandboxProvisioner


@dataclass(frozen=True)
class Engine:
    """A container engine and the image that it starts, which holds Python, ipykernel and what the course imports."""

    program: str = "podman"
    image: str = "nbviva"
    python: str = "python3"

    def run(self, name: str, sockets: Path, agent: Path, limits: Limits, command: Sequence[str]) -> list[str]:
        """The command line of one kernel: the sandbox's limits in the engine's words, the working copy on stdin.

        `sockets` is the one folder of the machine that can be written from inside, and has no limit on its size.
        """
        own = f"{os.getuid()}:{os.getgid()}"
        room = f"rw,nosuid,nodev,size={limits.disk},mode=1777"
        ceilings = {
            what: pair for what, pair in limits.rlimits().items() if what != "nproc"
        }  # counts a user, not a container
        return [
            *(self.program, "run", "--rm", "--interactive", f"--name={name}", "--pull=never", "--log-driver=none"),
            *("--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--ipc=private"),
            *(["--userns=keep-id"] if Path(self.program).name == "podman" else []),
            *(f"--user={own}", "--hostname=sandbox", f"--workdir={world.WORKING_COPY}"),
            *(f"--memory={limits.memory}", f"--memory-swap={limits.memory}", f"--pids-limit={limits.processes}"),
            *(f"--ulimit={what}={soft}:{hard}" for what, (soft, hard) in ceilings.items()),
            *(f"--tmpfs={place}:{room}" for place in world.WRITABLE),
            *(f"--volume={sockets}:{world.SOCKETS}:rw", f"--volume={agent}:{world.AGENT}:ro"),
            *(f"--env={variable}={value}" for variable, value in world.environment(os.environ).items()),
            *(self.image, *world.start_script(command)),
        ]

    def kill(self, name: str, signal_name: str = "KILL") -> list[str]:
        """Killing the engine's client would leave the container alive, so the engine is asked."""
        return [self.program, "kill", f"--signal={signal_name}", name]


class ContainerProvisioner(SandboxProvisioner):
    """The same with an engine in the place of bubblewrap."""

    engine = Instance(Engine, ())
    _group = cgroup.Cgroup("engine")
    _name = ""

    def _outer_environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _refusal(self) -> str | None:
        found = shutil.which(self.engine.program)
        return None if found else f"{self.engine.program} is not installed: install it, or use the bubblewrap backend."

    def _command(self, kernel: Sequence[str], parcel: bubblewrap.Parcel) -> list[str]:  # noqa: ARG002 - it needs none
        self._name = f"nbviva-{secrets.token_hex(8)}"
        sockets, agent = self._folder / "s", self._folder / "agent"
        files = {sockets / world.CONNECTION_FILE.name: world.inner_connection(self.connection_info)}
        files |= {agent / place.relative_to(world.AGENT): data for place, data in world.agent_files().items()}
        for place, data in files.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return self.engine.run(self._name, sockets, agent, self.limits, [self.engine.python, *kernel[1:]])

    def _attach(self, pid: int) -> None:
        """The engine keeps the processes, and the sockets lie in a folder that it shares."""

    def _pass_on(self, signum: int) -> None:
        subprocess.run(self.engine.kill(self._name, signal.Signals(signum).name), capture_output=True, check=False)

    def _end(self) -> None:
        if self._name and self.process:
            subprocess.run(self.engine.kill(self._name), capture_output=True, check=False)
        super()._end()
