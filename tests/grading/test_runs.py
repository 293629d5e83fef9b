"""What follows when a kernel dies or a limit is reached: the table, and that a death from outside costs nothing."""

from dataclasses import replace

import pytest

from nbviva.grading import running
from nbviva.grading.grade import grade
from nbviva.grading.runs import BUSY, COUNTS, DISAGREE, Step, TooBusy, Turn, follows
from nbviva.grading.stored import submission
from nbviva.grading.verdict import Outcome
from nbviva.kernel import kernel
from nbviva.kernel.activity import Activity
from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.room import Clock
from nbviva.kernel.sitting import RunEnd

LIVED, STARVED = RunEnd(), RunEnd(starved=True)
CELL_2, CELL_3 = RunEnd(died=True, cell=2), RunEnd(died=True, cell=3)
ASKED_A, ASKED_B = RunEnd(died=True, asker="a"), RunEnd(died=True, asker="b")
AT_LAST = RunEnd(died=True, asker="a", last=True)
STUBBORN = RunEnd(died=True, cell=2, by_limit=True)
DIES, OF_A_CHECK = "return os._exit(1)", "x != int(x)"  # other questions, and the notebook, double whole numbers


@pytest.mark.parametrize(
    ("ends", "step"),
    [
        ([LIVED], COUNTS),
        ([CELL_2], Step(again=True)),
        ([CELL_2, LIVED], COUNTS),
        ([CELL_2, CELL_2], Step(again=True, until=2)),
        ([CELL_2, CELL_2, LIVED], COUNTS),
        ([CELL_2, CELL_2, ASKED_A], Step(doubt=DISAGREE)),
        ([CELL_2, CELL_3], Step(doubt=DISAGREE)),
        ([CELL_2, ASKED_A], Step(doubt=DISAGREE)),
        ([ASKED_A], Step(again=True, last="a")),
        ([ASKED_A, LIVED], COUNTS),
        ([ASKED_A, AT_LAST], COUNTS),
        ([CELL_2, CELL_2, AT_LAST], COUNTS),
        ([ASKED_A, ASKED_B], Step(doubt=DISAGREE)),
        ([STUBBORN], Step(again=True, until=2)),
        ([STUBBORN, LIVED], COUNTS),
        ([STARVED], Step(again=True, alone=True)),
        ([STARVED, LIVED], COUNTS),
        ([STARVED, STARVED], Step(doubt=BUSY)),
        ([CELL_2, STARVED], Step(doubt=BUSY)),
    ],
)
def test_table(ends, step):
    assert step == follows(ends)


@pytest.fixture
def started(monkeypatch):
    """Count the kernels; `started.kill_at[number] = index` kills the one of that number when it comes to that cell."""

    class Counted(KernelStudent):
        number, kill_at = 0, {}

        def __enter__(self):
            Counted.number += 1
            self.mine = Counted.number
            return super().__enter__()

        def _run_cell(self, runner, cell, index):
            if Counted.kill_at.get(self.mine) == index:
                self._loop.run(self._kill())
            super()._run_cell(runner, cell, index)

        def run(self, *about):
            super().run(*about)
            if Counted.kill_at.get(self.mine) == "asked":
                self._loop.run(self._kill())

    monkeypatch.setattr(running, "KernelStudent", Counted)
    return Counted


@pytest.fixture
def judged(course, hand_in, room):
    """Hand in and grade."""

    def judging(clock=None, turn=None, **texts):
        hand_in(course, "g", **texts)
        item = replace(submission(course, "toy", "g", room), clock=clock or Clock(), turn=turn or Turn())
        return grade(item).report

    return judging


def points(report):
    return [mark.points for mark in report.marks]


@pytest.mark.parametrize("place", [3, "asked"])
def test_kernel_that_is_killed_from_outside_costs_nothing(judged, started, place):
    started.kill_at = {2: place}
    whole, killed = judged(), judged()
    assert (whole, 3) == (killed, started.number)


def test_two_deaths_in_different_places_are_for_a_person(judged, started):
    started.kill_at = {1: 3, 2: "asked"}
    report = judged()
    assert [None] * 4 == points(report)
    assert {Outcome.PERSON} == {mark.outcome for mark in report.marks}
    assert (DISAGREE,) == tuple(doubt.sentence for doubt in report.doubts)


def test_cell_that_always_ends_the_kernel_costs_only_what_comes_after_it(judged, started):
    """Graded twice, the same marks; a kernel is started twice for the cell, and once for the questions."""
    deadly = {"colour_answer": "import os\nos._exit(1)"}
    first, second = judged(**deadly), judged(**deadly)
    assert (first, 6) == (second, started.number)
    assert [2, 3, 0] == points(first)[:3]
    assert any("ended the kernel" in note for note in first.notes)


def test_question_that_always_ends_the_kernel_costs_no_other(judged, started):
    """The question's visible test ends two kernels; without it the notebook runs, and the question is asked last."""
    deadly = {"double_answer": f"import os\ndef double(x):\n    {DIES} if x == 2 or {OF_A_CHECK} else 2 * x"}
    first, second = judged(**deadly), judged(**deadly)
    assert ([0, 0, 1, 1], ()) == (points(first), first.doubts)
    assert (first, 6) == (second, started.number)


def test_question_that_ends_the_kernel_when_nothing_else_does_is_asked_last(judged, started):
    """It answers the visible test, and dies for the examiner."""
    report = judged(double_answer=f"import os\ndef double(x):\n    {DIES} if {OF_A_CHECK} else 2 * x")
    assert ([0, 0, 1, 1], (), 2) == (points(report), report.doubts, started.number)


def test_exit_at_the_end_costs_nothing(judged, started):
    assert ([2, 3, 1, 1], 1) == (points(judged(colour_answer="answer_colour = 'red'\nquit()")), started.number)


@pytest.fixture
def busy(monkeypatch):
    """A machine that is busy whenever somebody looks."""

    class Busy(Activity):
        starved = True

    monkeypatch.setattr(kernel, "Activity", Busy)


def test_limit_that_was_reached_since_the_machine_was_busy_is_ours(judged, busy, started):
    slow = {"clock": Clock(cell=1, grace=2), "colour_answer": "import time\ntime.sleep(30)"}
    report = judged(**slow)
    assert ([None] * 4, 2, "") == (points(report), started.number, report.digest)
    assert (BUSY,) == tuple(doubt.sentence for doubt in report.doubts)
    with pytest.raises(TooBusy):
        judged(turn=Turn(alone=False), **slow)
    judged(turn=Turn((RunEnd(starved=True),)), **slow)
    assert 4 == started.number
