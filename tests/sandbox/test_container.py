"""The engine's command line, word by word, and what becomes of an engine that fails; no engine is run."""
# ruff: noqa: S108 - places that are only named

from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from nbviva.errors import SandboxUnavailable
from nbviva.sandbox import world
from nbviva.sandbox.container import ContainerProvisioner, Engine
from nbviva.sandbox.limits import MIB, Limits

LIMITS = Limits(memory=300 * MIB, processes=50, open_files=77, file_size=5 * MIB, disk=8 * MIB, cpu_seconds=60)
KERNEL = ["python3", "-P", "-m", "nbviva.inside.agent", "-f", "/run/nbviva/connection.json"]


def line(program: str = "podman") -> list[str]:
    return Engine(program, "course:1").run("nbviva-1", Path("/tmp/n/s"), Path("/tmp/n/agent"), LIMITS, KERNEL)


@pytest.mark.parametrize(
    "word",
    [
        "--network=none",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        f"--memory={300 * MIB}",
        f"--memory-swap={300 * MIB}",
        "--pids-limit=50",
        "--ulimit=nofile=77:77",
        f"--ulimit=fsize={5 * MIB}:{5 * MIB}",
        "--ulimit=cpu=60:65",
        "--ulimit=core=0:0",
        "--pull=never",
        "--rm",
    ],
)
def test_a_limit_is_on_the_command_line(word: str) -> None:
    """Each ceiling of the sandbox has its word."""
    assert word in line()


@pytest.mark.parametrize("place", world.WRITABLE)
def test_what_can_be_written_has_a_size(place: Path) -> None:
    """The working copy, the home and the temporary folders are tmpfs of limited size."""
    assert any(word.startswith(f"--tmpfs={place}:") and f"size={8 * MIB}" in word for word in line())


def test_only_the_sockets_are_shared_for_writing() -> None:
    """Two folders come from the machine, and one of them to be read only; the hand-in comes on stdin."""
    volumes = [word for word in line() if word.startswith("--volume=")]
    assert volumes == ["--volume=/tmp/n/s:/run/nbviva:rw", "--volume=/tmp/n/agent:/opt/nbviva:ro"]
    assert "--interactive" in line()


def test_the_kernel_comes_last() -> None:
    """After the image stands the start, and after it the kernel's own words."""
    words = line()
    assert words[words.index("course:1") + 1] == "/bin/sh"
    assert words[-len(KERNEL) :] == KERNEL


def test_podman_keeps_the_user_and_docker_has_no_such_word() -> None:
    """The sockets belong to the asker under both."""
    assert "--userns=keep-id" in line("podman")
    assert "--userns=keep-id" not in line("docker")


def test_no_variable_of_the_grader_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is given word by word."""
    monkeypatch.setenv("GRADEBOOK", "secret")
    assert not any("GRADEBOOK" in word for word in line())


def test_the_engine_is_asked_to_kill() -> None:
    """A signal goes to the container by its name."""
    assert Engine().kill("nbviva-1", "SIGINT") == ["podman", "kill", "--signal=SIGINT", "nbviva-1"]


@pytest.fixture
def manager(tmp_path: Path) -> KernelManager:
    """A kernel manager whose provisioner has an engine of ours: it writes down its words and fails."""
    program = tmp_path / "podman"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\necho no such image\nexit 125\n')
    program.chmod(0o755)
    kernel = KernelManager()
    kernel._kernel_spec = KernelSpec(argv=["python", "-f", "{connection_file}"], language="python")
    engine = Engine(str(program))
    kernel.provisioner = ContainerProvisioner(
        kernel_id="1", kernel_spec=kernel.kernel_spec, parent=kernel, engine=engine, limits=LIMITS
    )
    return kernel


def test_an_engine_that_fails_is_quoted(manager: KernelManager, tmp_path: Path) -> None:
    """The sentence holds the engine's own words, the container is asked to end, and no folder stays."""
    with pytest.raises(SandboxUnavailable, match="no such image"):
        manager.start_kernel()
    run, kill = (tmp_path / "said").read_text().splitlines()
    assert run.startswith("run --rm")
    assert run.endswith("python3 -f /run/nbviva/connection.json")
    assert kill.startswith("kill --signal=KILL nbviva-")
    assert not Path(manager.connection_file).parent.exists()


def test_a_missing_engine_is_named(manager: KernelManager, tmp_path: Path) -> None:
    """Without the program the sentence says what to do."""
    (tmp_path / "podman").unlink()
    with pytest.raises(SandboxUnavailable, match="is not installed"):
        manager.start_kernel()
