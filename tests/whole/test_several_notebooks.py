"""A week of two notebooks goes the whole way: each has a kernel of its own, and all is one hand-in with one report."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from nbviva.course import Course
from nbviva.errors import SpecError
from nbviva.grading.reports import stored_report
from nbviva.handin.door import open_handin
from nbviva.notebooks import grade_id, is_answer
from nbviva.sandbox.provisioner import refusal
from nbviva.verify.verify import VerifyOptions, verify
from nbviva.week.source import release_template, source_notebooks

PAIR = Path(__file__).parents[1] / "pair"
FULL = {"scale": 2.0, "fit": 1.0, "steps": 3.0, "colour": 1.0}
needs_sandbox = pytest.mark.skipif(refusal() is not None, reason=str(refusal()))


def pair(root):
    """Give a course with the week of two notebooks."""
    shutil.copytree(PAIR, root, ignore=shutil.ignore_patterns("__pycache__"))
    return Course(root)


def hand_in(course, group, **texts):
    """Hand in both notebooks for a group, solved, with some cells' texts replaced."""
    folder = course.submitted("pair", group)
    folder.mkdir(parents=True)
    for name, source in source_notebooks(course.week("pair")).items():
        blank = release_template(source)
        for cell, original in zip(blank.cells, source.cells, strict=True):
            known = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            cell.source = texts.get(known, original.source if is_answer(cell) else cell.source)
            if known == "long":
                cell.outputs = [nbformat.v4.new_output("stream", text="R2: 0.5\n")]
        nbformat.write(blank, folder / f"{name}.ipynb")
    return folder


def points(course, group):
    """Give the points of a stored report."""
    return {mark.question: mark.points for mark in stored_report(course.report("pair", group)).marks}


def details(course, group):
    """Give what each check said."""
    return {verdict.check: verdict.detail for verdict in stored_report(course.report("pair", group)).verdicts}


def booked(course, group):
    """Give a group's automatic marks in the gradebook, by notebook and cell."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        return {
            (notebook.name, grade.name): grade.auto_score
            for notebook in book.find_submission("pair", group).notebooks
            for grade in notebook.grades
        }


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A released week of two notebooks, and four hand-ins."""
    course = pair(tmp_path_factory.mktemp("pair") / "course")
    hand_in(course, "ada")
    hand_in(course, "ben", steps_answer="steps = range")
    hand_in(course, "cleo", scale_answer="import os\nos._exit(3)")
    (hand_in(course, "dan") / "theory.ipynb").unlink()
    return course


@needs_sandbox
def test_the_whole_way(course, program):
    """source, release, grade, nbgrader's commands, class report and regrade."""
    for command in (("source",), ("release",), ("grade",), ("report",)):
        done = program(course, "nbviva", command[0], "pair", *command[1:])
        assert done.returncode == 0, done.stderr + done.stdout
    released = {path.name for path in course.release("pair").iterdir()}
    assert released == {"models.ipynb", "theory.ipynb", "nbviva.json", "exercise_sheet.pdf"}
    assert points(course, "ada") == FULL
    assert points(course, "ben") == {**FULL, "steps": 0.0}
    assert points(course, "cleo") == {**FULL, "scale": 0.0, "fit": 0.0}, "the other notebook's kernel is another one"
    assert points(course, "dan") == {**FULL, "steps": 0.0, "colour": 0.0}
    assert booked(course, "ben")["theory", "steps"] == 0.0
    assert booked(course, "ben")["models", "scale"] == 2.0
    before = {group: booked(course, group) for group in ("ada", "ben", "cleo", "dan")}
    for command in (("autograde", "pair", "--force"), ("generate_feedback", "pair", "--force")):
        done = program(course, "nbgrader", *command)
        assert done.returncode == 0, done.stderr
    assert {group: booked(course, group) for group in before} == before
    pages = {page.name: page.read_text("utf-8") for page in course.feedback("pair", "ben").glob("*.html")}
    assert set(pages) == {"models.html", "theory.html"}
    assert "Scaling" in pages["models.html"]
    assert "Scaling" not in pages["theory.html"]
    assert "This page is about theory.ipynb alone; for the others see models.html." in pages["theory.html"]
    text = (course.root / "reports/pair/index.html").read_text("utf-8")
    assert "theory.ipynb was not handed in." in text
    done = program(course, "nbviva", "regrade", "pair")
    assert "4 hand-ins: 0 gain, 0 lose, 0 get other words only, 0 run again" in done.stdout


@needs_sandbox
def test_each_notebook_is_asked_in_its_own_kernel(course, program):
    """A fixture is made for each notebook whose checks use it, and asks that one."""
    program(course, "nbviva", "grade", "pair", "ada")
    said = details(course, "ada")
    assert said["scale_doubles"] == "In this notebook the factor is 2."
    assert said["steps_are_multiples"] == "In this notebook the factor is 3."
    shown = program(course, "nbviva", "show", "pair", "ada").stdout
    assert shown.count("scale(1)") == 2


@needs_sandbox
def test_a_mended_check_is_asked_of_the_transcripts_of_both(tmp_path, program):
    """Without a kernel: what one notebook answered is not the other's answer."""
    course = pair(tmp_path / "course")
    hand_in(course, "ada")
    assert program(course, "nbviva", "grade", "pair").returncode == 0
    path = course.root / "graders/pair/checks.py"
    path.write_text(path.read_text("utf-8").replace("int(factor) * i", "(int(factor) + 1) * i"), "utf-8")
    done = program(course, "nbviva", "regrade", "pair")
    assert "1 hand-in: 0 gain, 1 lose, 0 get other words only, 0 run again" in done.stdout
    assert "2.1 Steps: 3 -> 0" in done.stdout


@needs_sandbox
def test_verify_finds_the_week_fair(tmp_path):
    """Reference, blank, mutants, alternatives, chance: each notebook by itself."""
    rows = {
        row.row: row for row in verify(pair(tmp_path / "course"), "pair", VerifyOptions(workers=0, repeats=2), print)
    }
    assert {name: row.defects for name, row in rows.items() if row.defects} == {}
    assert rows["marks"].summary == "reference 6 of 6, extra 1; blank 0 of 6, extra 0"
    assert rows["mutants"].summary == "4 of 4 are caught by the checks that they name"
    assert "35 of 35 wrong ones are caught" in rows["generated mutants"].summary


def framed(course, group):
    """Give what stands in the answer cells of a hand-in's notebooks, and what is said of these."""
    handin = open_handin(course, course.week("pair"), group)
    cells = {grade_id(cell): cell.source for one in handin.framed().values() for cell in one.notebook.cells}
    return cells, handin.notes, [doubt.sentence for doubt in handin.doubts]


def test_notebooks_with_other_names_are_known_by_what_is_in_them(tmp_path):
    course = pair(tmp_path / "course")
    folder = hand_in(course, "ada", scale_answer="scale = 1", steps_answer="steps = 2")
    (folder / "theory.ipynb").rename(folder / "a.ipynb")
    (folder / "models.ipynb").rename(folder / "b.ipynb")
    cells, notes, doubts = framed(course, "ada")
    assert (cells["scale_answer"], cells["steps_answer"], doubts) == ("scale = 1", "steps = 2", [])
    assert "b.ipynb was taken as the notebook, where models.ipynb is expected." in notes


def test_no_notebook_is_taken_for_another(tmp_path):
    """One that is missing is missing, whatever the other one is called and whatever lies beside it."""
    course = pair(tmp_path / "course")
    folder = hand_in(course, "ada")
    (folder / "theory.ipynb").unlink()
    (folder / "models.ipynb").rename(folder / "mine.ipynb")
    shutil.copy(course.root / "graders/pair/sheet.typ", folder / "exercise_sheet.pdf")
    handin = open_handin(course, course.week("pair"), "ada")
    assert [one.absent for one in handin.framed().values()] == ["", "theory.ipynb was not handed in."]


def test_plain_nbgrader_asks_the_right_checks(tmp_path, monkeypatch):
    """The hidden cell of a question runs its checks on its own notebook's names."""
    from nbviva.here import Failed, examine_here

    course = pair(tmp_path / "course")
    monkeypatch.chdir(course.root)
    examine_here("pair", "steps", {"scale": lambda x: 3 * x, "steps": lambda n: [3 * i for i in range(n)]})
    with pytest.raises(Failed, match="multiples of three"):
        examine_here("pair", "steps", {"scale": lambda x: 3 * x, "steps": lambda n: [1] * n})


def test_nbviva_check_looks_at_both(tmp_path, program):
    """The release's description has both notebooks; one that is missing is told."""
    course = pair(tmp_path / "course")
    folder = hand_in(course, "ada", scale_answer="def scale(x):\n    return 3 * x")
    assert program(course, "nbviva", "source", "pair").returncode == 0
    shutil.copy(course.source("pair") / "nbviva.json", folder)
    assert set(json.loads((folder / "nbviva.json").read_text("utf-8"))["notebooks"]) == {"models", "theory"}
    done = program(course, "nbviva", "check", str(folder))
    assert "models.ipynb, theory.ipynb will be taken" in done.stdout
    assert "1.1 Scaling: A visible test fails: AssertionError." in done.stdout
    assert "Steps" not in done.stdout
    (folder / "theory.ipynb").unlink()
    done = program(course, "nbviva", "check", str(folder), "--no-run")
    assert "theory.ipynb was not handed in." in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "checks.py",
            '@check("colour")',
            '@check("colour", needs=[scale_doubles])',
            "may need checks of its own notebook",
        ),
        (
            "assignment.toml",
            'notebook = "theory"\npoints = 3',
            "points = 3",
            "must say in which notebook its cell stands",
        ),
        ("assignment.toml", '["models", "theory"]', '["models", "models"]', "must have names that differ"),
        ("assignment.toml", '["models", "theory"]', '["models", "../theory"]', "of letters, digits, _ and -"),
        ("assignment.toml", '["models", "theory"]', "[]", "must be the name of a notebook, or a list of names"),
        ("assignment.toml", '{ cell = "long"', '{ cell = "thirds"', "notebooks/models.py has no cell 'thirds'"),
        (
            "notebooks/theory.py",
            'given="thirds"',
            'given="long"',
            "notebooks/models.py and notebooks/theory.py both have",
        ),
        ("notebooks/theory.py", 'test="steps"', 'test="stops"', "notebooks/theory.py has a cell test"),
        ("notebooks/theory.py", '# %% test="steps"', "# %%", "notebooks/theory.py has no test cell for steps"),
    ],
)
def test_what_does_not_fit_is_one_sentence(tmp_path, file, old, new, sentence):
    course = pair(tmp_path / "course")
    path = course.root / "graders/pair" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(SpecError, match=re.escape(sentence)):
        source_notebooks(course.week("pair"))


def test_a_missing_text_is_named(tmp_path):
    course = pair(tmp_path / "course")
    (course.root / "graders/pair/notebooks/theory.py").unlink()
    with pytest.raises(SpecError, match=r"theory\.py is missing: the text of the notebook 'theory' stands there"):
        source_notebooks(course.week("pair"))
