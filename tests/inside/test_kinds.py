"""Further kinds of values as themselves: what comes back the same, what is refused, and what nothing hostile can do."""

import json
import pathlib
import subprocess
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import nbviva.inside
from nbviva.inside import Handle, Unreadable, decode, encode
from nbviva.inside.kinds import _BY_TAG

Point = namedtuple("Point", "x y")  # noqa: PYI024 - the kind that is tested


class Place(NamedTuple):
    """A named tuple of the other spelling, with a default."""

    north: float
    east: float = 0.0


BERLIN = ZoneInfo("Europe/Berlin")
NUMBERS = (
    st.complex_numbers(allow_nan=False)
    | st.fractions().filter(lambda number: number.denominator < 2**4000)
    | st.decimals(allow_nan=False, places=3)
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 3))
)
ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=-3, minutes=-30)), timezone(timedelta(1e-5), "x"), BERLIN])
TIMES = (
    st.dates()
    | st.timedeltas()
    | st.times()
    | st.datetimes(timezones=ZONES)
    | st.builds(lambda at, zone: at.replace(tzinfo=zone, fold=1), st.times(), ZONES)
)
NAMES = (
    st.binary(max_size=9).map(bytearray)
    | st.sampled_from([..., NotImplemented, int, list, type(None), slice(1, None), np.float32, np.sin])
    | st.sampled_from(["a/b.txt", "", "/", "ä/../b"]).flatmap(
        lambda text: st.sampled_from([pathlib.PurePosixPath(text), pathlib.PosixPath(text)])
    )
)
SCALARS = (
    hnp.from_dtype(np.dtype("<f4"), allow_nan=False)
    | hnp.from_dtype(np.dtype(">i2"))
    | hnp.from_dtype(np.dtype("c16"), allow_nan=False)
    | hnp.from_dtype(np.dtype("?"))
    | hnp.from_dtype(np.dtype("M8[ms]"), allow_nan=False)
    | hnp.from_dtype(np.dtype("m8[D]"), allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5).map(np.str_)
    | st.binary(max_size=5).map(np.bytes_)
)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5)
HASHABLE = LEAVES | NUMBERS | TIMES
VALUES = st.recursive(
    LEAVES | NUMBERS | TIMES | NAMES | SCALARS | st.builds(Handle, st.integers(0, 99)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Place, inner)
        | st.frozensets(HASHABLE, max_size=3)
        | st.builds(deque, st.lists(inner, max_size=3), st.sampled_from([None, 3, 5]))
        | st.dictionaries(HASHABLE, inner, max_size=3).flatmap(
            lambda pairs: st.sampled_from(
                [pairs, OrderedDict(pairs), Counter(pairs), defaultdict(int, pairs), defaultdict(None, pairs)]
            )
        )
    ),
    max_leaves=10,
)
ARRAYS = st.sampled_from(["<f8", ">f4", "?", "<i2", "<c8", "<U3", ">U2", "S4", "M8[s]", "m8[ns]", "M8"]).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=4))
)


def again(value, **options):
    """Give a value as it arrives when each kind crosses as itself."""
    return decode(encode(value, exact=True), exact=True, **options)


def known(value):
    """Give a value with the type of every part beside it; of a named tuple its name and fields."""
    kind = type(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return kind.__name__, value._fields, [known(item) for item in value]
    if kind in (list, tuple, deque):
        return kind, getattr(value, "maxlen", None), [known(item) for item in value]
    if isinstance(value, dict):
        factory = getattr(value, "default_factory", None)
        return kind, factory, [(known(key), known(item)) for key, item in value.items()]
    if kind is frozenset:
        return kind, sorted(repr(known(item)) for item in value)
    return kind, repr(value), getattr(value, "fold", 0), getattr(value, "dtype", None)


def refused(value, **options):
    """Give the reason for which a value is not written as itself."""
    with pytest.raises(Unreadable) as caught:
        encode(value, exact=True, **options)
    return str(caught.value)


def unreadable(*tree, frames=(b"\0" * 8,), **options):
    """Give the reason for which a hand-written tree is not read."""
    with pytest.raises(Unreadable) as caught:
        decode([json.dumps(tree).encode(), *frames], **{"exact": True, **options})
    return str(caught.value)


@settings(max_examples=300)
@given(VALUES)
def test_values_of_further_kinds_come_back_the_same(value):
    """Kind, parts and order are the same; a handle inside stays one."""
    assert known(value) == known(again(value))


@given(ARRAYS, st.booleans())
def test_arrays_keep_dtype_bytes_and_order_in_memory(array, is_fortran):
    array = np.asfortranarray(array) if is_fortran else array
    back = again(array)
    assert (array.dtype, array.shape, array.tobytes()) == (back.dtype, back.shape, back.tobytes())
    assert (array.flags.c_contiguous, array.flags.f_contiguous) == (back.flags.c_contiguous, back.flags.f_contiguous)
    assert back.flags.writeable


def test_arrays_of_objects_keep_their_parts():
    array = np.array([[1, "a"], [None, Fraction(1, 2)]], dtype=object)
    assert [[1, "a"], [None, Fraction(1, 2)]] == again(array).tolist()
    assert object == again(array).dtype


@pytest.mark.parametrize(
    "kind", ["float64", "int8", "bool_", "complex64", "float16", "datetime64", "object_", "number"]
)
def test_types_and_dtypes_of_numpy_cross_by_their_names(kind):
    assert getattr(np, kind) is again(getattr(np, kind))
    if kind not in ("number", "datetime64"):
        assert np.dtype(kind) == again(np.dtype(kind))


def test_ten_thousand_numbers_of_numpy_are_no_ten_thousand_frames():
    numbers = list(np.linspace(0, 1, 10_000))
    assert numbers == again(numbers)
    assert 1 == len(encode(numbers, exact=True))


@pytest.mark.parametrize("name", ["nan", "inf", "-inf", "-0.0"])
def test_special_parts_of_numbers_come_back_as_themselves(name):
    number = complex(float(name), float(name))
    assert repr(number) == repr(again(number))
    assert repr(Decimal(name)) == repr(again(Decimal(name)))
    assert repr(np.float32(name)) == repr(again(np.float32(name)))


@pytest.mark.parametrize(
    "value", [1j, frozenset([1]), date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=BERLIN), time(1), timedelta(1)]
)
def test_what_had_no_plainer_form_crosses_without_being_asked_for(value):
    """Complex numbers, frozen sets, dates and times can be no float and no list, and were refused before."""
    assert known(value) == known(decode(encode(value)))


@pytest.mark.parametrize(
    "value", [range(3), deque([1]), Counter("a"), Point(1, 2), pathlib.PurePosixPath("a"), np.array(["2024"], "M8[D]")]
)
def test_other_kinds_are_read_only_where_they_were_asked_for(value):
    """A check that did not ask for them cannot be sent them."""
    with pytest.raises(Unreadable, match="not asked for"):
        decode(encode(value, exact=True))


def test_named_tuple_has_names_and_nothing_else_of_its_class():
    back = again(Point(1, [2]))
    assert (1, [2]) == back == (back.x, back.y)
    assert "Point(x=1, y=[2])" == repr(back)
    assert {"x": 1, "y": [2]} == back._asdict()
    assert (3, [2]) == back._replace(x=3)
    assert type(back) is type(again(Point(3, 4)))
    assert known(back) == known(again(back))
    with pytest.raises(TypeError, match="takes x, y"):
        type(back)(1)


class Text(str):
    """A text that could answer comparisons."""

    __slots__ = ()


class Lying(Fraction):
    """A fraction that equals everything."""

    def __eq__(self, other):
        return True

    __hash__ = Fraction.__hash__


class Counts(Counter):
    """A counter of the student's."""


class Later(date):
    """A date of the student's."""


class Queue(deque):
    """A queue of the student's."""


class Where(Place):
    """A named tuple's subclass."""

    __slots__ = ()


class Able(NamedTuple):
    """A named tuple that answers more than its fields."""

    x: int

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


class Bytes(np.bytes_):
    """A text of numpy's that is the student's."""


class Float(np.float64):
    """A number of numpy's that is the student's."""


STRANGE = [
    Text("a"), Lying(1), Counts("a"), Later(2026, 1, 1), Queue(), Where(1), Able(1), Bytes(b"a"), Float(1), Text, Lying,
    np.ones(2).view(type("Array", (np.ndarray,), {})), np.ma.array([1.0]), np.longdouble(1),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), object(), print, Point, Decimal("1e20000"),
    Decimal("sNaN"), defaultdict(lambda: 0), sys.version_info, memoryview(b"a"), ValueError("x"), np.random, np.dot,
]  # fmt: skip


@pytest.mark.parametrize("value", STRANGE)
def test_subclasses_and_objects_are_never_written_as_plain_data(value):
    """They are refused, or stay where they are as a handle: alone and inside."""
    for nested in (value, [value], deque([value]), {"a": Point(value, 1)}):
        assert "is no plain data" in refused(nested)
        assert "handle" in str(encode(nested, lambda _: Handle(0), exact=True)[0])


def test_array_with_a_strange_part_stays_whole():
    """No array arrives that is half handles; nothing of it is left in the message."""
    array = np.array([1, np.ones(3), object()], dtype=object)
    kept = []

    def keep(value):
        kept.append(value)
        return Handle(len(kept))

    frames = encode([array, 1], keep, exact=True)
    assert [[Handle(1), 1], 1] == [decode(frames, exact=True), len(frames)]
    assert kept[0] is array


def test_handle_becomes_what_stands_for_it_wherever_it_is():
    value = deque([Point(Handle(1), frozenset([Handle(2)]))])
    back = again(value, remote=lambda handle: f"number {handle.number}")
    assert [("number 1", frozenset(["number 2"]))] == list(back)


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (["complex", 1, 2], "another kind"),
        (["complex", ["float", "nan"]], "malformed"),
        (["range", 1, 2, 0], "malformed"),
        (["range", 1.0, 2, 1], "another kind"),
        (["range", True, 2, 1], "another kind"),
        (["fraction", 1, 0], "malformed"),
        (["fraction", 1.5, 2], "another kind"),
        (["decimal", "1e5"], "decimal"),
        (["decimal", "1E+99999"], "decimal"),
        (["decimal", "1E+9999999"], "decimal"),
        (["decimal", "sNaN"], "decimal"),
        (["decimal", "9" * 6000], "decimal"),
        (["decimal", 1], "another kind"),
        (["date", 2026, 13, 1], "malformed"),
        (["time", 1, 1, 1, 1, ["list"], 0], "another kind"),
        (["datetime", 2026, 1, 1, 1, 1, 1, 1, "UTC", 0], "another kind"),
        (["timezone", 3600], "another kind"),
        (["timezone", ["timedelta", 2, 0, 0]], "malformed"),
        (["zone", "../../../etc/passwd"], "no name"),
        (["zone", "/etc/localtime"], "malformed"),
        (["zone", "No/Where"], "malformed"),
        (["timedelta", 10**12, 0, 0], "malformed"),
        (["path", "Path", "a"], "malformed"),
        (["path", "PosixPath", 1], "another kind"),
        (["constant", "copyright"], "malformed"),
        (["type", "type"], "malformed"),
        (["defaultdict", "eval"], "malformed"),
        (["defaultdict", ["list"]], "malformed"),
        (["counter", [1]], "malformed"),
        (["deque", -1], "malformed"),
        (["deque", True], "another kind"),
        (["frozenset", ["list"]], "malformed"),
        (["named", "x y", ["a", 1]], "named tuple"),
        (["named", "X", ["_a", 1]], "named tuple"),
        (["named", "X", ["__eq__", 1]], "named tuple"),
        (["named", "X", ["class", 1]], "named tuple"),
        (["named", "X", ["a", 1], ["a", 2]], "named tuple"),
        (["named", "X", [["list"], 2]], "named tuple"),
        (["named", "X", ["a"]], "malformed"),
        (["typed", "<U0", [1], 1, "C"], "not allowed"),
        (["typed", "<U2", [1], 1, "K"], "not allowed"),
        (["typed", "<U2", [3], 1, "C"], "another size"),
        (["typed", "|O", [1], 1, "C"], "not allowed"),
        (["typed", "<M8[1x]", [1], 1, "C"], "not allowed"),
        (["typed", "<f8,<f8", [1], 1, "C"], "not allowed"),
        (["objects", [2], 1], "another size"),
        (["objects", [2**39, 2**39], 1], "another size"),
        (["objects", -1, 1], "shape"),
        (["scalar", "<f8", "00"], "another size"),
        (["scalar", "<f8", "zz"], "malformed"),
        (["scalar", "<U1", "00000000"], "not allowed"),
        (["numpy text", 1], "malformed"),
        (["dtype", "O8"], "not allowed"),
        (["dtype", ["list"]], "not allowed"),
        (["numpy type", "load"], "not allowed"),
        (["ufunc", "load"], "not allowed"),
        (["ufunc", "f2py"], "not allowed"),
        (["table"], "malformed"),
    ],
)
def test_malformed_value_of_a_further_kind_is_refused(tree, why):
    assert why in unreadable(*tree)
    assert why in unreadable("list", tree)


def test_letters_that_are_none_are_refused():
    """Numpy would make an error of them, or worse, when somebody looks at them."""
    for letter in (0x110000, 0xD800):
        assert "no letter" in unreadable("typed", "<U1", [1], 1, "C", frames=[letter.to_bytes(4, "little")])
        assert "no letter" in unreadable("typed", ">U1", [1], 1, "C", frames=[letter.to_bytes(4, "big")])


def test_bools_that_are_none_become_true():
    frames = [json.dumps(["typed", "|b1", [3], 1, "F"]).encode(), b"\x00\x01\xff"]
    assert [0, 1, 1] == decode(frames, exact=True).view(np.uint8).tolist()
    assert np.True_ is decode([b'["scalar","|b1","ff"]'], exact=True)


def test_message_makes_few_classes():
    """Each kind of named tuple is a class; a message of thousands is refused."""
    trees = [["named", f"X{number}", ["a", 1]] for number in range(200)]
    assert "kinds of named tuples" in unreadable("list", *trees)


def test_keys_that_hash_alike_are_refused_in_every_container():
    keys = [["int", hex(number * (2**61 - 1))] for number in range(3000)]
    assert "alike" in unreadable("frozenset", *keys)
    assert "alike" in unreadable("counter", *([key, 1] for key in keys))


@pytest.mark.parametrize(
    ("library", "module", "tree"),
    [
        ("numpy", "arrays", ["ufunc", "sin"]),
        ("pandas", "tables", ["missing", "NaT"]),
        ("scipy", "matrices", ["sparse", "csr_array", [0, 0]]),
        ("sympy", "formulas", ["integer", 1]),
        ("PIL", "images", ["picture", "L", [0, 0], 1, None, None, None]),
        ("torch", "tensors", ["torch dtype", "int8"]),
    ],
)
def test_library_that_is_missing_here_is_said(monkeypatch, library, module, tree):
    """The sentence names what to install, and where."""
    monkeypatch.delitem(sys.modules, f"nbviva.inside.{module}", raising=False)
    monkeypatch.delattr(nbviva.inside, module, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    assert f"it needs {library}, which is not installed where answers are read; install it there" in unreadable(*tree)


def test_the_agent_imports_no_library_by_itself():
    """Nor does plain data need one, or Python's own further kinds; they come with the first value of theirs."""
    code = (
        "import sys; from nbviva.inside import agent, decode, encode\n"
        "decode(encode(('ok', [1, {'a': 2.5}, 3j], object()), lambda value: agent.Handle(0)), exact=True)\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'sympy', 'PIL', 'torch'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]\n" == done.stdout


TAGS = sorted(_BY_TAG)
WORDS = st.sampled_from(
    ["<f8", "|b1", "<U2", "M8[s]", "C", "F", "nan", "PosixPath", "int", "a", "Europe/Berlin", "1E+5", "00" * 8, *TAGS]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-3, 12) | st.floats() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(
            st.sampled_from([*TAGS, "list", "array", "dict", "tuple", "tensor"]), st.lists(inner, max_size=5)
        ).map(lambda pair: [pair[0], *pair[1]])
    ),
    max_leaves=20,
)
FRAMES = st.lists(st.binary(max_size=16), max_size=3)


def reads_or_refuses(frames):
    """Read; any exception but Unreadable is the test's failure. What is read can be written again."""
    try:
        value = decode(frames, exact=True)
    except Unreadable:
        return
    encode(value, exact=True)


@settings(max_examples=600)
@given(JSON, FRAMES)
def test_random_trees_are_read_or_refused(value, frames):
    reads_or_refuses([json.dumps(value).encode(), *frames])


@settings(max_examples=400)
@given(VALUES, ARRAYS, st.data())
def test_mutated_messages_are_read_or_refused(value, array, data):
    """A valid message with some bytes changed, cut or added is read or refused."""
    frames = encode([value, array, array], exact=True)
    index = data.draw(st.integers(0, len(frames) - 1))
    place = data.draw(st.integers(0, len(frames[index])))
    new = data.draw(st.binary(max_size=2) | st.sampled_from([b"-", b"9", b"[", b"]", b'"', b"1e9", b"null", b"true"]))
    cut = data.draw(st.integers(0, 2))
    old = bytes(frames[index])
    frames[index] = old[:place] + new + old[place + cut :]
    reads_or_refuses(frames)
