"""What goes into a sandbox: the archive of a working copy, the environment, the interpreter's folders, the limits."""
# ruff: noqa: S108 - places that are only named

import io
import os
import resource
import stat
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

from nbviva.errors import HandInTooLarge
from nbviva.sandbox import world
from nbviva.sandbox.limits import Limits


def packed(folder: Path | None, space: int = 1 << 20, inodes: int = 100) -> tarfile.TarFile:
    archive = io.BytesIO()
    world.pack(folder, Limits(disk=space, inodes=inodes), archive)
    return tarfile.open(fileobj=archive)


def test_a_working_copy_is_packed_with_its_folders(tmp_path: Path) -> None:
    """Names are relative, and contents are what they were."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/counts.csv").write_text("A,C")
    archive = packed(tmp_path)
    assert archive.getnames() == ["data", "data/counts.csv"]
    file = archive.extractfile("data/counts.csv")
    assert file is not None
    assert file.read() == b"A,C"


def test_no_working_copy_is_an_empty_one() -> None:
    """A kernel without a hand-in starts in an empty folder."""
    assert packed(None).getnames() == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A link to a file of the grader is not followed: inside, it leads nowhere."""
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    (tmp_path / "all").symlink_to("/")
    members = packed(tmp_path).getmembers()
    assert [(member.name, member.issym()) for member in members] == [("all", True), ("passwd", True)]


def test_pipes_are_left_out(tmp_path: Path) -> None:
    """Reading a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    assert packed(tmp_path).getnames() == []


def test_whose_the_files_were_is_not_told(tmp_path: Path) -> None:
    """The owner becomes nobody in particular, and everything can be read and entered by its new one."""
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "closed").chmod(0o400)
    (tmp_path / "file").touch(mode=0o400)
    closed, opened = packed(tmp_path).getmembers()
    assert (closed.mode & stat.S_IRWXU, opened.mode) == (0o700, 0o600)
    assert {(member.uid, member.uname) for member in (closed, opened)} == {(0, "")}


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_closed_file_is_left_out(tmp_path: Path) -> None:
    """A hand-in with a file that nobody may read is still marked."""
    (tmp_path / "closed").touch(mode=0)
    assert packed(tmp_path).getnames() == []


def test_a_hand_in_of_many_empty_files_is_too_large(tmp_path: Path) -> None:
    """An empty file counts as a page, for it takes memory too."""
    for number in range(10):
        (tmp_path / str(number)).touch()
    with pytest.raises(HandInTooLarge, match="40960 bytes, and a kernel gets 40000"):
        packed(tmp_path, 40000)


def test_more_files_than_a_kernel_may_have_are_too_many(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / str(number)).touch()
    with pytest.raises(HandInTooLarge, match="10 files, and a kernel may have 10"):
        packed(tmp_path, inodes=10)


def test_the_environment_is_made_and_not_inherited() -> None:
    """Of the outer variables only those that bear on arithmetic and time come in."""
    outer = {"GRADEBOOK": "secret", "OPENBLAS_CORETYPE": "Haswell", "JPY_PARENT_PID": "7", "PYTHONPATH": "/course"}
    inner = world.environment(outer)
    assert inner["OPENBLAS_CORETYPE"] == "Haswell"
    assert inner["PYTHONPATH"] == "/opt/nbviva"
    assert {"GRADEBOOK", "JPY_PARENT_PID"} & set(inner) == set()


def test_packages_of_the_user_are_found_where_they_were() -> None:
    """Where the interpreter looks into the user's own packages, it does so inside; else never."""
    home = world.PythonHome((), "/srv/base")
    assert world.environment({}, home)["PYTHONUSERBASE"] == "/srv/base"
    assert world.environment({})["PYTHONNOUSERSITE"] == "1"


def test_the_connection_file_names_the_sockets_inside() -> None:
    """The kernel binds in its own folder, with the key of the asker."""
    inner = world.inner_connection({"ip": "/tmp/nbviva-x/s/k", "key": b"abc", "shell_port": 1})
    assert inner == b'{"ip": "/run/nbviva/k", "key": "abc", "shell_port": 1}'


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with its environment inside, which has the course and a folder beside it on its path."""
    course = tmp_path / "course"
    venv.create(course / ".venv")
    (packages,) = course.glob(".venv/lib/python*/site-packages")
    (tmp_path / "library").mkdir()
    (packages / "paths.pth").write_text(f"{course}\n{tmp_path / 'library'}\n{tmp_path}\n")
    return course


def test_an_environment_inside_the_course_is_shown_without_the_course(course: Path) -> None:
    """The environment's folder and its .pth targets are shown; the course, and what holds it, are not."""
    binds = world.python_home(str(course / ".venv/bin/python"), (course,)).binds
    assert course / ".venv" in binds
    assert course.parent / "library" in binds
    assert {course, course.parent} & set(binds) == set()


def test_no_folder_is_shown_twice(course: Path) -> None:
    """A folder inside another one that is shown needs no place of its own."""
    binds = world.python_home(sys.executable, (course,)).binds
    assert not any(one != other and one.is_relative_to(other) for one in binds for other in binds)


def test_limits_stay_under_the_ceiling_of_the_grader(monkeypatch: pytest.MonkeyPatch) -> None:
    """What we may not set ourselves is not asked for."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 100))
    assert Limits(open_files=1000).rlimits()["nofile"] == (100, 100)
    assert Limits(cpu_seconds=98).rlimits()["cpu"] == (98, 100)


def test_the_start_unpacks_and_sets_limits(tmp_path: Path) -> None:
    """The first program unpacks its stdin into the current folder, says so, and becomes the kernel under its limits."""
    (tmp_path / "hand-in").mkdir()
    (tmp_path / "hand-in/a").write_text("1")
    with (tmp_path / "archive").open("w+b") as archive:
        world.pack(tmp_path / "hand-in", Limits(), archive)
        (tmp_path / "copy").mkdir()
        words = world.start_script(["sh", "-c", "ulimit -n > limit; echo unheard"], Limits(open_files=77))
        answer = subprocess.run(words, stdin=archive, capture_output=True, check=True, cwd=tmp_path / "copy")
    assert (answer.stdout, answer.stderr) == (world.READY, b"")
    assert ((tmp_path / "copy/a").read_text(), (tmp_path / "copy/limit").read_text()) == ("1", "77\n")


def test_fonts_are_listed_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is made in the grader's cache, and a second grader finds it there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    maker = tmp_path / "python"
    maker.write_text('#!/bin/sh\necho "[]" > "$MPLCONFIGDIR/fontlist-v1.json"\n')
    maker.chmod(0o755)
    expected = {world.FONTS / "fontlist-v1.json": b"[]\n"}
    assert world.font_lists(str(maker)) == expected
    world.font_lists.cache_clear()
    assert world.font_lists("/no/such/python") == expected
    world.font_lists.cache_clear()
