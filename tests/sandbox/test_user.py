"""Who a kernel is on the machine, and what that user reaches."""

import os
import subprocess
from pathlib import Path

import pytest

from nbviva.sandbox import bubblewrap

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


def test_an_ordinary_user_stays_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """No word stands before the command."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert bubblewrap.dropped([Path("/usr")]) == []


@as_root
def test_root_becomes_nobody_in_particular() -> None:
    """A user id of its own, no group, no capability."""
    script = "id -u; id -G; grep CapEff /proc/self/status"
    answer = subprocess.run([*bubblewrap.dropped(), "sh", "-c", script], capture_output=True, text=True, check=True)
    uid, groups, capabilities = answer.stdout.splitlines()
    assert int(uid) in bubblewrap.UIDS
    assert (groups, capabilities) == (uid, "CapEff:\t0000000000000000")


@as_root
def test_what_is_needed_is_reached_and_its_neighbours_are_not(tmp_path: Path) -> None:
    """A closed folder above the interpreter is open for the kernel's user, and holds nothing else."""
    home = tmp_path / "home"
    (home / "python").mkdir(parents=True)
    (home / "python/lib").write_text("here")
    (home / "secret").write_text("not here")
    home.chmod(0o700)
    assert not bubblewrap.reachable(home / "python")
    words = bubblewrap.dropped([home / "python"])
    script = f"id -G; cat {home}/python/lib; ls {home}; grep CapEff /proc/self/status"
    answer = subprocess.run([*words, "sh", "-c", script], capture_output=True, text=True, check=True)
    groups, *seen = answer.stdout.splitlines()
    assert int(groups) in bubblewrap.UIDS
    assert seen == ["herepython", "CapEff:\t0000000000000000"]
    assert (home / "secret").exists()
