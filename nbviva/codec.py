"""Plain data and arrays to frames of bytes and back: what may cross between a student's kernel and the examiner.

Frame 0 is a JSON tree, the others are the raw bytes of arrays. Nothing is pickled and only exact types are read,
so no object of the student's ever lives in the examiner's process. Both sides import this module; it needs numpy
only where an array is met.
"""

from __future__ import annotations

import json
import math
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

Frames = Sequence[bytes | memoryview]
Opaque = Callable[[object], "Handle"]

ARRAY_DTYPES = frozenset("|b1 |i1 |u1 <i2 <u2 <i4 <u4 <i8 <u8 <f2 <f4 <f8 <c8 <c16".split())  # noqa: SIM905 - shorter
_SAFE_INTEGER = 2**53
_EQUAL_HASHES = 1000
_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class Unreadable(ValueError):
    """The value cannot cross: it is no plain data, too large, too deep, or malformed."""


@dataclass(frozen=True)
class Handle:
    """A value that stays on the student's side, known by a number; `kind` is the name of its type, for messages."""

    number: int
    kind: str


@dataclass(frozen=True)
class Caps:
    """What one message may hold; every cap is checked before anything of that size is allocated."""

    tree_bytes: int = 8 << 20
    total_bytes: int = 256 << 20
    frames: int = 4096
    items: int = 500_000
    depth: int = 32
    integer_bits: int = 4096
    dimensions: int = 16


CAPS = Caps()


def encode(value: object, opaque: Opaque | None = None, caps: Caps = CAPS) -> list[bytes | memoryview]:
    """Turn a value into frames.

    Parameters
    ----------
    opaque
        Called with every value that is no plain data; returns the `Handle` that goes in its place. Without it such
        a value is refused.

    Raises
    ------
    Unreadable
        If the value cannot cross.
    """
    encoder = _Encoder(opaque, caps)
    tree = encoder.node(value, 0)
    try:
        text = json.dumps(tree, allow_nan=False, separators=(",", ":")).encode("ascii")
    except RecursionError:  # pragma: no cover - the depth cap is far below the interpreter's
        _refuse("it is nested too deeply")
    if len(text) > caps.tree_bytes:
        _refuse(f"it takes {len(text)} bytes where {caps.tree_bytes} are allowed")
    return [text, *encoder.buffers]


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


def _refuse(why: str) -> NoReturn:
    raise Unreadable(f"the value cannot be read: {why}")


class _Encoder:
    def __init__(self, opaque: Opaque | None, caps: Caps) -> None:
        self.opaque, self.caps = opaque, caps
        self.buffers: list[bytes | memoryview] = []
        self.items = 0
        self.bytes = 0

    def node(self, value: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.caps.items:
            _refuse(f"it has more than {self.caps.items} items")
        if depth > self.caps.depth:
            _refuse(f"it is nested more than {self.caps.depth} deep")
        kind = type(value)
        if value is None or kind is bool:
            return value
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            return scalar(self, value)
        tag = _CONTAINERS.get(kind)
        if tag is not None:
            return [tag, *(self.node(item, depth + 1) for item in list(value))]
        if kind is dict or kind is OrderedDict:
            pairs = [[self.node(k, depth + 1), self.node(v, depth + 1)] for k, v in list(value.items())]
            return ["dict", *pairs]
        return self.foreign(value, depth)

    def foreign(self, value: Any, depth: int) -> Any:
        array = as_array(value)
        if array is not None:
            tag = "tensor" if type(value).__module__.startswith("torch") else "array"
            data = memoryview(array.reshape(-1)).cast("B") if array.size else b""
            return [tag, array.dtype.str, list(array.shape), self.buffer(data)]
        if type(value).__module__ == "numpy" and type(value).__name__ == "str_":
            return self.node(str(value), depth)
        handle = value if type(value) is Handle else self.opaque(value) if self.opaque else None
        if handle is None:
            _refuse(f"a {type(value).__name__} is no plain data")
        return ["handle", handle.number, handle.kind[:80]]

    def buffer(self, data: bytes | memoryview) -> int:
        self.bytes += len(data)
        if self.bytes > self.caps.total_bytes:
            _refuse(f"it takes more than {self.caps.total_bytes} bytes")
        self.buffers.append(data)
        return len(self.buffers)

    def integer(self, value: int) -> Any:
        if -_SAFE_INTEGER < value < _SAFE_INTEGER:
            return value
        if value.bit_length() > self.caps.integer_bits:
            _refuse(f"an integer has {value.bit_length()} bits")
        return ["int", hex(value)]

    def real(self, value: float) -> Any:
        return value if math.isfinite(value) else ["float", repr(value)]

    def text(self, value: str) -> str:
        _check_text(value)
        return value


_SCALARS: dict[type, Callable[[_Encoder, Any], Any]] = {
    int: _Encoder.integer,
    float: _Encoder.real,
    str: _Encoder.text,
    bytes: lambda self, value: ["bytes", self.buffer(value)],
}
_CONTAINERS: dict[type, str] = {list: "list", tuple: "tuple", set: "set"}


def as_array(value: Any) -> Any:
    """Give a numpy array of an allowed dtype for an array, a numpy number or a torch tensor; None for all else."""
    kind, module = type(value), type(value).__module__
    if module == "torch" or module.startswith("torch."):
        torch = sys.modules["torch"]
        if kind not in (torch.Tensor, torch.nn.Parameter) or value.layout is not torch.strided:
            return None
        plain = value.detach().cpu()
        value = (plain.float() if plain.dtype is torch.bfloat16 else plain).resolve_conj().numpy()
    numpy = sys.modules.get("numpy")
    if numpy is None or not (type(value) is numpy.ndarray or isinstance(value, numpy.generic)):
        return None
    array = numpy.asarray(value)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return array if array.dtype.str in ARRAY_DTYPES else None


class _Decoder:
    def __init__(self, frames: Frames, caps: Caps, tensors: bool) -> None:
        self.frames, self.caps, self.tensors = frames, caps, tensors
        self.items = 0
        self.bytes = 0

    def value(self) -> Any:
        if not 1 <= len(self.frames) <= self.caps.frames:
            _refuse("it has a wrong number of frames")
        if len(self.frames[0]) > self.caps.tree_bytes or sum(map(len, self.frames)) > self.caps.total_bytes:
            _refuse("it is too large")
        tree = json.loads(bytes(self.frames[0]).decode("utf-8"), parse_constant=_refuse)
        return self.node(tree, 0)

    def node(self, tree: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.caps.items or depth > self.caps.depth:
            _refuse("it has too many items or is nested too deeply")
        if type(tree) is str:
            _check_text(tree)
            return tree
        if type(tree) is not list:
            if type(tree) is int and tree.bit_length() > self.caps.integer_bits:
                _refuse("an integer is too large")
            return tree if type(tree) in (type(None), bool, int, float) else _refuse("it is malformed")
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
            _refuse("an array has a dtype that is not allowed")
        if type(shape) is not list or len(shape) > self.caps.dimensions or not all(_is_size(n) for n in shape):
            _refuse("an array has a malformed shape")
        data = self.buffer(index)
        if math.prod(shape) * np.dtype(dtype).itemsize != len(data):
            _refuse("an array has another size than its shape says")
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
            _refuse("a frame is missing")
        self.bytes += len(self.frames[index])  # a frame may be named more than once
        if self.bytes > self.caps.total_bytes:
            _refuse("it is too large")
        return memoryview(self.frames[index])

    def integer(self, digits: Any) -> int:
        if type(digits) is not str or len(digits) > self.caps.integer_bits // 4 + 3:
            _refuse("an integer is malformed")
        return int(digits, 16)

    def handle(self, number: Any, kind: Any) -> Handle:
        if not _is_size(number) or type(kind) is not str or len(kind) > 80:
            _refuse("a handle is malformed")
        _check_text(kind)
        return Handle(number, kind)


def _require_spread(keys: list[Any]) -> None:
    """Refuse keys that nearly all hash alike: a set or dict of them would take quadratic time to build."""
    if len(keys) - len({hash(key) for key in keys}) > _EQUAL_HASHES:
        _refuse("it has too many keys that are alike")


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


def _check_text(text: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            _refuse("a text holds half a character (a lone surrogate)")
