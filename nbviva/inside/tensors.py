"""Tensors of torch, as they are where the asker wants them so, else as arrays.

The one importer of torch in this room.
"""

from __future__ import annotations

import sys
from typing import Any

from nbviva.inside.kinds import Kinds, Reader, Tree, Writer
from nbviva.inside.plain import is_size, refuse

_DTYPES = frozenset((
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
    "complex128",
))  # fmt: skip


def from_array(array: Any) -> Any:
    """Make a tensor of an array, whose memory is its own."""
    import torch

    return torch.from_numpy(array.copy(order="K"))


def _name(kind: Any) -> str:
    return str(kind).removeprefix("torch.")


def _write(value: Any, to: Writer) -> Tree | None:
    torch, kind = sys.modules["torch"], type(value)
    if kind is torch.Size:
        return ["torch size", *map(int, value)]
    if kind is torch.dtype:
        return ["torch dtype", _name(value)] if _name(value) in _DTYPES else None
    is_tensor = kind in (torch.Tensor, torch.nn.Parameter) and value.layout is torch.strided
    return _write_tensor(torch, value, to) if is_tensor and _name(value.dtype) in _DTYPES else None


def _write_tensor(torch: Any, value: Any, to: Writer) -> Tree:
    plain = value.detach().cpu().resolve_conj().resolve_neg()
    array = (plain.float() if plain.dtype is torch.bfloat16 else plain).numpy()
    gradient = value.grad if value.is_leaf and value.requires_grad else None
    is_parameter = type(value) is torch.nn.Parameter
    return ["torch", _name(value.dtype), to.part(array), value.requires_grad, is_parameter, to.part(gradient)]


def _read(of: Reader, dtype: Any, tree: Any, has_gradient: Any, is_parameter: Any, gradient: Any) -> Any:
    array = of.part(tree)
    if type(array).__module__ != "numpy" or not hasattr(array, "ndim") or array.dtype.kind not in "biufc":
        refuse("a tensor holds what is no number")
    if not of.tensors:
        return array
    import torch

    tensor = from_array(array).to(_dtype(of, dtype)).requires_grad_(has_gradient is True)
    if is_parameter is True:
        tensor = torch.nn.Parameter(tensor.detach(), requires_grad=has_gradient is True)
    tensor.grad = None if gradient is None else of.part(gradient)
    return tensor


def _dtype(_: Reader, name: Any) -> Any:
    import torch

    return getattr(torch, name) if name in _DTYPES else refuse("a tensor has a dtype that is not allowed")


def _read_size(of: Reader, *lengths: Any) -> Any:
    if not all(map(is_size, lengths)):
        refuse("a size is malformed")
    if not of.tensors:
        return lengths
    import torch

    return torch.Size(lengths)


KINDS = Kinds(_write, {"torch": _read, "torch size": _read_size, "torch dtype": _dtype})
