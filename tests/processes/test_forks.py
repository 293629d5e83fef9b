"""Forks: what hangs, swallows memory or exits costs itself only."""

import os
import subprocess
import sys
import time
from pathlib import Path

from nbviva.processes.forks import forked
from nbviva.processes.job import Bounds, End

LIMITS = Bounds(processor=1, clock=30, memory=256 << 20)


def ends(function, jobs, limits=LIMITS):
    return {ended.job: (ended.end, ended.value) for ended in forked(function, jobs, 2, limits)}


def behave(job):
    if job == "hang":
        while True:
            pass
    if job == "sleep":
        time.sleep(60)
    if job == "exit":
        sys.exit(0)
    if job == "leave":
        os._exit(0)
    if job == "swallow":
        bytearray(1 << 40)
    sys.stdout.write("nobody sees this")
    return job.upper()


def test_answers_come_back_by_name():
    assert {"a": (End.DONE, "A"), "b": (End.DONE, "B"), "c": (End.DONE, "C")} == ends(behave, ["a", "b", "c"])


def test_what_hangs_stops_nobody():
    assert {"hang": (End.TIMED_OUT, ""), "a": (End.DONE, "A")} == ends(behave, ["hang", "a"])


def test_what_sleeps_is_ended():
    assert {"sleep": (End.TIMED_OUT, ""), "a": (End.DONE, "A")} == ends(behave, ["sleep", "a"], Bounds(10, 0.5))


def test_what_exits_or_swallows_memory_died():
    found = ends(behave, ["exit", "leave", "swallow", "a"])
    assert {"exit": (End.DIED, ""), "leave": (End.DIED, ""), "swallow": (End.DIED, ""), "a": (End.DONE, "A")} == found


def test_a_fork_says_nothing(capfd):
    ends(behave, ["a"])
    assert ("", "") == capfd.readouterr()


def test_a_fork_works_in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(job):
        Path(job).write_text(job)
        return str(Path.cwd())

    (end, folder) = ends(write, ["a"])["a"]
    assert (End.DONE, []) == (end, list(tmp_path.iterdir()))
    assert not Path(folder).exists()


def test_long_answers_come_whole():
    assert {"a": (End.DONE, "a" * 10**6)} == ends(lambda job: job * 10**6, ["a"])


def test_a_fork_ends_with_who_forked_it(tmp_path):
    program = f"""
import os, time
from pathlib import Path
from nbviva.processes.forks import forked

def sleep(job):
    Path({str(tmp_path)!r}, str(os.getpid())).touch()
    time.sleep(600)
    return job

list(forked(sleep, ["a"], 1))
"""
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        while not (begun := list(tmp_path.iterdir())):
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    end = time.monotonic() + 60
    while Path(f"/proc/{begun[0].name}").exists():
        assert time.monotonic() < end, "a fork outlived us"
        time.sleep(0.1)
