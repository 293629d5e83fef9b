"""Each exit code, and that the page of exit codes names it."""

import fcntl
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from nbviva.cli import main as front
from nbviva.cli.exits import SAID, ExitCode, code_of
from nbviva.errors import Busy, CourseError, DiskFull, InUse, Refused, SpecError
from nbviva.sandbox import scratch

TEMPORARY = Path("/tmp")  # noqa: S108 - where sockets are: their paths must be short
PAGE = Path(__file__).parents[2] / "docs" / "exit-codes.md"


def nbviva(course, *words, **settings):
    """Run the command line in a course."""
    command = [str(Path(sys.executable).parent / "nbviva"), *words]
    return subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False, **settings)


def test_page_names_every_code():
    assert {int(code) for code in ExitCode} == set(
        map(int, re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Busy, ExitCode.BUSY), (InUse, ExitCode.BUSY), (CourseError, ExitCode.USAGE), (SpecError, ExitCode.USAGE),
        (Refused, ExitCode.OURS), (DiskFull, ExitCode.OURS),
    ],
)  # fmt: skip
def test_every_error_that_is_one_sentence_has_its_code(error, code):
    assert (code, True) == (code_of(error("Text.")), issubclass(error, SAID))


def test_nothing_to_say_is_fine(course):
    assert ExitCode.FINE == nbviva(course, "--version").returncode


def test_unknown_week_is_wrong_usage(course):
    done = nbviva(course, "grade", "week99")
    assert (ExitCode.USAGE, 1) == (done.returncode, len(done.stderr.splitlines()))


def test_course_that_another_call_holds_is_busy(course, hand_in):
    hand_in(course, "ada")
    (course.root / ".nbviva").mkdir(exist_ok=True)
    with (course.root / ".nbviva/lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = nbviva(course, "grade", "toy", "--unsandboxed")
    assert (ExitCode.BUSY, True) == (done.returncode, "is at work on this course" in done.stderr)


def test_hand_in_that_cannot_be_taken_is_theirs(course, tmp_path):
    (tmp_path / "all" / "ada").mkdir(parents=True)
    (tmp_path / "all" / "ada" / "toys.ipynb").symlink_to("/etc/passwd")
    assert ExitCode.THEIRS == nbviva(course, "collect", "toy", str(tmp_path / "all")).returncode


def _folders_of(process):
    """Give the temporary folders of a process and all below it."""
    pids = [process.pid, *(child.pid for child in process.children(recursive=True))]
    return [path for pid in pids for path in TEMPORARY.glob(f"nbviva-{pid}-*")]


@pytest.mark.parametrize(
    ("kind", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
def test_signal_ends_a_batch_and_leaves_nothing(course, hand_in, kind, code):
    for group in ("ada", "bob"):
        hand_in(course, group, double_answer="import time\ntime.sleep(600)")
    command = [str(Path(sys.executable).parent / "nbviva"), "grade", "toy", "-j", "2", "--json"]
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}  # else not in background
    process = subprocess.Popen(command, cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **heard)
    try:
        while len(ours := _folders_of(psutil.Process(process.pid))) < 4:  # each kernel has a folder for its sockets
            time.sleep(0.2)
        process.send_signal(kind)
        assert code == process.wait(400)
    finally:
        process.kill()
    assert [] == [path for path in ours if path.exists()]


def test_sweep_takes_only_what_a_dead_process_of_ours_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    code = "from nbviva.sandbox import scratch; print(scratch.short()); import os; os._exit(0)"
    left = Path(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    (tmp_path / "nbviva-mine").mkdir()
    with scratch.folder(str(tmp_path)) as mine:
        assert left in scratch.sweep()
        assert (False, True, True) == (left.exists(), Path(mine).exists(), (tmp_path / "nbviva-mine").exists())


def test_full_disk_is_one_sentence_and_ours(monkeypatch, capsys):
    def full(**_):
        raise OSError(28, "No space left on device", "/course/reports/x")

    monkeypatch.setattr(front, "app", full)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        front.main()
    assert (ExitCode.OURS, 1) == (ended.value.code, len(capsys.readouterr().err.splitlines()))


def test_course_that_cannot_be_written_shows_what_it_has(course, hand_in, tmp_path):
    """A read-only course: one sentence where something is to be written; where nothing is, the marks."""
    if os.getuid() or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("mounting needs root")
    hand_in(course, "ada")
    assert ExitCode.FINE == nbviva(course, "grade", "toy").returncode
    place = f'"{course.root}"'
    read_only = f"mount --bind {place} {place} && mount -o remount,ro,bind {place} && cd {place}"
    program = Path(sys.executable).parent / "nbviva"
    for words, code, said in (("", ExitCode.FINE, "ada"), ("--again", ExitCode.OURS, "Read-only file system")):
        command = ["unshare", "-m", "sh", "-c", f"{read_only} && {program} grade toy {words}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (code, True) == (done.returncode, said in done.stdout + done.stderr), done.stderr
        assert "Traceback" not in done.stderr


def test_locked_gradebook_is_busy(course, hand_in):
    hand_in(course, "ada")
    assert ExitCode.FINE == nbviva(course, "grade", "toy").returncode
    with sqlite3.connect(course.root / "gradebook.db") as book:
        book.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        done = nbviva(course, "grade", "toy", "--again")
        book.rollback()
    assert (ExitCode.BUSY, True) == (done.returncode, "in use by another program" in done.stderr), (
        time.monotonic() - began
    )
