"""The course directory: its places, its secret, and the generators drawn from it."""

import errno
import fcntl
import stat
from pathlib import Path

import pytest

from nbviva.course import Course
from nbviva.errors import CourseError, Refused
from nbviva.lock import only_one
from nbviva.secret import secret_of
from nbviva.week.draws import generators


def test_course_is_found_from_below(course):
    """Any folder inside of the course directory leads to it."""
    assert Course.find(course.root / "graders" / "toy").root == course.root.resolve()


def test_no_course_is_a_sentence(tmp_path):
    """Outside there is none."""
    with pytest.raises(CourseError, match="lies in no course directory"):
        Course.find(tmp_path)


def test_unknown_week_is_named_with_those_there_are(course):
    """A week that does not exist is told with the weeks that do."""
    with pytest.raises(CourseError, match="There is no week 'tay'; there are: toy"):
        course.week("tay")


def test_groups_are_those_with_a_folder(course):
    """A file in submitted/ is no group, another week's hand-in neither."""
    for group in ("b", "a"):
        course.submitted("toy", group).mkdir(parents=True)
    course.submitted("other", "c").mkdir(parents=True)
    (course.root / "submitted" / "notes.txt").write_text("x", "utf-8")
    assert course.groups("toy") == ["a", "b"]


def test_secret_is_made_once_and_for_the_owner_only(course, monkeypatch):
    """Without the environment's secret, one is made, kept, and readable by its owner."""
    monkeypatch.delenv("NBVIVA_SECRET")
    first = secret_of(course.root)
    path = Path(course.root, ".nbviva", "secret")
    assert (first, 64) == (secret_of(course.root), len(first))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_of(Course(course.root).root) == first


def test_file_system_without_locks_is_a_sentence(course, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(Refused, match=r"no file can be locked \(No locks available\): move it"), only_one(course):
        pass


def test_every_name_has_its_own_generator():
    """Secret, week, group and name each change the numbers; the same four give the same numbers."""

    def number(*names):
        secret, week, group, name = names
        return generators(secret, week, group)(name).normal()

    keys = [
        (b"s", "w", "g", "n"),
        (b"t", "w", "g", "n"),
        (b"s", "v", "g", "n"),
        (b"s", "w", "h", "n"),
        (b"s", "w", "g", "m"),
        (b"s", "wg", "", "n"),
        (b"sw", "", "g", "n"),
    ]
    assert [number(*key) for key in keys] == [number(*key) for key in keys]
    assert len({number(*key) for key in keys}) == len(keys)
