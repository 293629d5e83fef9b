"""Two kernels side by side: what one holds, opens and starts is nothing that the other can tell."""

from pathlib import Path

import pytest

from nbviva.sandbox import bubblewrap, seccomp, self_check

pytestmark = pytest.mark.skipif(bubblewrap.refusal() is not None, reason=str(bubblewrap.refusal()))


def channels(kind):
    """Give the channels by which bits pass from one kernel to another."""
    with self_check._prepared(kind) as template, self_check._machine() as facts:
        folder = Path(facts["handin"])
        with (
            self_check._Probed(kind, template, folder) as sender,
            self_check._Probed(kind, template, folder) as receiver,
        ):
            return self_check._told(sender, receiver, facts)


@pytest.mark.parametrize("kind", self_check.KINDS)
def test_no_bit_passes_from_one_kernel_to_another(kind):
    assert "" == channels(kind)


def test_bits_pass_where_the_filter_lets_them(monkeypatch):
    """Without the filter's answers the probe hears locks, leases, watches and what is used up."""
    fail = seccomp._fail
    monkeypatch.setattr(seccomp, "_fail", lambda call, error: fail(call, error) if error else [])
    monkeypatch.setattr(seccomp, "_answer", lambda *_: [])
    for name in ("inotify_init", "inotify_init1", "inotify_add_watch", "timer_create", "io_setup"):
        monkeypatch.delitem(seccomp.OLDER, name)
    found = channels("forked")
    assert all(f"{kind} /etc/passwd" in found for kind in ("flock", "F_GETLK", "F_OFD_GETLK", "lease", "inotify"))
    assert {"pipes", "timers", "requests"} <= set(found.split(", "))
