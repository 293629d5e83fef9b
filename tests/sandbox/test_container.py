"""The podman backend, run: its promises, a hand-in that is marked in it, and what is said where it cannot be had."""

import os
from dataclasses import replace

import pytest

from nbviva.errors import CourseError
from nbviva.grading import stored
from nbviva.grading.grade import grade
from nbviva.kernel.room import Room
from nbviva.sandbox import container, self_check
from nbviva.sandbox.backends import BACKENDS, VARIABLE, backend
from tests.sandbox.test_neighbours import channels

needs_podman = pytest.mark.skipif(container.refusal() is not None, reason=str(container.refusal()))


@needs_podman
def test_every_promise_is_kept():
    rows = list(self_check.self_check(["podman"]))
    assert len(self_check.LOOKED_AT) + 5 == len(rows)
    assert [] == [row for row in rows if not row.kept]


@needs_podman
def test_no_bit_passes_from_one_kernel_to_another():
    assert "" == channels("podman")


@needs_podman
def test_report_is_that_of_a_kernel_in_bubblewrap(course, hand_in):
    hand_in(course, "g", half_answer="half = 'none'")
    item = stored.submission(course, "toy", "g", Room(backend="podman"))
    ours = grade(item).report
    theirs = grade(replace(item, room=Room())).report
    assert ours.sandbox.startswith("podman, memory held by podman")
    assert ours.memory > 10 << 20
    assert ours == replace(theirs, sandbox=ours.sandbox)


def test_backend_is_chosen_by_name_or_by_the_environment(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert "bubblewrap" == backend().name
    monkeypatch.setenv(VARIABLE, "podman")
    assert ["podman", "bubblewrap"] == [backend().name, backend("bubblewrap").name]
    with pytest.raises(CourseError, match="no sandbox 'docker': choose one of bubblewrap, podman"):
        backend("docker")


def test_refusal_says_what_to_do(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "grade as root, or use bubblewrap" in str(BACKENDS["podman"].refusal())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert "apt-get install podman runc" in str(BACKENDS["podman"].refusal())
