"""Files that are written whole or not at all."""

import errno
import os
import stat

import pytest

from nbviva.configuration import CONFIG
from nbviva.errors import CourseError
from nbviva.files import rewrite
from nbviva.setup.begin import begin


def test_file_of_somebodys_own_keeps_its_mode_and_its_link(tmp_path):
    own, link = tmp_path / "own.csv", tmp_path / "roster.csv"
    own.write_text("before")
    own.chmod(0o644)
    link.symlink_to(own)
    rewrite(link, "after")
    assert ("after", 0o644, True) == (own.read_text(), stat.S_IMODE(own.stat().st_mode), link.is_symlink())


def test_full_disk_leaves_the_instructors_configuration_as_it_was(tmp_path, monkeypatch):
    (tmp_path / CONFIG).write_text("c = get_config()\n", "utf-8")

    def fail(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CourseError, match="cannot be written: No space left on device"):
        begin(tmp_path)
    assert "c = get_config()\n" == (tmp_path / CONFIG).read_text("utf-8")
    assert [CONFIG] == [path.name for path in tmp_path.iterdir()]
