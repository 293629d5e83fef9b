"""One hand-in to one report, in a real kernel: marks, stand-ins, evidence, and that nothing in a hand-in raises."""

from dataclasses import replace

import pytest
from threadpoolctl import threadpool_info

from nbviva.grading import running
from nbviva.grading.evidence import make_harmless
from nbviva.grading.grade import grade
from nbviva.grading.stored import submission
from nbviva.grading.verdict import Outcome, Report, Verdict, mark
from nbviva.handin.doubt import Doubt
from nbviva.handin.notebook import FramedNotebook
from nbviva.handin.walk import walk
from nbviva.kernel.room import Clock, GivenFiles, Room, stage
from nbviva.notebooks import new_cell, new_notebook
from nbviva.week.spec import Kind, Question


@pytest.fixture
def judge(course, hand_in, room):
    """Hand in and grade; gives report and notebook."""

    def judging(clock=None, **texts):
        hand_in(course, "g", **texts)
        item = submission(course, "toy", "g", room)
        found = grade(replace(item, clock=clock or Clock()))
        return found.report, found.notebook

    return judging


def points(report):
    """Give the points by question."""
    return [mark.points for mark in report.marks]


def test_prose_of_the_release_stays_markdown_and_that_of_a_student_does_not(judge):
    _, notebook = judge()
    own = new_cell("markdown", "# Toys, and <b>more</b>")
    handin = FramedNotebook(new_notebook([new_cell("markdown", "# Toys"), own], {}))
    make_harmless(handin, notebook)
    assert ["# Toys", "```text\n# Toys, and <b>more</b>\n```"] == [cell.source for cell in handin.notebook.cells]


def test_name_that_a_later_cell_uses_again_costs_only_what_comes_after_it(judge):
    """`double` is judged as it stood behind its own test cell; the total is computed when it is a number."""
    report, _ = judge(colour_answer="double = 3\nanswer_colour = 'red'")
    assert [2, 3, 1, 0] == points(report)


def text_under(notebook, grade_id):
    """Give the printed text under a cell."""
    (cell,) = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return "".join(output.get("text", "") for output in cell.outputs)


def test_honest_hand_in_has_full_marks_twice(judge):
    """Grading twice gives equal reports but for the seconds, in a sandbox where there is one."""
    (first, notebook), (second, _) = judge(), judge()
    assert points(first) == [2, 3, 1, 1]
    assert first == second
    assert replace(first, seconds={}, memory=0).to_json() == replace(second, seconds={}, memory=0).to_json()
    assert (first.notes, first.needs_person) == ((), False)
    assert text_under(notebook, "long") == "total 90\n"
    assert 20 << 20 < first.memory < 1 << 30 or first.sandbox == "none"


def test_honest_hand_in_has_the_same_marks_beside_us_as_in_the_sandbox(judge, course):
    """Where the kernel runs decides no mark and no word of a verdict."""
    kept, _ = judge()
    beside = grade(submission(course, "toy", "g", Room(sandboxed=False))).report
    assert (kept.marks, kept.verdicts) == (beside.marks, beside.verdicts)
    assert "none" == beside.sandbox


def test_our_numbers_do_not_depend_on_the_number_of_cores(course, hand_in, room, monkeypatch):
    """What the examiner computes is computed by one thread, so that another machine gives the same last digit."""
    seen, going_through = [], running._sit_through

    def sit_through(*args):
        seen.extend(pool["num_threads"] for pool in threadpool_info())
        return going_through(*args)

    monkeypatch.setattr(running, "_sit_through", sit_through)
    hand_in(course, "g")
    grade(submission(course, "toy", "g", room))
    assert {1} == set(seen)


def test_training_cell_with_outputs_is_stood_in_for(judge):
    """Its outputs stay, it is not run, and its names come from the examiner's own run."""
    notebook_text = "total = 'mine'\nprint('total 17')"
    report, notebook = judge(long=notebook_text)
    assert text_under(notebook, "long") == "total 90\n"
    assert points(report)[3] == 1


def test_training_cell_without_outputs_is_run(judge, solved, course, hand_in, room):
    """A hand-in whose outputs were cleared is not punished: the cell is run when graded."""
    import nbformat

    notebook = solved(course)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    hand_in(course, "g", raw=nbformat.writes(notebook).encode())
    found = grade(submission(course, "toy", "g", room))
    report, graded = found.report, found.notebook
    assert text_under(graded, "long") == "total 90\n"
    assert points(report) == [2, 3, 1, 1]


def test_endless_cell_costs_its_own_question_only(judge):
    """It is interrupted, and the cells after it are run."""
    report, _ = judge(Clock(cell=2, grace=5), colour_answer="while True: pass")
    assert points(report) == [2, 3, 0, 1]
    assert () == report.notes


def test_hand_in_that_cannot_be_interrupted_is_asked_as_it_stood_before(judge):
    """The kernel is ended, the report says so, and questions about the cells before have their marks."""
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    report, _ = judge(Clock(cell=1, grace=1), colour_answer=stubborn)
    assert any("ended the kernel: it and the cells after it were not run" in note for note in report.notes)
    assert [2, 3, 0, 1] == points(report)
    assert Outcome.ERROR not in [verdict.outcome for verdict in report.verdicts]


@pytest.mark.parametrize(
    "line",
    [
        'get_ipython().input_transformers_cleanup.append(lambda ls: ["pass\\n"])',
        "import os; os._exit(0)",
        "import nbviva.week.compare, builtins; builtins.AssertionError = Warning",
    ],
)
def test_no_line_of_the_students_earns_a_mark(judge, line):
    """Tricks that pass every assertion in the student's own kernel earn nothing here."""
    report, _ = judge(double_answer=line, half_answer="", colour_answer="")
    assert points(report)[:3] == [0, 0, 0]


@pytest.mark.parametrize("raw", [b"", b"null", b'{"cells": 3}', b'{"cells": [], "nbformat": 4}'])
def test_broken_hand_in_is_for_a_person_with_every_question(judge, raw):
    """No file makes grading raise; what nobody can read earns nothing, and a person is told before that stands."""
    report, notebook = judge(raw=raw)
    assert points(report) == [None, None, None, None]
    assert [0, 0, 0, 0] == [mark.provisional for mark in report.marks]
    assert len(report.doubts) >= 1
    assert notebook.cells


def files_of(folder):
    """Give what lies in a folder as a kernel may see it."""
    return [(file.place, file.path) for file in walk(folder).files]


def test_working_copy_has_the_hand_ins_files_and_the_releases_data(tmp_path):
    """Links and changed data files stay out; the release's data lies over the hand-in's."""
    handin, data, place = (tmp_path / name for name in ("handin", "data", "place"))
    for folder in (handin / "data", handin / "more", data, place):
        folder.mkdir(parents=True)
    (handin / "toys.ipynb").write_text("{}", "utf-8")
    (handin / "more" / "helper.py").write_text("x = 1", "utf-8")
    (handin / "data" / "toys.csv").write_text("forged", "utf-8")
    (handin / "link").symlink_to("/etc/passwd")
    (data / "toys.csv").write_text("true", "utf-8")
    stage(files_of(handin), GivenFiles(data, "data"), place)
    assert sorted(str(path.relative_to(place)) for path in place.rglob("*")) == [
        "data", "data/toys.csv", "more", "more/helper.py", "toys.ipynb",
    ]  # fmt: skip
    assert (place / "data" / "toys.csv").read_text("utf-8") == "true"


def test_data_that_is_a_file_is_replaced(tmp_path):
    """A hand-in with a file in the place of the data folder gets the folder."""
    handin, data, place = (tmp_path / name for name in ("handin", "data", "place"))
    for folder in (handin, data, place):
        folder.mkdir()
    (handin / "data").write_text("x", "utf-8")
    stage(files_of(handin), GivenFiles(data, "data"), place)
    assert (place / "data").is_dir()


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["passed", "passed"], (2.0, Outcome.PASSED)),
        (["passed", "failed"], (0.0, Outcome.FAILED)),
        (["skipped", "passed"], (0.0, Outcome.SKIPPED)),
        (["failed", "error"], (None, Outcome.ERROR)),
    ],
)
def test_mark_is_all_or_nothing_and_none_for_our_own_fault(outcomes, expected):
    """A question's points need all of its checks; an error of ours leaves it to a person."""
    question = Question("q", "1", "Q", Kind.CODE, 2.0)
    verdicts = tuple(Verdict("c", "q", Outcome(outcome), "S.") for outcome in outcomes)
    other = Verdict("c", "other", Outcome.ERROR, "S.")
    found = mark(question, (*verdicts, other))
    assert (found.points, found.outcome) == expected


@pytest.mark.parametrize(
    ("doubts", "marks"),
    [
        ((), (3.0, Outcome.PASSED, None)),
        ((Doubt("Whose is it?"),), (None, Outcome.PERSON, 3.0)),
        ((Doubt("Which cell?", ("q",)),), (None, Outcome.PERSON, 3.0)),
        ((Doubt("Which cell?", ("other",)),), (3.0, Outcome.PASSED, None)),
    ],
)
def test_doubt_leaves_the_questions_that_it_concerns_to_a_person(doubts, marks):
    question = Question("q", "1", "Q", Kind.CODE, 3.0)
    found = mark(question, (Verdict("c", "q", Outcome.PASSED, "S."),), doubts)
    assert marks == (found.points, found.outcome, found.provisional)


def test_our_own_fault_comes_before_a_doubt():
    found = mark(Question("q", "1", "Q", Kind.CODE, 3.0), (Verdict("c", "q", Outcome.ERROR, "S."),), (Doubt("D."),))
    assert (None, Outcome.ERROR, None) == (found.points, found.outcome, found.provisional)


def test_a_check_that_doubts_leaves_its_question_to_a_person(course, judge):
    """It may pass, and still find that a person has to look."""
    path = course.folder("toy") / "checks.py"
    text = path.read_text("utf-8").replace(
        "def double_doubles(student, rng):", "def double_doubles(student, rng, findings):"
    )
    path.write_text(
        text.replace("    x = float(", '    findings.doubt("Too good to be true.")\n    x = float(', 1), "utf-8"
    )
    report, _ = judge()
    assert [None, 3, 1, 1] == points(report)
    assert [Doubt("Too good to be true.", ("double",))] == list(report.doubts)
    assert report.verdicts == Report.from_json(report.to_json()).verdicts


def test_a_name_that_is_missing_is_told_with_the_line_in_which_its_cell_ended(judge):
    report, _ = judge(double_answer="import no_such_module\ndef double(x):\n    return 2 * x")
    (verdict,) = [verdict for verdict in report.verdicts if verdict.check == "double_doubles"]
    assert verdict.detail == (
        "No answer: `double` does not exist in your notebook: its cell ended with ModuleNotFoundError in line 1, "
        "`import no_such_module`."
    )


def test_an_error_is_told_with_the_line_of_the_own_code_that_it_came_from(judge):
    report, _ = judge(
        double_answer="import numpy as np\ndef double(x):\n    return 2 * np.linalg.inv(np.zeros((2, 2)))"
    )
    (verdict,) = [verdict for verdict in report.verdicts if verdict.check == "double_doubles"]
    assert verdict.detail == (
        "No answer: `double` raised LinAlgError in line 3 of its cell, `return 2 * np.linalg.inv(np.zeros((2, 2)))`."
    )
