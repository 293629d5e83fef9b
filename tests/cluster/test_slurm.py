"""What SLURM is asked, word for word, and how its answers are understood; a real one is in `tests/slurm`."""

import itertools
import shlex
import stat
from pathlib import Path

import pytest

from nbviva.cluster.site import SiteSettings
from nbviva.cluster.slurm import SlurmJobs, script_of, submission
from nbviva.cluster.wire import ClusterError

SITE = SiteSettings("login1", Path("/home/ada/nbviva"), 100, 6 << 30, "04:00:00")
FILES = {"ca_file": "/k/ca_file.pem", "cert": "/k/cert.pem", "key": "/k/key.pem"}


def jobs(site=SITE, folder=Path("/home/ada/nbviva/nbviva-x")):
    """Give the jobs of a batch."""
    return SlurmJobs(site, "nbviva-x", folder)


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Put programs of these names first in the path, which do what a line of shell says."""

    def put(name, line):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return put


def test_one_core_and_the_memory_of_a_hand_in_are_asked_for():
    words = submission(jobs(), 100)
    assert {"--ntasks=1", "--cpus-per-task=1", "--mem=6144M", "--time=04:00:00", "--array=0-99"} <= set(words)
    assert "sbatch" == words[0]
    assert not any(word.startswith(("--partition", "--account", "--exclude")) for word in words)


def test_the_site_s_own_words_and_the_nodes_to_be_left_out_are_handed_on():
    site = SiteSettings("h", Path("/s"), 1, 1 << 30, "1", partition="p", account="a", options=("--qos=low",))
    words = submission(jobs(site), 1, {"n2", "n1"})
    assert ["--partition=p", "--account=a", "--exclude=n1,n2", "--qos=low"] == words[-4:]


def test_script_starts_one_encrypted_worker_of_one_thread():
    site = SiteSettings("h", Path("/s"), 1, 1 << 30, "1", python="/opt/a b/python", before=("module load bubblewrap",))
    lines = script_of(site, "tls://login1:4711", FILES).splitlines()
    assert ["#!/bin/bash", "module load bubblewrap"] == lines[:2]
    words = shlex.split(lines[3])
    assert ["exec", "/opt/a b/python", "-m", "distributed.cli.dask_worker", "tls://login1:4711"] == words[:5]
    options = dict(itertools.pairwise(words))
    assert ("1", "1", "/k/key.pem") == (options["--nthreads"], options["--nworkers"], options["--tls-key"])
    assert "--interface" not in words


def test_script_holds_no_key_and_no_secret():
    assert "secret" not in script_of(SITE, "tls://h:1", FILES)
    assert "BEGIN" not in script_of(SITE, "tls://h:1", FILES)


def test_no_variable_of_ours_reaches_a_job(slurm, tmp_path, monkeypatch):
    monkeypatch.setenv("NBVIVA_SECRET", "what questions are drawn from")
    slurm("sbatch", f"env > {tmp_path}/seen; cat > {tmp_path}/script")
    jobs().submit(3, "the script")
    assert "NBVIVA_" not in (tmp_path / "seen").read_text("utf-8")
    assert "the script" == (tmp_path / "script").read_text("utf-8")


def test_what_sbatch_refuses_is_said_in_its_words(slurm):
    slurm("sbatch", "echo 'sbatch: error: invalid partition specified: teching' >&2; exit 1")
    with pytest.raises(ClusterError, match=r"sbatch takes no job: .*invalid partition specified: teching"):
        jobs().submit(1, "")


def test_machine_without_slurm_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match="sbatch is not here: run this on a machine of the cluster"):
        jobs().submit(1, "")


def test_jobs_that_wait_or_run_are_counted(slurm):
    slurm("squeue", 'printf "RUNNING\\nPENDING\\nPENDING\\n"')
    assert 3 == jobs().active()
    slurm("squeue", "exit 0")
    assert 0 == jobs().active()


@pytest.mark.parametrize(
    ("state", "excused"),
    [("TIMEOUT", True), ("NODE_FAIL", True), ("CANCELLED", True), ("PREEMPTED", True), ("OUT_OF_MEMORY", False),
     ("FAILED", False), ("RUNNING", False), ("COMPLETED", False)],
)  # fmt: skip
def test_a_job_is_excused_that_ended_for_a_reason_of_its_own(slurm, state, excused):
    """What a hand-in can bring about is no excuse."""
    slurm("scontrol", f'[ "$4" = 17_3 ] && echo "JobId=20 JobName=nbviva-x JobState={state} Reason=None"')
    assert excused is jobs().is_excused("17_3-0")


def test_job_that_nobody_knows_any_more_is_not_excused(slurm):
    slurm("scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
    assert not jobs().is_excused("17-0")


def test_the_last_log_s_end_is_given(tmp_path):
    assert "" == jobs(folder=tmp_path).last_words()
    (tmp_path / "1-0.log").write_text("\n".join(f"line {number}" for number in range(9)), "utf-8")
    assert "line 4\nline 5\nline 6\nline 7\nline 8" == jobs(folder=tmp_path).last_words()
