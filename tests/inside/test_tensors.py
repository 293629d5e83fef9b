"""Tensors of torch as themselves where the asker wants them so, and as arrays where not."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbviva.inside import Handle, decode, encode
from tests.inside.hand_made import again, mutated, reads_or_refuses, trees, unreadable

torch = pytest.importorskip("torch")

WITH_GRADIENT = torch.ones(2, requires_grad=True)
WITH_GRADIENT.grad = torch.tensor([3.0, 4.0])
TENSORS = {
    "transposed": torch.arange(6.0).reshape(2, 3).T,
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "frozen": torch.nn.Parameter(torch.ones(2), requires_grad=False),
    "with a gradient": WITH_GRADIENT,
    "computed": torch.ones(2, requires_grad=True) * 2,
    "bfloat16": torch.tensor([1.5, -2], dtype=torch.bfloat16),
    "conjugate": torch.tensor([1 + 2j]).conj(),
    "bool": torch.tensor([True, False]),
    "of no dimension": torch.tensor(3),
    "empty": torch.zeros(0, 3, dtype=torch.float16),
}
NAMES = sorted(TENSORS)


@pytest.mark.parametrize("name", NAMES)
def test_tensor_comes_back_the_same(name):
    tensor = TENSORS[name]
    back = again(tensor, tensors=True)
    assert (type(tensor), tensor.dtype, tensor.shape) == (type(back), back.dtype, back.shape)
    assert tensor.requires_grad == back.requires_grad
    assert tensor.tolist() == back.tolist()
    if name == "with a gradient":
        assert [3, 4] == back.grad.tolist()
    if name == "transposed":
        assert tensor.stride() == back.stride()


@pytest.mark.parametrize("name", NAMES)
def test_tensor_is_an_array_where_no_tensor_is_wanted(name):
    back = again([TENSORS[name]])[0]
    assert np.ndarray is type(back)
    assert TENSORS[name].tolist() == back.tolist()


def test_tensor_owns_its_memory():
    tensor = torch.zeros(3)
    again(tensor, tensors=True).add_(1)
    assert [0, 0, 0] == tensor.tolist()


def test_sizes_and_dtypes_cross_by_their_names():
    assert torch.bfloat16 is again(torch.bfloat16)
    size = again(torch.Size([2, 3]), tensors=True)
    assert (torch.Size([2, 3]), torch.Size) == (size, type(size))
    assert (2, 3) == again(torch.Size([2, 3]))


class Mine(torch.Tensor):  # type: ignore[name-defined]  # torch is found when the test runs
    """A tensor that could answer comparisons."""


@pytest.mark.parametrize(
    "value", [torch.eye(2).to_sparse(), torch.ones(2).as_subclass(Mine), torch.nn.Linear(1, 1), torch.qint8]
)
def test_other_tensors_and_models_stay_where_they_are(value):
    assert [Handle(0)] == decode(encode([value], lambda _: Handle(0), exact=True), exact=True)


ARRAY = ["array", "<f8", [1], 1]


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (["torch", "float32", "x", False, False, None], "no number"),
        (["torch", "float32", ["objects", [1], None], False, False, None], "no number"),
        (["torch", "load", ARRAY, False, False, None], "dtype"),
        (["torch", "int64", ARRAY, True, False, None], "malformed"),
        (["torch", "float64", ARRAY, True, False, ["array", "<f8", [0], 2]], "malformed"),
        (
            [
                "torch",
                "float64",
                ARRAY,
                True,
                False,
                ["torch", "float64", ["array", "<f8", [0], 2], False, False, None],
            ],
            "malformed",
        ),
        (["torch size", -1], "size"),
        (["torch dtype", "hub"], "dtype"),
    ],
)
def test_malformed_tensor_is_refused(tree, why):
    assert why in unreadable(*tree, tensors=True)


@settings(max_examples=300)
@given(trees(["torch", "torch size", "torch dtype"], ["float32", "bfloat16", "int64", ARRAY]), st.booleans())
def test_random_trees_are_read_or_refused(tree, tensors):
    reads_or_refuses([json.dumps(tree).encode(), b"\0" * 8, b""], tensors=tensors)


@settings(max_examples=200)
@given(st.sampled_from(NAMES), st.data())
def test_mutated_messages_are_read_or_refused(name, data):
    reads_or_refuses(mutated(TENSORS[name], data), tensors=True)
