"""Sparse matrices of scipy as themselves, and places outside of them, which would end the process that looks at one."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from nbviva.inside import CAPS, Handle, Unreadable, decode, encode
from tests.inside.hand_made import again, mutated, reads_or_refuses, trees, unreadable

GRID = np.array([[0, 1.5, 0, 0], [2, 0, 0, 0], [0, 0, 0, -3], [0, 0, 0, 0]])
FORMATS = ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")
MATRICES = {
    **{f"{name}_matrix": getattr(sparse, f"{name}_matrix")(GRID) for name in FORMATS},
    **{f"{name}_array": getattr(sparse, f"{name}_array")(GRID.astype(np.float32)) for name in FORMATS},
    "without numbers": sparse.csr_array((3, 0)),
    "with one dimension": sparse.coo_array([0, 1, 0]),
    "of complex numbers": sparse.csc_array(GRID * 1j),
    "with a stored zero": sparse.csr_array(([0, 1], [0, 1], [0, 1, 2]), shape=(2, 2)),
    "with a number twice": sparse.coo_array(([1, 2], ([0, 0], [1, 1])), shape=(2, 2)),
    "large": sparse.coo_array(([1], ([2**30], [2**31 - 1])), shape=(2**31, 2**31)),
}


@pytest.mark.parametrize("name", MATRICES)
def test_matrix_comes_back_the_same(name):
    matrix = MATRICES[name]
    back = again(matrix)
    assert (type(matrix), matrix.dtype, matrix.shape, matrix.nnz) == (type(back), back.dtype, back.shape, back.nnz)
    ours, theirs = matrix.tocoo(), back.tocoo()
    assert ours.data.tolist() == theirs.data.tolist()
    assert [place.tolist() for place in ours.coords] == [place.tolist() for place in theirs.coords]


def test_stored_numbers_keep_their_places():
    """What is stored is more than what it stands for: zeros, and an order that is not sorted."""
    matrix = sparse.csr_array(([3.0, 0, 1], [2, 0, 1], [0, 2, 3]), shape=(2, 3))
    back = again(matrix)
    for name in ("data", "indices", "indptr"):
        assert getattr(matrix, name).tolist() == getattr(back, name).tolist()


class Matrix(sparse.csr_matrix):
    """A matrix that could answer comparisons."""


@pytest.mark.parametrize("value", [Matrix(GRID), sparse.linalg.aslinearoperator(GRID), sparse])
def test_what_is_no_matrix_of_scipys_stays_where_it_is(value):
    assert [Handle(0)] == decode(encode([value], lambda _: Handle(0), exact=True), exact=True)


def places(*numbers):
    """Give the tree and the frame of places."""
    return ["array", "<i4", [len(numbers)], 1], np.array(numbers, "<i4").tobytes()


@pytest.mark.parametrize(
    ("indices", "indptr"), [([5], [0, 1]), ([-1], [0, 1]), ([0], [0, 9]), ([0], [1, 0]), ([0], [0]), ([], [0, 1])]
)
def test_places_outside_of_the_matrix_are_refused(indices, indptr):
    data, where, start = np.ones(len(indices)), np.array(indices, "<i4"), np.array(indptr, "<i4")
    frames = encode(("sparse", data, where, start))
    tree = json.loads(frames[0])
    for name in ("csr_array", "csr_matrix", "csc_array"):
        shape = [1, 2] if name.startswith("csr") else [2, 1]
        with pytest.raises(Unreadable):
            decode([json.dumps(["sparse", name, shape, *tree[2:]]).encode(), *frames[1:]], exact=True)


NUMBER, PLACE, NONE = ["array", "<f8", [1], 1], ["array", "<i8", [1], 1], ["array", "<f8", [0], 2]


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (["sparse", "csr_thing", [1, 1], NUMBER, PLACE, PLACE], "malformed"),
        (["sparse", "coo_array", [1, -1], NUMBER, PLACE, PLACE], "malformed"),
        (["sparse", "coo_array", [1, 1, 1], NUMBER, PLACE, PLACE, PLACE], "malformed"),
        (["sparse", "coo_array", 3, NUMBER, PLACE, PLACE], "malformed"),
        (["sparse", "coo_array", [0, 1], NUMBER, PLACE, PLACE], "malformed"),
        (["sparse", "coo_array", [1, 1], NUMBER, NUMBER, PLACE], "no"),
        (["sparse", "coo_array", [1, 1], NUMBER, PLACE], "malformed"),
        (["sparse", "coo_array", [1, 1], "x", PLACE, PLACE], "no number"),
        (["sparse", "coo_array", [1, 1], ["objects", [1], None], PLACE, PLACE], "no number"),
        (["sparse", "lil_array", [2**30, 1], NUMBER, PLACE, PLACE], "too many rows"),
        (["sparse", "dia_array", [1, 1], ["array", "<f8", [1, 1], 1], ["array", "<i8", [1], 2]], "outside of it"),
        (["sparse", "dia_array", [1, 1], NUMBER, ["array", "|i1", [8], 1]], "malformed"),
        (["sparse", "bsr_array", [1, 1], NUMBER, PLACE, PLACE], "malformed"),
        (["sparse", "csr_array", [2**39, 1], NUMBER, PLACE, PLACE], "malformed"),
    ],
)
def test_malformed_matrix_is_refused(tree, why):
    assert why in unreadable(*tree, frames=[b"\0" * 8, b"\x09" + b"\0" * 7])


def test_matrix_that_is_made_number_by_number_has_few():
    many = CAPS.items + 1
    tree = [["array", "|i1", [many], 1], *[["array", "<i4", [many], 2]] * 2]
    assert "too many rows or numbers" in unreadable(
        "sparse", "dok_array", [9, 9], *tree, frames=[bytes(many), bytes(4 * many)]
    )


@settings(max_examples=300)
@given(trees(["sparse"], [*MATRICES, NUMBER, PLACE, NONE, [1, 1], [1], [2, 3], ["array", "<i4", [2], 1]]))
def test_random_trees_are_read_or_refused(tree):
    reads_or_refuses([json.dumps(tree).encode(), b"\0" * 8, b""])


@settings(max_examples=400)
@given(st.sampled_from(list(MATRICES.values())), st.data())
def test_mutated_messages_are_read_or_refused(matrix, data):
    reads_or_refuses(mutated(matrix, data))
