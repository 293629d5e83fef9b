"""Authors work without Linux: what needs no sandbox runs where Linux' own modules are missing, the rest says so."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbviva import machine

pytestmark = pytest.mark.slow

# Takes away from nbviva, and from what it starts, the modules and functions that macOS or Windows do not have.
ELSEWHERE = """
import builtins, os, platform, signal, sys

GONE = {"fcntl", "resource", "pwd", "grp"}
found = builtins.__import__


def only_elsewhere(name, globals=None, locals=None, fromlist=(), level=0):
    if name in GONE and str((globals or {}).get("__name__")).split(".")[0] == "nbviva":
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return found(name, globals, locals, fromlist, level)


builtins.__import__ = only_elsewhere
platform.system = lambda: "Darwin"
for name in ("sched_getaffinity", "sched_setaffinity", "memfd_create"):
    delattr(os, name)
del signal.SIGXCPU
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Run nbviva in a folder as on a machine without Linux."""
    aside = tmp_path_factory.mktemp("elsewhere")
    (aside / "sitecustomize.py").write_text(ELSEWHERE, "utf-8")

    def run(folder, *words):
        command = [sys.executable, "-m", "nbviva", *words]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(aside), str(Path(machine.__file__).parents[1])]),
        }
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def course(tmp_path_factory, elsewhere):
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text(
        "from pathlib import Path\nfrom nbviva.preprocessor import configure\n"
        "configure(get_config(), Path(__file__).resolve().parent)\n",
        "utf-8",
    )
    for word in ("new", "release"):
        done = elsewhere(folder, word, "week1")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["grade", "--help"]])
def test_help_needs_no_linux(elsewhere, tmp_path, words):
    done = elsewhere(tmp_path, *words)
    assert (0, "") == (done.returncode, done.stderr)


def test_a_release_is_made_with_its_sheet(course):
    assert {"gc_content.ipynb", "exercise_sheet.pdf"} <= {path.name for path in (course / "release/week1").iterdir()}


def test_mutants_are_tried_in_the_same_process_with_the_same_score(elsewhere, course, program):
    words = ("mutate", "week1", "--json")
    there = elsewhere(course, *words)
    (course / ".nbviva/cache/mutants-week1.json").unlink()
    here = subprocess.run(
        [sys.executable, "-m", "nbviva", *words], cwd=course, capture_output=True, text=True, check=False
    )
    assert (there.returncode, here.returncode) == (0, 0), there.stderr
    seconds = {"seconds": 0}
    assert {**json.loads(here.stdout), **seconds} == {**json.loads(there.stdout), **seconds}


def test_hand_ins_are_collected(elsewhere, course, tmp_path):
    folder = tmp_path / "all" / "ada"
    folder.mkdir(parents=True)
    (folder / "gc_content.ipynb").write_bytes((course / "source/week1/gc_content.ipynb").read_bytes())
    done = elsewhere(course, "collect", "week1", str(tmp_path / "all"))
    assert done.returncode == 0, done.stderr
    assert (course / "submitted/ada/week1/gc_content.ipynb").is_file()


@pytest.mark.parametrize("words", [["verify", "week1"], ["grade", "week1"]])
def test_what_needs_the_sandbox_says_so_in_one_sentence(elsewhere, course, words):
    handed_in = course / "submitted/ben/week1"
    handed_in.mkdir(parents=True, exist_ok=True)
    (handed_in / "gc_content.ipynb").write_bytes(b"{}")
    done = elsewhere(course, *words)
    assert 3 == done.returncode, done.stderr
    assert (
        "nbviva: The sandbox that student code runs in needs Linux, and this is Darwin: use Linux, WSL" in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_cpu_seconds_are_counted_as_a_limit_counts_them():
    """The timer of the same clock, which takes off what is used."""
    before, begun = signal.setitimer(signal.ITIMER_PROF, 1000), machine.counted_seconds()
    try:
        while time.process_time() < 0.3 or machine.counted_seconds() - begun < 0.3:
            sum(range(10_000))
        left, _ = signal.getitimer(signal.ITIMER_PROF)
        assert 0.1 > abs(1000 - left - (machine.counted_seconds() - begun))
    finally:
        signal.setitimer(signal.ITIMER_PROF, *before)


def test_the_cores_are_those_that_the_process_may_use():
    assert len(os.sched_getaffinity(0)) == machine.cores()
