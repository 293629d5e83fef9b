"""Recording: the gradebook holds what nbgrader's own autograde writes, on SQLite and PostgreSQL, whatever kills us."""

import errno
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from record_bench import STORED, synthetic_reports
from sqlalchemy import Engine, event, select

from nbviva.configuration import db_url
from nbviva.course import Course
from nbviva.errors import Refused
from nbviva.gradebook import entries
from nbviva.gradebook import record as recording
from nbviva.gradebook.book import OWN_COURSE, Tables, grade_rows, opened
from nbviva.gradebook.nbgrader import nbgrader, set_deadline
from nbviva.gradebook.penalties import reapply
from nbviva.gradebook.record import Recorded, record
from nbviva.grading.reports import keep_report, stored_report
from nbviva.verify.release import make_release
from tests.databases import everything, new_database, server
from tests.stored_reports import change_report

LATE = '\n[late]\npolicy = "per_hour"\npoints = 1\n'


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Path]:
    """A server that lives as long as these tests."""
    with server() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, monkeypatch) -> Callable[[str], str]:
    """Take a new database as the gradebook."""

    def use(name: str) -> str:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path}/{name}.db"
        else:
            url = new_database(request.getfixturevalue("postgresql"), f"{tmp_path.name}-{name}")
        monkeypatch.setenv("NBVIVA_DB", url)
        return url

    return use


@pytest.fixture(autouse=True)
def no_pages(request, monkeypatch) -> None:
    """Write pages only in the tests that are about pages: nbgrader takes seconds to start."""
    if "pages" not in request.fixturenames:
        monkeypatch.setattr(recording, "write_pages", lambda *_: None)


@pytest.fixture
def pages() -> None:
    """Write pages in this test."""


@pytest.fixture(scope="module")
def released(new_course) -> Course:
    """A released toy course with a late policy, whose nbgrader takes stored reports."""
    course = new_course()
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text("utf-8") + "c.CourseDirectory.course_id = 'toys'\n" + STORED, "utf-8")
    toml = course.root / "graders/toy/assignment.toml"
    toml.write_text(toml.read_text("utf-8") + LATE, "utf-8")
    (course.root / "extensions.csv").write_text("group,week,due\ngroup0001,toy,60\n", "utf-8")
    make_release(course, "toy")
    return course


@pytest.fixture
def course(released, tmp_path) -> Course:
    """A copy of it for one test."""
    shutil.copytree(released.root, tmp_path / "course")
    return Course(tmp_path / "course")


def url_of(course: Course) -> str:
    return db_url(course.root)


def rename(course: Course, old: str, new: str) -> None:
    """Rename a question, and forget the week's modules, which were imported under the old name."""
    for name in ("assignment.toml", "notebook.py", "checks.py", "sheet.typ"):
        path = course.root / "graders/toy" / name
        path.write_text(path.read_text("utf-8").replace(f'"{old}"', f'"{new}"'), "utf-8")
    for name in [name for name in sys.modules if name.startswith("graders.toy")]:
        del sys.modules[name]


def by_hand(course: Course) -> None:
    """Mark as a person does in the formgrader."""
    with Gradebook(url_of(course)) as book:
        grade = book.find_grade("half", "toys", "toy", "group0002")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.5, False
        book.find_comment("half_answer", "toys", "toy", "group0002").manual_comment = "Well <b>tried</b>."
        book.db.commit()


def record_by_nbgrader(course: Course, groups: list[str]) -> None:
    """Record with nbgrader's own command, on a copy in which every hand-in has its notebook."""
    staged = course.root / "staged"
    for group in groups:
        (staged / group / "toy").mkdir(parents=True)
        shutil.copy(course.report("toy", group) / "notebook.ipynb", staged / group / "toy/toys.ipynb")
        shutil.copy(course.submitted("toy", group) / "timestamp.txt", staged / group / "toy")
    nbgrader(course, "autograde", "toy", "--force", "--CourseDirectory.submitted_directory=staged")
    reapply(course, "toy")
    shutil.rmtree(staged)


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Give permissions and content of the files under a folder."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes()) for path in found}


def test_gradebook_is_the_one_that_nbgrader_writes(course, database):
    """Every column of every table, and autograded/, are the same; also the second time, after marks by hand."""
    first = database("direct")
    groups = synthetic_reports(course, "toy", 7)
    record(course, "toy", groups)
    by_hand(course)
    change_report(course.report("toy", "group0002"), '"points": 2.0', '"points": 1.0')
    assert ("group0002",) == record(course, "toy", groups).marks
    ours = files(course.root / "autograded")
    second = database("nbgrader")
    nbgrader(course, "generate_assignment", "toy", "--force")
    record_by_nbgrader(course, groups)
    by_hand(course)
    record_by_nbgrader(course, ["group0002"])
    expected = everything(second)
    assert expected == {**everything(first), "course": expected["course"]}
    given = ("exercise_sheet.pdf", "nbviva.json")  # nbgrader copies the release's files, too
    theirs = {name: found for name, found in files(course.root / "autograded").items() if not name.endswith(given)}
    assert theirs == ours


def test_nbgraders_commands_go_on_from_there(course, database, pages):
    """Its feedback, export and autograde read the gradebook that we wrote."""
    database("commands")
    groups = synthetic_reports(course, "toy", 2)
    record(course, "toy", groups)
    page = course.feedback("toy", groups[0]) / "toys.html"
    ours = page.read_bytes()
    nbgrader(course, "generate_feedback", "toy", "--force")
    assert page.read_bytes() == ours
    nbgrader(course, "export")
    lines = (course.root / "grades.csv").read_text("utf-8").splitlines()
    assert 1 + len(groups) == len(lines)
    before = everything(url_of(course))
    record_by_nbgrader(course, groups)
    assert before == {**everything(url_of(course)), "course": before["course"]}


def test_fifty_reports_have_marks_and_then_nothing_is_to_be_done(course, database):
    """All is recorded once; with nothing changed nothing is written."""
    database("fifty")
    groups = synthetic_reports(course, "toy", 50)
    assert Recorded(tuple(groups)) == record(course, "toy", groups)
    before = everything(url_of(course)), files(course.root / "autograded")
    assert Recorded() == record(course, "toy", groups)
    assert before == (everything(url_of(course)), files(course.root / "autograded"))
    assert 50 == len(before[0]["submitted_notebook"])


def test_report_that_says_the_same_of_its_hand_in_is_not_recorded_again(course):
    """Marked again from its transcript after a change of ours, a report has another digest, and a gradebook no work."""
    groups = synthetic_reports(course, "toy", 2)
    record(course, "toy", groups)
    folder = course.report("toy", groups[0])
    keep_report(folder, replace(stored_report(folder), digest="ab" * 32))
    assert Recorded() == record(course, "toy", groups)


@pytest.fixture
def booked(course) -> tuple[Course, list[str]]:
    """A course with four groups recorded."""
    groups = synthetic_reports(course, "toy", 4)
    record(course, "toy", groups)
    return course, groups


def test_page_follows_what_a_person_marked_and_what_was_deleted(course, pages):
    """A manual mark, and a page that is gone, change that group's page and no other; the mark stays, and counts."""
    groups = synthetic_reports(course, "toy", 5)
    assert Recorded(tuple(groups), tuple(groups)) == record(course, "toy", groups)
    assert Recorded() == record(course, "toy", groups)
    by_hand(course)
    (course.feedback("toy", groups[0]) / "toys.html").unlink()
    assert Recorded((), (groups[0], "group0002")) == record(course, "toy", groups)
    text = (course.feedback("toy", "group0002") / "toys.html").read_text("utf-8")
    assert "by a person" in text
    assert "Well &lt;b&gt;tried&lt;/b&gt;." in text
    with Gradebook(url_of(course)) as book:
        grade = book.find_grade("half", "toys", "toy", "group0002")
        assert (1.5, 0.5, False) == (grade.manual_score, grade.extra_credit, grade.needs_manual_grade)


def test_page_that_cannot_be_written_is_said_and_the_others_are(course, pages):
    """nbgrader's last words are given; the next call writes what is missing."""
    groups = synthetic_reports(course, "toy", 2)
    record(course, "toy", groups[:1])
    course.feedback("toy", groups[1]).parent.write_text("a file where a folder belongs", "utf-8")
    (course.feedback("toy", groups[0]) / "toys.html").unlink()
    with pytest.raises(Refused, match="Not all feedback could be written"):
        record(course, "toy", groups)
    assert (course.feedback("toy", groups[0]) / "toys.html").is_file()
    course.feedback("toy", groups[1]).parent.unlink()
    assert Recorded((), (groups[1],)) == record(course, "toy", groups)


def test_what_was_deleted_is_noticed(booked):
    """A graded notebook, and the whole gradebook, come back."""
    course, groups = booked
    whole = everything(url_of(course))
    shutil.rmtree(course.autograded("toy", groups[1]))
    assert (groups[1],) == record(course, "toy", groups).marks
    (course.root / "gradebook.db").unlink()
    assert tuple(groups) == record(course, "toy", groups).marks
    assert whole == {**everything(url_of(course)), "course": whole["course"]}


def test_question_that_was_renamed_takes_its_place(booked):
    """The old cell leaves with its automatic marks, the new one has a mark or waits for one."""
    course, groups = booked
    rename(course, "total", "sum")
    make_release(course, "toy")
    with pytest.raises(Refused, match="The report on group0000 is not one on the week's questions as they are now"):
        record(course, "toy", groups)
    report = course.report("toy", groups[0])
    notebook = report / "notebook.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace('"total"', '"sum"'), "utf-8")
    change_report(report, '"total"', '"sum"')
    record(course, "toy", groups[:1])
    with Gradebook(url_of(course)) as book:
        assert {"double", "half", "colour", "sum"} == {
            cell.name for cell in book.find_notebook("toys", "toy").grade_cells
        }
        assert 6 == book.find_assignment("toy").max_score
        assert book.find_grade("sum", "toys", "toy", groups[1]).needs_manual_grade
        assert not book.find_grade("sum", "toys", "toy", groups[0]).needs_manual_grade


def test_marks_of_a_person_are_not_thrown_away_with_a_question(booked):
    """A question with manual marks cannot leave; nothing is changed, and the sentence says what to do."""
    course, groups = booked
    by_hand(course)
    before = everything(url_of(course))
    rename(course, "half", "halves")
    with pytest.raises(
        Refused, match=r"The cell 'half' has left the week, but a person gave marks .* to group0002: give"
    ):
        record(course, "toy", groups)
    assert before == everything(url_of(course))


def kill(course: Course, groups: list[str], module: object, name: str, call: int) -> int | None:
    """Record in a process that is killed at the so-manieth call of a function; gives how it ended."""

    def dying() -> None:
        calls, real = [0], getattr(module, name)

        def counted(*given: object, **named: object) -> object:
            calls[0] += 1
            if calls[0] == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        recording.BATCH = 2
        setattr(module, name, counted)
        record(course, "toy", groups)

    process = multiprocessing.get_context("fork").Process(target=dying)
    process.start()
    process.join()
    return process.exitcode


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        (entries, "write_autograded", 3),
        (entries, "add_submissions", 2),
        (entries, "_update_comments", 3),
        (recording, "keep", 2),
        (recording, "reapply", 1),
        (recording, "write_pages", 1),
    ],
)
def test_kill_at_any_step_loses_nothing(course, module, name, call):
    """The next call completes what a killed one began: the same gradebook, notebooks and pages."""
    groups = synthetic_reports(course, "toy", 5)
    twin = course.root.parent / "twin"
    shutil.copytree(course.root, twin)
    assert -signal.SIGKILL == kill(course, groups, module, name, call)
    record(course, "toy", groups)
    record(Course(twin), "toy", groups)
    assert everything(url_of(Course(twin))) == everything(url_of(course))
    assert files(twin / "autograded") == files(course.root / "autograded")
    assert not list(course.root.glob("autograded/*/.*"))


def test_locked_gradebook_is_one_sentence_and_nothing_is_lost(course, monkeypatch):
    """Another program holds the database: refused; afterwards the same call does it all."""
    groups = synthetic_reports(course, "toy", 2)
    monkeypatch.setenv("NBVIVA_DB", "sqlite:///gradebook.db?timeout=0.1")
    holder = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused, match=r"^The gradebook is in use by another program: let that .* afterwards\.$"):
        record(course, "toy", groups)
    holder.rollback()
    holder.close()
    assert tuple(groups) == record(course, "toy", groups).marks


def test_full_disk_is_one_sentence_and_nothing_is_lost(course, monkeypatch):
    """Whether the database has no room or the files have none."""
    groups = synthetic_reports(course, "toy", 30)

    def small(connection: sqlite3.Connection, _: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    event.listen(Engine, "connect", small)
    try:
        with pytest.raises(Refused, match="There is no room left for the gradebook"):
            record(course, "toy", groups)
    finally:
        event.remove(Engine, "connect", small)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(entries, "write_autograded", full)
        with pytest.raises(Refused, match="The disk is full: make room where the course lies"):
            record(course, "toy", groups)
    assert tuple(groups) == record(course, "toy", groups).marks


def test_group_without_a_report_is_said(course):
    with pytest.raises(Refused, match="There is no report on zoe: run 'nbviva grade toy'"):
        record(course, "toy", ["zoe"])


def test_links_in_a_hand_in_are_not_followed(course, pages):
    """The time and the secret of a hand-in are files of it."""
    (group,) = synthetic_reports(course, "toy", 1)
    stamp = course.submitted("toy", group) / "timestamp.txt"
    stamp.unlink()
    stamp.symlink_to("/etc/hostname")
    (stamp.parent / "submission_secret.txt").write_text("secret of the exchange", "utf-8")
    record(course, "toy", [group])
    assert ["submission_secret.txt", "toys.ipynb"] == sorted(p.name for p in course.autograded("toy", group).iterdir())
    assert (course.feedback("toy", group) / "submission_secret.txt").is_file()


def test_mark_of_our_own_fault_waits_for_a_person(course):
    """An error has no automatic mark; a comment on a cell that was left as released is nbgrader's."""
    (group,) = synthetic_reports(course, "toy", 1)
    path = course.report("toy", group) / "notebook.ipynb"
    notebook = nbformat.read(path, as_version=4)
    from nbgrader.utils import compute_checksum

    (cell,) = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "half_answer"]
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    nbformat.write(notebook, path)
    change_report(course.report("toy", group), '"points": 0.0', '"points": null')
    record(course, "toy", [group])
    with Gradebook(url_of(course)) as book:
        assert "No response." == book.find_comment("half_answer", "toys", "toy", group).comment
        grade = book.find_grade("half", "toys", "toy", group)
        assert (None, True) == (grade.auto_score, grade.needs_manual_grade)


def test_deadline_is_set_in_the_database_of_the_environment(course, database):
    """The release's deadline goes where NBVIVA_DB says, and not into gradebook.db."""
    url = database("deadline")
    (course.root / "gradebook.db").unlink()
    set_deadline(course, "toy")
    assert "datetime.datetime(2024, 1, 8, 19, 0)" in everything(url)["assignment"][0]
    assert not (course.root / "gradebook.db").exists()


def test_nbgraders_own_url_counts_where_the_environment_has_none(course, monkeypatch):
    monkeypatch.delenv("NBVIVA_DB", raising=False)
    assert f"sqlite:///{course.root}/gradebook.db" == db_url(course.root)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text("utf-8") + "c.CourseDirectory.db_url = 'postgresql://host/x'\n", "utf-8")
    assert "postgresql://host/x" == db_url(course.root)
    monkeypatch.setenv("NBVIVA_DB", "sqlite:///other.db")
    assert f"sqlite:///{course.root}/other.db" == db_url(course.root)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "NBVIVA_DB is no database's URL"),
        ("postgresql+psycopg://tester:hush@/none?host=/nowhere", "The gradebook cannot be used"),
        ("postgresql+nothing://host/x", "NBVIVA_DB is no database's URL"),
        ("mysql+pymysql://host/x", "needs the Python package pymysql"),
    ],
)
def test_database_that_is_not_there_is_one_sentence(course, monkeypatch, url, sentence):
    """Whatever the URL says; a password in it is not repeated."""
    monkeypatch.setenv("NBVIVA_DB", url)
    with pytest.raises(Refused, match=sentence) as refused:
        set_deadline(course, "toy")
    assert "hush" not in str(refused.value)


def test_gradebook_has_the_row_that_page_processes_would_make(course, database):
    """Each opens it by its URL alone: two that made nbgrader's own course at the same time would stop each other."""
    database("first")
    record(course, "toy", synthetic_reports(course, "toy", 2))
    with opened(course) as book:
        names = set(book.db.scalars(select(Tables.Course.id)))
    assert OWN_COURSE in names


def test_points_of_the_class_are_kept_for_pages_where_the_week_allows_it(course):
    groups = synthetic_reports(course, "toy", 4)
    record(course, "toy", groups)
    assert not (course.root / ".nbviva/class").exists()
    toml = course.root / "graders/toy/assignment.toml"
    toml.write_text(f"{toml.read_text('utf-8')}\n[feedback]\nclass = true\n", "utf-8")
    record(course, "toy", groups)
    kept = json.loads((course.root / ".nbviva/class/toy.json").read_text("utf-8"))
    with opened(course) as book:
        rows = grade_rows(book, "toy")
    waiting = {row.group for row in rows if row.needs_person}
    points = {group: 0.0 for group in groups if group not in waiting}
    for row in rows:
        if row.group in points and row.cell != "colour":  # which gives extra points
            points[row.group] += row.score or 0.0
    assert sorted(points.values()) == kept
