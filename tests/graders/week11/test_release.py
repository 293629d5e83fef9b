"""What is generated from week 11: fresh, complete, and with nothing of the examiner's in it."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from pypdf import PdfReader

import graders.week11
from nbviva.course import Course
from nbviva.secret import secret_of
from nbviva.verify.leaks import find_leaks
from nbviva.verify.release import make_release
from nbviva.week.source import release_template, source_notebook, write_source
from nbviva.week.week import load

FOLDER = Path(next(iter(graders.week11.__path__)))
COURSE = Course.find(FOLDER)
WEEK = load(FOLDER)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The release's notebook in a folder of its own, as text on disk."""
    folder = tmp_path_factory.mktemp("release")
    nbformat.write(release_template(source_notebook(WEEK)), folder / "neural_networks.ipynb")
    return folder


def test_the_committed_source_notebook_is_fresh(tmp_path):
    (written,) = write_source(WEEK, tmp_path)
    assert written.read_text("utf-8") == (COURSE.source("week11") / "neural_networks.ipynb").read_text("utf-8")


def test_the_committed_release_is_fresh(tmp_path):
    """Bytes are the same, but of the sheet, which may be drawn otherwise elsewhere, text and fields."""
    for name in ("graders", "source", "nbgrader_config.py"):
        place = COURSE.root / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, tmp_path / name)
    made = {path.name: path for path in make_release(Course(tmp_path), "week11")}
    committed = COURSE.root / "release" / "week11"
    assert {"neural_networks.ipynb", "nbviva.json", "requirements.txt", "exercise_sheet.pdf"} <= made.keys()
    texts = [name for name in made if not name.endswith((".pdf", ".tsv"))]
    assert {name: made[name].read_bytes() for name in texts} == {n: (committed / n).read_bytes() for n in texts}
    assert seen(made["exercise_sheet.pdf"]) == seen(committed / "exercise_sheet.pdf")


def seen(path):
    """Give the text of each page of a PDF, and its fields with their kinds."""
    reader = PdfReader(path)
    fields = reader.get_fields() or {}
    return [" ".join(page.extract_text().split()) for page in reader.pages], {
        k: v.get("/FT") for k, v in fields.items()
    }


def test_the_sheet_has_15_points_and_5_extra():
    assert (15, 5) == (WEEK.assignment.maximum, WEEK.assignment.extra)


def test_the_deadline_is_that_of_the_sheet():
    assert "2024-06-21T23:00:00+02:00" == WEEK.assignment.due.isoformat()


def test_the_release_gives_nothing_away(release):
    assert [] == list(find_leaks(WEEK, release, secret_of(COURSE.root)))


def test_no_solution_or_hidden_test_is_left(release):
    text = (release / "neural_networks.ipynb").read_text("utf-8")
    assert [] == re.findall("BEGIN SOLUTION|BEGIN HIDDEN|examine_here|graders", text)


def test_the_public_data_hold_no_hidden_sequence(release):
    folder = FOLDER / ".data"
    public, hidden = (set(re.findall("[ACGT]{100,}", (folder / f"{n}.tsv").read_text())) for n in ("public", "hidden"))
    assert 3000 == len(public) == len(hidden)
    assert set() == public & hidden


def test_students_get_the_versions_of_the_lock_file():
    lock = (COURSE.root / "requirements.lock").read_text("utf-8").splitlines()
    wanted = [line for line in (FOLDER / "requirements.txt").read_text("utf-8").splitlines() if "==" in line]
    assert [] == [line for line in wanted if line not in lock]


def test_code_cells_stay_short():
    cells = [cell for cell in source_notebook(WEEK).cells if cell.cell_type == "code"]
    visible = [re.sub("\n### BEGIN HIDDEN.*", "", cell.source, flags=re.DOTALL) for cell in cells]
    assert [] == [text for text in visible if len([line for line in text.splitlines() if line.strip()]) > 24]
