"""A course that several markers share: what nbviva writes is their group's, and nobody else's."""

import os
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest

from nbviva.configuration import CONFIG, configuration
from nbviva.course import Course
from nbviva.files import write
from nbviva.gradebook.record import record
from nbviva.grading.batch import grade_batch
from nbviva.grading.options import BatchOptions
from nbviva.handin.collect import collect
from nbviva.lock import only_one
from nbviva.results.export import export
from nbviva.secret import secret_of

GROUP = 54_321


@pytest.fixture(autouse=True)
def own_secret(monkeypatch):
    """Let each course make its own."""
    monkeypatch.delenv("NBVIVA_SECRET", raising=False)


def modes(course):
    """Give the modes of all that lies in the places that nbviva writes."""
    places = [course.root / name for name in (".nbviva", "reports", "marks", "submitted", "autograded")]
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
    before = os.umask(0o077)
    try:
        collect(course, "toy", handed_in)
        grade_batch(course, "toy", ["ada"], BatchOptions(room=room))
        record(course, "toy", ["ada"])
        export(course, "toy", course.root / "marks")
    finally:
        os.umask(before)
    found = modes(course)
    secret = found.pop(".nbviva/secret")
    own = {
        name: oct(mode) for name, mode in found.items() if mode != (0o2770 if (course.root / name).is_dir() else 0o660)
    }
    written = {"reports/toy/ada/report.json", "autograded/ada/toy/toys.ipynb", "marks/toy-marks.csv", ".nbviva/lock"}
    assert written <= found.keys()
    assert (0o640, {}) == (secret, own)
    assert 0o660 == stat.S_IMODE((course.root / "gradebook.db").stat().st_mode)


def test_a_course_of_one_marker_is_his_alone(course, hand_in, room):
    hand_in(course, "ada")
    grade_batch(course, "toy", ["ada"], BatchOptions(room=room))
    with only_one(course):
        pass
    found = modes(course)
    files = [".nbviva/lock", ".nbviva/secret", "reports/toy/ada/report.json", "reports/toy/ada/transcript"]
    assert [0o600] * 4 == [found[name] for name in files]


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
        os._exit(0)
    finally:
        os._exit(1)


def test_a_file_in_a_folder_of_a_group_that_nbviva_did_not_share_is_private(tmp_path):
    tmp_path.chmod(0o2775)
    write(tmp_path / "deeper" / "a", "x")
    assert 0o600 == stat.S_IMODE((tmp_path / "deeper" / "a").stat().st_mode)
