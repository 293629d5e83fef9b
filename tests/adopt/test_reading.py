"""An adopted week is read from its source notebooks and its entry alone."""

from datetime import datetime

import nbformat
import pytest

from nbviva.adopt.adoption import AdoptedCell, Adoption, BothMarks, adoption_path, adoption_text, read_adoption
from nbviva.adopt.markers import Markers
from nbviva.adopt.reading import fingerprints, source_texts
from nbviva.errors import CourseError, SpecError
from nbviva.files import write
from nbviva.grading.examine import Examination
from nbviva.kernel.student import local_student
from nbviva.secret import draw_of
from nbviva.week.source import frames, hidden_parts, releases
from nbviva.week.spec import CellState
from tests.ordinary.course import make_course

DUE = datetime(2026, 11, 30, 12)  # noqa: DTZ001 - local time, as a person writes it


@pytest.fixture
def ordinary(tmp_path):
    """An ordinary course, both weeks adopted as they are, unmeasured."""
    course = make_course(tmp_path)
    for week in ("ps1", "ps2"):
        adoption = Adoption(week, fingerprints(source_texts(course.source(week))))
        write(adoption_path(course.root, week), adoption_text(adoption))
    return course


def edit(course, change):
    """Change the source notebook of the first week."""
    path = course.source("ps1") / "numbers.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, path)


def test_every_graded_cell_is_a_question(ordinary):
    """Tests are sandboxed; answers and tasks are a person's."""
    found = {q.name: (q.points, q.state) for q in ordinary.assignment("ps1").questions}
    assert found["square_test"] == (2.0, CellState.SANDBOXED)
    assert [name for name, (_, state) in found.items() if state is CellState.MANUAL] == ["essay", "drawn", "project"]
    assert ordinary.assignment("ps1").maximum == 20
    assert [check.name for check in ordinary.week("ps1").checks] == list(found)


def test_cells_of_several_notebooks_have_their_notebooks_names(ordinary):
    """nbgrader's names are unique in a notebook only."""
    assignment = ordinary.assignment("ps2")
    assert assignment.notebooks == ("arrays", "text")
    assert assignment.questions[0].name == "arrays/ramp_test"
    assert assignment.files == (("helper.py", "helper.py"), ("poem.txt", "poem.txt"))


def test_the_frame_has_hidden_tests_and_the_release_has_none(ordinary):
    """Solutions are in neither."""
    week = ordinary.week("ps1")
    frame, release = ("\n".join(c.source for c in one(week)["numbers"].cells) for one in (frames, releases))
    assert "negative numbers" in frame
    assert not any(text in release for text in ("negative numbers", "MARK SCHEME", "return n * n"))
    assert "return n * n" not in frame
    assert any("negative numbers" in text for text in hidden_parts(week))


def test_a_week_whose_notebook_changed_is_not_marked(ordinary):
    """One sentence says so; outputs and a saved notebook change nothing."""
    edit(ordinary, lambda cells: cells[1].update(outputs=[nbformat.v4.new_output("stream", text="1")]))
    ordinary.require_as_adopted("ps1")
    edit(ordinary, lambda cells: cells[3].update(source="assert True"))
    with pytest.raises(CourseError, match=r"The source of ps1 has changed since it was adopted \(numbers.ipynb\)"):
        ordinary.require_as_adopted("ps1")


def test_an_assignment_that_is_not_adopted_says_what_to_do(tmp_path):
    """It is no week of ours yet."""
    with pytest.raises(CourseError, match="run 'nbviva adopt ps1' first"):
        make_course(tmp_path).week("ps1")


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({"schema_version": 1}, "nbgrader update"),
        ({"grade_id": "answer"}, "there twice"),
        ({"grade_id": "not a name"}, "is none"),
        ({"points": -1}, "no number from 0"),
    ],
)
def test_metadata_that_nbgrader_refuses_is_refused(ordinary, metadata, sentence):
    """With one sentence that names notebook and cell."""
    edit(ordinary, lambda cells: cells[3].metadata["nbgrader"].update(metadata))
    with pytest.raises(SpecError, match=sentence):
        ordinary.week("ps1")


def test_another_language_is_refused(ordinary):
    """Its test cells are not Python's."""
    path = ordinary.source("ps1") / "numbers.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec.language = "R"
    nbformat.write(notebook, path)
    with pytest.raises(SpecError, match="written in R"):
        ordinary.week("ps1")


def test_an_adoption_is_read_as_it_was_written(tmp_path):
    """Quotes, other alphabets and missing numbers, too."""
    cell = AdoptedCell("a b", "c", CellState.MANUAL, 'says "no", \\ λ', 2.0, BothMarks(1.0), BothMarks(None, 0.5))
    wanted = Adoption("w", {"a b": "1f"}, (cell,), Markers(begin_hidden="#h"), {"due": DUE, "late": {"policy": "none"}})
    assert read_adoption(tmp_path / "w.toml", adoption_text(wanted)) == wanted


def test_what_a_person_says_of_the_week_counts(ordinary):
    """Title, deadline, group size and rule for late hand-ins are read as in an assignment.toml."""
    path = adoption_path(ordinary.root, "ps1")
    said = {"title": "Numbers", "due": DUE, "zone": "Europe/Berlin", "group_size": 2}
    write(path, adoption_text(Adoption("ps1", {}, assignment=said)))
    assignment = ordinary.assignment("ps1")
    assert (assignment.title, assignment.group_size, assignment.dated) == ("Numbers", 2, True)
    assert assignment.due_utc.hour == DUE.hour - 1
    write(path, adoption_text(Adoption("ps1", {}, assignment={"due_date": "x"})))
    with pytest.raises(SpecError, match="'due_date' is not known"):
        ordinary.assignment("ps1")


@pytest.mark.parametrize("text", ["", "x", "[notebooks]\na = 1", "[notebooks]\n[[cell]]\nstate = 'good'"])
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path, text):
    """Whatever a person wrote."""
    with pytest.raises(SpecError, match="run 'nbviva adopt w'"):
        read_adoption(tmp_path / "w.toml", text)


class Shown:
    """What the cells of a hand-in show."""

    def outputs(self, cell):
        """Nothing, as after a test that passed."""
        del cell
        return []

    def source(self, cell):
        """An answer."""
        del cell
        return "Because."


def test_checks_read_what_the_cells_showed(ordinary):
    """A test passes, and an answer is a person's."""
    week = ordinary.week("ps1")
    examination = Examination(week, local_student({}), draw_of(ordinary.root, "ps1", "g"), {"notebook": Shown()})
    outcomes = {check.name: examination.verdict(check, {}).outcome for check in week.checks}
    assert outcomes["square_test"] == "passed"
    assert outcomes["essay"] == outcomes["project"] == "for a person"
