"""Workers: what comes back, workers that die, and the end of everything when it is left early."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from nbviva.processes.job import DEATHS_MOST, Bounds, End, EndedEarly, Finished
from nbviva.processes.workers import Workers, here, run

PROGRAM = """
import sys, time
from nbviva.processes.workers import run
from tests_of_workers import sleep_long

if __name__ == "__main__":
    for finished in run(sleep_long, [("a", sys.argv[1]), ("b", sys.argv[1])], 2):
        pass
"""


def double(job, number):
    """Give twice the number, or fail."""
    if number is None:
        raise ValueError("no number")
    return 2 * number


def die_at_first(job, folder):
    """End the process once for each job named 'weak', always for 'deadly'."""
    mark = Path(folder, job)
    first = not mark.exists()
    mark.touch()
    if job == "deadly" or (job == "weak" and first):
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def sleep_long(job, folder):
    """Say that it has begun, and sleep."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)


_kept = []


def scatter(job, number):
    """Fill memory with small blocks and keep the last one, so that the others are freed below something that stays."""
    blocks = [bytes(1000) for _ in range(number)]
    _kept.append(blocks[-1])
    return resident(job)


def resident(_job):
    """Give the bytes of memory that this process holds."""
    return psutil.Process().memory_info().rss


def test_results_and_errors_come_back_by_the_job_s_name():
    finished = {item.job: item for item in run(double, [("a", 1), ("b", None), ("c", 3)], 2)}
    assert Finished("a", 2) == finished["a"]
    assert Finished("c", 6) == finished["c"]
    assert "no number" == str(finished["b"].error)


def test_memory_that_a_job_freed_is_given_back():
    size = 200_000
    with Workers(1) as workers:
        (most,) = workers.run(scatter, [("a", size)])
        (later,) = workers.run(resident, [("b",)])
    assert most.value - later.value > 900 * size


def test_job_that_kills_its_worker_is_tried_once_more_and_costs_no_other(tmp_path):
    jobs = [(name, str(tmp_path)) for name in ("weak", "deadly", "sound", "other")]
    finished = {item.job: item for item in run(die_at_first, jobs, 2)}
    assert ["other", "sound", "weak"] == sorted(name for name, item in finished.items() if item.error is None)
    assert (DEATHS_MOST, "ProcessExpired") == (finished["deadly"].deaths, type(finished["deadly"].error).__name__)


def environment(job, *names):
    """Give variables of a worker's environment."""
    return [os.environ.get(name) for name in names]


def test_worker_has_one_thread_for_numbers_and_ours_is_as_before(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    (finished,) = run(environment, [("a", "OMP_NUM_THREADS")], 1)
    assert ["1"] == finished.value
    assert "7" == os.environ["OMP_NUM_THREADS"]


def test_worker_has_the_environment_of_now(monkeypatch):
    """Workers are forked from one process for as long as ours lives."""
    for value in ("first", "second"):
        monkeypatch.setenv("NBVIVA_TRIED", value)
        (finished,) = run(environment, [("a", "NBVIVA_TRIED")], 1)
        assert [value] == finished.value


def test_workers_have_the_threads_that_were_asked_for_and_are_kept():
    with Workers(1, threads=3) as workers:
        found = [next(workers.run(environment, [("a", "OMP_NUM_THREADS")])).value for _ in range(2)]
        pids = {next(workers.run(pid, [("a",)])).value for _ in range(2)}
    assert ([["3"], ["3"]], 1) == (found, len(pids))


def pid(job):
    """Give the worker."""
    return os.getpid()


def test_a_job_that_takes_too_long_is_ended_and_costs_no_other(tmp_path):
    with Workers(1, Bounds(clock=2)) as workers:
        finished = list(workers.run(sleep_long, [("slow", str(tmp_path))])) + list(workers.run(double, [("a", 1)]))
    assert [("slow", End.TIMED_OUT, None), ("a", End.DONE, 2)] == [(i.job, i.end, i.value) for i in finished]


def test_what_a_job_raises_here_costs_itself_only():
    finished = list(here(double, [("a", None), ("b", 2)]))
    assert [("a", End.FAILED, None), ("b", End.DONE, 4)] == [(i.job, i.end, i.value) for i in finished]


def test_the_words_say_whether_it_was_tried_again():
    assert "ended 2 times" in Finished("a", error=EndedEarly(), deaths=2).why("graded")
    assert "It could not be regraded (KeyError: 'b'): this is a fault of ours." == Finished(
        "a", error=KeyError("b")
    ).why("regraded")


def test_tick_is_called_while_there_is_something_to_wait_for():
    ticks = []
    list(run(double, [("a", 1)], 1, lambda: ticks.append(1)))
    assert ticks


def test_leaving_early_ends_the_workers(tmp_path):
    results = run(sleep_long, [("a", str(tmp_path)), ("b", str(tmp_path))], 2, lambda: stop_when_begun(tmp_path, 2))
    with pytest.raises(KeyboardInterrupt):
        list(results)
    assert not [name.name for name in tmp_path.iterdir() if is_running(int(name.name))]


def stop_when_begun(folder, number):
    """Interrupt as a person would, as soon as so many workers are at work."""
    if len(list(folder.iterdir())) == number:
        raise KeyboardInterrupt


def is_running(pid):
    """Whether a process is there and no zombie."""
    try:
        return "Z" != Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def test_workers_end_when_our_process_is_killed(tmp_path):
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "tests_of_workers.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")
    (modules / "program.py").write_text(PROGRAM, "utf-8")
    begun = tmp_path / "begun"
    begun.mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(modules), *sys.path])}
    with subprocess.Popen([sys.executable, modules / "program.py", begun], env=environment) as process:
        while len(list(begun.iterdir())) < 2:
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    end = time.monotonic() + 60
    while any(is_running(int(name.name)) for name in begun.iterdir()):
        assert time.monotonic() < end, "a worker outlived us"
        time.sleep(0.1)


def test_the_folder_of_the_fork_server_goes_when_the_call_ends_and_nothing_is_said():
    """multiprocessing removes what it put there, and then we remove the folder, in that order under any Python."""
    code = (
        "import multiprocessing.util; from nbviva.processes import workers; workers.prepare(); print(workers._folder())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "" == done.stderr
    assert not Path(done.stdout.strip()).exists()
