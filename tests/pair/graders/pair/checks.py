"""Checks of a week with two notebooks; each has a function `scale`, and one fixture asks both."""

from dataclasses import dataclass, field

from nbviva.author import as_number, assert_close, assert_equal, check, fixture, require


@dataclass(frozen=True)
class Fitted:
    """What stands in for the training."""

    names: dict[str, object] = field(default_factory=dict)


@fixture()
def factor(student):
    return as_number(student.scale(1), name="scale(1)")


@fixture(stands_in="long")
def fitted():
    return Fitted({"fitted": 0.5})


@check("scale")
def scale_doubles(student, factor, rng):
    """`scale` gives twice its argument."""
    x = float(rng.normal())
    assert_close(student.scale(x), 2 * x, rtol=1e-9, name="scale(x)")
    return f"In this notebook the factor is {factor:g}."


@check("fit", needs=[scale_doubles])
def fit_is_half(sheet, notebook, fitted):
    """R2 is right, and the notebook shows it."""
    require("R2: 0.5" in notebook.printed("long"), "The notebook shows another R2.")
    return sheet.judge("answer_fit", fitted.names["fitted"])


@check("steps")
def steps_are_multiples(student, factor, rng):
    """`steps` gives multiples of three."""
    n = int(rng.integers(3, 9))
    assert_equal(student.steps(n), [int(factor) * i for i in range(n)], name="steps(n)")
    return f"In this notebook the factor is {factor:g}."


@check("colour")
def colour_is_red(sheet):
    """The colour is right."""
    return sheet.judge("answer_colour", "red")
