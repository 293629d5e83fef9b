"""A SLURM of our own on this machine: two nodes of one core each, its daemons ended by their process ids."""

import getpass
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from nbviva.grading import reports

NODES = ("one", "two")
CONFIGURATION = """
ClusterName=nbviva
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdSpoolDir={folder}/spool-%n
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmUser={user}
SlurmdUser={user}
SlurmdParameters=config_overrides
SlurmdTimeout=10
KillWait=5
ReturnToService=2
MpiDefault=none
NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 RealMemory=8000 State=UNKNOWN
NodeName=two NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=one,two Default=YES MaxTime=INFINITE State=UP
"""


def wait_for(condition, seconds=120.0):
    """Wait until something is true and give it; what does not come in time is the test's failure."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"It did not come within {seconds:.0f} s."
        time.sleep(0.2)
    return found


class Slurm:
    """The daemons, and what a person does to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def start(self) -> None:
        """Start authentication, controller and both nodes; return when the nodes are idle."""
        (self.folder / "munge.key").write_bytes(secrets.token_bytes(1024))
        (self.folder / "munge.key").chmod(0o400)
        names = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
        files = [f"--{option}={self.folder / name}" for option, name in {**names, "seed-file": "seed"}.items()]
        self.run("munged", "--force", *files)
        host = socket.gethostname().partition(".")[0]
        text = CONFIGURATION.format(host=host, folder=self.folder, ports=_free_ports(3), user=getpass.getuser())
        (self.folder / "slurm.conf").write_text(text, "utf-8")
        self.run("slurmctld")
        time.sleep(2)
        for node in NODES:
            self.run("slurmd", "-N", node)
        wait_for(lambda: ["idle", "idle"] == self.run("sinfo", "-hN", "-o", "%T").split(), 60)

    def run(self, *words):
        """Run one of SLURM's programs and give what it wrote."""
        return subprocess.run(
            words, env=self.environment, check=True, capture_output=True, text=True, timeout=60
        ).stdout

    def jobs(self, state="RUNNING"):
        """Give the jobs in a state: number in the array, own number, node."""
        lines = self.run("squeue", "-h", "--array", f"--states={state}", "-o", "%F_%K %A %N").splitlines()
        return [tuple(line.split(" ")) for line in lines]

    def states(self):
        """Give the states of all jobs that the controller remembers."""
        words = self.run("scontrol", "--oneliner", "show", "jobs").split()
        return [word.partition("=")[2] for word in words if word.startswith("JobState=")]

    def lose_node(self, node):
        """Kill all that runs on a node at once, as a power cut does."""
        numbers = [number for _, number, where in self.jobs() if where == node]
        _kill(int((self.folder / f"slurmd-{node}.pid").read_text("ascii")))
        for process in psutil.process_iter(["pid", "cmdline"]):
            words = " ".join(process.info["cmdline"] or ())
            steps = any(words.startswith(f"slurmstepd: [{number}.") for number in numbers)
            if steps or _belongs(process, node, self.environment["SLURM_CONF"]):
                _kill(process.info["pid"])

    def end(self) -> None:
        """End the daemons."""
        for name in ("slurmd-one", "slurmd-two", "slurmctld", "munged"):
            path = self.folder / f"{name}.pid"
            if path.exists() and psutil.pid_exists(pid := int(path.read_text("ascii"))):
                os.kill(pid, signal.SIGTERM)
                psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)


def _belongs(process, node, configuration):
    """Whether a process is part of a job of this SLURM on a node."""
    try:
        environment = process.environ()
    except psutil.Error:
        return False
    return environment.get("SLURMD_NODENAME") == node and environment.get("SLURM_CONF") == configuration


def _kill(pid):
    if psutil.pid_exists(pid):
        os.kill(pid, signal.SIGKILL)


def _free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


class Command:
    """`nbviva` as it runs."""

    def __init__(self, course, slurm, *words):
        self.course = course
        self.process = subprocess.Popen(
            [Path(sys.executable).parent / "nbviva", *words], cwd=course.root, env=slurm.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def finished(self, seconds=400):
        """Give exit code and all that it wrote."""
        text = self.process.communicate(timeout=seconds)[0]
        return self.process.returncode, text

    def kill(self):
        """End it as a power cut does."""
        self.process.kill()
        self.process.communicate()


def stored(course):
    """Give the stored reports but for what is measured, and the seals on it: all else is the same, byte for byte."""
    found = {}
    for group in course.groups("toy"):
        folder = course.report("toy", group)
        if (folder / "report.json").is_file():
            report = json.loads((folder / "report.json").read_text("utf-8"))
            measured = {"seconds": None, "memory": None, "seal": None}
            text = json.dumps(report | measured)
            found[group] = text, (folder / "notebook.ipynb").read_bytes()
    return found


def fresh(course, room):
    """Give the groups whose report is right."""
    return reports.fresh_groups(course, "toy", course.groups("toy"), reports.shared(course, "toy", room))


def address_of_ours() -> str:
    """Give an address of this machine that is not its loopback, where it has one: all then goes the way of others."""
    found = [a.address for of in psutil.net_if_addrs().values() for a in of if a.family == socket.AF_INET]
    return next((address for address in found if not address.startswith("127.")), "127.0.0.1")
