"""What a worker does with a week and with hand-ins, in this process."""

import logging

import pytest

from nbviva.cluster import parcels
from nbviva.cluster.parcels import forget_week, grade_parcel, keep_week, pack_handin, pack_week
from nbviva.errors import SandboxUnavailable
from nbviva.sandbox.fork_server import Forked, ForkServer


@pytest.fixture
def batch(course, hand_in, monkeypatch):
    """A worker that was given the toy week."""
    monkeypatch.setenv("NBVIVA_SECRET", "of the course")  # forgetting a week takes it away: put back after the test
    hand_in(course, "ada")
    hand_in(course, "ben")
    keep_week(pack_week(course, "toy"), "batch")
    yield "batch"
    forget_week("batch")


def graded(course, room, batch, group):
    return grade_parcel(pack_handin(course, "toy", group, room), batch)


def noted(monkeypatch, owner, name):
    """Note what a method was called with; it does what it did."""
    calls, method = [], getattr(owner, name)

    def note(*given):
        calls.append(given)
        return method(*given)

    monkeypatch.setattr(owner, name, note)
    return calls


def test_a_worker_forks_its_kernels_from_one_template_that_ends_with_the_week(course, room, batch, monkeypatch):
    started, forked = noted(monkeypatch, ForkServer, "_start"), noted(monkeypatch, Forked, "__init__")
    for group in ("ada", "ben"):
        assert graded(course, room, batch, group)
    ((template, _),) = started
    assert 3 == len(forked)  # the first is the template's own trial
    assert {template.address} == {address for _, address in forked}
    forget_week(batch)
    assert not template.is_alive()
    assert parcels._DESK.root is None


def test_a_worker_without_a_template_starts_its_kernels(course, room, batch, monkeypatch, caplog):
    def refuse(self, opened):
        raise SandboxUnavailable("There is none here.")

    monkeypatch.setattr(ForkServer, "_start", refuse)
    with caplog.at_level(logging.WARNING):
        assert graded(course, room, batch, "ada")
        assert graded(course, room, batch, "ben")
    assert 1 == caplog.text.count("without a template: There is none here.")
