"""Replay: a transcript gives the same report as the kernel did, and what it cannot answer is said, never marked."""

from dataclasses import replace

import numpy as np
import pytest

from nbviva.grading import running
from nbviva.grading.grade import grade
from nbviva.grading.stored import submission
from nbviva.grading.verdict import Outcome
from nbviva.kernel.recording import NotAsked, Recorder, ReplayStudent
from nbviva.kernel.room import Clock, Room
from nbviva.kernel.sitting import RunEnd
from nbviva.kernel.student import Died, TimedOut, local_student, viva
from nbviva.kernel.transcript import Transcript
from nbviva.notebooks import new_cell, new_notebook
from nbviva.secret import draw_of

CLOCK = Clock(cell=2, grace=2)
STUBBORN = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
HAND_INS = {
    "honest": {},
    "raises": {"double_answer": "def double(x):\n    raise ValueError(x)"},
    "hangs": {"double_answer": "def double(x):\n    while True: pass"},
    "cannot be interrupted": {"double_answer": f"{STUBBORN}def double(x):\n    while True: pass"},
    "dies when asked": {
        "double_answer": "import os\ndef double(x):\n    os._exit(1)",
        "half_answer": "answer_half = 3.5",
    },
    "dies when run": {"half_answer": "import os\nos._exit(1)"},
    "sends garbage": {"double_answer": "def double(x):\n    return [object(), '\\ud800']"},
    "shows much": {"half_answer": "for i in range(80):\n    display(i)\nanswer_half = 3.5"},
    "guesses": {"double_answer": "import random\ndef double(x):\n    return random.random()"},
}


@pytest.fixture
def no_kernel(monkeypatch):
    """From now on no kernel can be started."""

    def start():
        def refuse(*_):
            raise AssertionError("a kernel was started")

        monkeypatch.setattr(running, "KernelStudent", refuse)

    return start


def hurried(week):
    """Give a week whose questions have little time."""
    checks = {item: replace(item, seconds=1.0, needs=()) for item in week.checks}
    fixtures = {name: replace(item, seconds=1.0) for name, item in week.fixtures.items()}
    return replace(week, checks=tuple(checks.values()), fixtures=fixtures)


def text_of(found):
    """Give a report as JSON, without seconds, and what the notebook shows."""
    cells = [(cell.cell_type, cell.source, cell.get("outputs")) for cell in found.notebook.cells]
    return replace(found.report, seconds={}).to_json(), cells


@pytest.mark.parametrize("texts", HAND_INS.values(), ids=HAND_INS)
def test_replay_gives_the_report_of_the_kernel(course, hand_in, room, no_kernel, texts):
    """Byte for byte but for the seconds, and the same notebook, whatever the kernel did."""
    hand_in(course, "g", **texts)
    item = submission(course, "toy", "g", room)
    item = replace(item, clock=CLOCK, handin=replace(item.handin, week=hurried(item.week)))
    fresh = grade(item)
    no_kernel()
    again = grade(item, fresh.transcript)
    assert text_of(fresh) == text_of(again)
    assert fresh.transcript == again.transcript
    assert Outcome.ERROR not in [verdict.outcome for verdict in again.report.verdicts]


def test_replay_of_a_notebook_without_outputs_knows_that_it_was_run(course, hand_in, room, no_kernel, solved):
    import nbformat

    notebook = solved(course)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    hand_in(course, "g", raw=nbformat.writes(notebook).encode())
    item = submission(course, "toy", "g", room)
    fresh = grade(item)
    no_kernel()
    assert text_of(fresh) == text_of(grade(item, fresh.transcript))


def test_broken_hand_in_needs_neither_kernel_nor_transcript(course, hand_in, no_kernel):
    hand_in(course, "g", raw=b"no notebook")
    no_kernel()
    item = submission(course, "toy", "g")
    assert text_of(grade(item)) == text_of(grade(item, b""))


def test_transcript_is_untrue_once_what_was_run_has_changed(course, hand_in, room, no_kernel):
    """Each cause is named; a changed check is none."""
    path = hand_in(course, "g")
    item = submission(course, "toy", "g", room)
    transcript = grade(item).transcript
    no_kernel()
    notebook = course.root / "graders/toy/notebook.py"
    data = course.source("toy") / "data"
    data.mkdir()
    for change, named in (
        (lambda: path.with_name("more.py").write_text("", "utf-8"), "the files of the hand-in"),
        (lambda: (data / "toys.csv").write_text("1", "utf-8"), "the week's data"),
        (
            lambda: notebook.write_text(notebook.read_text("utf-8").replace("range(10)", "range(11)"), "utf-8"),
            "given cells",
        ),
    ):
        change()
        with pytest.raises(NotAsked, match=named):
            grade(submission(course, "toy", "g", room), transcript)
    for stale, named in (
        (replace(item, room=Room(sandboxed=not room.sandboxed)), "sandbox or limits"),
        (replace(item, clock=CLOCK), "sandbox or limits"),
        (replace(item, draw=draw_of(course.root, "toy", "h")), "secret, week or group"),
    ):
        with pytest.raises(NotAsked, match=named):
            grade(stale, transcript)


@pytest.mark.parametrize("transcript", [b"", b"garbage"])
def test_transcript_that_cannot_be_read_is_none(course, hand_in, no_kernel, transcript):
    hand_in(course, "g")
    no_kernel()
    with pytest.raises(NotAsked, match=r"transcript.*\."):
        grade(submission(course, "toy", "g"), transcript)


class Held:
    """A sitting in this process: it stands in for all that it is given, then runs nothing."""

    kept_in, death, left_out, dropped, end = "nothing", "", "", 0, RunEnd()

    def __init__(self, **namespace):
        self.student = local_student(namespace)

    def run(self, _notebook, stand_ins, _stages):
        for call in stand_ins.values():
            for name, value in call().items():
                self.student[name] = value


def asking(student, asker, *numbers, seconds=5.0, seed=1):
    """Ask `f` about numbers on behalf of a check."""
    with viva(student, np.random.default_rng(seed), seconds, asker):
        return [student.f(number) for number in numbers]


@pytest.fixture
def held():
    """A sitting that is being recorded, of a function that doubles."""
    return Recorder(Held(f=lambda x: 2 * x))


def replayed(recorded):
    """Give the replay of what was recorded until now."""
    recorded.settle(())
    return ReplayStudent(Transcript.from_bytes(recorded.transcript({}, 0.0).to_bytes()))


def test_fewer_questions_are_answered_and_others_are_not(held):
    """The beginning of a check's questions is known; another value, another order or another asker is not."""
    asking(held.student, "a", 1, 2, 3)
    assert [2, 4] == asking(replayed(held).student, "a", 1, 2)
    for asker, numbers, seed in (
        ("a", (1, 3), 1),
        ("a", (2,), 1),
        ("a", (1, 2, 3, 4), 1),
        ("b", (1,), 1),
        ("a", (1,), 2),
    ):
        with pytest.raises(NotAsked, match=f"`{asker}` asks something new"):
            asking(replayed(held).student, asker, *numbers, seed=seed)


def test_each_answer_is_given_once(held):
    asking(held.student, "a", 1)
    replay = replayed(held)
    asking(replay.student, "a", 1)
    with pytest.raises(NotAsked):
        asking(replay.student, "a", 1)


def test_checks_may_change_their_order_while_nothing_was_set(held):
    for asker in "ab":
        asking(held.student, asker, 1)
    replay = replayed(held)
    assert [[2], [2]] == [asking(replay.student, asker, 1) for asker in "ba"]


def test_what_was_set_has_to_be_set_again_before_later_answers_count(held):
    asking(held.student, "a", 1)
    with viva(held.student, np.random.default_rng(2), 5.0, "w"):
        held.student["y"] = 3
    asking(held.student, "b", 1)
    replay = replayed(held)
    asking(replay.student, "a", 1)
    with pytest.raises(NotAsked, match="something else has happened"):
        asking(replay.student, "b", 1)


def test_what_ended_the_kernel_has_to_be_asked_again():
    """If today's checks do not kill it any more, nobody knows how it would have gone on."""

    def dead(_frames, _seconds):
        raise Died("gone")

    mortal = Held()
    mortal.student._transport = dead
    mortal = Recorder(mortal)
    with pytest.raises(Died):
        asking(mortal.student, "a", 1)
    replay = replayed(mortal)
    with pytest.raises(NotAsked, match="not asked any more"):
        _ = replay.death
    with pytest.raises(Died, match="gone"):
        asking(replay.student, "a", 1)
    assert "" == replay.death


def test_other_limits_of_time_are_another_question(held):
    """A longer limit does not matter to what was in time; what failed has to be tried again."""
    asking(held.student, "a", 1)
    assert [2] == asking(replayed(held).student, "a", 1, seconds=50.0)

    def late(_frames, _seconds):
        raise TimedOut("too long")

    slow = Held()
    slow.student._transport = late
    slow = Recorder(slow)
    with pytest.raises(TimedOut):
        asking(slow.student, "a", 1)
    with pytest.raises(TimedOut):
        asking(replayed(slow).student, "a", 1)
    with pytest.raises(NotAsked, match="another limit"):
        asking(replayed(slow).student, "a", 1, seconds=50.0)


def test_while_the_notebook_ran_exactly_the_same_has_to_be_asked(held):
    """Fewer questions, or other names, and the cells after them might have shown something else."""
    notebook = new_notebook([new_cell("code", "x"), new_cell("code", "y")], {})
    held.run(notebook, {0: lambda: {"n": asking(held.student, "stand_in", 1, 2)}})
    for numbers in ((1,), (1, 2, 3), (2,)):
        replay = replayed(held)
        with pytest.raises(NotAsked):
            replay.run(notebook, {0: lambda r=replay, n=numbers: {"n": asking(r.student, "stand_in", *n)}})
    replay = replayed(held)
    with pytest.raises(NotAsked, match="has to be run"):
        replay.run(notebook, {})
    replay.run(notebook, {0: lambda: {"n": asking(replay.student, "stand_in", 1, 2)}})


def test_what_was_not_asked_is_never_a_verdict():
    """No check can catch it by accident."""
    assert not issubclass(NotAsked, Exception)
