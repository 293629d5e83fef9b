"""What crosses between a student's kernel and the examiner, what does not, and that nothing else ever happens."""

import json
import math
import tracemalloc
from collections import OrderedDict, deque
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nbviva.inside import ARRAY_DTYPES, CAPS, Caps, Handle, Unreadable, decode, encode
from nbviva.inside.agent import Agent

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
HANDLES = st.builds(Handle, st.integers(0, 2**39))
HASHABLE = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | TEXTS
    | st.binary(max_size=20)
)
PLAIN = st.recursive(
    HASHABLE | HANDLES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=20,
)
ARRAYS = st.sampled_from(sorted(ARRAY_DTYPES)).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, min_side=0, max_dims=4, max_side=4))
)


def exact(value):
    """Give a value with the type of every part beside it, so that True is not 1 and 1 is not 1.0."""
    kind = type(value)
    if kind in (list, tuple):
        return kind, [exact(item) for item in value]
    if kind is dict:
        return kind, [(exact(key), exact(item)) for key, item in value.items()]
    if kind is set:
        return kind, sorted(repr(exact(item)) for item in value)
    return (kind, value, math.copysign(1, value)) if kind is float else (kind, value)


def tree(*parts, frames=()):
    """Give the frames of a hand-written tree."""
    return [json.dumps(*parts).encode(), *frames]


def refused(value, **options):
    """Give the reason for which a value is not encoded."""
    with pytest.raises(Unreadable) as caught:
        encode(value, **options)
    return str(caught.value)


def unreadable(frames, caps=CAPS):
    """Give the reason for which frames are not decoded."""
    with pytest.raises(Unreadable) as caught:
        decode(frames, caps)
    return str(caught.value)


@given(PLAIN)
def test_plain_data_comes_back_the_same(value):
    """Every plain value is decoded to the same value of the same types."""
    assert exact(value) == exact(decode(encode(value)))


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        (("call", 5, "q", "f", [], [1, 2.5, "\xfc", None], {"z": 2**64}),
         '["tuple","call",5,"q","f",["list"],["list",1,2.5,"\\u00fc",null],["dict",["z",["int","0x10000000000000000"]]]]'),
        (np.arange(6.0).reshape(2, 3).T, '["array","<f8",[3,2],1]'),
        (np.float32(1.5), '["array","<f4",[],1]'),
        (Fraction(1, 4), "0.25"),
        (range(3), '["list",0,1,2]'),
        (OrderedDict(b=1), '["dict",["b",1]]'),
        (pd.DataFrame({"a": [1, 2]}), '["array","<i8",[2,1],1]'),
        (deque([1]), '["handle",7]'),
        (pd.Timestamp(1), '["handle",7]'),
    ],
)  # fmt: skip
def test_messages_are_written_as_they_always_were(value, tree):
    """A question is known by its bytes: transcripts of before are answered by them."""
    assert tree.encode() == encode(value, lambda _: Handle(7))[0]


@given(ARRAYS)
def test_arrays_come_back_the_same(array):
    """Arrays of every allowed dtype keep dtype, shape and bytes, and can be written to."""
    back = decode(encode(array))
    assert (array.dtype, array.shape, array.tobytes()) == (back.dtype, back.shape, back.tobytes())
    assert back.flags.writeable
    assert back.flags.owndata or back.base.flags.owndata


def test_a_large_array_is_held_once():
    """An array stands in its frame where that may be written and holds no other; else in memory of its own."""
    numbers = np.arange(6, dtype="<i2")
    head, _ = encode(numbers)
    frame = bytearray(numbers.tobytes())
    assert np.shares_memory(np.frombuffer(frame, np.uint8), decode([head, memoryview(frame)]))
    frozen = decode([head, bytes(frame)])
    frozen[0] = 7
    assert [0, 1, 2, 3, 4, 5] == np.frombuffer(frame, "<i2").tolist()
    node = ["array", "<i2", [6], 1]
    first, second = decode([json.dumps(["list", node, node]).encode(), memoryview(frame)])
    assert not np.shares_memory(first, second)


def test_what_is_sent_is_not_changed_by_who_reads_it():
    """Frames that never left this process are read as if they had."""
    numbers = np.zeros(3)
    decode(encode(numbers))[0] = 1.0
    assert not numbers.any()


@pytest.mark.parametrize("sent", [[0, 1, 2, 255], [0, 1, 1, 0]])
def test_truth_values_are_two(sent):
    """Whatever byte stands for true, it is read as true, and is 1."""
    read = decode([encode(np.zeros(4, bool))[0], memoryview(bytearray(sent))])
    assert [bool(byte) for byte in sent] == read.tolist()
    assert set(read.view(np.uint8).tolist()) <= {0, 1}


@pytest.mark.parametrize("name", ["nan", "inf", "-inf", "-0.0", "5e-324", "1.7976931348623157e308"])
def test_special_floats_come_back_as_themselves(name):
    """NaN, the infinities, minus zero and the ends of the range are ordinary values."""
    assert repr(float(name)) == repr(decode(encode([float(name)]))[0])


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, -(2**53), 2**64, 10**1000, -(10**1000), 2**4095, 1 - 2**4095])
def test_integers_up_to_the_cap_are_exact(number):
    """Large integers lose no digit."""
    assert number == decode(encode(number))


def test_larger_integers_are_refused_by_both_sides():
    """An integer above the cap is refused before it is made."""
    assert "4097 bits" in refused(2**4096)
    assert "integer is malformed" in unreadable(tree(["int", hex(16**1030)]))


def test_fortran_order_and_views_are_sent_by_value():
    """Transposed, strided and big-endian arrays arrive with the same values."""
    grid = np.arange(12, dtype=">f8").reshape(3, 4)
    for array in (
        grid,
        grid.T,
        grid[::2, ::-1],
        grid[:, 1],
        grid[0, ::-1],
        np.asfortranarray(grid),
        np.broadcast_to(grid[0], (2, 4)),
    ):
        assert array.tolist() == decode(encode(array)).tolist()


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, np.int8, np.uint64, np.bool_, np.complex64])
def test_numpy_numbers_become_arrays_without_dimensions(kind):
    """A numpy number keeps its dtype."""
    back = decode(encode(kind(1)))
    assert (np.dtype(kind), (), 1) == (back.dtype, back.shape, back.item())


def test_numpy_texts_and_ordered_dicts_become_plain():
    """What numpy and torch make of texts and dictionaries is plain again on the other side."""
    back = decode(encode(OrderedDict(b=np.str_("x"), a=[1])))
    assert (dict, [("b", "x"), ("a", [1])]) == (type(back), list(back.items()))
    assert type(back["b"]) is str


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Fraction(1, 4), 0.25), (Decimal("0.25"), 0.25), (sympy.Rational(1, 4), 0.25), (sympy.Integer(42), 42.0),
        (np.longdouble(0.25), 0.25), (range(3), [0, 1, 2]), (np.array(["a", "b"]), ["a", "b"]),
        (np.array([1, None], dtype=object), [1, None]), (pd.Series([1.5, 2.5], index=["a", "b"]), [1.5, 2.5]),
        (pd.Series(["a"]), ["a"]), (pd.DataFrame({"a": [1, 2]}), [[1], [2]]), (pd.Index([1, 2]), [1, 2]),
        (pd.Series([1, None], dtype="Int64"), [1.0, math.nan]),
    ],
)  # fmt: skip
def test_other_kinds_of_numbers_and_tables_become_plain(value, plain):
    """An answer may be a fraction, a decimal, a sympy number or a column of pandas: what counts is its value."""
    (back,) = decode(encode([value]))
    assert repr(plain) == repr(back.tolist() if isinstance(back, np.ndarray) else back)


def test_long_range_is_refused_before_it_is_a_list():
    assert "items" in refused(range(10**15))


def test_value_that_fails_on_the_way_is_unreadable_and_no_error_of_the_function():
    """A student reads that the answer could not be read, not that the function raised."""
    agent = Agent({"huge": lambda: Fraction(10**400)})
    assert ("unreadable", "the value cannot be read: OverflowError") == tuple(
        decode(agent.answer(encode(("call", 0, "", "huge", [], [], {}))))
    )


def test_tensors_become_tensors_for_the_student_and_arrays_for_the_examiner():
    """Only the student's side makes tensors; gradients, views and bfloat16 are no hindrance."""
    torch = pytest.importorskip("torch")
    for tensor in (
        torch.arange(6.0).reshape(2, 3).T,
        torch.nn.Parameter(torch.ones(2)),
        torch.ones(2, requires_grad=True) * 2,
        torch.ones(2, dtype=torch.bfloat16),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([True, False]),
        torch.tensor(3),
    ):
        plain, again = decode(encode([tensor])), decode(encode([tensor]), tensors=True)
        expected = tensor.detach().resolve_conj().tolist()
        assert type(plain[0]) is np.ndarray
        assert type(again[0]) is torch.Tensor
        assert (expected, expected) == (plain[0].tolist(), again[0].tolist())
        again[0].zero_()  # it owns its memory


def test_tensors_with_another_layout_are_no_plain_data():
    """Sparse tensors and subclasses of Tensor do not cross by value."""
    torch = pytest.importorskip("torch")

    class Mine(torch.Tensor):  # type: ignore[name-defined]  # torch is found when the test runs
        """A subclass."""

    assert "Tensor is no plain data" in refused(torch.eye(2).to_sparse())
    assert "Mine is no plain data" in refused(torch.ones(2).as_subclass(Mine))


def test_other_values_become_handles_where_asked():
    """What is no plain data is given to `opaque`, at any depth; its handle comes back."""
    seen = []

    def opaque(value):
        seen.append(value)
        return Handle(len(seen))

    assert [Handle(1), (Handle(2),)] == decode(encode([int, (thing := object(),)], opaque))
    assert [int, thing] == seen


class Text(str):
    """A str that could answer comparisons."""

    __slots__ = ()


class Number(IntEnum):
    """An int that is none."""

    ONE = 1


class Word(StrEnum):
    """A str that is none."""

    ONE = "one"


class Items(list):
    """A list that could change while it is read."""


class Floating(float):
    """A float that could answer comparisons."""


class Array(np.ndarray):
    """An array that could answer comparisons."""


@pytest.mark.parametrize(
    "value",
    [
        Text("a"), Number.ONE, Word.ONE, Items([1]), Floating(1), np.ones(2).view(Array), np.ma.array([1.0]), object(),
        np.array([1, object()], dtype=object), np.array([b"a"]), np.array(["2024"], "M8[D]"),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), bytearray(b"a"),
        memoryview(b"a"), lambda: 0, int, ..., NotImplemented, (i for i in []), ValueError("x"),
    ],
)  # fmt: skip
def test_what_is_no_plain_data_is_refused(value):
    """Subclasses, objects, and arrays of anything but numbers do not cross, alone or inside."""
    for nested in (value, [value], {"a": (value,)}):
        assert "is no plain data" in refused(nested)


def test_lone_surrogates_are_refused_by_both_sides():
    """Half a character is no text, wherever it stands."""
    assert "lone surrogate" in refused("a\ud800")
    assert "lone surrogate" in refused({"\udfff": 1})
    assert "lone surrogate" in unreadable([b'"\\ud800"'])
    assert "lone surrogate" in unreadable([b'["dict",["\\ud800",1]]'])
    assert "lone surrogate" in unreadable([b'["list","\\ud800"]'])


def test_cycles_and_deep_nesting_are_refused():
    """Lists that hold themselves, and nesting beyond the cap, end in a reason."""
    cycle = []
    cycle.append(cycle)
    deep = 1
    for _ in range(CAPS.depth + 1):
        deep = [deep]
    assert "nested more than 32 deep" in refused(cycle)
    assert "nested more than 32 deep" in refused(deep)
    assert deep[0] == decode(encode(deep[0]))
    assert "nested too deeply" in unreadable(tree([["list", ["list", 1]]][0]), Caps(depth=1))


def test_json_nested_beyond_the_interpreters_limit_is_refused():
    """A hundred thousand brackets do not reach the caller as RecursionError."""
    assert "malformed" in unreadable([b"[" * 100_000])
    assert "malformed" in unreadable([b'["list",' * 50_000 + b"1" + b"]" * 50_000])


def test_too_many_items_are_refused_by_both_sides():
    """More items than the cap, at once or nested, are refused."""
    caps = Caps(items=10)
    assert "more than 10 items" in refused([[0] * 3] * 3, caps=caps)
    assert "too many items" in unreadable(encode([[0] * 3] * 3), caps)
    assert [0] * 9 == decode(encode([0] * 9, caps=caps), caps)


def test_too_many_bytes_are_refused_by_both_sides():
    """The tree and the arrays have caps of their own."""
    caps = Caps(tree_bytes=100, total_bytes=1000)
    assert "bytes where 100 are allowed" in refused("a" * 99, caps=caps)
    assert "more than 1000 bytes" in refused([b"a" * 600, np.zeros(100, np.int8), np.zeros(500, np.int8)], caps=caps)
    assert "too large" in unreadable(encode("a" * 99), caps)
    assert "too large" in unreadable(encode([b"a" * 600] * 2), caps)
    assert b"a" * 900 == decode(encode(b"a" * 900, caps=caps), caps)


def test_no_frames_and_too_many_frames_are_refused():
    """A message has at least a tree and at most a number of frames."""
    assert "wrong number of frames" in unreadable([])
    assert "wrong number of frames" in unreadable([b"1", *[b""] * CAPS.frames])


@pytest.mark.parametrize(
    ("leaf", "why"),
    [
        (["array", "|O", [1], 1], "dtype"),
        (["array", "<f16", [1], 1], "dtype"),
        (["array", ">f8", [1], 1], "dtype"),
        (["array", ["<f8"], [1], 1], "dtype"),
        (["array", "V8", [1], 1], "dtype"),
        (["array", "<f8", [-1], 1], "shape"),
        (["array", "<f8", [-1, -1], 1], "shape"),
        (["array", "<f8", [1.0], 1], "shape"),
        (["array", "<f8", [True], 1], "shape"),
        (["array", "<f8", 1, 1], "shape"),
        (["array", "<f8", [1] * 17, 1], "shape"),
        (["array", "<f8", [10**30], 1], "shape"),
        (["array", "<f8", [2], 1], "another size"),
        (["array", "<f8", [0], 1], "another size"),
        (["array", "<f8", [2**39, 2**39], 1], "another size"),
        (["array", "<f8", [1], 0], "frame is missing"),
        (["array", "<f8", [1], 2], "frame is missing"),
        (["array", "<f8", [1], -1], "frame is missing"),
        (["array", "<f8", [1], True], "frame is missing"),
        (["array", "<f8", [1], "1"], "frame is missing"),
        (["array", "<f8", [1]], "malformed"),
        (["array", "<f8", [1], 1, 1], "malformed"),
        (["bytes"], "malformed"),
        (["bytes", None], "frame is missing"),
        (["float", "1"], "malformed"),
        (["float", []], "malformed"),
        (["int", 3], "integer is malformed"),
        (["int", "0xg"], "malformed"),
        (["int", ""], "malformed"),
        (["handle", -1], "handle is malformed"),
        (["handle", True], "handle is malformed"),
        (["handle", "1"], "handle is malformed"),
        (["handle", 2**40], "handle is malformed"),
        (["handle", 1, "its type"], "malformed"),
        (["dict", [1]], "malformed"),
        (["dict", 1], "malformed"),
        (["dict", [1, 2, 3]], "malformed"),
        (["dict", [["list"], 1]], "malformed"),
        (["dict", [["dict"], 1]], "malformed"),
        (["dict", [["array", "<f8", [1], 1], 1]], "malformed"),
        (["set", ["list"]], "malformed"),
        (["set", ["set"]], "malformed"),
        (["pickle", "x"], "malformed"),
        ([["list"], 1], "malformed"),
        ([{"a": 1}], "malformed"),
        ([None], "malformed"),
        ([], "malformed"),
        ({"a": 1}, "malformed"),
    ],
)
def test_malformed_leaf_is_refused(leaf, why):
    """Every way of writing a value wrong is refused, alone and inside a list."""
    frames = [b"\0" * 8]
    assert why in unreadable(tree(leaf, frames=frames))
    assert why in unreadable(tree(["list", leaf], frames=frames))


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"-Infinity", b'["list",NaN]'])
def test_constants_that_json_does_not_have_are_refused(text):
    """Python's own NaN and Infinity are no JSON."""
    assert "cannot be read" in unreadable([text])


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"\xef\xbb\xbf1", b"nul", b"1 2", b"'a'", b"9" * 5000, b"-" + b"9" * 5000]
)
def test_what_is_no_json_is_refused(text):
    """Broken encodings, broken JSON and endless numbers are refused."""
    unreadable([text])


def test_large_integers_written_plainly_do_not_pass_the_cap():
    """The cap on integers holds however they are written."""
    unreadable([b"1" * 4000])


def test_number_that_overflows_becomes_infinity_and_nothing_worse():
    """A number beyond the range of floats is infinity, which equals nothing in a comparison."""
    assert math.inf == decode([b"1e999"])


def test_duplicates_are_merged():
    """A set or dictionary with equal entries has one of them."""
    assert {1} == decode(tree(["set", 1, 1]))
    assert {"a": 2} == decode(tree(["dict", ["a", 1], ["a", 2]]))


def test_two_arrays_from_one_frame_do_not_share_memory():
    """A frame that is named twice gives two arrays."""
    first, second = decode(tree(["list", ["array", "<f8", [1], 1], ["array", "<f8", [1], 1]], frames=[b"\0" * 8]))
    first[0] = 1
    assert second[0] == 0


def test_bools_of_an_array_are_true_or_false():
    """A byte that is neither 0 nor 1 becomes a proper bool."""
    array = decode(tree(["array", "|b1", [3], 1], frames=[b"\x00\x01\xff"]))
    assert [0, 1, 1] == array.view(np.uint8).tolist()


def test_one_frame_named_many_times_takes_bounded_memory():
    """A message cannot be multiplied by naming its largest frame again and again."""
    caps = Caps(total_bytes=1 << 20)
    frames = tree(["list", *[["array", "|u1", [1 << 19], 1]] * 200], frames=[bytes(1 << 19)])
    tracemalloc.start()
    try:
        unreadable(frames, caps)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["<f8", "|b1", "nan", "0x1"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        | st.tuples(
            st.sampled_from(["list", "tuple", "set", "dict", "array", "tensor", "bytes", "int", "float", "handle"]),
            st.lists(inner, max_size=4),
        ).map(lambda pair: [pair[0], *pair[1]])
    ),
    max_leaves=20,
)
FRAMES = st.lists(st.binary(max_size=16), max_size=3)


def decodes_or_refuses(frames):
    """Decode; any exception but Unreadable is the test's failure. What is decoded can be encoded again."""
    try:
        value = decode(frames)
    except Unreadable:
        return
    encode(value)


@given(FRAMES)
def test_random_bytes_are_read_or_refused(frames):
    """No bytes make the decoder raise anything but Unreadable."""
    decodes_or_refuses(frames)


@settings(max_examples=400)
@given(JSON, FRAMES)
def test_random_trees_are_read_or_refused(value, frames):
    """No JSON makes the decoder raise anything but Unreadable."""
    decodes_or_refuses([json.dumps(value).encode(), *frames])


@settings(max_examples=400)
@given(PLAIN, ARRAYS, st.data())
def test_mutated_messages_are_read_or_refused(value, array, data):
    """A valid message with one byte changed, cut or added is read or refused."""
    frames = encode([value, array, b"abc"])
    index = data.draw(st.integers(0, len(frames) - 1))
    place = data.draw(st.integers(0, len(frames[index])))
    new = data.draw(st.binary(max_size=2) | st.sampled_from([b"-", b"9", b"[", b"]", b'"', b"1e9", b"null", b"true"]))
    cut = data.draw(st.integers(0, 2))
    old = bytes(frames[index])
    frames[index] = old[:place] + new + old[place + cut :]
    decodes_or_refuses(frames)
