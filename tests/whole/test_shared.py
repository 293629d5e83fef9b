"""A course that several markers share: what nbviva writes is their group's, and nobody else's."""

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest

from nbviva.configuration import CONFIG, configuration
from nbviva.course import Course
from nbviva.files import write
from nbviva.gradebook.before import keep_before
from nbviva.gradebook.record import record
from nbviva.grading.batch import grade_batch
from nbviva.grading.options import BatchOptions
from nbviva.handin.collect import collect
from nbviva.lock import only_one
from nbviva.results.export import export
from nbviva.results.requests import Decision, folder_of, keep_decision, now, take_in
from nbviva.secret import secret_of

GROUP = 54_321
DECISION = Decision(0.0, 1.0, "It is right.", now())


@pytest.fixture(autouse=True)
def own_secret(monkeypatch):
    """Let each course make its own."""
    monkeypatch.delenv("NBVIVA_SECRET", raising=False)


def modes(course):
    """Give the modes of all that lies in the places that nbviva writes."""
    places = [
        course.root / name
        for name in (".nbviva", "reports", "marks", "submitted", "autograded", "feedback", "requests")
    ]
    found = [path for place in places for path in [place, *place.rglob("*")] if path.exists()]
    return {path.relative_to(course.root).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in found}


def share(course):
    """Say in the configuration that markers share it."""
    path = course.root / CONFIG
    path.write_text(f"{path.read_text()}\nc = get_config()\nc.CourseDirectory.groupshared = True\n")


@pytest.fixture
def handed_in(course, hand_in, tmp_path):
    """Give an archive of one hand-in."""
    hand_in(course, "ada")
    source = tmp_path / "all.zip"
    with zipfile.ZipFile(source, "w") as packed:
        for path in course.submitted("toy", "ada").iterdir():
            packed.write(path, f"ada/{path.name}")
    shutil.rmtree(course.root / "submitted")
    return source


def test_all_that_is_written_is_the_group_s(course, handed_in, room):
    share(course)
    asked = course.root.parent / "asked" / "ada" / "why.txt"
    write(asked, "question: 1.2")
    before = os.umask(0o077)
    try:
        collect(course, "toy", handed_in)
        grade_batch(course, "toy", ["ada"], BatchOptions(room=room))
        record(course, "toy", ["ada"])
        export(course, "toy", course.root / "marks")
        take_in(course, "toy", asked.parents[1])
        keep_decision(course, "toy", "1", DECISION)
    finally:
        os.umask(before)
    found = modes(course)
    secret = found.pop(".nbviva/secret")
    pages = {name: found.pop(name) for name in list(found) if (course.root / name).match("feedback/*/*/*")}
    own = {
        name: oct(mode) for name, mode in found.items() if mode != (0o2770 if (course.root / name).is_dir() else 0o660)
    }
    written = {"reports/toy/ada/report.json", "autograded/ada/toy/toys.ipynb", "marks/toy-marks.csv", ".nbviva/lock"}
    written |= {"requests/toy/ada/why.txt", "requests/toy/decisions.json"}
    assert written <= found.keys()
    assert (0o640, {}) == (secret, own)
    assert (True, {0o664}) == ("feedback/ada/toy/toys.html" in pages, set(pages.values())), "as nbgrader makes them"
    assert 0o660 == stat.S_IMODE((course.root / "gradebook.db").stat().st_mode)


def test_a_course_of_one_marker_is_his_alone(course, hand_in, room):
    hand_in(course, "ada")
    grade_batch(course, "toy", ["ada"], BatchOptions(room=room))
    with only_one(course):
        pass
    found = modes(course)
    files = [".nbviva/lock", ".nbviva/secret", "reports/toy/ada/report.json", "reports/toy/ada/transcript"]
    assert [0o600] * 4 == [found[name] for name in files]


@pytest.mark.parametrize(("shared", "expected"), [(False, (0o700, 0o600)), (True, (0o2770, 0o660))])
def test_gradebook_that_is_kept_before_a_week_is_adopted_is_open_to_nobody_else(course, monkeypatch, shared, expected):
    monkeypatch.delenv("NBVIVA_DB", raising=False)
    if shared:
        share(course)
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as book:
        book.execute("create table grade (score)")
    place = keep_before(course, "toy")
    with contextlib.closing(sqlite3.connect(place / "gradebook.db")) as book:
        assert [] == book.execute("select score from grade").fetchall()
    assert expected == tuple(stat.S_IMODE(path.stat().st_mode) for path in (place, place / "gradebook.db"))
    assert [place] == list(place.parent.iterdir())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two markers")
def test_a_second_marker_takes_the_lock_and_writes_in_the_place_of_the_first(course):
    """The two are of one group, which owns the course directory."""
    share(course)
    with tempfile.TemporaryDirectory(dir="/tmp") as open_to_all:
        Path(open_to_all).chmod(0o755)
        shared = Course(Path(shutil.copytree(course.root, Path(open_to_all) / "course")))
        for path in [shared.root, *shared.root.rglob("*")]:
            os.chown(path, 0, GROUP, follow_symlinks=False)
        shared.root.chmod(0o2770)
        assert [0, 0] == [as_marker(number, shared) for number in (50_001, 50_002)]
        status = (shared.report("toy", "ada") / "report.json").stat()
        assert (50_002, GROUP, 0o660) == (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
        assert {"50001", "50002"} == json.loads((folder_of(shared, "toy") / "decisions.json").read_bytes()).keys()
        assert secret_of(Course(shared.root).root) == (shared.report("toy", "ada") / "report.json").read_bytes()


def as_marker(number, course):
    """Work in a fork as somebody else of the group; give how it ended."""
    configuration(course.root)  # what that imports a marker of the test's may not be allowed to read
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        os.setgroups([])
        os.setgid(GROUP)
        os.setuid(number)
        with only_one(course):
            write(course.report("toy", "ada") / "report.json", secret_of(course.root))
        keep_decision(course, "toy", str(number), DECISION)
        os._exit(0)
    finally:
        os._exit(1)


def test_a_file_in_a_folder_of_a_group_that_nbviva_did_not_share_is_private(tmp_path):
    tmp_path.chmod(0o2775)
    write(tmp_path / "deeper" / "a", "x")
    assert 0o600 == stat.S_IMODE((tmp_path / "deeper" / "a").stat().st_mode)
