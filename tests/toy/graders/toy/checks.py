"""Checks of the toy week: one of each shape."""

from dataclasses import dataclass, field

from nbviva.author import as_number, assert_close, check, fixture, require


@dataclass(frozen=True)
class Total:
    """A total that the examiner has asked for."""

    value: float
    names: dict[str, object] = field(default_factory=dict)


@fixture(stands_in="long")
def examined_total(student, rng):
    numbers = [int(n) for n in rng.integers(1, 100, 5)]
    total = sum(as_number(student.double(n), name="double(n)") for n in numbers)
    assert_close(total, 2 * sum(numbers), name="the total")
    return Total(total, {"total": total})


@check("double")
def double_doubles(student, rng):
    """`double` gives twice its argument."""
    x = float(rng.normal())
    assert_close(student.double(x), 2 * x, rtol=1e-9, name="double(x)")
    return "Compared on one number."


@check("half", needs=[double_doubles])
def half_of_seven(sheet):
    """Half of seven is right."""
    return sheet.judge("answer_half", 3.5)


@check("colour")
def colour_is_red(sheet):
    """The colour is right."""
    return sheet.judge("answer_colour", "red")


@check("total")
def total_is_supported(notebook, examined_total):
    """The notebook shows its total."""
    require("total" in notebook.printed("long"), "The notebook shows no total.")
    return f"{examined_total.value > 0}"
