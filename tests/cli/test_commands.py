"""The whole way on the toy course: release, hand-ins, marks, gradebook, feedback, table; one run, many claims."""

import shutil

import pytest
from nbgrader.api import Gradebook

from nbviva.cli.main import main
from nbviva.course import Course
from nbviva.grading.verdict import Report
from nbviva.sandbox.provisioner import refusal

QUESTIONS = ["double", "half", "colour", "total"]
NOISY = """
import sys, warnings
print('careful', file=sys.stderr)
warnings.warn('old')
def double(x):
    print('noise', file=sys.stderr)
    return x + x
"""
EXPECTED = {
    "ada": [2, 3, 1, 1],
    "ben": [0, 0, 0, 0],
    "cem": [None, None, None, None],
    "dora": [2, 0, 1, 1],
    "fay": [2, 3, 1, 1],
}
FLAGS = ["--unsandboxed"] if refusal() else []


def marks(course, week="toy"):
    """Give the automatic marks in the gradebook, by group."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        return {
            item.student.id: [gradebook.find_grade(q, "toys", week, item.student.id).auto_score for q in QUESTIONS]
            for item in gradebook.assignment_submissions(week)
        }


def report(course, group):
    """Read a stored report."""
    return Report.from_json((course.report("toy", group) / "report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def released(new_course, program, hand_in):
    """A toy course that was released, with a hand-in of each kind."""
    course = new_course()
    done = program(course, "nbviva", "release", "toy")
    assert done.returncode == 0, done.stderr
    hand_in(course, "ada")
    hand_in(course, "ben", raw=(course.release("toy") / "toys.ipynb").read_bytes())
    hand_in(course, "cem", raw=b"no notebook")
    hand_in(course, "dora", half_answer="answer_half = '<script>alert(1)</script> [bold]'")
    hand_in(course, "fay", double_answer=NOISY)
    (course.submitted("toy", "fay") / "timestamp.txt").write_text("2024-01-08 19:45:00 UTC", "utf-8")
    return course, done


@pytest.fixture(scope="module")
def graded(released, program):
    """The same course, graded by `nbviva grade`."""
    course = Course(released[0].root.parent / "graded")
    shutil.copytree(released[0].root, course.root)
    return course, program(course, "nbviva", "grade", "toy", *FLAGS)


def test_release_lists_what_students_get(released):
    """The command prints the files of the release, which has no solution in it."""
    course, done = released
    assert done.stdout.split() == [
        "release/toy/exercise_sheet.pdf",
        "release/toy/nbviva.json",
        "release/toy/toys.ipynb",
    ]
    assert "twice_as_much" not in (course.release("toy") / "toys.ipynb").read_text("utf-8")


def test_marks_are_in_the_gradebook(graded):
    """Full marks, blank, one wrong answer and a noisy one get their marks; for the unreadable one a person decides."""
    course, done = graded
    assert done.returncode == 1, done.stderr
    assert marks(course) == EXPECTED


def test_a_class_is_a_line_a_hand_in_and_a_count(graded):
    """Who lost points where fits into a line; the last lines say how many there are, and where to read on."""
    lines = graded[1].stdout.splitlines()
    assert "Toy week: marks of 6, and up to 1 extra" == lines[0].strip()
    rows = {line.split()[0]: line.split() for line in lines[2:7]}
    assert "cem" == next(iter(rows)), "who needs a person comes first"
    assert EXPECTED.keys() == rows.keys()
    assert ["ben", "0", "0", "-", "1.1,", "1.2,", "1.3,", "1.4"] == rows["ben"]
    assert "person" in " ".join(rows["cem"])
    assert any(line.startswith("5 hand-ins: ") and "1 late" in line for line in lines)
    assert ["Feedback: feedback/GROUP/toy/toys.html"] == [line for line in lines[8:] if line.startswith("Feedback")]


@pytest.mark.parametrize("words", [["--why"], ["ada", "ben", "cem", "dora", "fay"]])
def test_table_has_a_row_with_reasons_for_each_group(graded, program, words):
    """Points, lateness and the reason of every lost point are printed if asked for, and no word of a student's."""
    done = program(graded[0], "nbviva", "grade", "toy", *words, *FLAGS)
    assert 1 == done.returncode, done.stderr
    text = " ".join(done.stdout.split())
    assert "marks of 6, and up to 1 extra" in text
    assert "45 min" in text
    assert "cem.ipynb" not in text
    assert "toys.ipynb is no notebook: it is not JSON" in text
    assert "[bold]" not in text  # a word of the student's
    assert "Traceback" not in done.stdout + done.stderr + graded[1].stdout + graded[1].stderr


def test_feedback_has_the_sentence_and_nothing_hidden(graded):
    """A student reads the check's sentence and what was measured; no hidden test, and no markup of a student's."""
    page = next((graded[0].root / "feedback" / "dora" / "toy").glob("*.html")).read_text("utf-8")
    assert "Half of seven is right." in page
    assert "examine_here" not in page
    assert "twice_as_much" in page  # dora's own answer
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_every_group_has_feedback(graded):
    """Also those whose notebook could not be read."""
    pages = sorted(path.parts[-3] for path in (graded[0].root / "feedback").glob("*/toy/*.html"))
    assert pages == sorted(EXPECTED)


def test_nbgrader_releases_feedback_of_hand_ins_without_time_or_secret(graded, program, tmp_path):
    """They were copied into submitted/ by hand; each page gets a name of its own that nobody can guess."""
    tmp_path.chmod(0o777)
    flags = ("--course", "toys", f"--Exchange.root={tmp_path}")
    done = program(graded[0], "nbgrader", "release_feedback", "toy", *flags)
    assert done.returncode == 0, done.stderr
    assert len(EXPECTED) == len(list((tmp_path / "toys" / "feedback").glob("*.html")))


def test_maximum_does_not_contain_extra_points(graded):
    """In the gradebook the maximum is that of the assignment."""
    with Gradebook(f"sqlite:///{graded[0].root / 'gradebook.db'}") as gradebook:
        assert gradebook.find_assignment("toy").max_score == 6
        assert gradebook.find_submission("toy", "ada").score == 7
        assert gradebook.find_assignment("toy").duedate.isoformat() == "2024-01-08T19:00:00"


def test_autograde_alone_gives_the_same_marks(released, program):
    """nbgrader's own command, with nothing graded before, records the same for every notebook that it can find."""
    if refusal():
        pytest.skip(refusal())
    course = Course(released[0].root.parent / "alone")
    shutil.copytree(released[0].root, course.root)
    for group in ("cem", "fay"):
        shutil.rmtree(course.submitted("toy", group).parent)
    (course.submitted("toy", "gil")).mkdir(parents=True)
    (course.submitted("toy", "gil") / "toys.ipynb").write_text('{"nbformat": 99}', "utf-8")
    done = program(course, "nbgrader", "autograde", "toy")
    assert done.returncode == 0, done.stderr
    assert marks(course) == {
        **{group: EXPECTED[group] for group in ("ada", "ben", "dora")},
        "gil": [None, None, None, None],
    }


def test_autograde_alone_leads_to_released_feedback(released, program, tmp_path):
    """Of hand-ins that were collected, with and without a time, and of those that were copied by hand."""
    if refusal():
        pytest.skip(refusal())
    course = Course(released[0].root.parent / "released_alone")
    shutil.copytree(released[0].root, course.root)
    notebook = course.submitted("toy", "ada") / "toys.ipynb"
    source = tmp_path / "came"
    for group in ("hal", "ida"):
        shutil.copytree(notebook.parent, source / group)
    for group in course.groups("toy"):
        shutil.rmtree(course.submitted("toy", group).parent)
    (tmp_path / "times.csv").write_text("group,time\nhal,2024-01-08 19:00\n", "utf-8")
    assert (
        0 == program(course, "nbviva", "collect", "toy", str(source), "--times", str(tmp_path / "times.csv")).returncode
    )
    shutil.copytree(source / "ida", course.submitted("toy", "jon"))
    (tmp_path / "exchange").mkdir()
    (tmp_path / "exchange").chmod(0o777)
    for command, *flags in (
        ["autograde"],
        ["generate_feedback"],
        ["release_feedback", "--course", "toys", f"--Exchange.root={tmp_path / 'exchange'}"],
    ):
        done = program(course, "nbgrader", command, "toy", *flags)
        assert 0 == done.returncode, done.stderr
    assert ["hal", "ida", "jon"] == course.groups("toy")
    assert 3 == len(list((tmp_path / "exchange/toys/feedback").glob("*.html")))


def test_manual_mark_survives_and_our_own_fault_is_left_to_a_person(graded, program, hand_in):
    """Grading again keeps what a person set; a check of ours that breaks gives no mark, exit code 1, and is said."""
    course = Course(graded[0].root.parent / "again")
    shutil.copytree(graded[0].root, course.root)
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("half", "toys", "toy", "dora")
        grade.manual_score = 1.5
        gradebook.db.commit()
    checks = course.root / "graders/toy/checks.py"
    text = checks.read_text("utf-8")
    checks.write_text(text.replace('    return sheet.judge("answer_colour", "red")', '    return {}["red"]'), "utf-8")
    done = program(course, "nbviva", "grade", "toy", "dora", *FLAGS)
    assert done.returncode == 1, done.stderr
    assert "a person decides" in done.stdout
    assert "The check itself failed" in done.stdout
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        half, colour, total = (gradebook.find_grade(q, "toys", "toy", "dora") for q in ("half", "colour", "total"))
        assert (half.manual_score, half.auto_score, half.score) == (1.5, 0, 1.5)
        assert (colour.auto_score, colour.needs_manual_grade) == (None, True)
        assert (total.auto_score, total.needs_manual_grade) == (1, False)
    assert marks(course)["ada"] == EXPECTED["ada"]


def test_source_notebook_validates(released, program):
    """nbgrader's validate runs the source notebook with its hidden checks and finds nothing."""
    done = program(released[0], "nbgrader", "validate", "source/toy/toys.ipynb")
    assert "Success! Your notebook passes all the tests." in done.stdout + done.stderr


@pytest.fixture
def command(monkeypatch, capsys):
    """Run `nbviva` in this process: gives its exit code and what it printed to both streams."""

    def run(folder, *words):
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["nbviva", *words])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("grade", "toy"), "Nothing was handed in: there is no submitted/GROUP/toy."),
        (("grade", "toy", "zoe"), "zoe handed nothing in: submitted/zoe/toy does not exist."),
        (("source", "week99"), "There is no week 'week99'; there are: toy."),
    ],
)
def test_mistakes_of_use_are_one_sentence(course, command, words, sentence):
    """What a person can mend is said in one line, with exit code 2."""
    flags = FLAGS if words[0] == "grade" else []
    assert command(course.root, *words, *flags) == (2, "", f"nbviva: {sentence}\n")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("assignment.toml", "points = 3", "points = -3", "assignment.toml, line "),
        ("checks.py", '@check("colour")\n', "", "has no check for colour"),
        ("checks.py", '@check("colour")', '@check("color")', "'color', which is no question"),
        ("notebook.py", '# %% test="total"', "# %%", "no test cell for total"),
    ],
)
def test_mistakes_of_a_week_are_one_sentence(course, command, file, old, new, words):
    """A week that cannot be loaded is a usage error as well."""
    path = course.root / "graders/toy" / file
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    code, out, err = command(course.root, "source", "toy")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert words in err


def test_no_course_directory_is_one_sentence(tmp_path, command):
    """Outside of a course directory nothing is done."""
    code, _, err = command(tmp_path, "source", "toy")
    assert code == 2
    assert "lies in no course directory" in err


def test_unknown_options_are_usage_errors(course, command):
    """typer's own errors have exit code 2, too."""
    code, _, err = command(course.root, "grade", "toy", "--nonsense")
    assert code == 2
    assert "--nonsense" in err
