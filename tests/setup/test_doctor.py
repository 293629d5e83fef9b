"""What is wrong with machine or course is a row with its mend; what is right is not complained about."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from nbviva.configuration import CONFIG
from nbviva.course import Course
from nbviva.gradebook.book import opened
from nbviva.machine import cores
from nbviva.sandbox.backends import Backend
from nbviva.sandbox.self_check import BUILT, Tried
from nbviva.secret import secret_of
from nbviva.setup import doctor, environment, repeatable
from nbviva.setup.begin import begin
from nbviva.setup.directory import directory
from nbviva.setup.symptom import State


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A course that was begun, with a secret of its own."""
    monkeypatch.delenv("NBVIVA_SECRET")
    course = Course(begin(tmp_path / "course").root)
    secret_of(course.root)
    return course


def row(found, name):
    (item,) = [item for item in found if item.name == name]
    return item


def machine(root, **files):
    """Write files of another machine's /proc and /sys."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_a_new_course_has_no_fault(own):
    assert [] == [item for item in directory(own) if item.state is State.FAULT]


def test_a_course_that_nbgrader_marks_alone_is_a_fault_with_the_lines(own):
    (own.root / CONFIG).write_text("c = get_config()\n", "utf-8")
    item = row(directory(own), CONFIG)
    assert State.FAULT is item.state
    assert "from nbviva.preprocessor import configure" in item.mend


@pytest.mark.parametrize(
    ("mode", "text", "said"), [(0o644, "x", "chmod 600"), (0o640, "x", "chmod 600"), (0o600, "", "It is empty")]
)
def test_a_secret_that_others_read_or_that_is_empty_is_a_fault(own, mode, text, said):
    path = own.root / ".nbviva/secret"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    item = row(directory(own), "secret")
    assert State.FAULT is item.state
    assert said in item.mend


def test_a_secret_in_version_control_is_a_fault(own):
    for words in (["init", "--quiet"], ["add", "--force", ".nbviva/secret"]):
        subprocess.run(["git", *words], cwd=own.root, check=True)
    assert "git rm -r --cached .nbviva" in row(directory(own), "version control").mend


def test_a_gradebook_that_cannot_be_used_is_a_fault(own):
    (own.root / "gradebook.db").write_bytes(b"no database at all, whatever its name says")
    item = row(directory(own), "gradebook")
    assert State.FAULT is item.state
    assert item.mend


def test_a_gradebook_is_counted(own):
    with opened(own) as book:
        book.add_student("ada")
    assert "0 assignments, 1 student or group" == row(directory(own), "gradebook").found


def test_a_named_exchange_that_is_missing_is_said(own):
    with (own.root / CONFIG).open("a", encoding="utf-8") as file:
        file.write("c.Exchange.root = '/nowhere/at/all'\n")
    assert "Make /nowhere/at/all" in row(directory(own), "exchange").mend


def test_a_week_that_cannot_be_read_is_a_fault(own):
    (own.root / "graders/week1").mkdir(parents=True)
    (own.root / "graders/week1/assignment.toml").write_text("title = ", "utf-8")
    assert State.FAULT is row(directory(own), "week1").state


def test_outside_of_a_course_init_is_named(tmp_path):
    (item,) = directory(None)
    assert "nbviva init" in item.mend
    found = list(doctor.examine(tmp_path, lambda _: None, quick=True))
    assert item == found[-1]


def test_a_promise_that_is_broken_is_a_fault_of_its_own():
    rows = [Tried("forked", BUILT, kept=True), Tried("forked", "It sees no file.", kept=False, found="read /x")]
    whole, broken = doctor._kind("forked", rows)
    assert (State.FAULT, "0 of 1 promises kept") == (whole.state, whole.found)
    assert ("It sees no file.", "read /x") == (broken.found, broken.mend)


@pytest.mark.parametrize(("chosen", "state"), [("podman", State.FAULT), ("bubblewrap", State.GOOD)])
def test_backend_that_cannot_be_used_is_a_fault_where_it_is_chosen(monkeypatch, chosen, state):
    monkeypatch.setenv("NBVIVA_SANDBOX", chosen)
    monkeypatch.setattr(doctor, "not_linux", lambda _: "")
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/podman")
    usable = {"bubblewrap": None, "podman": "Grade as root."}
    known = {name: Backend(name, "", lambda name=name: usable[name], forks=False) for name in usable}
    monkeypatch.setattr(doctor, "BACKENDS", known)
    found = list(doctor._sandbox(lambda _: None, quick=True))
    assert (State.GOOD, state) == (row(found, "bubblewrap").state, row(found, "podman").state)
    assert "Grade as root." == row(found, "podman").mend


def test_every_backend_that_can_be_used_is_tried_from_inside(monkeypatch):
    monkeypatch.setattr(doctor, "not_linux", lambda _: "")
    known = {"podman": Backend("podman", "", lambda: None, forks=False)}
    monkeypatch.setattr(doctor, "BACKENDS", known)
    monkeypatch.setattr(doctor, "self_check", lambda kinds: [Tried(kind, BUILT, kept=True) for kind in kinds])
    assert "a kernel of podman" in [item.name for item in doctor._sandbox(lambda _: None, quick=False)]


def test_what_makes_times_vary_is_said(tmp_path):
    root = machine(
        tmp_path,
        proc__swaps="Filename Type\n/swap file\n",
        proc__loadavg=f"{cores() + 9}.0 1 1 1/1 1",
        proc__sys__kernel__core_pattern="|/usr/share/apport %p\n",
        sys__kernel__mm__transparent_hugepage__enabled="[always] madvise never\n",
        sys__devices__system__cpu__cpu0__cpufreq__scaling_governor="powersave\n",
    )
    found = list(repeatable.repeatable(tmp_path, root))
    names = ("swap", "load", "CPU frequency", "huge pages", "core dumps")
    assert [State.WARNING] * 5 == [row(found, name).state for name in names]
    assert all(row(found, name).mend for name in names)


def test_a_quiet_machine_is_good(tmp_path):
    root = machine(tmp_path, proc__swaps="Filename Type\n", proc__loadavg="0.0 0 0 1/1 1")
    found = list(repeatable.repeatable(tmp_path, root))
    assert [State.GOOD] * 5 == [
        row(found, name).state for name in ("swap", "load", "CPU frequency", "huge pages", "core dumps")
    ]


def test_a_package_that_is_missing_or_too_old_is_a_fault(monkeypatch):
    monkeypatch.setattr(
        environment, "requires", lambda _: ["numpy>=999", "no-such-package-of-anybody", 'x; extra == "y"']
    )
    item = row(environment.environment(), "packages")
    assert State.FAULT is item.state
    assert "no-such-package-of-anybody (missing)" in item.found
    assert "numpy>=999" in item.found
    assert "x" not in item.found.split(", ")


def test_an_extra_that_is_missing_is_no_fault_and_has_its_command(monkeypatch):
    monkeypatch.setattr(environment, "EXTRAS", {"a_module_of_nobody": "report"})
    item = row(environment.environment(), "extras")
    assert (State.GOOD, 'none; not there: report (pip install "nbviva[report]")') == (item.state, item.found)


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--json"], 0)])
def test_the_command_ends_with_1_where_there_is_a_fault(own, words, code):
    command = [sys.executable, "-m", "nbviva", "doctor", "--quick", *words]
    environ = {name: value for name, value in os.environ.items() if name != "NBVIVA_SECRET"}
    done = subprocess.run(command, cwd=own.root, capture_output=True, text=True, check=False, env=environ)
    assert code == done.returncode, done.stdout
    (own.root / ".nbviva/secret").chmod(0o644)
    done = subprocess.run(command, cwd=own.root, capture_output=True, text=True, check=False, env=environ)
    assert 1 == done.returncode
    if words:
        assert "fault" in {item["state"] for item in json.loads(done.stdout)}
    else:
        assert "1 fault, " in done.stdout
