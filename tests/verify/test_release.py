"""The release: what is in it, and that the search finds what must not be."""

import json

import nbformat
import pytest

from nbviva.errors import Refused
from nbviva.verify.leaks import find_leaks
from nbviva.verify.release import make_release, make_source
from nbviva.week.source import release_template, source_notebook

SECRET = b"a secret for tests"
SEQUENCE = "ACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCA"


@pytest.fixture
def release(course):
    """A release folder with the notebook that students get."""
    folder = course.release("toy")
    folder.mkdir(parents=True)
    template = release_template(source_notebook(course.week("toy")))
    (folder / "toys.ipynb").write_text(nbformat.writes(template), "utf-8")
    return folder


def leaks(course, release):
    """Give what the search finds."""
    return list(find_leaks(course.week("toy"), release, SECRET))


def add_cell(release, source):
    """Put one more cell into the released notebook."""
    path = release / "toys.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    path.write_text(nbformat.writes(notebook), "utf-8")


def test_honest_release_is_accepted(course, release):
    """A notebook without solutions and a data file of public items hold nothing secret."""
    (release / "data").mkdir()
    (release / "data" / "public.csv").write_text("TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT,1\n", "utf-8")
    (release / "sheet.pdf").write_bytes(b"%PDF-1.7 \xff\xfe\x00")
    assert leaks(course, release) == []


def test_line_of_a_solution_is_found(course, release):
    """A solution that also stands outside its region is found, however it is indented or escaped."""
    path = course.root / "graders/toy/notebook.py"
    line = 'twice_as_much = "two" and x + x'
    path.write_text(path.read_text("utf-8").replace("twice_as_much = 2 * x", line), "utf-8")
    add_cell(release, f"def f(x):\n        {line}\n        return 1")
    assert leaks(course, release) == [f"the line '{line}' in toys.ipynb"]


def test_line_of_a_check_is_found(course, release):
    """A line of the examiner's own files is found in a notebook and in any other file."""
    line = 'total = sum(as_number(student.double(n), name="double(n)") for n in numbers)'
    add_cell(release, line)
    (release / "notes.txt").write_text(f"1. {line}\n    {line}\n", "utf-8")
    found = [f"the line '{line[:60]}' in {name}" for name in ("notes.txt", "toys.ipynb")]
    assert found == sorted(leaks(course, release))


def test_hidden_test_is_found(course, release):
    """A call of the examiner that was not stripped is found."""
    add_cell(release, 'examine_here("toy", "double", globals())')
    assert "examine_here" in leaks(course, release)[0]


def test_hidden_data_is_found(course, release):
    """One hidden item in a file of the release is enough."""
    hidden = course.root / "graders/toy/.data"
    hidden.mkdir()
    (hidden / "hidden.csv").write_text(f"{SEQUENCE},1\n{SEQUENCE[::-1]},0\n", "utf-8")
    (release / "table.json").write_text(json.dumps({"x": [SEQUENCE]}), "utf-8")
    assert leaks(course, release) == ["1 items of the hidden data in table.json"]


def test_secret_is_found(course, release):
    """The secret that questions are drawn from must not be in any file."""
    (release / "readme.txt").write_text("this is a secret for tests\n", "utf-8")
    assert leaks(course, release) == ["the course's secret in readme.txt"]


def test_release_with_a_leak_is_removed(course):
    """A leaking release is refused with what leaks and is not left behind."""
    path = course.root / "graders/toy/notebook.py"
    path.write_text(path.read_text("utf-8") + "\n# %%\ntwice_as_much = 2 * 3 + 2 * 4 * 5\n", "utf-8")
    text = path.read_text("utf-8").replace("twice_as_much = 2 * x", "twice_as_much = 2 * 3 + 2 * 4 * 5")
    path.write_text(text, "utf-8")
    with pytest.raises(Refused, match="gives away: the line 'twice_as_much = 2"):
        make_release(course, "toy")
    assert not course.release("toy").exists()


def test_files_of_the_week_are_copied(course):
    """What assignment.toml lists beside the notebook is in the source folder."""
    path = course.root / "graders/toy/assignment.toml"
    path.write_text('files = { "data/toys.csv" = "toys.csv" }\n' + path.read_text("utf-8"), "utf-8")
    (course.root / "graders/toy/toys.csv").write_text("1,2\n", "utf-8")
    make_source(course, "toy")
    assert (course.source("toy") / "data/toys.csv").read_text("utf-8") == "1,2\n"
