"""Tables, columns and labels of pandas as themselves: kinds, names, order in memory, and what is refused."""

import json
import math
from datetime import UTC, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import pandas as hpd
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal

from nbviva.inside import Handle, Unreadable, decode, encode
from nbviva.inside.kinds import _BY_TAG, _TABLE_TAGS

DAYS = pd.date_range("2026-01-01", periods=3, freq="D", name="day")
COLUMNS = {
    "int": [1, 2, 3],
    "text": ["a", None, "c"],
    "object": pd.Series([1, "a", None], dtype=object),
    "bool": [True, False, True],
    "missing": pd.array([1, None, 3], dtype="Int16"),
    "maybe": pd.array([True, None, False], dtype="boolean"),
    "real": pd.array([1.5, None, math.inf], dtype="Float32"),
    "string": pd.array(["a", None, "ü"], dtype="string"),
    "ordered": pd.Categorical(["b", None, "a"], categories=["b", "a"], ordered=True),
    "day": pd.array(DAYS),
    "seconds": np.array(["2026", "NaT", "1950"], "M8[s]"),
    "local": DAYS.tz_localize("Europe/Berlin"),
    "utc": DAYS.tz_localize(UTC),
    "shifted": DAYS.tz_localize(timezone(timedelta(hours=-3))),
    "span": [pd.Timedelta(1, "D"), pd.NaT, pd.Timedelta(3, "us")],
    "month": pd.period_range("2026-01", periods=3, freq="M"),
    "quarter": pd.period_range("2026-01", periods=3, freq="Q-NOV"),
    "interval": pd.interval_range(0.0, 3.0, closed="left"),
    "complex": [1j, 2j, 3],
    "small": np.array([1, 2, 3], np.uint8),
    "half": np.array([1, 2, 3], np.float16),
}
INDEXES = [
    pd.RangeIndex(3), pd.RangeIndex(7, 1, -2, name="n"), pd.Index([3, 1, 1], name=("a", 1)), pd.Index(["x", "y", "y"]),
    pd.Index([1, "a", None], dtype=object), pd.Index([(1, 2), (3, 4), (5, 6)], tupleize_cols=False), DAYS,
    DAYS.tz_localize("Europe/Berlin"), DAYS[[0, 2, 1]], pd.timedelta_range("1D", periods=3, freq="2h"),
    pd.period_range("2026", periods=3, freq="Y"), pd.interval_range(0, 3), pd.CategoricalIndex(["b", "a", "b"]),
    pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", None])[:3],
    pd.MultiIndex.from_arrays([DAYS, ["a", None, "c"], [1.5, 2, 2]]), pd.Index([1, 2, 3], dtype="Int64"),
    pd.Index([1.0, math.nan, 2], dtype="float32"), pd.bdate_range("2026-01-01", periods=3),
]  # fmt: skip
SCALARS = [
    pd.Timestamp("2026-01-02 03:04:05.678901"), pd.Timestamp("2026-01-02", tz="Europe/Berlin"),
    pd.Timestamp(1, unit="s"),
    pd.Timedelta(3, "us"), pd.Period("2026-01", "M"), pd.Interval(0, 1.5, closed="both"), pd.NaT, pd.NA,
    pd.Interval(pd.Timestamp("2026"), pd.Timestamp("2027")),
    pd.Timestamp("2026-10-25 00:30", tz="UTC").tz_convert("Europe/Berlin"),
]  # fmt: skip
KINDS = [
    "Int8",
    "Float64",
    "boolean",
    "string",
    "str",
    "category",
    "period[M]",
    "datetime64[ns, UTC]",
    "interval[int64, right]",
]


def again(value):
    """Give a value as it arrives when each kind crosses as itself."""
    return decode(encode(value, exact=True), exact=True)


def same(one, other):
    """Check that two of pandas' objects are the same in every respect that it can compare."""
    if isinstance(one, pd.DataFrame):
        assert_frame_equal(one, other, check_column_type="exact", check_index_type="exact", check_exact=True)
        same(one.index, other.index)
        same(one.columns, other.columns)
    elif isinstance(one, pd.Series):
        assert_series_equal(one, other, check_index_type="exact", check_exact=True)
        same(one.index, other.index)
    elif isinstance(one, pd.Index):
        assert_index_equal(one, other, exact=True, check_exact=True)
        assert getattr(one, "freq", None) == getattr(other, "freq", None)
    assert type(one) is type(other)


def unreadable(*tree, frames=(b"\0" * 8,)):
    """Give the reason for which a hand-written tree is not read."""
    with pytest.raises(Unreadable) as caught:
        decode([json.dumps(tree).encode(), *frames], exact=True)
    return str(caught.value)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_every_kind_come_back_the_same(name):
    column = pd.Series(COLUMNS[name], name=name)
    same(column, again(column))
    same(column.iloc[:0], again(column.iloc[:0]))
    same(column.to_frame(), again(column.to_frame()))


@pytest.mark.parametrize("index", INDEXES, ids=range(len(INDEXES)))
def test_labels_of_every_kind_come_back_the_same(index):
    same(index, again(index))
    same(index[:0], again(index[:0]))
    same(pd.Series([1.5, 2, 3], index=index), again(pd.Series([1.5, 2, 3], index=index)))
    same(pd.DataFrame(np.eye(3), index, index), again(pd.DataFrame(np.eye(3), index, index)))


def test_table_of_all_kinds_of_columns_comes_back_the_same():
    table = pd.DataFrame(COLUMNS, index=pd.Index(["x", "y", "z"], name="row")).rename_axis(columns="kind")
    same(table, again(table))
    same(table.iloc[[]], again(table.iloc[[]]))
    same(table[[]], again(table[[]]))
    same(table.dtypes, again(table.dtypes))


def test_names_may_be_twice_and_of_any_kind():
    table = pd.DataFrame([[1, "a", 2.5]], columns=["x", "x", 3])
    same(table, again(table))
    same(pd.DataFrame(), again(pd.DataFrame()))
    grouped = pd.DataFrame({"a": [1, 2, 2], "b": [3, 4, 5]}).groupby("a").agg(["sum", "mean"])
    same(grouped, again(grouped))


@pytest.mark.parametrize(
    "table", [pd.DataFrame({"a": [1.0, 2], "b": [3.0, 4]}), pd.DataFrame(np.eye(3)), pd.DataFrame(np.eye(2, order="F"))]
)
def test_table_of_numbers_keeps_its_order_in_memory(table):
    """The last bit of a product can hang on it."""
    flags, back = table.to_numpy().flags, again(table).to_numpy().flags
    assert (flags.c_contiguous, flags.f_contiguous) == (back.c_contiguous, back.f_contiguous)


def test_table_of_many_columns_is_one_frame():
    table = pd.DataFrame(np.ones((2, 10_000)))
    same(table, again(table))
    assert 2 == len(encode(table, exact=True))  # the tree, and all numbers


def test_table_can_be_written_to():
    table = again(pd.DataFrame(COLUMNS))
    table.loc[0, "int"] = 7
    table["new"] = 1
    assert [7, 1] == table.loc[0, ["int", "new"]].tolist()


@pytest.mark.parametrize("value", SCALARS, ids=range(len(SCALARS)))
def test_moments_spans_and_missing_values_come_back_the_same(value):
    back = again(value)
    assert (type(value), repr(value)) == (type(back), repr(back))
    assert getattr(value, "unit", None) == getattr(back, "unit", None)


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_columns_come_back_the_same(name):
    kind = pd.api.types.pandas_dtype(name)
    assert (kind, type(kind)) == (again(kind), type(again(kind)))


@pytest.mark.parametrize("name", [name for name in COLUMNS if not isinstance(pd.Series(COLUMNS[name]).dtype, np.dtype)])
def test_arrays_of_pandas_come_back_the_same(name):
    array = pd.Series(COLUMNS[name]).array
    assert (type(array), array.dtype) == (type(again(array)), again(array).dtype)


@settings(max_examples=150)
@given(
    hpd.data_frames(
        columns=[
            hpd.column("a", dtype=float), hpd.column("b", dtype=int), hpd.column("c", dtype="datetime64[ns]"),
            hpd.column("d", elements=st.text(st.characters(codec="utf-8"), max_size=3)),
        ],
        index=hpd.indexes(elements=st.integers(-9, 9), dtype=int),
    )
)  # fmt: skip
def test_any_table_comes_back_the_same(table):
    same(table, again(table))


class Table(pd.DataFrame):
    """A table that could answer comparisons."""


class Column(pd.Series):
    """A column that could answer comparisons."""


class Liar:
    """Equals everything."""

    def __eq__(self, other):
        return True

    __hash__ = None


STRANGE = [
    Table({"a": [1]}), Column([1]), pd.DataFrame({"a": [Liar()]}), pd.Series([Liar()]),
    pd.DataFrame({"a": [1]}).groupby("a"),
    pd.Series(pd.arrays.SparseArray([0, 1])), pd.DataFrame({"a": [1]}, index=pd.Index([("x", Liar)])),
    pd.offsets.Day(2),    pd.Series([1], name=Liar), pd.DataFrame(index=range(1 << 24)),
]  # fmt: skip


@pytest.mark.parametrize("value", STRANGE, ids=range(len(STRANGE)))
def test_table_that_could_lie_stays_where_it_is(value):
    """A subclass, or a table that holds an object: it is a handle as a whole, or refused."""
    assert [Handle(0)] == decode(encode([value], lambda _: Handle(0), exact=True), exact=True)
    with pytest.raises(Unreadable):
        encode(value, exact=True)


EMPTY = ["labels", None, ["array", "<f8", [0], 2], None]
ONE = ["labels", None, ["array", "<i8", [1], 1], None]
THOUSANDS = ["objects", [3000], *(["int", hex(number * (2**61 - 1))] for number in range(3000))]


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (["table", ONE, ONE, ["array", "<f8", [1], 1]], "malformed"),
        (["table", ONE, ONE, ["dict"]], "malformed"),
        (["table", ONE, ONE, None], "another number"),
        (["table", ONE, EMPTY, None, ["array", "<f8", [1], 1]], "another number"),
        (["table", ["list", 1], ONE, None], "labels are malformed"),
        (["table", ONE, ONE, None, ONE], "a column is malformed"),
        (["table", ONE, ONE, None, ["table", ONE, ONE, ["array", "<f8", [1, 1], 1]]], "a column is malformed"),
        (["column", ["list"], ONE, ["array", "<f8", [1], 1]], "malformed"),
        (["column", None, EMPTY, ["array", "<f8", [1], 1]], "malformed"),
        (["column", None, ONE, "a"], "a column is malformed"),
        (["labels", None, THOUSANDS, None], "alike"),
        (["labels", None, ["array", "<f2", [4], 1], None], "malformed"),
        (["labels", None, ["array", "<i8", [1], 1], "D"], "no frequency"),
        (["labels", None, ["times", ["typed", "<M8[s]", [1], 1, "C"], None], "XX"], "malformed"),
        (["labels", None, ["times", ["typed", "<M8[s]", [1], 1, "C"], None], "D;D"], "frequency"),
        (["numbered", None, 1, 2, 0], "malformed"),
        (["numbered", None, 1, 2.5, 1], "labels are malformed"),
        (["numbered", None, 0, 10**12, 1], "too many labels"),
        (["numbered", None, 0, 10**30, 1], "malformed"),
        (["levels", [None], [ONE], [["array", "|i1", [8], 1]] * 2], "malformed"),
        (["levels", [None], [EMPTY], [["array", "|i1", [8], 1]]], "malformed"),
        (["times", ["array", "<i8", [1], 1], None], "a time is malformed"),
        (["times", ["typed", "<M8[s]", [1, 1], 1, "C"], None], "a column is malformed"),
        (["times", ["typed", "<M8[s]", [1], 1, "C"], "UTC"], "another kind"),
        (["moment", ["labels", None, ["typed", "<M8[s]", [1], 1, "C"], None], None], "a time is malformed"),
        (["moment", "2026-01-01", None], "a time is malformed"),
        (["span", 3], "a time is malformed"),
        (["periods", ["array", "<i8", [1], 1], "no such"], "frequency"),
        (["periods", ["array", "<i8", [1], 1], "XX"], "malformed"),
        (["period", "x", "M"], "malformed"),
        (["intervals", ONE, EMPTY, "left"], "malformed"),
        (["intervals", ONE, ONE, "up"], "malformed"),
        (["interval", 2, 1, "left"], "malformed"),
        (["interval", "a", "b", "left"], "malformed"),
        (["coded", ["array", "|i1", [8], 1], ["categories", EMPTY, False]], "malformed"),
        (["coded", ["array", "|i1", [8], 1], "int64"], "malformed"),
        (["masked", "Int64", ["array", "<f8", [1], 1], ["array", "|b1", [1], 1]], "another dtype"),
        (["masked", "Int64", ["array", "<i8", [1], 1], ["array", "|b1", [8], 1]], "malformed"),
        (["masked", "Int64", ["array", "<i8", [1], 1], ["array", "<i8", [1], 1]], "malformed"),
        (["texts", "python", "nan", 1], "no text"),
        (["texts", "python", "x"], "malformed"),
        (["texts", "c", "nan"], "malformed"),
        (["missing", "nan"], "malformed"),
        (["categories", ONE], "malformed"),
        (["masked kind", "object"], "malformed"),
        (["periods kind", 1], "frequency"),
    ],
)  # fmt: skip
def test_malformed_table_is_refused(tree, why):
    assert why in unreadable(*tree, frames=[b"\0" * 8, b""])


def test_few_labels_have_a_frequency_that_is_looked_at():
    """To look at it takes time for each label."""
    many = pd.date_range("1970", periods=200_000, freq="min")
    assert again(many).freq is None
    assert "frequency" in unreadable(
        "labels", None, ["times", ["typed", "<M8[s]", [200_000], 1, "C"], None], "min", frames=[bytes(8 * 200_000)]
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.floats()
    | st.sampled_from(
        [ONE, EMPTY, ["array", "<i8", [1], 1], ["typed", "<M8[s]", [1], 1, "C"], ["array", "|b1", [8], 1]]
    )
    | st.sampled_from(["M", "D", "left", "NA", "nan", "python", "Int64", "boolean", "NaT", "ns", ["zone", "UTC"]]),
    lambda inner: st.tuples(st.sampled_from([*_TABLE_TAGS, "list", "objects"]), st.lists(inner, max_size=4)).map(
        lambda pair: [pair[0], *pair[1]]
    ),
    max_leaves=12,
)


def reads_or_refuses(frames):
    """Read; any exception but Unreadable is the test's failure. What is read can be written again, or is refused."""
    try:
        encode(decode(frames, exact=True), exact=True)
    except Unreadable:
        return


@pytest.mark.filterwarnings("default")
@settings(max_examples=600)
@given(JSON)
def test_random_trees_are_read_or_refused(value):
    reads_or_refuses([json.dumps(value).encode(), b"\0" * 8, b""])


@pytest.mark.filterwarnings("default")
@settings(max_examples=300)
@given(st.sampled_from([*(pd.Series(column) for column in COLUMNS.values()), *INDEXES, *SCALARS]), st.data())
def test_mutated_messages_are_read_or_refused(value, data):
    """A valid message with some bytes changed, cut or added is read or refused."""
    frames = encode(value, exact=True)
    index = data.draw(st.integers(0, len(frames) - 1))
    place = data.draw(st.integers(0, len(frames[index])))
    words = [b"-", b"9", b"[", b'"', b"null", b"true", *(f'"{tag}"'.encode() for tag in list(_BY_TAG)[-5:])]
    new = data.draw(st.binary(max_size=2) | st.sampled_from(words))
    cut = data.draw(st.integers(0, 2))
    old = bytes(frames[index])
    frames[index] = old[:place] + new + old[place + cut :]
    reads_or_refuses(frames)
