"""From notebook.py to the source notebook and the frame that a hand-in is put into."""

import re

import nbformat
import pytest
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from traitlets.config import Config

from nbviva.errors import SpecError
from nbviva.notebooks import STUB, grade_id
from nbviva.verify.release import make_source
from nbviva.week.source import SourceError, code_cells, hidden_parts, imports_of, release_template, source_notebook


def cells(course):
    """Give the cells of the toy week's source notebook by `grade_id`."""
    return {grade_id(cell): cell for cell in source_notebook(course.week("toy")).cells}


def changed(course, old, new):
    """Change notebook.py of the toy week and build its source."""
    path = course.root / "graders/toy/notebook.py"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return source_notebook(course.week("toy"))


def test_generated_twice_gives_the_same_bytes(course):
    """The committed source can be proved fresh."""
    first = {path: path.read_bytes() for path in make_source(course, "toy")}
    assert {path: path.read_bytes() for path in make_source(course, "toy")} == first
    assert [path.name for path in first] == ["toys.ipynb", "nbviva.json", "exercise_sheet.pdf"]


def test_source_is_a_valid_notebook(course):
    """The generated file satisfies nbformat's schema."""
    path = make_source(course, "toy")[0]
    nbformat.validate(nbformat.read(path, as_version=4))


def test_cells_have_the_names_of_their_questions(course):
    """A test cell is named after its question, a solution cell after its answer, a given cell after itself."""
    found = source_notebook(course.week("toy")).cells
    assert [name for cell in found if (name := grade_id(cell))] == [
        "double_answer", "double", "half_answer", "half", "colour_answer", "colour", "long", "total",
    ]  # fmt: skip
    assert len({cell["id"] for cell in found}) == len(found)


def test_roles_decide_what_nbgrader_does_with_a_cell(course):
    """Solutions are the student's, tests are graded, given cells are locked."""
    flags = {
        name: (cell.metadata.nbgrader.solution, cell.metadata.nbgrader.grade, cell.metadata.nbgrader.locked)
        for name, cell in cells(course).items()
        if name
    }
    assert flags["half_answer"] == (True, False, False)
    assert flags["half"] == (False, True, True)
    assert flags["long"] == (False, False, True)


def test_bonus_question_has_no_points_in_the_gradebook(course):
    """Points come from assignment.toml; a bonus must not raise the maximum."""
    points = {name: cell.metadata.nbgrader.get("points") for name, cell in cells(course).items() if name}
    assert [points[name] for name in ("double", "half", "colour", "total")] == [2.0, 3.0, 0.0, 1.0]
    assert points["long"] is points["half_answer"] is None


def test_test_cell_asks_the_examiner_between_the_marks(course):
    """The visible asserts come first, the hidden checks between nbgrader's marks."""
    assert cells(course)["double"].source == (
        "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nfrom nbviva.here import examine_here\n"
        'examine_here("toy", "double", globals())\n### END HIDDEN TESTS'
    )


def test_template_is_what_nbgrader_releases(course):
    """Stripping solutions and hidden tests gives the cells that nbgrader's own preprocessors give."""
    source = source_notebook(course.week("toy"))
    config = Config()
    config.ClearSolutions.code_stub = {"python": STUB}
    expected = nbformat.from_dict(source)
    for step in (ClearSolutions(config=config), ClearHiddenTests()):
        expected, _ = step.preprocess(expected, {})
    template = release_template(source)
    assert [cell.source for cell in expected.cells] == [cell.source for cell in template.cells]
    assert [grade_id(cell) for cell in expected.cells] == [grade_id(cell) for cell in template.cells]


def test_template_leaves_the_source_as_it_is(course):
    """The frame is a copy."""
    source = source_notebook(course.week("toy"))
    before = nbformat.writes(source)
    release_template(source)
    assert nbformat.writes(source) == before


def test_template_has_nothing_hidden(course):
    """No solution and no hidden test is left, and each solution became a stub at its indentation."""
    text = "\n".join(cell.source for cell in release_template(source_notebook(course.week("toy"))).cells)
    assert not re.search("SOLUTION|HIDDEN|twice_as_much|examine_here", text)
    assert text.count("raise NotImplementedError()") == 3
    assert "\n    # YOUR CODE HERE\n    raise NotImplementedError()" in text


def test_hidden_parts_are_solutions_and_hidden_tests(course):
    """The leak search knows every text that was taken out."""
    parts = hidden_parts(course.week("toy"))
    assert sum("BEGIN SOLUTION" in part for part in parts) == 3
    assert sum("BEGIN HIDDEN TESTS" in part for part in parts) == 4


def test_rehearsal_cells_have_solutions_and_no_hidden_tests(course):
    """What a rehearsal executes is the instructor's code without the call of the examiner."""
    text = "\n".join(cell.source for cell in code_cells(course.week("toy")))
    assert "twice_as_much" in text
    assert "examine_here" not in text


def test_tags_of_a_cell_are_kept(course):
    """A training cell is still known as one."""
    assert cells(course)["long"].metadata.tags == ["training"]


def test_question_without_a_cell_is_refused(course):
    """Every question has a test cell; the sentence shows how to write one."""
    with pytest.raises(SourceError, match='no test cell for total; add `# %% test="total"`'):
        changed(course, '# %% test="total"', "# %%")


def test_cell_that_is_no_python_is_refused_with_its_line(course):
    with pytest.raises(SourceError, match=r"notebook.py, line 12: '\(' was never closed"):
        changed(course, "return twice_as_much", "return (twice_as_much")


@pytest.mark.parametrize(
    "line", ["%time import math", "import math\nfiles = !ls", "import math\nif math:\n    !ls", "import math\nmath?"]
)
def test_magics_and_commands_are_no_mistake(course, line):
    assert changed(course, "import math", line).cells


def test_given_cell_is_no_test_cell(course):
    """A locked cell with the question's name is not its graded cell."""
    with pytest.raises(SourceError, match="no test cell for total"):
        changed(course, '# %% test="total"', '# %% given="total"')


def test_test_cell_of_no_question_is_refused(course):
    """A misspelt name is told with the names there are."""
    with pytest.raises(SourceError, match="has a cell test=\"totals\": toy has no question 'totals'; it has double"):
        changed(course, '# %% test="total"', '# %% test="totals"')


@pytest.mark.parametrize("line", ['# %% test="double"', '# %% solution="double"', '# %% given="long"'])
def test_two_cells_of_one_name_are_refused(course, line):
    """Two cells cannot share a `grade_id`."""
    with pytest.raises(SourceError, match="has two cells '"):
        changed(course, line, f"{line}\n1\n\n{line}")


def test_errors_of_a_week_are_for_people(course):
    """A week that cannot be read says so before anything is generated."""
    (course.root / "graders/toy/assignment.toml").write_text("course = 3\n", "utf-8")
    with pytest.raises(SpecError):
        make_source(course, "toy")
    assert not course.source("toy").exists()


GIVEN = """
%matplotlib inline
import math, json.decoder as d
from email import message
from . import beside
import helper_that_lies_beside_the_notebook
try:
    import no_such_module
except ImportError:
    def later():
        from xml.dom import minidom
!ls
math.pi
"""


def test_imports_are_read_from_given_cells(course):
    """Wherever in a cell an installed module is imported, each is told once; a module of the hand-in's own is not."""
    found = imports_of(changed(course, "import math\n", GIVEN))
    assert ("math", "json.decoder", "email", "xml.dom") == found


def test_imports_of_solutions_and_hidden_tests_are_not_read(course):
    """What only the solution needs is none of the week's imports, nor is what only the examiner has."""
    source = changed(course, "    twice_as_much = 2 * x", "    import decimal\n    twice_as_much = 2 * x")
    assert "import decimal" in "".join(cell.source for cell in source.cells)
    assert ("math",) == imports_of(source)
