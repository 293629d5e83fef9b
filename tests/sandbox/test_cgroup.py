"""Control groups, made in a folder that looks like the kernel's; and the watcher, on real processes."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbviva.sandbox import cgroup
from nbviva.sandbox.limits import MIB, Limits

LIMITS = Limits(memory=300 * MIB, processes=50)


@pytest.fixture(autouse=True)
def _no_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be had on this machine does not decide the tests."""
    monkeypatch.setattr(cgroup, "_scope_holds_memory", lambda: False)


def listing(folder: Path, text: str) -> Path:
    (folder / "own").write_text(text)
    return folder / "own"


def unified(folder: Path, delegating: str) -> Path:
    """A unified hierarchy in which our own group is a/b, and a group hands its controllers down."""
    (folder / "a/b").mkdir(parents=True)
    (folder / "cgroup.controllers").write_text("cpu memory pids\n")
    for group in ("", "a", "a/b"):
        (folder / group / "cgroup.procs").touch()
        (folder / group / "cgroup.subtree_control").write_text("memory pids\n" if group == delegating else "\n")
    return listing(folder, "0::/a/b\n")


@pytest.mark.parametrize("delegating", ["a/b", "a", ""])
def test_a_unified_group_is_made_under_the_nearest_that_delegates(tmp_path: Path, delegating: str) -> None:
    """A group with processes of its own may not hand memory down, so an ancestor is looked for."""
    own = unified(tmp_path, delegating)
    group = cgroup.make_cgroup(LIMITS, tmp_path, own)
    (folder,) = group.folders
    assert (group.kind, folder.parent) == ("cgroup v2", tmp_path / delegating)
    assert (folder / "memory.max").read_text() == f"{300 * MIB}\n"
    assert (folder / "memory.swap.max").read_text() == "0\n"
    assert (folder / "pids.max").read_text() == "50\n"
    group.enter([7])
    assert (folder / "cgroup.procs").read_text() == "7\n"


def test_without_delegation_memory_is_watched(tmp_path: Path) -> None:
    """No ancestor hands memory down: no group is made."""
    own = unified(tmp_path, "nowhere")
    assert cgroup.make_cgroup(LIMITS, tmp_path, own) == cgroup.Cgroup("watcher")


def test_a_user_manager_is_used_where_it_holds_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scope's words stand before the command."""
    monkeypatch.setattr(cgroup, "_scope_holds_memory", lambda: True)
    group = cgroup.make_cgroup(LIMITS, tmp_path, tmp_path / "missing")
    assert group.kind == "systemd scope"
    assert {"--scope", f"--property=MemoryMax={300 * MIB}", "--property=TasksMax=50"} <= set(group.prefix)


def older(folder: Path, *controllers: str) -> Path:
    """Version 1: a tree a controller, our group in that of memory only."""
    for name in controllers:
        (folder / name).mkdir()
    (folder / "memory/job").mkdir(parents=True, exist_ok=True)
    return listing(folder, "4:memory:/job\n3:cpu,cpuacct:/\n2:pids:/elsewhere\n0::/\n")


def test_older_groups_are_one_a_controller(tmp_path: Path) -> None:
    """Memory and processes have a ceiling, cpu is only shared; in a container the host's path is not there."""
    own = older(tmp_path, "pids", "cpu")
    group = cgroup.make_cgroup(LIMITS, tmp_path, own)
    memory, pids, cpu = group.folders
    assert group.kind == "cgroup v1"
    assert [folder.parent for folder in group.folders] == [tmp_path / "memory/job", tmp_path / "pids", tmp_path / "cpu"]
    assert (memory / "memory.limit_in_bytes").read_text() == f"{300 * MIB}\n"
    assert (pids / "pids.max").read_text() == "50\n"
    assert list(cpu.iterdir()) == []


def test_an_older_hierarchy_without_memory_is_not_used(tmp_path: Path) -> None:
    """A limit on processes alone is rlimit's work already."""
    own = older(tmp_path, "pids")
    (tmp_path / "memory/job").rmdir()
    (tmp_path / "memory").rmdir()
    assert cgroup.make_cgroup(LIMITS, tmp_path, own).kind == "watcher"


def test_groups_of_dead_graders_are_swept(tmp_path: Path) -> None:
    """A grader that was killed leaves empty groups, and the next one takes them away."""
    own = older(tmp_path)
    with subprocess.Popen(["true"]) as gone:
        pass
    left, ours = (tmp_path / f"memory/job/nbviva-{pid}-ab" for pid in (gone.pid, os.getpid()))
    left.mkdir()
    ours.mkdir()
    cgroup.make_cgroup(LIMITS, tmp_path, own)
    assert (left.exists(), ours.exists()) == (False, True)


def test_removing_a_group_twice_is_no_error(tmp_path: Path) -> None:
    """Cleaning up may be asked for again."""
    group = cgroup.Cgroup("cgroup v2", (tmp_path / "group",))
    group.folders[0].mkdir()
    group.remove()
    group.remove()
    assert not group.folders[0].exists()


HOG = "import time; hoard = b'x' * (200 << 20); print('full', flush=True); time.sleep(60)"


@pytest.fixture
def hog() -> Iterator["subprocess.Popen[bytes]"]:
    """A process whose child holds 200 MiB."""
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOG!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"full\n"
        yield process
        for pid in reversed(cgroup.process_tree(process.pid)):
            os.kill(pid, 9)


def test_a_tree_holds_the_children(hog: "subprocess.Popen[bytes]") -> None:
    """The memory of a child counts as its parent's."""
    parent, child = cgroup.process_tree(hog.pid)
    assert parent == hog.pid
    assert cgroup.resident_bytes(child) > 200 * MIB
    assert 200 * MIB < cgroup.proportional_bytes(child) <= cgroup.resident_bytes(child)


def test_the_watcher_ends_who_takes_too_much(hog: "subprocess.Popen[bytes]") -> None:
    """Over the limit it calls, once, within a moment."""
    called = threading.Event()
    watch = cgroup.MemoryWatch(hog.pid, 100 * MIB, called.set, interval=0.01)
    watch.start()
    assert called.wait(60)
    watch.join(60)
    assert not watch.is_alive()
    assert watch.peak > 100 * MIB


def test_the_watcher_leaves_who_keeps_to_the_limit(hog: "subprocess.Popen[bytes]") -> None:
    """Under the limit it goes on until it is stopped."""
    called = threading.Event()
    watch = cgroup.MemoryWatch(hog.pid, 1024 * MIB, called.set, interval=0.01)
    watch.start()
    time.sleep(0.1)
    watch.stop()
    assert not watch.is_alive()
    assert not called.is_set()


def test_a_process_that_is_gone_holds_nothing() -> None:
    """Processes end while they are counted."""
    with subprocess.Popen(["true"]) as gone:
        pass
    assert (cgroup.children(gone.pid), cgroup.resident_bytes(gone.pid), cgroup.proportional_bytes(gone.pid)) == (
        [],
        0,
        0,
    )


def test_peak_is_read_from_either_hierarchy(tmp_path: Path) -> None:
    assert 0 == cgroup.Cgroup("watcher").peak()
    assert 0 == cgroup.Cgroup("cgroup v2", (tmp_path,)).peak()
    for name in ("memory.max_usage_in_bytes", "memory.peak"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text("123\n")
        assert 123 == cgroup.Cgroup("a group", (tmp_path, folder)).peak()
