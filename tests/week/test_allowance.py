"""`[limits]` of a week: read, shown in the release, and in force when a hand-in is marked."""

from dataclasses import replace

import pytest

from nbviva.errors import SpecError
from nbviva.grading import stored
from nbviva.grading.batch import grade_batch
from nbviva.grading.grade import grade
from nbviva.grading.options import BatchOptions
from nbviva.grading.reports import allowed
from nbviva.kernel.room import Clock, Room
from nbviva.sandbox.limits import MIB
from nbviva.sandbox.provisioner import refusal
from nbviva.week.allowance import AS_EVER, Allowance
from nbviva.week.source import frame, source_notebook
from nbviva.week.spec import read_assignment

LIMITS = '[limits]\nmemory = "512M"\nprocesses = 64\ncell = 20\nquestion = 2.5\nnotebook = 90\n\n[[question]]'
SENTENCE = (
    "When it is marked, this notebook has 0.5 GiB of memory, 20 s for a cell, 2.5 s for a question, "
    "90 s for all cells, 64 processes."
)

pytestmark = pytest.mark.slow


@pytest.fixture
def limited(course, hand_in):
    """A toy course whose week has limits of its own, with a hand-in."""
    path = course.root / "graders/toy/assignment.toml"
    path.write_text(path.read_text("utf-8").replace("[[question]]", LIMITS, 1), "utf-8")
    hand_in(course, "g")
    return course


def test_limits_are_read(limited):
    found = read_assignment(limited.root / "graders/toy").limits
    assert Allowance(512 * MIB, 64, 20.0, 2.5, 90.0) == found
    assert SENTENCE == found.sentence


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"512M"', "3", 'must be a size such as "2G"'),
        ('"512M"', '"64M"', "of at least 256M"),
        ("cell = 20", 'cell = "3 s"', "must be a number of seconds"),
        ("processes = 64", "processes = 8", "a kernel alone takes some 20"),
        ("processes = 64", "disk = 8", "[limits] has memory, processes, cell, question, notebook"),
    ],
)
def test_mistake_is_named_with_its_line(limited, old, new, words):
    path = limited.root / "graders/toy/assignment.toml"
    text = path.read_text("utf-8").replace(old, new, 1)
    path.write_text(text, "utf-8")
    line = 1 + [new in line for line in text.splitlines()].index(True)
    with pytest.raises(SpecError, match=f"line {line}: ") as caught:
        read_assignment(path.parent)
    assert words in str(caught.value)


def test_week_without_limits_says_none_and_changes_none(course):
    assert AS_EVER == course.assignment("toy").limits
    assert "" == AS_EVER.sentence
    assert not any("When it is marked" in cell.source for cell in source_notebook(course.week("toy")).cells)


def test_limits_stand_in_the_release(limited):
    prose = [cell.source for cell in frame(limited.week("toy")).cells if cell.cell_type == "markdown"]
    assert prose[0].endswith(SENTENCE)
    assert not any(SENTENCE in text for text in prose[1:])


def test_limits_stand_where_the_author_wants_them(limited):
    path = limited.root / "graders/toy/notebook.py"
    path.write_text(path.read_text("utf-8") + "\n# %% [markdown]\n# Limits: {{limits}}\n", "utf-8")
    prose = [cell.source for cell in frame(limited.week("toy")).cells if cell.cell_type == "markdown"]
    assert f"Limits: {SENTENCE}" == prose[-1]
    assert not any(SENTENCE in text for text in prose[:-1])


def test_limits_are_those_of_kernel_and_clock(limited):
    item = stored.submission(limited, "toy", "g")
    assert (512 * MIB, 64) == (item.room.limits.memory, item.room.limits.processes)
    assert (20.0, 90.0) == (item.clock.cell, item.clock.notebook)
    assert (Room().limits.disk, Clock().start) == (item.room.limits.disk, item.clock.start)


@pytest.mark.parametrize(
    ("limits", "clock", "cpu"),
    [
        (Allowance(), (1200.0, 1800.0), 1800),
        (Allowance(memory=512 * MIB, cell=20.0), (1200.0, 1800.0), 1800),
        (Allowance(cell=3600.0), (3600.0, 1800.0), 3600),
        (Allowance(notebook=7200.0), (7200.0, 1800.0), 7200),
        (Allowance(question=4000.5), (1200.0, 4000.5), 4001),
    ],
)
def test_what_holds_a_sum_or_a_process_holds_its_longest_part(limits, clock, cpu):
    room, given = allowed(Room(), limits)
    assert (clock, cpu) == ((given.notebook, given.questions), room.limits.cpu_seconds)


def test_report_of_a_week_with_limits_stays_fresh(limited, hand_in, room):
    """What a batch has graded, under the limits of the week, the next call takes as it is."""
    hand_in(limited, "none", raw=b"no notebook")
    options = BatchOptions(workers=1, room=room)
    assert ("none",) == grade_batch(limited, "toy", ["none"], options).graded
    assert ("none",) == grade_batch(limited, "toy", ["none"], options).fresh


@pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
def test_question_has_the_time_of_the_week(limited, hand_in):
    hand_in(limited, "slow", double_answer="def double(x):\n    import time\n    time.sleep(60)")
    item = stored.submission(limited, "toy", "slow")
    report = grade(replace(item, clock=replace(item.clock, grace=2.0))).report
    assert "longer than its 2 s" in " ".join(verdict.detail for verdict in report.verdicts)
