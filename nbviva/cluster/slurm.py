"""Jobs on SLURM, one Dask worker each: their script, and the calls of sbatch, squeue, scontrol and scancel.

dask-jobqueue would write the same script. It is not used: it does not replace a job that ended, reads settings from
several more places, opens a dashboard to the network, and leaves the batch's key behind when it is killed.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbviva.cluster.site import SiteSettings
from nbviva.cluster.wire import ClusterError
from nbviva.processes.job import Bounds
from nbviva.processes.programs import ProgramEnd, program
from nbviva.sandbox.limits import MIB

CALL_SECONDS = 60.0  # for a call of SLURM's; a busy controller takes its time
DEATH_SECONDS = 60  # a worker that finds no scheduler for so long ends, and its job with it
# A job in one of these states ended, or began again, for a reason that is not what it computed.
EXCUSED = frozenset({
    "BOOT_FAIL", "CANCELLED", "COMPLETING", "CONFIGURING", "DEADLINE", "NODE_FAIL", "PENDING", "PREEMPTED", "REQUEUED",
    "REQUEUE_HOLD", "REVOKED", "STOPPED", "SUSPENDED", "TIMEOUT",
})  # fmt: skip
_LAST_LINES = 5


@dataclass(frozen=True)
class SlurmJobs:
    """The jobs of one batch: all have its name, by which they are counted and ended.

    Attributes
    ----------
    folder
        Where their logs and what they need of TLS lie; they see it at the same path.
    """

    site: SiteSettings
    name: str
    folder: Path

    def submit(self, number: int, script: str, avoided: Iterable[str] = ()) -> None:
        """Queue so many jobs, on other nodes than these."""
        done = _call(submission(self, number, avoided), script)
        if done.code:
            raise ClusterError(f"sbatch takes no job: {done.last_words} Mend the settings file that it complains of.")

    def active(self) -> int:
        """Give the number of jobs that wait or run; of an array that waits, too, each is counted."""
        words = ["squeue", "--noheader", "--array", f"--name={self.name}", f"--user={os.getuid()}", "--format=%T"]
        done = _call(words)
        if done.code:
            raise ClusterError(f"squeue does not answer: {done.last_words} Run the same command again.")
        return len(done.output.split())

    def is_excused(self, worker: str) -> bool:
        """Whether the job of a worker ended for a reason of its own: its time, its node, a person."""
        done = _call(["scontrol", "--oneliner", "show", "job", worker.partition("-")[0]])
        state = re.search(r"\bJobState=([A-Z_]+)", done.output.decode(errors="replace"))
        return bool(state and state[1] in EXCUSED)

    def cancel(self) -> None:
        """End all jobs of the name, those of a batch that was killed included."""
        _call(["scancel", "--quiet", f"--name={self.name}", f"--user={os.getuid()}"])

    def last_words(self) -> str:
        """Give the end of the log that was written last; empty where there is none."""
        logs = sorted(self.folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        lines = logs[-1].read_text("utf-8", "replace").strip().splitlines() if logs else []
        return "\n".join(lines[-_LAST_LINES:])


def submission(jobs: SlurmJobs, number: int, avoided: Iterable[str] = ()) -> list[str]:
    """Give the call of sbatch that reads the script of these jobs."""
    site, nodes = jobs.site, ",".join(sorted(avoided))
    return [
        "sbatch", "--parsable", "--requeue", "--open-mode=append", "--ntasks=1", "--cpus-per-task=1", "--nodes=1",
        f"--job-name={jobs.name}", f"--array=0-{number - 1}", f"--mem={site.memory // MIB}M", f"--time={site.time}",
        f"--output={jobs.folder}/%A-%a.log", "--chdir=/",
        *([f"--partition={site.partition}"] if site.partition else []),
        *([f"--account={site.account}"] if site.account else []),
        *([f"--exclude={nodes}"] if nodes else []),
        *site.options,
    ]  # fmt: skip


def script_of(site: SiteSettings, address: str, files: Mapping[str, str]) -> str:
    """Give the script of a job: one worker of one thread that ends when the scheduler at `address` is gone.

    Parameters
    ----------
    files
        The paths of `ca_file`, `cert` and `key` as the nodes see them.
    """
    words = [
        site.python or sys.executable, "-m", "distributed.cli.dask_worker", address,
        "--tls-ca-file", files["ca_file"], "--tls-cert", files["cert"], "--tls-key", files["key"],
        "--nthreads", "1", "--nworkers", "1", "--memory-limit", "0", "--no-dashboard",
        "--death-timeout", str(DEATH_SECONDS), *(["--interface", site.interface] if site.interface else []),
    ]  # fmt: skip
    job = "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"  # a job's own number may stand for its whole array
    named = f'--name "{job}-${{SLURM_RESTART_COUNT:-0}}"' + ' --local-directory "${TMPDIR:-/tmp}"'
    no_pages = "export DASK_DISTRIBUTED__WORKER__HTTP__ROUTES='[]'"
    return "\n".join(["#!/bin/bash", *site.before, no_pages, f"exec {shlex.join(words)} {named}", ""])


def _call(words: Sequence[str], told: str = "") -> ProgramEnd:
    """Run one of SLURM's programs; a job inherits no variable of ours that is nbviva's: the secret may be one."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("NBVIVA_")}
    try:
        return program(words, told=told, environment=environment, bounds=Bounds(clock=CALL_SECONDS))
    except FileNotFoundError:
        raise ClusterError(
            f"{words[0]} is not here: run this on a machine of the cluster from which jobs are sent."
        ) from None
