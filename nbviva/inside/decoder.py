"""A JSON tree and the raw bytes of arrays to exact types, arrays and handles; every cap checked first.

A library is needed only where a value of it is met.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from nbviva.inside.kinds import ALWAYS, Reader, reader_of, reads
from nbviva.inside.plain import CAPS, Caps, Frames, Handle, Unreadable, check_text, is_size, refuse, require_spread

_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    Warning,
)  # fmt: skip - what libraries raise of themselves for what is malformed


def decode(
    frames: Frames, caps: Caps = CAPS, *,
    tensors: bool = False, exact: bool = False, remote: Callable[[Handle], Any] | None = None,
) -> Any:  # fmt: skip
    """Turn frames from the other side into a value of exact types and handles.

    Parameters
    ----------
    tensors
        Make torch tensors of what was sent as tensors (the student's side); else they are numpy arrays.
    exact
        Read all kinds of values; else those that are written plainly, and whatever else is sent is refused.
    remote
        Makes of each handle, wherever it stands, what stands for it on this side; else it stays a `Handle`.

    Raises
    ------
    Unreadable
        Whatever is wrong with the frames; no other exception leaves this function.
    """
    try:
        return _Decoder(frames, caps, tensors, exact, remote).value()
    except Unreadable:
        raise
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        refuse(f"it needs {missing}, which is not installed where answers are read; install it there")
    except _BROKEN as error:
        raise Unreadable(f"the answer is malformed ({type(error).__name__})") from None


class _Decoder:
    def __init__(
        self, frames: Frames, caps: Caps, tensors: bool, exact: bool, remote: Callable[[Handle], Any] | None
    ) -> None:
        self.frames, self.caps, self.tensors, self.exact, self.remote = frames, caps, tensors, exact, remote
        self.counts: Counter[Any] = Counter()
        self.items = 0
        self.bytes = 0
        self.read: set[int] = set()

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
            require_spread([key for key, _ in pairs])
            return dict(pairs)
        return _LEAVES[tag](self, *rest) if tag in _LEAVES else self.further(tag, rest, depth)

    def further(self, tag: Any, rest: list[Any], depth: int) -> Any:
        if not reads(tag):
            refuse("it is malformed: there is no such kind of value")
        if not self.exact and tag not in ALWAYS:
            refuse("it is of a kind that was not asked for")
        part = Reader(lambda tree: self.node(tree, depth + 1), self.buffer, self.caps, self.tensors, self.counts)
        return reader_of(tag)(part, *rest)

    def array(self, dtype: Any, shape: Any, index: Any) -> Any:
        from nbviva.inside.arrays import read_array

        return read_array(self.buffer(index), dtype, shape, self.caps)

    def tensor(self, *array: Any) -> Any:
        plain = self.array(*array)
        if not self.tensors:
            return plain
        from nbviva.inside.tensors import from_array

        return from_array(plain)

    def buffer(self, index: Any) -> memoryview:
        if not is_size(index) or not 1 <= index < len(self.frames):
            refuse("a frame is missing")
        frame = memoryview(self.frames[index])
        self.bytes += len(frame)  # a frame may be named more than once
        if self.bytes > self.caps.total_bytes:
            refuse("it is too large")
        if index in self.read:  # whoever writes into the one value must not write into the other
            return frame.toreadonly()
        self.read.add(index)
        return frame

    def integer(self, digits: Any) -> int:
        if type(digits) is not str or len(digits) > self.caps.integer_bits // 4 + 3:
            refuse("an integer is malformed")
        return int(digits, 16)

    def handle(self, number: Any) -> Any:
        if not is_size(number):
            refuse("a handle is malformed")
        return self.remote(Handle(number)) if self.remote else Handle(number)


def _make_set(items: list[Any]) -> set[Any]:
    require_spread(items)
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
