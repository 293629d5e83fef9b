"""The self-check: each promise is kept in each kind of kernel, and one that is not kept is told."""

import inspect

import pytest

from nbviva.sandbox import bubblewrap, promises, provisioner, self_check, world
from nbviva.sandbox.limits import Limits
from nbviva.sandbox.self_check import BUILT, KINDS, LOOKED_AT, Tried

needs_a_sandbox = pytest.mark.skipif(bubblewrap.refusal() is not None, reason=str(bubblewrap.refusal()))


@needs_a_sandbox
@pytest.mark.parametrize("kind", KINDS)
def test_every_promise_is_kept(kind):
    rows = list(self_check.self_check([kind]))
    assert [] == [row for row in rows if not row.kept]
    assert len(LOOKED_AT) + 5 == len(rows)
    assert {kind} == {row.kind for row in rows}


@needs_a_sandbox
def test_promise_that_is_not_kept_is_told(monkeypatch):
    """The sandbox is opened in three ways at once."""
    monkeypatch.setattr(Limits, "rlimits", lambda _: {"core": (0, 0)})
    ours = world.environment
    monkeypatch.setattr(world, "environment", lambda outer, python: {**outer, **ours(outer, python)})
    monkeypatch.setattr(world, "tmpfs", lambda _: {world.SOCKETS: 1 << 20, **dict.fromkeys(world.WRITABLE, 1 << 30)})
    broken = {row.promise for row in self_check.self_check(["started"]) if not row.kept}
    expected = (promises.opens_few_files, promises.sees_no_variable, promises.fills_no_disk)
    assert {inspect.getdoc(promise) for promise in expected} <= broken


def test_kind_that_cannot_be_built_has_one_row_that_says_why(monkeypatch):
    monkeypatch.setattr(provisioner, "refusal", lambda: "bubblewrap is not installed.")
    assert [Tried("started", BUILT, kept=False, found="bubblewrap is not installed.")] == list(
        self_check.self_check(["started"])
    )
