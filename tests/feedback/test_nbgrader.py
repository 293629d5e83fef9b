"""What nbgrader's generate_feedback writes: our page, with the gradebook's marks, comments and penalties."""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from traitlets.config import Config

from nbviva.feedback.nbgrader import FeedbackExporter, complete
from nbviva.feedback.standing import keep_points
from nbviva.gradebook.nbgrader import configure
from nbviva.grading.reports import keep_report
from nbviva.grading.verdict import Mark, Outcome, Report, Verdict
from nbviva.notebooks import to_text
from nbviva.week.source import release_template, source_notebook

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's add_submission gives them
AUTOMATIC = {"double": 2.0, "half": 0.0, "colour": 1.0, "total": None}


@pytest.fixture(scope="module")
def gradebook_file(tmp_path_factory):
    """A gradebook with one hand-in, 30 minutes late, before any person has looked at it."""
    path = tmp_path_factory.mktemp("book") / "gradebook.db"
    with pytest.MonkeyPatch.context() as patch:  # nbgrader calls alembic through PATH
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        book = Gradebook(f"sqlite:///{path}")
    with book as gradebook:
        gradebook.add_assignment("toy", duedate=datetime(2024, 1, 8, 19))  # noqa: DTZ001 - nbgrader's are naive
        gradebook.add_notebook("toys", "toy")
        for name, points in (("double", 2), ("half", 3), ("colour", 0), ("total", 1)):
            gradebook.add_grade_cell(name, "toys", "toy", max_score=points, cell_type="code")
        for name in ("double", "half", "colour"):
            gradebook.add_solution_cell(f"{name}_answer", "toys", "toy")
        gradebook.add_student("ada")
        submission = gradebook.add_submission("toy", "ada", timestamp=datetime(2024, 1, 8, 19, 30, tzinfo=UTC))
        for grade in submission.notebooks[0].grades:
            grade.auto_score = AUTOMATIC[grade.name]
        gradebook.db.commit()
    return path


@pytest.fixture
def booked(course, gradebook_file, monkeypatch):
    """The toy course with that gradebook and ada's report, as nbgrader's working directory."""
    shutil.copyfile(gradebook_file, course.root / "gradebook.db")
    questions = course.week("toy").assignment.questions
    outcomes = {2.0: Outcome.PASSED, 1.0: Outcome.PASSED, 0.0: Outcome.FAILED, None: Outcome.ERROR}
    verdicts = tuple(Verdict(f"c_{n}", n, outcomes[p], f"{n} holds.", "Measured.") for n, p in AUTOMATIC.items())
    marks = tuple(
        Mark(q.name, q.number, q.title, AUTOMATIC[q.name], q.points, q.bonus, outcomes[AUTOMATIC[q.name]])
        for q in questions
    )
    folder = course.report("toy", "ada")
    folder.mkdir(parents=True)
    keep_report(folder, Report("toy", "ada", "d", "s", verdicts, marks, ("A note.",)))
    stamp = course.submitted("toy", "ada") / "timestamp.txt"
    stamp.parent.mkdir(parents=True)
    stamp.write_text("2024-01-08 19:30:00 UTC")
    monkeypatch.chdir(course.root)
    return course


def feedback(course, tmp_path):
    """Let the exporter write ada's page as GenerateFeedback does; give its text."""
    path = tmp_path / "toys.ipynb"
    path.write_text(to_text(release_template(source_notebook(course.week("toy")))))
    exporter = FeedbackExporter(config=Config({"Exporter": {"default_preprocessors": []}}))
    names = {
        "student": "ada",
        "assignment": "toy",
        "notebook": "toys",
        "db_url": f"sqlite:///{course.root}/gradebook.db",
    }
    page, _ = exporter.from_filename(str(path), resources={"nbgrader": names})
    assert ".html" == exporter.file_extension
    return " ".join(page.split())


def change(course, what):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        what(gradebook)
        gradebook.db.commit()


def test_marks_by_question_and_in_all(booked, tmp_path):
    page = feedback(booked, tmp_path)
    assert "<dt>Points</dt><dd>2 of 6</dd>" in page
    assert "<dt>Extra points</dt><dd>1 of 1</dd>" in page
    assert "<dt>In all</dt><dd>3</dd>" in page
    places = [page.index(f'id="question-{name}"') for name in ("half", "total", "double", "colour")]
    assert sorted(places) == places
    assert "A question has no mark yet" in page
    assert "A note." in page


def test_time_is_that_of_the_course(booked, tmp_path):
    assert "<dd>08.01.2024 20:30, 30 min late</dd>" in feedback(booked, tmp_path)


def test_mark_of_a_person_wins_over_the_report(booked, tmp_path):
    def decide(gradebook):
        gradebook.find_grade("half", "toys", "toy", "ada").manual_score = 1.5
        gradebook.find_grade("total", "toys", "toy", "ada").manual_score = 1.0

    change(booked, decide)
    page = feedback(booked, tmp_path)
    assert "<dt>Points</dt><dd>4.5 of 6</dd>" in page
    assert "1.5 of 3 points" in page
    assert "The checks below gave 0." in page
    assert "A question has no mark yet" not in page


def test_comment_of_a_person_stands_with_the_question_and_in_the_notebook(booked, tmp_path):
    def comment(gradebook):
        gradebook.find_comment("half_answer", "toys", "toy", "ada").manual_comment = "Half of <7>, not of 8."

    change(booked, comment)
    assert 2 == feedback(booked, tmp_path).count("Half of &lt;7&gt;, not of 8.")


def test_penalty_is_told_and_taken_off(booked, tmp_path):
    def late(gradebook):
        gradebook.find_submission_notebook("toys", "toy", "ada").late_submission_penalty = 1.0

    change(booked, late)
    page = feedback(booked, tmp_path)
    assert "<dt>Late penalty</dt><dd>-1</dd>" in page
    assert "<dt>In all</dt><dd>2</dd>" in page


def test_without_a_report_the_gradebook_is_told(booked, tmp_path):
    (booked.report("toy", "ada") / "report.json").unlink()
    page = feedback(booked, tmp_path)
    assert "<dt>Points</dt><dd>2 of 6</dd>" in page
    assert "only the marks are known" in page


def test_configuration_makes_nbgrader_write_our_page(tmp_path):
    config = Config()
    configure(config, tmp_path)
    assert FeedbackExporter is config.GenerateFeedback.exporter_class
    assert [] == config.GenerateFeedback.preprocessors  # of our weeks the exporter reads the marks itself
    assert GenerateFeedback.preprocessors.default() == config.FeedbackExporter.others


@pytest.mark.parametrize("there", [None, b"", b"\xff\xfe"])
def test_page_has_time_and_secret_beside_it_which_release_feedback_reads(booked, tmp_path, there):
    folder = booked.feedback("toy", "ada")
    if there is not None:
        folder.mkdir(parents=True)
        for name in ("timestamp.txt", "submission_secret.txt"):
            (folder / name).write_bytes(there)
    feedback(booked, tmp_path)
    secret = (folder / "submission_secret.txt").read_text()
    assert ("", 64) == ((folder / "timestamp.txt").read_text(), len(secret))
    complete(booked, "toy", "ben")
    assert secret != (booked.feedback("toy", "ben") / "submission_secret.txt").read_text()


def test_nbgraders_own_time_and_secret_stay(booked):
    folder = booked.feedback("toy", "ada")
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2024-01-08 19:30:00 UTC")
    (folder / "submission_secret.txt").write_text("theirs")
    complete(booked, "toy", "ada")
    assert ["theirs", "2024-01-08 19:30:00 UTC"] == [path.read_text() for path in sorted(folder.iterdir())]


def week_with(course, **fields):
    """Let the toy week say something of its feedback."""
    path = course.root / "graders/toy/assignment.toml"
    said = "".join(f"{name} = {value}\n" for name, value in fields.items())
    path.write_text(f"{path.read_text('utf-8')}\n[feedback]\n{said}", "utf-8")


def test_solutions_are_shown_where_that_is_allowed_and_never_before_the_last_extension(booked, tmp_path):
    assert "Our solution" not in feedback(booked, tmp_path)
    week_with(booked, solution="true")
    (booked.root / "extensions.csv").write_text("group,week,extension\nben,toy,2999-01-01 12:00\n", "utf-8")
    assert "Our solution" not in feedback(booked, tmp_path)
    (booked.root / "extensions.csv").write_text("group,week,extension\nben,toy,some day\n", "utf-8")
    assert "Our solution" not in feedback(booked, tmp_path)
    (booked.root / "extensions.csv").unlink()
    page = feedback(booked, tmp_path)
    assert 3 == page.count("<summary>Our solution")
    assert "SOLUTION" not in page
    assert "examine_here" not in page


@pytest.mark.parametrize(("number", "shown"), [(9, False), (10, True)])
def test_class_is_shown_where_that_is_allowed_and_nobody_can_be_guessed(booked, tmp_path, number, shown):
    keep_points(booked, "toy", [5.0] * number)
    assert "The class." not in feedback(booked, tmp_path)
    week_with(booked, **{"class": "true"})
    assert shown == ("The class." in feedback(booked, tmp_path))


def test_page_says_whom_to_ask(booked, tmp_path):
    week_with(booked, requests='"regrade.txt"')
    assert "text file named <code>regrade.txt</code>" in feedback(booked, tmp_path)
