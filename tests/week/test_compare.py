"""Comparisons: kind, then shape, then value; total; and a sentence with value and bound."""

import copy
import math
import tracemalloc
from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from nbviva.inside import Handle
from nbviva.kernel.student import Remote, Student
from nbviva.week.compare import MOST_NUMBERS, Mismatch, as_number, as_numbers, assert_close, assert_equal, require, show

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=3)
)
NUMBER_LIKE = st.text("0123456789.,/-+eE_ naif\N{MINUS SIGN}\N{ARABIC-INDIC DIGIT TWO}", max_size=8)
ARRAYS = st.sampled_from(["|b1", "<i8", "<u8", "<f2", "<f8", "<c16"]).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=3))
)
PLAIN = st.recursive(
    SCALARS | NUMBER_LIKE | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(SCALARS, inner, max_size=2)
        | st.sets(SCALARS, max_size=2)
    ),
    max_leaves=12,
)
SETTINGS = settings(max_examples=200)


def complaint(function, *args, **options):
    """Give the sentence with which a comparison refuses an answer."""
    with pytest.raises(Mismatch) as caught:
        function(*args, **options)
    return str(caught.value)


@SETTINGS
@given(PLAIN)
def test_reading_numbers_is_total(value):
    """Any plain value gives finite float64 numbers or Mismatch."""
    try:
        array = as_numbers(value)
    except Mismatch:
        return
    assert array.dtype == np.float64
    assert np.isfinite(array).all()


@SETTINGS
@given(PLAIN)
def test_reading_one_number_is_total(value):
    """Any plain value gives a finite float or Mismatch."""
    try:
        number = as_number(value)
    except Mismatch:
        return
    assert type(number) is float
    assert math.isfinite(number)


@SETTINGS
@given(PLAIN, st.sampled_from([0.0, 1.0, [1.0, 2.0], [[0.0]], []]))
def test_assert_close_is_total(value, expected):
    """Any plain value is close or Mismatch; what is close has the expected shape."""
    try:
        assert_close(value, expected, name="x")
    except Mismatch as error:
        assert str(error).startswith("`x` ")  # noqa: PT017 - the claim is about whichever way it ends
        return
    assert np.shape(expected) == np.shape(value)


@SETTINGS
@given(PLAIN, PLAIN)
def test_assert_equal_is_total(value, expected):
    """Any two plain values are equal or Mismatch."""
    try:
        assert_equal(value, expected)
    except Mismatch:
        return
    assert type(expected) is type(value)


@SETTINGS
@given(PLAIN)
def test_every_value_can_be_shown_in_few_characters(value):
    """A sentence has room for any value."""
    assert len(show(value)) <= 80


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        (" 0 ", 0.0),
        ("0.0", 0.0),
        ("-0.0", 0.0),
        ("0,83", 0.83),
        ("5/6", 5 / 6),
        ("-5/6", -5 / 6),
        ("\N{MINUS SIGN}1", -1.0),
        ("1e3", 1000.0),
        ("+2", 2.0),
        (".5", 0.5),
    ],
)
def test_number_may_be_written(text, expected):
    """A number as text is read as people write it."""
    assert expected == as_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1e400",
        "-1e400",
        "nan",
        "inf",
        "Infinity",
        "1/0",
        "0/0",
        "1/2/3",
        "1_000",
        "0x10",
        "1.000,5",
        "3 - 3",
        "0" * 41,
        "\N{ARABIC-INDIC DIGIT TWO}",
        "1/2e999999999",
        "1e999999999/3",
        "1e9999/1e9999",
        "None",
        "True",
        "[0]",
        "½",
    ],
)
def test_what_is_no_number_is_not_read_as_one(text):
    """Code, words, overflow and other scripts are no numbers; nothing is evaluated and nothing takes long."""
    assert complaint(as_number, text, name="x").startswith("`x` ")


@pytest.mark.parametrize("value", [0, 0.0, -0.0, np.array(0.0), np.array(0), np.zeros((1, 1)), "0", "-0"])
def test_zero_is_zero_in_every_form(value):
    """An int, a float, minus zero, a numpy scalar and a text are one number."""
    assert as_number(value) == 0.0


@pytest.mark.parametrize(
    "value",
    [True, False, np.array(True), None, [0], (0,), np.zeros(2), {0}, {0: 0}, b"0", 1j, np.array(1j), 10**400],
)
def test_other_kinds_are_no_number(value):
    """A bool is no number, and neither is a list or an array of one."""
    complaint(as_number, value)


@pytest.mark.parametrize(
    "value",
    [[True], [[1, True]], ["1"], [None], np.array([True]), [np.array([True, False])], [np.array(True)], [b"1"], True],
)
def test_lists_of_other_kinds_are_no_numbers(value):
    """A bool or a text anywhere in a list makes it no list of numbers."""
    complaint(as_numbers, value)


@pytest.mark.parametrize("value", [[[1], [1, 2]], [1, [2]], [np.ones(2), np.ones(3)], [np.ones((2, 2)), np.ones(2)]])
def test_ragged_rows_are_refused(value):
    """Rows of different lengths have no shape."""
    assert "different lengths" in complaint(as_numbers, value)


def test_deeply_nested_lists_are_refused():
    """A list that is nested deeper than any array of ours is refused before numpy sees it."""
    value = 1.0
    for _ in range(30):
        value = [value]
    assert "nested too deeply" in complaint(as_numbers, value)


@pytest.mark.parametrize(
    "value", [[1, 2.5], (1, 2.5), np.array([1, 2.5]), [np.array(1.0), 2.5], np.array([1, 2.5], "<f4")]
)
def test_every_form_of_numbers_is_read(value):
    """Lists, tuples, arrays and lists of arrays without dimensions are numbers."""
    assert as_numbers(value, shape=(2,)).tolist() == [1.0, 2.5]


def test_list_of_arrays_is_one_array():
    """Arrays of one shape in a list are stacked."""
    assert as_numbers([np.ones(3), np.zeros(3)]).shape == (2, 3)


def test_shape_is_compared_before_values():
    """The wrong shape is told with both shapes; -1 stands for any length."""
    sentence = complaint(as_numbers, np.ones((2, 3)), shape=(3, 2), name="w")
    assert sentence == "`w` has shape (2, 3) where (3, 2) is expected."
    assert as_numbers(np.ones((2, 3)), shape=(-1, 3)).shape == (2, 3)
    assert "shape" in complaint(assert_close, [[1.0]], [1.0])
    assert "shape" in complaint(assert_close, [1.0], 1.0)
    assert "shape" in complaint(assert_close, [], [1.0])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_equal_nothing(value):
    """Not even themselves, and with no tolerance."""
    assert "NaN or infinity" in complaint(assert_close, value, value, rtol=math.inf, atol=math.inf)
    assert "NaN or infinity" in complaint(assert_close, [1.0, value], [1.0, 1.0], rtol=1e9)
    assert "NaN or infinity" in complaint(as_number, value)


def test_nan_and_infinity_of_ours_are_equalled_by_nothing():
    """A reference that is NaN or infinite is met by no answer."""
    complaint(assert_close, 1.0, math.nan, atol=math.inf)
    complaint(assert_close, 1.0, math.inf)
    complaint(assert_close, [1.0, 2.0], [1.0, -math.inf])


def test_nan_is_not_equal_to_itself():
    """Exact equality has no way round it either."""
    nan = math.nan
    complaint(assert_equal, nan, nan)
    complaint(assert_equal, [nan], [nan])
    complaint(assert_equal, {"a": (nan,)}, {"a": (nan,)})


def test_message_has_value_and_bound():
    """A difference is told with the value, where it stands, by how much it misses, and the bound."""
    sentence = complaint(assert_close, [1.0, 2.5, 3.0], [1.0, 2.0, 2.0], rtol=0.1, atol=0.05, name="y")
    assert sentence == (
        "`y` is 2.5 at position [1], which differs from the reference by 0.5 "
        "where 0.25 is allowed (2 of 3 values differ)."
    )


def test_bound_itself_is_allowed():
    """A difference of exactly the bound passes, any more fails."""
    assert_close(1.25, 1.0, rtol=0.0, atol=0.25)
    complaint(assert_close, math.nextafter(1.25, 2), 1.0, rtol=0.0, atol=0.25)


def test_large_and_small_answers_do_not_overflow_the_comparison():
    """The ends of the range are compared without a warning."""
    top = 1.7e308
    assert_close([top, 5e-324], [top, 5e-324])
    complaint(assert_close, -top, top, rtol=1e-4)


def test_integers_compare_as_numbers():
    """Unsigned and large integers do not wrap round."""
    assert_close(np.array([2**64 - 1], "<u8"), [float(2**64 - 1)])
    assert "too large" in complaint(as_numbers, 10**400)
    assert "too large" in complaint(as_numbers, [1, 10**400])
    assert_close([2**70, 1], [float(2**70), 1.0])


def test_exact_equality_needs_the_exact_type():
    """1, True and 1.0 are three answers; arrays are compared whole."""
    assert_equal([1, "a"], [1, "a"])
    assert_equal(np.array([1, 2]), np.array([1, 2]))
    for value, expected in (
        (True, 1),
        (1.0, 1),
        ((1,), [1]),
        ([True], [1]),
        ([1.0], [1]),
        (np.array([1.0]), np.array([1])),
    ):
        complaint(assert_equal, value, expected)
    for value, expected in (({True: 1}, {1: 1}), ({"a": 1}, {"a": True}), ({1}, {2}), ({1}, {True}), ([1], [1, 1])):
        complaint(assert_equal, value, expected)
    assert_equal({"b": {1, "x"}, "a": [None]}, {"a": [None], "b": {"x", 1}})
    sentence = complaint(assert_equal, "red", "blue", name="colour")
    assert sentence == "`colour` is a text, which is not what it has to be."


def test_require_raises_its_sentence():
    """What is required and does not hold is told as it was written."""
    require([0], "fine")
    assert complaint(require, [], "Not so.") == "Not so."


def peak(call, *arguments, **options):
    """Give the sentence of a mismatch and the most bytes that were allocated on the way to it."""
    tracemalloc.start()
    sentence = complaint(call, *arguments, **options)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return sentence, most


LARGE = np.ones(40_000_000, np.int8)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (as_numbers, (LARGE, {"shape": (3,)})),
        (as_numbers, (LARGE.reshape(4, -1), {"shape": (4, 3)})),
        (as_numbers, (LARGE, {})),
        (as_numbers, (LARGE, {"shape": (-1,)})),
        (as_numbers, ([LARGE, LARGE], {})),
        (assert_close, (LARGE, {"expected": [1.0, 2.0]})),
        (as_number, (LARGE, {})),
    ],
)
def test_answer_of_many_numbers_is_refused_before_it_is_converted(call, arguments):
    """A byte becomes eight when it is a float; nothing of that size is allocated for what is refused anyway."""
    value, options = arguments
    sentence, most = peak(call, value, **options)
    assert "where" in sentence or f"{MOST_NUMBERS} are read" in sentence
    assert most < 1_000_000


def test_large_answer_that_is_expected_is_read():
    """What has the expected shape has no other bound, and comparing takes little beside the numbers themselves."""
    wanted = np.zeros(MOST_NUMBERS + 1)
    assert_close(np.zeros(MOST_NUMBERS + 1), wanted)
    sentence, most = peak(assert_close, np.ones(MOST_NUMBERS + 1), wanted)
    assert f"({MOST_NUMBERS + 1} of {MOST_NUMBERS + 1} values differ)" in sentence
    assert most < 0.7 * wanted.nbytes


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        (Fraction(1, 2), 0.5),
        (np.float32(0.5), 0.5),
        ([np.float64(1), np.int8(2)], [1, 2]),
        (range(3), [0, 1, 2]),
        (pd.Series([1.5, 2]), [1.5, 2]),
        (pd.DataFrame({"a": [1, 2]}), [[1], [2]]),
    ],
)
def test_exact_answers_are_read_as_numbers(value, numbers):
    """Who asked for values as they are compares numbers as ever."""
    assert_close(value, numbers)


@pytest.mark.parametrize(
    "value",
    [
        Fraction(10**400),
        Decimal("NaN"),
        sympy.I,
        1j,
        frozenset([1]),
        [np.bool_(True)],
        [np.str_("1")],
        pd.Series(["a"]),
        date(2026, 1, 1),
        range(10**30),
    ],
)
def test_exact_answers_that_are_no_numbers_are_not_read_as_some(value):
    with pytest.raises(Mismatch):
        as_numbers(value)
    assert len(show(value)) < 40


TABLE = pd.DataFrame({"a": [1.5, math.nan], "b": ["x", None]})


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (TABLE, TABLE.rename(columns={"a": "c"})),
        (TABLE["a"], TABLE["a"].astype("float32")),
        (TABLE.index, pd.Index([0, 1])),
        (deque([np.ones(2)]), deque([np.zeros(2)])),
        (sparse.csr_array(np.eye(2)), sparse.csr_array(2 * np.eye(2))),
        (sparse.coo_array(np.eye(2)), sparse.csr_array(np.eye(2))),
        (sympy.Symbol("x") ** 2, sympy.Symbol("y") ** 2),
        (Fraction(1, 2), Decimal("0.5")),
        (Decimal("0.50"), Decimal("0.51")),
        (np.float64(1), np.float32(1)),
        (date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_exact_answers_are_equal_to_what_is_the_same(value, other):
    """Tables with missing values, too; any difference in kind, names or values is one."""
    assert_equal(value, copy.deepcopy(value))
    for one, two in ((value, other), (other, value), ([value], [other])):
        with pytest.raises(Mismatch):
            assert_equal(one, two)


def test_object_that_stayed_with_the_student_is_only_an_object():
    """Whatever is asked of it would be a question; nothing of it is."""
    remote = Remote(Student(lambda *_: pytest.fail("asked")), Handle(0))
    assert "an object" == show(remote)
    for compare in (assert_close, assert_equal):
        with pytest.raises(Mismatch, match="an object"):
            compare(remote, 1.0)
    with pytest.raises(Mismatch, match="an object"):
        as_numbers([1.0, remote])
