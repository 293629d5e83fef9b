"""Values to a JSON tree and the raw bytes of its arrays; only exact types, so that no object is asked.

A value is written in one of two ways. Plainly, for checks that compare numbers: a fraction is a float, a table its
array, a number of numpy's an array without dimensions. Or exactly, for who asks for it: each kind as itself (`kinds`).
A library is needed only where a value of it is met.
"""

from __future__ import annotations

import json
import math
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from nbviva.inside.kinds import ALWAYS_CLASSES, Kinds, Tree, Writer, kinds_of
from nbviva.inside.plain import ARRAY_DTYPES, CAPS, Caps, Handle, Opaque, Unreadable, check_text, refuse

_SAFE_INTEGER = 2**53


def encode(
    value: object, opaque: Opaque | None = None, caps: Caps = CAPS, *, exact: bool = False
) -> list[bytes | memoryview]:
    """Turn a value into frames.

    Parameters
    ----------
    opaque
        Called with every value that is no plain data; returns the `Handle` that goes in its place. Without it such
        a value is refused.
    exact
        Write each kind as itself, which `decode` reads with the same word; else as plainly as it can be.

    Raises
    ------
    Unreadable
        If the value cannot cross.
    """
    encoder = _Encoder(opaque, caps, exact)
    tree = encoder.node(value, 0)
    try:
        text = json.dumps(tree, allow_nan=False, separators=(",", ":")).encode("ascii")
    except RecursionError:  # pragma: no cover - the depth cap is far below the interpreter's
        refuse("it is nested too deeply")
    if len(text) > caps.tree_bytes:
        refuse(f"it takes {len(text)} bytes where {caps.tree_bytes} are allowed")
    return [text, *encoder.buffers]


class _Encoder:
    def __init__(self, opaque: Opaque | None, caps: Caps, exact: bool) -> None:
        self.opaque, self.caps, self.exact = opaque, caps, exact
        self.buffers: list[bytes | memoryview] = []
        self.items = 0
        self.bytes = 0

    def node(self, value: Any, depth: int) -> Any:
        self.items += 1
        if self.items > self.caps.items:
            refuse(f"it has more than {self.caps.items} items")
        if depth > self.caps.depth:
            refuse(f"it is nested more than {self.caps.depth} deep")
        kind = type(value)
        if value is None or kind is bool:
            return value
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            return scalar(self, value)
        tag = _CONTAINERS.get(kind)
        if tag is not None:
            return [tag, *(self.node(item, depth + 1) for item in list(value))]
        if kind is dict or (kind is OrderedDict and not self.exact):
            pairs = [[self.node(k, depth + 1), self.node(v, depth + 1)] for k, v in list(value.items())]
            return ["dict", *pairs]
        return self.foreign(value, depth)

    def foreign(self, value: Any, depth: int) -> Any:
        tree = self.as_itself(value, depth) if self.exact else self.as_plain(value, depth)
        if tree is not None:
            return tree
        handle = value if type(value) is Handle else self.opaque(value) if self.opaque else None
        if handle is None:
            refuse(f"a {type(value).__name__} is no plain data")
        return ["handle", handle.number]

    def as_plain(self, value: Any, depth: int) -> Any:
        plainer = _plainer(value)
        if plainer is not value:
            return self.node(plainer, depth)
        array = _as_array(value)
        if array is not None:
            tag = "tensor" if type(value).__module__.startswith("torch") else "array"
            data = memoryview(array).cast("B") if array.size else b""
            return [tag, array.dtype.str, list(array.shape), self.buffer(data)]
        if type(value).__module__ == "numpy" and type(value).__name__ == "str_":
            return self.node(str(value), depth)
        return self.as_itself(value, depth) if type(value).__name__ in ALWAYS_CLASSES else None

    def as_itself(self, value: Any, depth: int) -> Tree | None:
        kinds = kinds_of(value)
        if kinds is None:
            return None
        return self.whole(kinds, value, depth) if kinds.is_whole and self.opaque else self.written(kinds, value, depth)

    def written(self, kinds: Kinds, value: Any, depth: int) -> Tree | None:
        return kinds.write(value, Writer(lambda part: self.node(part, depth + 1), self.buffer))

    def whole(self, kinds: Kinds, value: Any, depth: int) -> Tree | None:
        """Write a value, or leave no trace of it: with a part that cannot cross it stays where it is."""
        opaque, self.opaque = self.opaque, None
        before = self.items, self.bytes, len(self.buffers)
        try:
            return self.written(kinds, value, depth)
        except Unreadable:
            self.items, self.bytes, kept = before
            del self.buffers[kept:]
            return None
        finally:
            self.opaque = opaque

    def buffer(self, data: bytes | memoryview) -> int:
        self.bytes += len(data)
        if self.bytes > self.caps.total_bytes:
            refuse(f"it takes more than {self.caps.total_bytes} bytes")
        self.buffers.append(memoryview(data).toreadonly())  # it is still the value's own memory
        return len(self.buffers)

    def integer(self, value: int) -> Any:
        if -_SAFE_INTEGER < value < _SAFE_INTEGER:
            return value
        if value.bit_length() > self.caps.integer_bits:
            refuse(f"an integer has {value.bit_length()} bits")
        return ["int", hex(value)]

    def real(self, value: float) -> Any:
        return value if math.isfinite(value) else ["float", repr(value)]

    def text(self, value: str) -> str:
        check_text(value)
        return value


_SCALARS: dict[type, Callable[[_Encoder, Any], Any]] = {
    int: _Encoder.integer,
    float: _Encoder.real,
    str: _Encoder.text,
    bytes: lambda self, value: ["bytes", self.buffer(value)],
}
_CONTAINERS: dict[type, str] = {list: "list", tuple: "tuple", set: "set"}


def _plainer(value: Any) -> Any:
    """Give a number of another kind as a float, a range as a list, a table as its array; all else as it is."""
    kind, module = type(value), type(value).__module__
    if (module, kind.__name__) in _NUMBERS or module == "sympy.core.numbers":
        return float(value)
    if kind is range:
        return list(value[: CAPS.items + 1])  # what is longer is refused by its number of items
    if module.split(".")[0] == "pandas" and kind.__name__ in _TABLES:
        return value.to_numpy()
    if module == "numpy" and kind.__name__ == "ndarray" and value.dtype.kind in "OU":  # objects, texts
        return value.tolist()
    return value


_NUMBERS = {("fractions", "Fraction"), ("decimal", "Decimal")}
_TABLES = {"Series", "DataFrame", "Index", "RangeIndex"}


def _as_array(value: Any) -> Any:
    """Give a C-contiguous numpy array of an allowed dtype for an array, a numpy number or a torch tensor, else None."""
    kind, module = type(value), type(value).__module__
    if module == "torch" or module.startswith("torch."):
        torch = sys.modules["torch"]
        if kind not in (torch.Tensor, torch.nn.Parameter) or value.layout is not torch.strided:
            return None
        plain = value.detach().cpu()
        value = (plain.float() if plain.dtype is torch.bfloat16 else plain).resolve_conj().numpy()
    numpy = sys.modules.get("numpy")
    if numpy is None or not (type(value) in (numpy.ndarray, numpy.memmap) or isinstance(value, numpy.generic)):
        return None
    array = numpy.asarray(value)
    wanted = numpy.float64 if array.dtype == numpy.longdouble else array.dtype.newbyteorder("<")
    array = array.astype(wanted, order="C", copy=False)
    return array if array.dtype.str in ARRAY_DTYPES else None
