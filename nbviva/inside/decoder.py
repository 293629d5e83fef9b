"""A JSON tree and the raw bytes of arrays to exact built-in types, numpy arrays and handles; every cap checked first.

It needs numpy only where an array is met.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from nbviva.inside.plain import ARRAY_DTYPES, CAPS, Caps, Frames, Handle, Unreadable, check_text, refuse

_EQUAL_HASHES = 1000
_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def decode(frames: Frames, caps: Caps = CAPS, *, tensors: bool = False) -> Any:
    """Turn frames from the other side into a value of exact built-in types, numpy arrays and handles.

    Parameters
    ----------
    tensors
        Make torch tensors of what was sent as tensors (the student's side); else they are numpy arrays.

    Raises
    ------
    Unreadable
        Whatever is wrong with the frames; no other exception leaves this function.
    """
    try:
        return _Decoder(frames, caps, tensors).value()
    except Unreadable:
        raise
    except (RecursionError, MemoryError, ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise Unreadable(f"the answer is malformed ({type(error).__name__})") from None


class _Decoder:
    def __init__(self, frames: Frames, caps: Caps, tensors: bool) -> None:
        self.frames, self.caps, self.tensors = frames, caps, tensors
        self.items = 0
        self.bytes = 0

    def value(self) -> Any:
        if not 1 <= len(self.frames) <= self.caps.frames:
            refuse("it has a wrong number of frames")
        if len(self.frames[0]) > self.caps.tree_bytes or sum(map(len, self.frames)) > self.caps.total_bytes:
            refuse("it is too large")
        tree = json.loads(bytes(self.frames[0]).decode("utf-8"), parse_constant=refuse)
        return self.node(tree, 0)

    def node(self, tree: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.caps.items or depth > self.caps.depth:
            refuse("it has too many items or is nested too deeply")
        if type(tree) is str:
            check_text(tree)
            return tree
        if type(tree) is not list:
            if type(tree) is int and tree.bit_length() > self.caps.integer_bits:
                refuse("an integer is too large")
            return tree if type(tree) in (type(None), bool, int, float) else refuse("it is malformed")
        tag, *rest = tree
        if tag in _MAKE:
            return _MAKE[tag]([self.node(item, depth + 1) for item in rest])
        if tag == "dict":
            pairs = [(self.node(k, depth + 1), self.node(v, depth + 1)) for k, v in rest]
            _require_spread([key for key, _ in pairs])
            return dict(pairs)
        return _LEAVES[tag](self, *rest)

    def array(self, dtype: Any, shape: Any, index: Any) -> Any:
        import numpy as np

        if type(dtype) is not str or dtype not in ARRAY_DTYPES:
            refuse("an array has a dtype that is not allowed")
        if type(shape) is not list or len(shape) > self.caps.dimensions or not all(_is_size(n) for n in shape):
            refuse("an array has a malformed shape")
        data = self.buffer(index)
        if math.prod(shape) * np.dtype(dtype).itemsize != len(data):
            refuse("an array has another size than its shape says")
        if dtype == "|b1":
            return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
        return np.frombuffer(data, dtype).reshape(shape).copy()

    def tensor(self, *array: Any) -> Any:
        plain = self.array(*array)
        if not self.tensors:
            return plain
        import torch

        return torch.from_numpy(plain.copy())

    def buffer(self, index: Any) -> memoryview:
        if not _is_size(index) or not 1 <= index < len(self.frames):
            refuse("a frame is missing")
        self.bytes += len(self.frames[index])  # a frame may be named more than once
        if self.bytes > self.caps.total_bytes:
            refuse("it is too large")
        return memoryview(self.frames[index])

    def integer(self, digits: Any) -> int:
        if type(digits) is not str or len(digits) > self.caps.integer_bits // 4 + 3:
            refuse("an integer is malformed")
        return int(digits, 16)

    def handle(self, number: Any) -> Handle:
        if not _is_size(number):
            refuse("a handle is malformed")
        return Handle(number)


def _require_spread(keys: list[Any]) -> None:
    """Refuse keys that nearly all hash alike: a set or dict of them would take quadratic time to build."""
    if len(keys) - len({hash(key) for key in keys}) > _EQUAL_HASHES:
        refuse("it has too many keys that are alike")


def _make_set(items: list[Any]) -> set[Any]:
    _require_spread(items)
    return set(items)


_MAKE: dict[Any, Callable[[list[Any]], Any]] = {"list": list, "tuple": tuple, "set": _make_set}
_LEAVES: dict[str, Callable[..., Any]] = {
    "array": _Decoder.array,
    "tensor": _Decoder.tensor,
    "bytes": lambda self, index: bytes(self.buffer(index)),
    "int": _Decoder.integer,
    "float": lambda _, name: _SPECIAL_FLOATS[name],
    "handle": _Decoder.handle,
}


def _is_size(number: object) -> bool:
    return type(number) is int and 0 <= number < 2**40
