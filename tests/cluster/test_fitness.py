"""What a worker lacks is a row with its mend, by what it told of itself."""

import time
from dataclasses import replace

import pytest

from nbviva.cluster.fitness import Fitness, Inspection, judged, tell
from nbviva.kernel.room import Room
from nbviva.sandbox.limits import GIB

ROOM = Room()


@pytest.fixture(scope="module")
def ours():
    """What this machine tells, as one that can build the sandbox."""
    return replace(tell(Inspection()), refusal="", memory=6 * GIB, folder_bytes=9 * GIB)


def lacks(ours, *, room=ROOM, **other):
    """Give the rows of what a worker lacks that differs so from this machine."""
    theirs = replace(ours, **{"clock": time.time(), **other})
    rows = judged("w", ours, theirs, room, time.time(), Inspection())
    return {row.name: row.mend for row in rows if not row.good}


def test_a_machine_like_this_one_lacks_nothing(ours):
    assert {} == lacks(ours)


def test_it_tells_what_is_so():
    told = tell(Inspection(folders=("/usr", "/not/there")))
    assert ("/usr",) == told.seen
    assert told.nbviva
    assert told.installed
    assert 0 == told.kept  # nothing was tried


@pytest.mark.parametrize(
    ("other", "name", "mend"),
    [
        ({"python": "3.9.1"}, "Python", "Use 3."),
        ({"nbviva": "another"}, "nbviva", "another version of nbviva: install the same lock file"),
        ({"packages": "another"}, "packages", "another version of packages: install the same lock file"),
        ({"refusal": "bwrap is not installed."}, "sandbox", "cannot build the sandbox: bwrap is not installed."),
        ({"broken": ("It reaches no network.",)}, "sandbox", "does not hold: It reaches no network."),
        ({"memory": 2 * GIB}, "memory", "A hand-in may take 5.0 GiB: give a job as much."),
        ({"folder_bytes": 1000}, "temporary folder", "Make room there, or name another one by TMPDIR."),
        ({"open_files": 64}, "limits", "open files"),
        ({"clock": 0.0}, "clock", "Set its clock"),
        ({"clock": time.time() + 86400}, "clock", "Set its clock"),
    ],
)
def test_what_is_missing_has_its_mend(ours, other, name, mend):
    found = lacks(ours, **other)
    assert [name] == list(found)
    assert mend in found[name]


def test_packages_that_differ_are_named(ours):
    theirs = replace(ours, packages="another", installed=(*ours.installed[1:], "numpy-1.0.dist-info"))
    row = next(row for row in judged("w", ours, theirs, ROOM, 0.0, Inspection()) if row.name == "packages")
    assert "numpy-1.0" in row.found


def test_a_week_that_allows_more_memory_asks_for_it(ours):
    room = replace(ROOM, limits=replace(ROOM.limits, memory=16 * GIB))
    assert {"memory": "A hand-in may take 17.0 GiB: give a job as much."} == lacks(ours, room=room)


def test_where_no_sandbox_is_wanted_none_is_missed(ours):
    assert {} == lacks(ours, room=Room(sandboxed=False), refusal="bwrap is not installed.")


def test_a_folder_that_is_not_seen_is_told_and_is_no_lack(ours):
    theirs = replace(ours, clock=time.time())
    rows = list(judged("w", ours, theirs, ROOM, time.time(), Inspection(folders=("/not/there",))))
    assert Fitness("w", "paths", "/not/there is not seen there; not needed") == rows[-1]


def test_memory_of_a_job_is_what_slurm_gave(monkeypatch):
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "2048")
    assert tell(Inspection()).memory <= 2 * GIB
