"""Cells tagged `shown`: not run where handed in with outputs, shown as the group's own; nothing needs them."""

import nbformat
import pytest

from nbviva.errors import SpecError
from nbviva.grading.grade import grade
from nbviva.grading.rehearsal import rehearse
from nbviva.grading.stored import submission
from nbviva.grading.verdict import Outcome
from nbviva.kernel.outputs import printed
from nbviva.notebooks import grade_id
from nbviva.week.source import source_notebook
from tests.modules import forget_weeks

CELLS = """
# %% given="model" tags=["shown"]
model = [double(n) for n in range(3)]
print("model", model)

# %% given="figure" tags=["shown"]
print("figure of", model)

# %% [markdown]
# The end of this.
"""
BEHIND = '# %% given="long"'


@pytest.fixture
def shows(course):
    """The toy week with two cells that are only shown."""
    path = course.root / "graders/toy/notebook.py"
    path.write_text(path.read_text("utf-8").replace(BEHIND, f"{CELLS}\n{BEHIND}"), "utf-8")
    forget_weeks()
    return course


@pytest.fixture
def handed(shows, hand_in, room):
    """Give what was found about a hand-in whose shown cells have these outputs, and which has a cell of its own."""

    def hand(own="", transcript=None, **outputs):
        path = hand_in(shows, "g")
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if text := outputs.get(grade_id(cell)):
                cell.outputs = [nbformat.v4.new_output("stream", text=text)]
        place = [grade_id(cell) for cell in notebook.cells].index("figure") + 1
        notebook.cells[place:place] = [nbformat.v4.new_code_cell(own, id="own")] if own else []
        path.write_text(nbformat.writes(notebook), "utf-8")
        return grade(submission(shows, "toy", "g", room), transcript)

    return hand


def texts(found):
    """Give what the cells of the graded notebook show, by name; of a cell of the group's under `own`."""
    code = [cell for cell in found.notebook.cells if cell.cell_type == "code"]
    return {"own" if "sum(model)" in cell.source else grade_id(cell): printed(cell.outputs).strip() for cell in code}


def test_what_was_handed_in_is_shown_and_not_run(handed):
    found = handed(model="my model", figure="my figure")
    assert ("my model", "my figure") == (texts(found)["model"], texts(found)["figure"])
    assert 6 == found.report.points


def test_cell_without_outputs_is_run_with_those_before_it(handed):
    shown = texts(handed(model="my model"))
    assert ("model [0, 2, 4]", "figure of [0, 2, 4]") == (shown["model"], shown["figure"])


def test_cell_after_one_that_was_run_is_still_shown(handed):
    shown = texts(handed(figure="my figure"))
    assert ("model [0, 2, 4]", "my figure") == (shown["model"], shown["figure"])


def test_own_cell_that_needs_a_shown_one_has_it(handed, kernels):
    """The notebook is run again with all cells, and its transcript answers as any other."""
    found = handed(own="print(sum(model))", model="my model", figure="my figure")
    assert "6" == texts(found)["own"]
    assert "model [0, 2, 4]" == texts(found)["model"]
    assert 2 == len(kernels)
    again = handed(own="print(sum(model))", model="my model", figure="my figure", transcript=found.transcript)
    assert (2, found.report, texts(found)) == (len(kernels), again.report, texts(again))


def test_transcript_of_a_run_without_shown_cells_answers(handed, kernels):
    found = handed(model="my model", figure="my figure")
    again = handed(model="my model", figure="my figure", transcript=found.transcript)
    assert (1, found.report, texts(found)) == (len(kernels), again.report, texts(again))


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (CELLS.replace('given="model" ', ""), 'tag `shown` is for cells that are `given="..."`'),
        (CELLS + "\n# %%\ndef later():\n    return model\n", "`def later.*needs `model` of the cell 'model'"),
        (CELLS + '\n# %% given="later"\nprint(model)\n', "the cell 'later' needs `model`"),
    ],
)
def test_week_that_needs_a_shown_cell_is_refused(course, cells, sentence):
    path = course.root / "graders/toy/notebook.py"
    path.write_text(path.read_text("utf-8") + cells, "utf-8")
    with pytest.raises(SpecError, match=sentence):
        source_notebook(course.week("toy"))


def test_later_cell_with_a_name_of_its_own_is_not_refused(course):
    path = course.root / "graders/toy/notebook.py"
    own = "\n# %%\ndef later(model):\n    return model\n\n# %%\nmodel = 1\nprint(model)\n"
    path.write_text(path.read_text("utf-8") + CELLS + own, "utf-8")
    assert source_notebook(course.week("toy")).cells


def test_question_that_needs_a_shown_cell_is_refused_by_the_rehearsal(shows):
    """So `verify` finds that the week's own solution does not pass, and says why."""
    path = shows.root / "graders/toy/checks.py"
    wanted = 'return sheet.judge("answer_colour", "red")'
    text = path.read_text("utf-8").replace("def colour_is_red(sheet)", "def colour_is_red(sheet, student)")
    path.write_text(text.replace(wanted, f"student['model']\n    {wanted}"), "utf-8")
    forget_weeks()
    failed = [v for v in rehearse(shows.week("toy")) if v.outcome is not Outcome.PASSED]
    assert ["colour_is_red"] == [verdict.check for verdict in failed]
    assert "the cell 'model' is tagged `shown`, so that no question may need it" in failed[0].detail
