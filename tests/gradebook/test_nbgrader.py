"""What is written into a graded notebook: one number in every graded cell, and words that cannot be forged."""

import io

import nbformat
import pytest
from nbgrader import utils
from nbgrader.converters import Autograde
from traitlets.config import Config

from nbviva.gradebook.nbgrader import RecordVerdicts, TolerantExporter, Viva, configure, with_verdicts
from nbviva.grading.verdict import Mark, Outcome, Report, Verdict
from nbviva.handin.notebook import blank
from nbviva.notebooks import grade_id, new_cell, new_notebook, new_output
from nbviva.week.source import release_template, source_notebook


@pytest.fixture
def recorded(course):
    """The toy notebook with verdicts of each outcome written into it."""
    template = release_template(source_notebook(course.week("toy")))
    notebook = blank(template).notebook
    outcomes = {"double": Outcome.PASSED, "half": Outcome.FAILED, "colour": Outcome.PASSED, "total": Outcome.ERROR}
    points = {"double": 2.0, "half": 0.0, "colour": 1.0, "total": None}
    verdicts = tuple(
        Verdict(f"c_{name}", name, o, "It <b>holds</b>.", "<script>x</script> & more") for name, o in outcomes.items()
    )
    marks = tuple(Mark(name, "1", "T", points[name], 2.0, name == "colour", o) for name, o in outcomes.items())
    return with_verdicts(notebook, Report("toy", "g", "d", "s", verdicts, marks))


def test_every_graded_cell_has_exactly_one_number(recorded):
    """Each graded cell has words and one number within [0, its points]; other cells have none."""
    numbers = {}
    for cell in recorded.cells:
        results = [o for o in cell.get("outputs", []) if o.output_type == "execute_result"]
        if utils.is_grade(cell):
            (result,) = results
            numbers[grade_id(cell)] = float(result.data["text/plain"])
        else:
            assert results == []
    assert numbers == {"double": 2.0, "half": 0.0, "colour": 0.0, "total": 0.0}


def test_nbgrader_reads_the_same_marks_from_the_cells(recorded):
    """Even nbgrader's own reading of outputs gives a number in range: it finds no stderr and no error."""
    for cell in recorded.cells:
        if utils.is_grade(cell):
            found, maximum = utils.determine_grade(cell)
            assert 0 <= found <= maximum


def test_words_are_escaped(recorded):
    """What stands in a verdict is text in the feedback, whatever it contains."""
    (cell,) = [cell for cell in recorded.cells if grade_id(cell) == "half"]
    page = cell.outputs[0].data["text/html"]
    assert "not passed</strong>. Required: It &lt;b&gt;holds&lt;/b&gt;.<br>" in page
    assert "<em>&lt;script&gt;x&lt;/script&gt; &amp; more</em>" in page
    assert "0 of 2 points" in page


def test_our_own_fault_has_no_mark_yet(recorded):
    """An error is said as ours and leaves the points open."""
    (cell,) = [cell for cell in recorded.cells if grade_id(cell) == "total"]
    assert cell.metadata["nbviva"] == {"points": None}
    assert "no mark yet" in cell.outputs[0].data["text/plain"]
    assert "our fault" in cell.outputs[0].data["text/plain"]


def test_missing_verdict_stops_the_run(course):
    """A graded cell without a mark of ours is never given one by nbgrader's rules."""
    cell = source_notebook(course.week("toy")).cells[3]
    with pytest.raises(ValueError, match="has no verdict"):
        RecordVerdicts()._add_score(cell, {})
    notebook = source_notebook(course.week("toy"))
    with pytest.raises(KeyError):
        with_verdicts(notebook, Report("toy", "g", "d", "s", (), ()))


@pytest.mark.parametrize(
    "text", ["", "no notebook", "[]", "null", '{"nbformat": 99}', '{"nbformat": 3}', '{"cells": 3, "nbformat": 4}']
)
def test_exporter_opens_any_file(tmp_path, text):
    """A broken file is an empty notebook to nbgrader; what is wrong with it stands in the report."""
    path = tmp_path / "toys.ipynb"
    path.write_text(text, "utf-8")
    out, _ = TolerantExporter().from_filename(str(path), resources={})
    nbformat.read(io.StringIO(out), as_version=4)


def test_configuration_puts_nothing_between(tmp_path):
    """No preprocessor of nbgrader's that executes a notebook is left in its lists."""
    config = Config()
    configure(config, tmp_path)
    assert config.Autograde.sanitize_preprocessors == [Viva]
    assert RecordVerdicts in config.Autograde.autograde_preprocessors
    assert "Execute" not in str(config.Autograde)


def test_other_weeks_are_left_to_nbgrader_as_the_course_configured_it(tmp_path):
    """Its own preprocessors and penalties stay, for weeks that nbviva does not know."""
    config = Config()
    config.Autograde.autograde_preprocessors = ["course.Mark"]
    config.AssignLatePenalties.plugin_class = "course.Late"
    config.ClearSolutions.code_stub = {"python": "..."}
    configure(config, tmp_path)
    assert config.RecordVerdicts.others == ["course.Mark"]
    assert config.Viva.others == Autograde.sanitize_preprocessors.default()
    assert config.AssignLatePenalties.plugin_class == "course.Late"
    assert config.ClearSolutions.code_stub == {"python": "..."}


def test_a_person_marks_what_a_code_answer_shows():
    """The outputs of a manually graded code cell stay; a test cell's are the examiner's words."""
    answer = {"grade": True, "solution": True, "grade_id": "drawn", "points": 2}
    cells = [new_cell("code", "1", {"nbgrader": answer})]
    cells[0].outputs = [new_output("stream", name="stdout", text="mine")]
    marks = (Mark("drawn", "1", "T", None, 2.0, bonus=False, outcome=Outcome.PERSON),)
    verdicts = (Verdict("drawn", "drawn", Outcome.PERSON, "A person marks it."),)
    (cell,) = with_verdicts(new_notebook(cells, {}), Report("w", "g", "d", "s", verdicts, marks)).cells
    assert cell.outputs[0].text == "mine"
    assert cell.metadata["nbviva"] == {"points": None}
