"""What a group reads before it hands in: each thing that would cost points, and nothing where all is well."""

import json
import stat

import nbformat
import pytest
from pypdf import PdfWriter

from nbviva.cli.exits import ExitCode
from nbviva.cli.main import main
from nbviva.errors import CourseError
from nbviva.handin.door import DESCRIPTION
from nbviva.precheck.description import find_description, read_description, write_description
from nbviva.precheck.look import look
from nbviva.verify.release import make_source
from nbviva.week.fields import FORM_NAME
from nbviva.week.source import release_template, source_notebook

ANSWERS = {
    "double_answer": "def double(x):\n    return 2 * x",
    "half_answer": "answer_half = 3.5",
    "colour_answer": "answer_colour = 'red'",
}
NAMES = "Name: Ann Muster Matriculation no.: 5512340"


@pytest.fixture(scope="module")
def source(new_course):
    """The toy week's source folder, with its description, and the course."""
    course = new_course()
    make_source(course, "toy")
    return course.source("toy"), course.week("toy")


@pytest.fixture
def handin(source, tmp_path):
    """Write a hand-in with the release's description into a folder: answers, names, outputs, and a sheet."""
    folder, week = source

    def write(answers=ANSWERS, names=NAMES, *, outputs=True, sheet=None):
        notebook = release_template(source_notebook(week))
        for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
            cell.execution_count = count
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = answers.get(name, cell.source)
            if name == "long" and outputs:
                cell.outputs = [nbformat.v4.new_output("stream", text="total 90\n")]
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(names))
        nbformat.write(notebook, tmp_path / "toys.ipynb")
        (tmp_path / DESCRIPTION).write_bytes((folder / DESCRIPTION).read_bytes())
        if sheet is not None:
            fill(folder / FORM_NAME, tmp_path / FORM_NAME, sheet)
        return tmp_path

    return write


def fill(form, target, values):
    writer = PdfWriter(clone_from=form)
    for page in writer.pages:
        writer.update_page_form_field_values(page, values)
    writer.write(target)


def looked(folder, *, running=False):
    return look(folder, read_description(find_description(folder)), running=running)


def missing(found):
    return [f"{remark.question}: {remark.sentence}" for remark in found.remarks if remark.missing]


@pytest.mark.slow
def test_a_right_hand_in_is_ready_and_no_false_alarm_is_given(handin):
    found = looked(handin(), running=True)
    assert ([], True, ("toys.ipynb",)) == (missing(found), found.ran, found.taken)
    assert found.is_ready


def test_a_right_hand_in_with_its_sheet_is_ready_without_a_run(handin):
    members = {"member_1_name": "Ann Muster", "member_1_number": "5512340"}
    found = looked(handin(sheet=members | {"answer_half": "3.5", "answer_colour": "/red"}))
    assert [] == missing(found)
    assert ("toys.ipynb", FORM_NAME) == found.taken


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"answers": ANSWERS | {"double_answer": ""}}, "1.1 Doubling: "),
        ({"answers": {k: v for k, v in ANSWERS.items() if k != "double_answer"}}, "1.1 Doubling: Nothing was written"),
        (
            {"answers": {k: v for k, v in ANSWERS.items() if k != "half_answer"}},
            "1.2 Half of seven: No answer was given",
        ),
        ({"outputs": False}, ": The cell 'long' has no output"),
        ({"names": "Name: Matriculation no.:"}, ": No member of the group is named"),
        ({"sheet": {"answer_half": "about three"}}, "1.2 Half of seven: "),
        ({"sheet": {"answer_half": "4.5"}}, "1.2 Half of seven: The notebook's `answer_half` is 3.5"),
    ],
    ids=[
        "empty cell",
        "untouched",
        "no answer",
        "no output",
        "no name",
        "words in a field",
        "disagreement",
    ],
)
def test_what_would_cost_points_is_named(handin, changes, sentence):
    found = looked(handin(**changes))
    assert any(sentence in said for said in missing(found)), missing(found)
    assert not found.is_ready


@pytest.mark.slow
def test_a_run_names_what_fails_and_what_does_not_exist(handin):
    found = looked(handin(ANSWERS | {"double_answer": "def twice(x):\n    return 2 * x"}), running=True)
    said = missing(found)
    assert "1.1 Doubling: A visible test fails: NameError: name 'double' is not defined." in said
    assert "1.1 Doubling: `double` does not exist when the notebook has run: no cell defines it." in said


def test_the_description_gives_nothing_away(source):
    folder, week = source
    text = (folder / DESCRIPTION).read_text("utf-8")
    for word in ("### BEGIN", "twice_as_much", "double_doubles", "examine_here", "secret"):
        assert word not in text
    data = json.loads(text)
    assert data["assignment"]["title"] == week.assignment.title
    assert write_description(week, folder).read_text("utf-8") == text


def test_who_may_read_the_notebook_may_read_the_description(source):
    folder, week = source
    for mode in (0o664, 0o640):
        (folder / "toys.ipynb").chmod(mode)
        assert mode == stat.S_IMODE(write_description(week, folder).stat().st_mode)


def test_files_lie_as_they_like_and_the_fingerprint_is_the_same(handin, tmp_path):
    folder = handin()
    before = looked(folder).fingerprint
    (folder / "Abgabe").mkdir()
    (folder / "toys.ipynb").rename(folder / "Abgabe" / "toys (1).ipynb")
    assert before == looked(folder).fingerprint


@pytest.mark.parametrize("text", [None, "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_without_a_good_description_one_sentence_says_what_to_do(tmp_path, text):
    folder = tmp_path / "empty"
    folder.mkdir()
    if text is not None:
        (folder / DESCRIPTION).write_text(text)
    with pytest.raises(CourseError, match=r"release|newer"):
        looked(folder)


def test_the_command_says_ready_or_what_is_missing_by_its_exit_code(handin, monkeypatch, capsys):
    folder = handin(outputs=False)
    monkeypatch.setattr("sys.argv", ["nbviva", "check", str(folder), "--no-run"])
    with pytest.raises(SystemExit) as left:
        main()
    out = capsys.readouterr().out
    assert ExitCode.PERSON == left.value.code
    assert "Not ready to hand in: 1 thing to mend." in out
    folder = handin()
    monkeypatch.setattr("sys.argv", ["nbviva", "check", str(folder), "--no-run"])
    with pytest.raises(SystemExit) as left:
        main()
    assert 0 == left.value.code
    assert "Ready to hand in." in capsys.readouterr().out
