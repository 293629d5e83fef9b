"""SLURM for all tests of this folder, `nbviva` on it, and what is handed in."""

import getpass
import json
import shutil
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.slurm.machine import NODES, Command, Slurm, address_of_ours, wait_for


@pytest.fixture(scope="session")
def slurm():
    """A SLURM that lasts for all tests; the path is short, since its sockets' are bounded."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    folder.chmod(0o755)
    started = Slurm(folder)
    try:
        started.start()
        yield started
    finally:
        started.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def free(slurm):
    """SLURM with both nodes idle and no job, whatever the test before has done."""
    slurm.run("scancel", f"--user={getpass.getuser()}")
    for node in NODES:
        path = slurm.folder / f"slurmd-{node}.pid"
        if not path.exists() or not psutil.pid_exists(int(path.read_text("ascii"))):
            slurm.run("slurmd", "-N", node)
    wait_for(lambda: ["idle", "idle"] == slurm.run("sinfo", "-hN", "-o", "%T").split(), 120)
    return slurm


@pytest.fixture
def site(tmp_path):
    """Write a settings file for two jobs."""
    (tmp_path / "shared").mkdir()

    def write(**fields):
        given = {"host": address_of_ours(), "shared": str(tmp_path / "shared"), "jobs": 2, "time": "00:10:00", **fields}
        path = tmp_path / "slurm.toml"
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()), "utf-8")
        return path

    return write


@pytest.fixture
def nbviva(free):
    """Start `nbviva` in a course directory, with SLURM at hand; what a test leaves running ends with it."""
    started = []

    def start(course, *words):
        started.append(Command(course, free, *words))
        return started[-1]

    yield start
    for command in started:
        if command.process.poll() is None:
            command.kill()
        command.process.stdout.close()


@pytest.fixture
def handed_in(course, hand_in):
    """A toy course with eight hand-ins, of which some lose points."""
    for number in range(8):
        hand_in(course, f"group{number}", **({"half_answer": "answer_half = 1"} if number % 3 == 0 else {}))
    return course
