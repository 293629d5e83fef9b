"""Points stand in assignment.toml alone: prose takes them from there, or is held against it."""

import pytest

from nbviva.errors import SpecError
from nbviva.week.source import source_notebook


def prose(course, *places):
    """Put prose above the questions `double` and `half` (5 points together), and above `colour` (1 extra)
    and `total` (1); give the texts."""
    path = course.root / "graders/toy/notebook.py"
    first, second = (f"# %% [markdown]\n# ### {place}\n\n" for place in places)
    text = path.read_text("utf-8").replace('# %% solution="double"', f'{first}# %% solution="double"')
    path.write_text(text.replace('# %% solution="colour"', f'{second}# %% solution="colour"'), "utf-8")
    cells = source_notebook(course.week("toy")).cells
    return [cell.source for cell in cells if cell.cell_type == "markdown" and cell.source.startswith("### ")]


def test_prose_takes_points_from_assignment_toml(course):
    assert ["### 1. (Points: 5)", "### 2. (Extra Points: 1)"] == prose(
        course, "1. ({{points double half}})", "2. ({{points colour}})"
    )


def test_points_of_no_question_are_refused(course):
    with pytest.raises(SpecError, match=r"notebook.py has \{\{points dobule\}\}: toy has no question 'dobule'"):
        prose(course, "1. ({{points dobule}})", "2.")


def test_typed_points_that_are_those_of_the_questions_below_pass(course):
    """What is below reaches to where prose says points again; extra points are no points."""
    assert ["### 1. (Points: 5)", "### 2. (points: 1.0)"] == prose(course, "1. (Points: 5)", "2. (points: 1.0)")


@pytest.mark.parametrize(
    ("first", "second"),
    [("(Points: 2)", "(Points: 1)"), ("(Points: 5)", "(Points: 3)"), ("(Points: 5)", "(Extra Points: 2)")],
)
def test_typed_points_that_are_others_are_refused(course, first, second):
    with pytest.raises(SpecError, match=r"in assignment.toml: write '\(\{\{points"):
        prose(course, f"1. {first}", f"2. {second}")
