"""The search for secrets reads what files hold, however it is packed."""

import gzip
import io
import json
import zipfile

import nbformat
import pikepdf
import pytest

from nbviva.verify.leaks import find_leaks, secrets_of, texts_of
from nbviva.verify.release import make_source
from nbviva.week.source import release_template, source_notebook

SECRET = b"a secret for tests"
LINE = 'total = sum(as_number(student.double(n), name="double(n)") for n in numbers)'
SEQUENCE = "ACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCATTTACGCG"


@pytest.fixture
def release(course):
    """A release folder with the notebook and the sheet that students get."""
    make_source(course, "toy")
    folder = course.release("toy")
    folder.mkdir(parents=True)
    template = release_template(source_notebook(course.week("toy")))
    (folder / "toys.ipynb").write_text(nbformat.writes(template), "utf-8")
    (folder / "exercise_sheet.pdf").write_bytes((course.source("toy") / "exercise_sheet.pdf").read_bytes())
    return folder


def leaks(course, release):
    """Give what the search finds."""
    return list(find_leaks(course.week("toy"), release, SECRET))


def test_an_honest_release_with_its_sheet_is_accepted(course, release):
    assert [] == leaks(course, release)


def changed(release, change):
    """Change the released notebook."""
    path = release / "toys.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    path.write_text(nbformat.writes(notebook), "utf-8")


def test_a_secret_in_the_metadata_is_found(course, release):
    changed(release, lambda notebook: notebook.metadata.update({"note": f"x\n{LINE}\n"}))
    assert [f"the line '{LINE[:60]}' in toys.ipynb"] == leaks(course, release)


def test_a_secret_in_one_long_line_of_json_is_found(course, release):
    (release / "a.json").write_text(json.dumps({"cells": [f"import os\n{LINE}\nx = 1\n"]}), "utf-8")
    assert [f"the line '{LINE[:60]}' in a.json"] == leaks(course, release)


def test_outputs_are_found(course, release):
    changed(
        release,
        lambda notebook: notebook.cells[2].update(outputs=[nbformat.v4.new_output("stream", text="3.5\n")]),
    )
    assert ["outputs of a run under the cell 'double_answer' in toys.ipynb"] == leaks(course, release)


def test_a_solution_too_short_to_be_telling_is_found_in_its_cell(course, release):
    def solve(notebook):
        (cell,) = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "colour_answer"]
        cell.source = 'answer_colour = "red"'

    changed(release, solve)
    assert ["more than the template's text in the cell 'colour_answer' in toys.ipynb"] == leaks(course, release)


def pdf(release, change):
    """Change the released sheet."""
    path = release / "exercise_sheet.pdf"
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        change(document)
        document.save(path)


def test_a_secret_in_a_compressed_stream_of_the_sheet_is_found(course, release):
    pdf(release, lambda document: document.make_stream(f"% {SECRET.decode()}".encode()))
    with pikepdf.open(release / "exercise_sheet.pdf", allow_overwriting_input=True) as document:
        document.Root.Extra = document.make_stream(f"(({SECRET.decode()}))".encode())
        document.save(release / "exercise_sheet.pdf", compress_streams=True)
    assert b"secret for tests" not in (release / "exercise_sheet.pdf").read_bytes()
    assert ["the course's secret in exercise_sheet.pdf"] == leaks(course, release)


def test_a_secret_in_the_metadata_of_the_sheet_is_found(course, release):
    pdf(release, lambda document: document.docinfo.update({"/Subject": SECRET.decode()}))
    assert ["the course's secret in exercise_sheet.pdf"] == leaks(course, release)


def test_what_the_sheet_shows_is_read(course, release):
    assert any("What is half of seven?" in text for text in texts_of(release / "exercise_sheet.pdf"))


def test_a_file_of_the_examiner_is_found_by_its_name(course, release):
    (release / "checks.py").write_text("", "utf-8")
    (release / "gradebook.db").write_text("", "utf-8")
    assert ["the examiner's file checks.py", "the examiner's file gradebook.db"] == leaks(course, release)


def hide(course):
    """Give the toy week hidden data."""
    folder = course.root / "graders/toy/.data"
    folder.mkdir()
    (folder / "hidden.csv").write_text(f"{SEQUENCE},1\n", "utf-8")


def test_hidden_data_cut_into_lines_are_found(course, release):
    hide(course)
    (release / "x.fasta").write_text(f">1\n{SEQUENCE[:20]}\n{SEQUENCE[20:40]}\n{SEQUENCE[40:]}\n", "utf-8")
    assert ["1 items of the hidden data in x.fasta"] == leaks(course, release)


def test_hidden_data_in_packed_files_are_found(course, release):
    hide(course)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.csv", f"{SEQUENCE},1\n")
    (release / "a.zip").write_bytes(packed.getvalue())
    (release / "b.csv.gz").write_bytes(gzip.compress(f"{SEQUENCE},1\n".encode()))
    assert [f"1 items of the hidden data in {name}" for name in ("a.zip", "b.csv.gz")] == leaks(course, release)


def test_a_line_that_a_page_of_feedback_colours_is_found(course, tmp_path):
    spans = "".join(f"<span>{word}</span> " for word in LINE.replace('"', "&quot;").split())
    page = tmp_path / "toys.html"
    page.write_text(f"<!DOCTYPE html><html><pre>\n{spans}\n</pre></html>", "utf-8")
    secrets = secrets_of(course.week("toy"), SECRET)
    found = [leak for text in texts_of(page) for leak in secrets.in_text(text, page.name)]
    assert [f"the line '{LINE[:60]}' in toys.html"] == found
