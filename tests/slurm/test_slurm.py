"""A batch on a real SLURM: the same reports as on one machine, whoever is killed, and nothing in clear.

`make test-slurm` runs it; `make test` leaves it out, since it needs SLURM's daemons and takes minutes.
"""

import os
import re
import shutil
import subprocess
import sys
import time

import psutil
import pytest
from distributed import Client, Security

from nbviva.cluster.wire import temporary_security
from tests.slurm.machine import fresh, stored, wait_for

GROUPS = {f"group{number}" for number in range(8)}


@pytest.fixture
def slowed(handed_in, hand_in):
    """Give what lets all hand-ins take so many seconds."""

    def slow(seconds):
        for group in GROUPS:
            hand_in(handed_in, group, half_answer=f"answer_half = 11\nimport time\ntime.sleep({seconds})")

    return slow


@pytest.fixture
def slowly(slowed):
    """So slow hand-ins that what takes the place of a job still finds some."""
    slowed(8)


@pytest.fixture
def begun(nbviva, handed_in, site):
    """A batch of which the first report has come home."""
    command = nbviva(handed_in, "grade", "toy", "--cluster", str(site()))
    wait_for(lambda: stored(handed_in))
    return command


def require_all(course, command, room, seconds=400):
    """All hand-ins are graded, and none is left to a person."""
    code, text = command.finished(seconds)
    assert 0 == code, text
    assert GROUPS == fresh(course, room), text


def test_check_says_of_each_worker_that_it_lacks_nothing(nbviva, handed_in, site):
    code, text = nbviva(handed_in, "cluster", "check", str(site())).finished()
    assert 0 == code, text
    assert "2 workers fit, 0 not." in text
    assert {"one", "two"} == set(re.findall(r"\d+_\d-0 on (\w+)", text))
    assert re.search(r"[1-9]\d* promises kept", text)


def test_workers_that_lack_something_are_told_and_get_nothing(nbviva, handed_in, site):
    path = str(site(memory="3G"))
    code, text = nbviva(handed_in, "cluster", "check", path).finished()
    assert 1 == code, text
    assert "0 workers fit, 2 not." in text
    assert 2 == " ".join(text.split()).count("A hand-in may take 5.0 GiB")
    code, text = nbviva(handed_in, "grade", "toy", "--cluster", path).finished()
    assert 2 == code, text
    assert "No worker is fit to grade. Worker" in text
    assert {} == stored(handed_in)


def test_reports_are_those_of_one_machine_and_nothing_is_left(nbviva, begun, free, handed_in, room, tmp_path):
    require_all(handed_in, begun, room)
    far = stored(handed_in)
    shutil.rmtree(handed_in.root / "reports")
    code, text = nbviva(handed_in, "grade", "toy", "--yes").finished()
    assert 0 == code, text
    assert far == stored(handed_in)
    assert [] == [path.name for path in (tmp_path / "shared").rglob("*.pem")]
    wait_for(lambda: not free.jobs() and not free.jobs("PENDING"))


def test_who_has_not_the_batch_s_certificate_is_not_heard(begun, handed_in, room, tmp_path):
    """Neither in clear nor with a certificate of its own; and the batch's lies where nobody else can read it."""
    keys = list((tmp_path / "shared").rglob("*.pem"))
    assert {"ca_file.pem", "cert.pem", "key.pem"} == {path.name for path in keys}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in keys}
    assert {0o700} == {path.parent.stat().st_mode & 0o777 for path in keys}
    logs = "".join(path.read_text("utf-8") for path in (tmp_path / "shared").rglob("*.log"))
    address = re.findall(r"Registered to:\s+(tls://\S+)", logs)[0]
    for way, security in ((address, Security.temporary()), (address.replace("tls", "tcp"), None)):
        with pytest.raises(OSError, match=r"Timed out|Connection|TLS|SSL|closed"):
            Client(way, security=security, timeout=2, set_as_default=False)
    require_all(handed_in, begun, room)


def test_a_job_that_is_killed_costs_no_hand_in(slowly, begun, free, handed_in, room):
    before = {name for name, _, _ in free.jobs()}
    free.run("scancel", min(before))
    wait_for(lambda: {name for name, _, _ in free.jobs()} - before)  # another one runs in its place
    require_all(handed_in, begun, room)


def test_a_lost_node_costs_no_hand_in(slowly, begun, free, handed_in, room):
    wait_for(lambda: {"one", "two"} == {node for _, _, node in free.jobs()})
    free.lose_node("two")
    require_all(handed_in, begun, room)


def test_a_limit_of_time_costs_no_hand_in(nbviva, free, handed_in, slowed, site, room):
    """Eight hand-ins of forty seconds do not fit into two jobs of two minutes, which SLURM lets live a little longer.

    A minute is too short for any: a worker is looked at first.
    """
    slowed(40)
    command = nbviva(handed_in, "grade", "toy", "--cluster", str(site(time="00:02:00")))
    require_all(handed_in, command, room, 900)
    assert "TIMEOUT" in free.states()


def test_killed_at_home_its_jobs_end_and_the_same_command_goes_on(nbviva, begun, free, handed_in, site, room):
    begun.kill()
    kept = {group: (handed_in.report("toy", group) / "report.json").stat().st_mtime_ns for group in stored(handed_in)}
    assert 0 < len(kept) < len(GROUPS)
    wait_for(lambda: not free.jobs())  # nobody tells them to
    require_all(handed_in, nbviva(handed_in, "grade", "toy", "--cluster", str(site())), room)
    assert kept == {group: (handed_in.report("toy", group) / "report.json").stat().st_mtime_ns for group in kept}


def test_terminated_at_home_it_ends_its_jobs(begun, free, handed_in, tmp_path):
    begun.process.terminate()
    code, _ = begun.finished()
    assert 143 == code
    wait_for(lambda: not free.jobs() and not free.jobs("PENDING"), 30)
    assert [] == list((tmp_path / "shared").rglob("*.pem"))


def test_jobs_that_end_at_once_are_given_up_with_their_words(nbviva, handed_in, site):
    path = str(site(before=["echo there is no such module >&2", "exit 1"]))
    code, text = nbviva(handed_in, "grade", "toy", "--cluster", path).finished()
    assert 2 == code, text
    assert "Jobs end before their worker comes" in text
    assert "there is no such module" in text


@pytest.fixture
def own_cluster(free, tmp_path, handed_in):
    """Start a scheduler with TLS and a worker of it in a SLURM job, as who has a cluster does; give its ending."""
    _, texts = temporary_security()
    paths = {name: tmp_path / f"{name}.pem" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, "utf-8")
    tls = ["--tls-ca-file", paths["ca_file"], "--tls-cert", paths["cert"], "--tls-key", paths["key"]]
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    free.environment |= {
        f"{prefix}CA_FILE": str(paths["ca_file"]),
        f"{prefix}CLIENT__CERT": str(paths["cert"]),
        f"{prefix}CLIENT__KEY": str(paths["key"]),
    }
    started = []

    def start():
        port = 20_000 + os.getpid() % 10_000 + len(started)
        words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", f"tls://127.0.0.1:{port}", *tls]
        started.append(subprocess.Popen([*map(str, words), "--no-dashboard"], stderr=subprocess.DEVNULL))
        address = f"tls://127.0.0.1:{port}"
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, *tls, "--nthreads", "1"]
        line = " ".join(map(str, [*worker, "--no-dashboard", "--memory-limit", "0"]))
        free.run("sbatch", "--mem=6000M", "--output=/dev/null", f"--wrap={line}")
        wait_for(free.jobs)
        time.sleep(8)  # until the worker is known
        return address, started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    for name in [name for name in free.environment if name.startswith(prefix)]:
        del free.environment[name]


def test_a_scheduler_that_is_killed_is_told_and_the_next_one_goes_on(own_cluster, nbviva, handed_in, room):
    address, scheduler = own_cluster()
    command = nbviva(handed_in, "grade", "toy", "--scheduler", address)
    wait_for(lambda: stored(handed_in))
    psutil.Process(scheduler.pid).kill()
    code, text = command.finished()
    assert 3 == code, text
    assert "The Dask scheduler is gone. What came home is kept" in " ".join(text.split())
    assert 0 < len(stored(handed_in)) < len(GROUPS)
    address, _ = own_cluster()
    require_all(handed_in, nbviva(handed_in, "grade", "toy", "--scheduler", address), room)
