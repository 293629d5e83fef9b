"""Regrading: mistakes of ours are put right from transcripts; a kernel starts only where something new is asked."""

import importlib
import json
import shutil
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook
from pebble import ProcessExpired

from nbviva.cli.exits import ExitCode
from nbviva.cli.main import main
from nbviva.course import Course
from nbviva.errors import Busy, Refused
from nbviva.gradebook import record as recording
from nbviva.gradebook.record import apply, record
from nbviva.grading import regrade as regrading
from nbviva.grading import running
from nbviva.grading.regrade import regrade
from nbviva.grading.reports import EARLIER, is_spoilt, stored_report
from nbviva.grading.stored import graded
from nbviva.kernel.sitting import StartFailed
from nbviva.kernel.transcript import EARLIER_MAGIC, MAGIC
from nbviva.lock import only_one
from nbviva.processes import workers
from nbviva.processes.job import Finished
from nbviva.results.classreport import class_report
from nbviva.sandbox.provisioner import refusal
from nbviva.secret import draw_of

FLAGS = ["--unsandboxed"] if refusal() else []
NEARLY = "def double(x):\n    return x * 2.000001"
STRICT, TOLERANT = "rtol=1e-9, ", "rtol=0.001, "
NEW_QUESTION = "    assert_close(student.double(x), 2 * x, "
ASKS_MORE = "    if abs(student.double(x) - 2 * x) > 0:\n        assert student.double(x + 1)\n    return 'New.'\n"


def change(course, old, new, file="checks.py"):
    """Change a file of the toy week, as an author would between two calls of the program."""
    path = course.root / "graders/toy" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    for name in [name for name in sys.modules if name.startswith("graders.toy")]:
        del sys.modules[name]
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    importlib.invalidate_caches()


def files(folder):
    """Give all files below a folder with their bytes."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def first(new_course, hand_in, room):
    """A graded course: ada is right, ben doubles nearly, cem has no notebook."""
    course = new_course()
    hand_in(course, "ada")
    hand_in(course, "ben", double_answer=NEARLY)
    hand_in(course, "cem", raw=b"no notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        for group in course.groups("toy"):
            graded(course, "toy", group, room=room)
    return course


@pytest.fixture
def toys(first, tmp_path):
    """The graded course, in a folder of the test's own."""
    shutil.copytree(first.root, tmp_path / "course")
    return Course(tmp_path / "course")


def gains(found):
    """Give what each group gains."""
    return {item.group: item.gain for item in found}


def test_nothing_changes_while_nothing_has_changed(toys, room, kernels):
    found = list(regrade(toys, "toy", toys.groups("toy"), room))
    assert {"ada": 0, "ben": 0, "cem": 0} == gains(found)
    assert not any(item.is_new or item.again for item in found)
    assert [] == kernels


def test_changed_tolerance_is_put_right_without_any_kernel(toys, room, monkeypatch):
    def refuse(*_):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(running, "KernelStudent", refuse)
    before = files(toys.root / "reports")
    change(toys, STRICT, TOLERANT)
    found = list(regrade(toys, "toy", toys.groups("toy"), room))
    assert {"ada": 0, "ben": 5, "cem": 0} == gains(found)
    assert before == files(toys.root / "reports")
    ben = found[1]
    assert ["double", "half"] == [item.question for item in ben.changes]
    (why,) = ben.changes[0].why
    assert why.startswith("`double` gives twice its argument. Before: failed, ")
    assert why.endswith("Now: passed, Compared on one number.")


def test_several_processes_find_what_one_finds(toys, room, monkeypatch):
    monkeypatch.setattr(regrading, "_A_WORKER", 1)
    change(toys, STRICT, TOLERANT)
    groups = toys.groups("toy")
    alone = list(regrade(toys, "toy", groups, room))
    together = sorted(regrade(toys, "toy", groups, room, workers=2), key=lambda item: item.group)
    assert {"ada": 0, "ben": 5, "cem": 0} == gains(together)
    assert [(item.group, item.after, item.again) for item in alone] == [
        (item.group, item.after, item.again) for item in together
    ]


@pytest.mark.parametrize(("deaths", "left"), [(1, False), (2, True)])
def test_hand_in_whose_process_died_once_is_regraded_and_twice_is_left_to_a_person(
    toys, room, monkeypatch, deaths, left
):
    found = list(regrade(toys, "toy", ["ada"], room))
    finished = Finished("ada", None if left else found[0], ProcessExpired("ended") if left else None, deaths)
    monkeypatch.setattr(regrading, "_A_WORKER", 1)
    monkeypatch.setattr(workers, "prepare", lambda _modules: None)
    monkeypatch.setattr(workers, "run", lambda *_: iter([finished]))
    (regraded,) = regrade(toys, "toy", ["ada", "ben"], room, workers=2)
    assert (found[0].after if not left else regraded.after) == regraded.after
    assert left == regraded.after.needs_person
    assert ("ended 2 times" in regraded.again) == left


def test_nothing_is_applied_while_another_command_is_at_work(toys, room):
    change(toys, STRICT, TOLERANT)
    before = files(toys.root / "reports")
    with only_one(toys), pytest.raises(Busy, match="at work on this course"):
        apply(toys, "toy", regrade(toys, "toy", ["ben"], room))
    assert before == files(toys.root / "reports")


def test_regrading_gives_what_grading_gives(toys, room):
    """Byte for byte but for the seconds."""
    change(toys, STRICT, TOLERANT)
    (item,) = regrade(toys, "toy", ["ben"], room)
    fresh, _ = graded(toys, "toy", "ben", room=room)
    assert fresh == item.after
    assert fresh.digest == item.after.digest != item.before.digest


def test_new_question_starts_only_that_hand_ins_kernel(toys, room, kernels):
    change(toys, NEW_QUESTION, ASKS_MORE + NEW_QUESTION)
    found = list(regrade(toys, "toy", toys.groups("toy"), room))
    assert ["", "`double_doubles` asks something new.", ""] == [item.again for item in found]
    assert 1 == len(kernels)
    assert {"ada": 0, "ben": 5, "cem": 0} == gains(found)


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"garbage"), lambda path: path.unlink()])
def test_without_a_transcript_the_kernel_is_started(toys, room, kernels, spoil):
    spoil(toys.report("toy", "ada") / "transcript")
    (item,) = regrade(toys, "toy", ["ada"], room)
    assert "transcript" in item.again
    assert (1, 0) == (len(kernels), item.gain)


def test_kernel_that_does_not_start_changes_no_mark(toys, room, monkeypatch):
    """It is our fault, and said instead of written."""
    (toys.report("toy", "ada") / "transcript").unlink()
    monkeypatch.setattr("nbviva.sandbox.provisioner.refusal", lambda: "No sandbox.")
    if room.sandboxed:
        with pytest.raises(Refused, match="No sandbox"):
            list(regrade(toys, "toy", ["ada"], room))
    monkeypatch.setattr("nbviva.sandbox.provisioner.refusal", lambda: None)

    def fail(*_, **__):
        raise StartFailed("It could not be started.")

    monkeypatch.setattr(running, "KernelStudent", fail)
    with pytest.raises(Refused, match="could not be started"):
        list(regrade(toys, "toy", ["ada"], room))


@pytest.mark.parametrize(("torn", "expected"), [(False, ["ben"]), (True, ["ada", "ben", "cem"])])
def test_interrupted_recording_is_made_up_for(toys, room, monkeypatch, torn, expected):
    """Killed between report and gradebook, the next --apply records what was not; everybody, where the note is lost."""
    recorded = []
    change(toys, STRICT, TOLERANT)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(recording, "_record", killed)
    with pytest.raises(KeyboardInterrupt):
        apply(toys, "toy", regrade(toys, "toy", ["ada", "ben"], room))
    assert 6 == stored_report(toys.report("toy", "ben")).points
    if torn:
        (toys.root / ".nbviva/regraded-toy.json").write_bytes(b'["be')
    monkeypatch.setattr(recording, "_record", lambda _course, _week, groups, _workers: recorded.append(groups))
    for _ in range(2):
        apply(toys, "toy", regrade(toys, "toy", ["ada", "ben"], room))
    assert [expected] == recorded


def test_what_was_regraded_is_a_fresh_report(toys, room, kernels, monkeypatch):
    """Grading again finds it fresh, the transcript is still there, and regrading again needs no kernel."""
    change(toys, STRICT, TOLERANT)
    monkeypatch.setattr(recording, "_record", lambda *_: None)
    apply(toys, "toy", regrade(toys, "toy", toys.groups("toy"), room))
    assert 6 == graded(toys, "toy", "ben", room=room)[0].points
    assert not any(item.again for item in regrade(toys, "toy", toys.groups("toy"), room))
    assert [] == kernels


@pytest.fixture
def command(monkeypatch, capsys):
    """Run `nbviva` in this process: gives its exit code and what it printed."""

    def run(course, *words):
        monkeypatch.chdir(course.root)
        monkeypatch.setattr("sys.argv", ["nbviva", *words])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr().out

    return run


def test_command_tells_who_gains_and_why(toys, command):
    change(toys, STRICT, TOLERANT)
    code, out = command(toys, "regrade", "toy", *FLAGS)
    assert ExitCode.PERSON == code  # cem's notebook cannot be read
    assert "ben: +5 points\n  1.1 Doubling: 0 -> 2\n    `double` gives twice its argument. Before: failed" in out
    assert "3 hand-ins: 1 gain, 0 lose, 0 get other words only, 0 run again" in out
    code, out = command(toys, "regrade", "toy", "ben", "--json", *FLAGS)
    (item,) = json.loads(out)
    assert ("ben", 5, {"before": 0, "after": 5}) == (
        item["group"],
        item["gain"],
        {k: v - 1 for k, v in item["points"].items()},
    )


def test_command_shows_what_was_asked_and_decided(toys, command):
    hidden = float(draw_of(toys.root, "toy", "ben")("double_doubles").normal())
    code, out = command(toys, "show", "toy", "ben", "double_doubles")
    assert 0 == code
    assert f"asked     double({hidden!r})" in out
    assert f"answered  {hidden * 2.000001!r}" in out
    assert "decided   failed" in out
    assert "half_of_seven" not in out
    for asked in ("1.1", "Doubling", "doub", "double"):
        assert (0, out) == command(toys, "show", "toy", "ben", asked)
    code, out = command(toys, "show", "toy", "ada", "--json")
    sections = json.loads(out)["sections"]
    assert ["examined_total", "names that stand-ins set", "double_doubles"] == [
        item["name"].split()[0] if "(" in item["name"] else item["name"] for item in sections
    ][:3]


def test_command_shows_no_control_character_of_the_students(toys, command, hand_in, room):
    hand_in(toys, "eve", colour_answer="answer_colour = '\\x1b[31m[bold]\\u202e' + 'x' * 10_000")
    graded(toys, "toy", "eve", room=room)
    _, out = command(toys, "show", "toy", "eve", "colour_is_red")
    assert "answered  '\\x1b[31m[bold]\\u202exxx" in out
    assert "\x1b" not in out
    assert "(10012 characters)" in out


@pytest.mark.parametrize(
    ("words", "sentence"), [(("zoe",), "There is no report on zoe"), (("ada", "x"), "There is no check 'x'")]
)
def test_nothing_to_show_is_a_mistake_of_use(toys, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(toys.root)
    monkeypatch.setattr("sys.argv", ["nbviva", "show", "toy", *words])
    with pytest.raises(SystemExit) as left:
        main()
    assert 2 == left.value.code
    assert sentence in capsys.readouterr().err


def test_broken_transcript_is_said_when_shown(toys, command):
    (toys.report("toy", "ada") / "transcript").write_bytes(b"garbage")
    code, out = command(toys, "show", "toy", "ada")
    assert 0 == code
    assert "The transcript is not as it was written: what was asked is not known any more." in out
    assert "decided   passed" in out


def as_an_earlier_version(folder):
    """Make a stored report and transcript what the first version would have written: no seal and no number."""
    data = json.loads((folder / "report.json").read_text("utf-8"))
    old = {key: value for key, value in data.items() if key not in ("seal", "format", "doubts")}
    (folder / "report.json").write_text(json.dumps(old), "utf-8")
    content = (folder / "transcript").read_bytes()[: -len(data["seal"])]
    (folder / "transcript").write_bytes(EARLIER_MAGIC + content.removeprefix(MAGIC))


def test_an_earlier_versions_report_is_shown_and_compared_with_but_enters_no_mark(toys, command, room, kernels):
    folder = toys.report("toy", "ben")
    as_an_earlier_version(folder)
    assert stored_report(folder) is None
    assert not is_spoilt(folder)
    code, out = command(toys, "show", "toy", "ben", "double_doubles")
    assert 0 == code
    assert EARLIER in " ".join(out.split())
    assert "answered  " in out
    flags = {fault.sentence for fault in class_report(toys, "toy").faults if fault.group == "ben"}
    assert EARLIER in flags
    change(toys, STRICT, TOLERANT)
    (item,) = regrade(toys, "toy", ["ben"], room)
    assert (5, 1) == (item.gain, len(kernels))  # what was asked then cannot be believed: its kernel is started
    with pytest.raises(Refused, match="nbviva grade toy"):
        record(toys, "toy", ["ben"])


def test_a_seal_that_was_taken_away_does_not_make_a_report_an_earlier_one(toys):
    folder = toys.report("toy", "ben")
    data = json.loads((folder / "report.json").read_text("utf-8"))
    del data["seal"]
    (folder / "report.json").write_text(json.dumps(data), "utf-8")
    assert is_spoilt(folder)


def test_applied_changes_are_in_the_gradebook_and_manual_marks_stay(toys, room, monkeypatch):
    """A changed tolerance and changed points, from the report to nbgrader's own numbers and the feedback."""
    monkeypatch.chdir(toys.root)
    for group in ("ada", "cem"):
        shutil.rmtree(toys.submitted("toy", group).parent)
    record(toys, "toy", ["ben"])
    with Gradebook(f"sqlite:///{toys.root / 'gradebook.db'}") as gradebook:
        assert 2 == gradebook.find_submission("toy", "ben").score
        gradebook.find_grade("colour", "toys", "toy", "ben").manual_score = 0.5
        gradebook.db.commit()
    change(toys, STRICT, TOLERANT)
    change(toys, "points = 3", "points = 4", "assignment.toml")
    (item,) = regrade(toys, "toy", ["ben"], room)
    assert ("The question has 4 points, it had 3.", 6, "") == (item.changes[1].why[0], item.gain, item.again)
    apply(toys, "toy", [item])
    with Gradebook(f"sqlite:///{toys.root / 'gradebook.db'}") as gradebook:
        double, half, colour = (gradebook.find_grade(q, "toys", "toy", "ben") for q in ("double", "half", "colour"))
        assert [(2, 2), (4, 4)] == [(grade.auto_score, grade.max_score) for grade in (double, half)]
        assert (0.5, 0.5) == (colour.manual_score, colour.score)
        assert 7 == gradebook.find_assignment("toy").max_score
        assert 7.5 == gradebook.find_submission("toy", "ben").score
    page = next((toys.root / "feedback/ben/toy").glob("*.html")).read_text("utf-8")
    assert "4 of 4 points" in page


ASKS_TWICE = """
    for factor in (1, 2):
        assert_close(student.double(factor * x), 2 * factor * x, rtol=1e-9, name="double(x)")
"""


def test_questions_behind_a_wrong_tolerance_are_in_the_transcript_too(toys, room, kernels):
    """A check that failed asks on when its verdict stands, so mending it starts no kernel; its verdict is the first."""
    change(toys, '\n    assert_close(student.double(x), 2 * x, rtol=1e-9, name="double(x)")\n', ASKS_TWICE)
    graded(toys, "toy", "ben", room=room, again=True)
    assert 1 == len(kernels)
    assert "failed" == stored_report(toys.report("toy", "ben")).verdicts[0].outcome
    change(toys, STRICT, TOLERANT)
    (item,) = regrade(toys, "toy", ["ben"], room)
    assert (5, "", 1) == (item.gain, item.again, len(kernels))


def test_showing_needs_no_library_of_the_week(toys):
    (toys.folder("toy") / "more_checks.py").write_text("import a_library_that_is_not_here\n", "utf-8")
    words = [sys.executable, "-X", "importtime", "-m", "nbviva", "show", "toy", "ada", "1"]
    done = subprocess.run(words, cwd=toys.root, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    assert "double_doubles (1.1 Doubling)" in done.stdout
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"nbgrader", "jupytext", "graders.toy.checks"}


def test_a_library_of_the_week_that_is_missing_is_one_sentence(toys, program):
    (toys.folder("toy") / "more_checks.py").write_text("import a_library_that_is_not_here\n", "utf-8")
    done = program(toys, "nbviva", "source", "toy")
    said = (
        "toy imports a_library_that_is_not_here, which is not installed: run 'pip install a_library_that_is_not_here'."
    )
    assert (2, f"nbviva: {said}\n") == (done.returncode, done.stderr)
