"""Batches: what is fresh is not graded again, what was killed goes on, and one hand-in costs no other."""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbviva.cli.following import in_json
from nbviva.cli.lines import profile_lines
from nbviva.course import Course
from nbviva.errors import Busy, CourseError, DiskFull, Refused
from nbviva.grading import batch, reports, stored
from nbviva.grading.batch import grade_batch
from nbviva.grading.options import EXAMINER_BYTES, BatchOptions, read_size, workers_that_fit
from nbviva.grading.progress import Over, Ticked
from nbviva.grading.times import TIMES, profile, shares
from nbviva.grading.verdict import Report
from nbviva.lock import only_one
from nbviva.processes.job import DEATHS_MOST, Finished
from nbviva.sandbox.limits import GIB
from nbviva.sandbox.provisioner import refusal
from nbviva.verify.release import make_source


@pytest.fixture(scope="module")
def handed_in(new_course, hand_in):
    """A toy course with three honest hand-ins, one that kills its kernel and one that is no notebook."""
    course = new_course()
    for group in ("ada", "ben", "cem"):
        hand_in(course, group)
    hand_in(course, "dora", double_answer="import os\nos._exit(1)")
    hand_in(course, "eve", raw=b"no notebook")
    return course


@pytest.fixture(scope="module")
def options(room):
    """Two workers."""
    return BatchOptions(workers=2, room=room)


@pytest.fixture(scope="module")
def graded(handed_in, options):
    """The same course, graded as a batch."""
    course = Course(handed_in.root.parent / "graded")
    shutil.copytree(handed_in.root, course.root)
    return course, grade_batch(course, "toy", course.groups("toy"), options)


def text_of(course, group):
    """Give a stored report but for its timings."""
    report = json.loads((course.report("toy", group) / "report.json").read_text("utf-8"))
    return {**report, "seconds": None, "memory": None, "seal": None}  # of these, too


def test_batch_gives_the_reports_that_single_gradings_give(handed_in, graded, options):
    course, done = graded
    assert (("ada", "ben", "cem", "dora", "eve"), (), ()) == (done.graded, done.fresh, done.faults)
    for group in ("ada", "dora", "eve"):
        stored.graded(handed_in, "toy", group, again=True, room=options.room)
        assert text_of(handed_in, group) == text_of(course, group)


def test_nothing_is_graded_twice(graded, options):
    course, _ = graded
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbviva.processes.workers.run", None)  # a call would fail
        again = grade_batch(course, "toy", course.groups("toy"), options)
    assert (("ada", "ben", "cem", "dora", "eve"), ()) == (again.fresh, again.graded)


def test_class_is_asked_for_before_it_is_graded_anew(graded, options, monkeypatch):
    course, asked = graded[0], []

    def refuse(number):
        asked.append(number)
        raise CourseError("No.")

    run = {"agree": refuse, "runner": lambda groups, _: pytest.fail(f"graded {groups}")}
    monkeypatch.setattr(batch, "fresh_groups", lambda *_: set())
    monkeypatch.setattr(batch, "_unanswered", lambda _course, _week, groups, *_: groups)
    with pytest.raises(CourseError, match=r"^No\.$"):
        grade_batch(course, "toy", course.groups("toy"), options, **run)
    assert [5] == asked


def stale_copy(graded, name, old, new):
    """Give a copy of the graded course in which a check was changed."""
    course = Course(graded[0].root.parent / name)
    shutil.copytree(graded[0].root, course.root)
    path = course.root / "graders/toy/checks.py"
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    return course


def test_change_of_ours_is_answered_by_the_transcripts(graded, options):
    """No kernel is started for any hand-in, nobody is asked, and the reports are what they were."""
    course, groups = stale_copy(graded, "words", '"""', '"""Changed. '), graded[0].groups("toy")
    run = {"agree": lambda number: pytest.fail(f"asked for {number}"), "runner": noting([])}
    done = grade_batch(course, "toy", groups, options, **run)
    assert (("ada", "ben", "cem", "dora", "eve"), (), ()) == (done.replayed, done.graded, done.fresh)
    assert set(TIMES) < set(reports.stored_report(course.report("toy", "ada")).seconds)
    for group in groups:
        assert {**text_of(graded[0], group), "digest": None} == {**text_of(course, group), "digest": None}
    assert set(groups) == set(grade_batch(course, "toy", groups, options).fresh)


def noting(ran):
    """Give a runner that only notes for whom it was called."""

    def runner(groups, _tick):
        ran.extend(groups)
        yield from ()

    return runner


def test_kernel_runs_where_the_transcript_has_no_answer(graded, options):
    """A mended check that asks something new is asked of those who can be asked; the others are not run."""
    course, groups = stale_copy(graded, "mended", "student.double(x)", "student.double(x + 1)"), graded[0].groups("toy")
    asked, ran = [], []
    done = grade_batch(course, "toy", groups, options, agree=asked.append, runner=noting(ran))
    assert ("eve",) == done.replayed[-1:]
    assert set(ran) == set(groups) - set(done.replayed)
    assert "ada" in ran


def test_report_that_was_changed_is_not_marked_from_its_transcript(graded, options):
    course = stale_copy(graded, "spoilt", '"""', '"""Changed. ')
    path = course.report("toy", "ada") / "report.json"
    path.write_text(path.read_text("utf-8").replace("passed", "failed"), "utf-8")
    ran = []
    grade_batch(course, "toy", ["ada", "ben"], options, runner=noting(ran))
    assert ["ada"] == ran


@pytest.mark.parametrize("fresh", [{"ada"}, {"ada", "ben", "cem", "dora", "eve"}])
def test_nobody_is_asked_where_a_report_is_fresh(graded, options, monkeypatch, fresh):
    course = graded[0]
    monkeypatch.setattr(batch, "fresh_groups", lambda *_: fresh)
    run = {"agree": lambda number: pytest.fail(f"asked for {number}"), "runner": lambda *_: (item for item in ())}
    assert fresh == set(grade_batch(course, "toy", course.groups("toy"), options, **run).fresh)


def test_changed_hand_in_is_graded_again_alone(graded, options, hand_in):
    course, _ = graded
    hand_in(course, "ben", half_answer="answer_half = 3.0")
    again = grade_batch(course, "toy", course.groups("toy"), options)
    assert ("ben",) == again.graded


def finishing(*finished):
    """Give a runner that has these results."""
    return lambda _groups, _tick: (item for item in finished)


def test_report_keeps_the_five_times_of_its_job(graded):
    """Also after it was marked from its transcript; `--profile` and the class report tell them."""
    course = graded[0]
    seconds = reports.stored_report(course.report("toy", "ada")).seconds
    assert {"total", *TIMES} == set(seconds)
    assert seconds["started"] + seconds["ran"] + seconds["asked"] <= seconds["total"] + 0.01
    found = profile(course, "toy", "ada")
    assert list(TIMES) == [name for name, _ in found.times]
    assert "double_doubles" in dict(found.askers)
    lines = [line for _, line in profile_lines(found)]
    assert lines[0].startswith("ada: ")
    assert any("its notebook ran" in line for line in lines)
    told = shares([reports.stored_report(course.report("toy", group)) for group in course.groups("toy")])
    assert list(TIMES.values()) == [share.said for share in told]
    assert 1.0 == pytest.approx(sum(share.share for share in told))


def test_hand_in_that_kills_its_workers_is_left_to_a_person(course, hand_in, options):
    hand_in(course, "ada")
    lost = Finished("ada", error=RuntimeError("gone"), deaths=DEATHS_MOST)
    done = grade_batch(course, "toy", ["ada"], options, runner=finishing(lost))
    report = reports.stored_report(course.report("toy", "ada"))
    assert report.needs_person
    assert "ended 2 times before it was done" in dict(done.faults)["ada"] == report.verdicts[0].detail
    assert () == grade_batch(course, "toy", ["ada"], options, runner=finishing()).fresh  # it is tried again


def test_fault_of_ours_costs_one_hand_in_and_is_said(course, hand_in, options):
    hand_in(course, "ada")
    heard = []
    lost = Finished("ada", error=KeyError("oops"))
    done = grade_batch(course, "toy", ["ada"], options, in_json(heard.append), finishing(lost))
    assert "KeyError" in dict(done.faults)["ada"]
    events = [json.loads(line) for line in heard]
    assert ["begin", "graded"] == [event["event"] for event in events]
    assert "KeyError" in events[1]["fault"]


def test_full_disk_ends_the_batch_with_a_sentence(course, hand_in, options):
    hand_in(course, "ada")
    full = Finished("ada", error=OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(DiskFull, match="make room on the disk, then run the same command again"):
        grade_batch(course, "toy", ["ada"], options, runner=finishing(full))
    assert not (course.report("toy", "ada") / "report.json").exists()


def test_without_a_sandbox_nothing_is_graded(course, hand_in, monkeypatch):
    hand_in(course, "ada")
    monkeypatch.setattr("nbviva.sandbox.provisioner.refusal", lambda: "bubblewrap is not installed.")
    with pytest.raises(Refused, match="bubblewrap is not installed"):
        grade_batch(course, "toy", ["ada"], BatchOptions())
    assert not (course.report("toy", "ada") / "report.json").exists()


def test_second_batch_on_a_course_is_refused(course, hand_in, options):
    hand_in(course, "ada")
    with only_one(course), pytest.raises(Busy, match=f"process {os.getpid()}"):
        grade_batch(course, "toy", ["ada"], options)
    with only_one(course):
        pass


def test_batch_is_over_also_when_the_batch_is_interrupted(course, hand_in, options):
    hand_in(course, "ada")
    ended = []

    def interrupt(event):
        if isinstance(event, Ticked):
            raise KeyboardInterrupt
        ended.append(event)

    with pytest.raises(KeyboardInterrupt):
        grade_batch(course, "toy", ["ada"], options, interrupt)
    assert Over() == ended[-1]


def test_pool_shrinks_to_the_memory():
    each = BatchOptions().room.limits.memory + EXAMINER_BYTES
    assert 3 == workers_that_fit(BatchOptions(workers=8, memory=3 * each + 1))
    assert 2 == workers_that_fit(BatchOptions(workers=2, memory=100 * GIB))
    with pytest.raises(CourseError, match="--memory must be at least"):
        workers_that_fit(BatchOptions(workers=2, memory=1 * GIB))


@pytest.mark.parametrize(
    ("text", "size"), [("", None), ("16G", 16 * GIB), ("900 MiB", 900 << 20), ("1.5g", 3 * GIB // 2)]
)
def test_sizes_are_read(text, size):
    assert size == read_size(text)


def test_no_size_is_a_sentence():
    with pytest.raises(CourseError, match="'lots' is no size of memory"):
        read_size("lots")


@pytest.fixture
def many(course, hand_in):
    """A toy course with five hand-ins."""
    make_source(course, "toy")
    for number in range(5):
        hand_in(course, f"group{number:02d}")
    return course


def begin(course):
    """Start `nbviva grade` as an instructor would."""
    flags = ["--unsandboxed"] if refusal() else []
    program = Path(sys.executable).parent / "nbviva"
    heeding = ["env", "--default-signal=INT"]  # where the tests run in a shell's background, SIGINT is ignored
    command = [*heeding, program, "grade", "toy", "-j", "2", *flags]
    return subprocess.Popen(command, cwd=course.root, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def wait_for_reports(course, number):
    """Wait until so many reports are there; give their texts."""
    end = time.monotonic() + 300
    while len(found := list(course.root.glob("reports/toy/*/report.json"))) < number:
        assert time.monotonic() < end
        time.sleep(0.05)
    return {path: path.read_text("utf-8") for path in found}


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_killed_or_interrupted_batch_keeps_what_is_done_and_resumes(many, options, signum):
    with begin(many) as process:
        wait_for_reports(many, 1)
        process.send_signal(signum)
        _, said = process.communicate(timeout=60)
    if signum == signal.SIGINT:
        assert 130 == process.returncode
        assert "Run the same command again" in said.decode()
    kept = {path: path.read_text("utf-8") for path in many.root.glob("reports/toy/*/report.json")}
    assert all(Report.from_json(text).digest for text in kept.values())
    assert 1 <= len(kept) < 5
    end = time.monotonic() + 60
    with contextlib.ExitStack() as stack:
        while time.monotonic() < end:
            with contextlib.suppress(Busy):
                stack.enter_context(only_one(many))
                break
    done = grade_batch(many, "toy", many.groups("toy"), options)
    assert len(done.fresh) >= len(kept)
    assert 5 == len(wait_for_reports(many, 5))
    assert all(path.read_text("utf-8") == text for path, text in kept.items())
