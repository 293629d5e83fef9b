"""Arrays and numbers of numpy, as they are: dtype, shape, order in memory. The one importer of numpy in this room."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from nbviva.inside.kinds import Kinds, Reader, Tree, Writer
from nbviva.inside.plain import ARRAY_DTYPES, Caps, is_size, refuse

_DTYPE = re.compile(
    r"[<>|](?:b1|[iu][1248]|f[248]|c8|c16|[SU][1-9][0-9]{0,5}|[mM]8(?:\[[0-9]{0,6}(?:[YMWDhms]|[munpfa]s)\])?)"
)
_TYPES = frozenset((
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
    "float64", "complex64", "complex128", "str_", "bytes_", "generic", "number", "integer", "signedinteger",
    "unsignedinteger", "inexact", "floating", "complexfloating", "datetime64", "timedelta64", "object_",
))  # fmt: skip


def check_shape(shape: Any, caps: Caps) -> None:
    """Refuse what is no shape."""
    if type(shape) is not list or len(shape) > caps.dimensions or not all(map(is_size, shape)):
        refuse("an array has a malformed shape")


def read_array(data: memoryview, dtype: Any, shape: Any, caps: Caps) -> Any:
    """Make an array of numbers, whose memory is its own: that of its frame where it may be written, else a copy."""
    if type(dtype) is not str or dtype not in ARRAY_DTYPES:
        refuse("an array has a dtype that is not allowed")
    check_shape(shape, caps)
    return _filled(data, dtype, shape)


def _filled(data: memoryview, dtype: str, shape: list[int]) -> Any:
    if math.prod(shape) * np.dtype(dtype).itemsize != len(data):
        refuse("an array has another size than its shape says")
    if dtype == "|b1" and data and np.frombuffer(data, np.uint8).max() > 1:
        return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
    found = np.frombuffer(data, dtype).reshape(shape)
    return found if found.flags.writeable and found.flags.aligned else found.copy()


def _write(value: Any, to: Writer) -> Tree | None:
    kind = type(value)
    if kind is np.ndarray or kind is np.memmap:
        return _write_array(value, to)
    if isinstance(value, np.generic):
        return _write_number(value, to) if vars(np).get(kind.__name__) is kind else None
    if isinstance(value, np.dtype):
        return ["dtype", value.str] if _is_dtype(value.str) or value.str == "|O" else None
    if kind is type:
        return ["numpy type", value.__name__] if value.__name__ in _TYPES and _of_name(value) else None
    return ["ufunc", value.__name__] if kind is np.ufunc and _of_name(value) else None


def _of_name(value: Any) -> bool:
    return vars(np).get(value.__name__) is value


def _is_dtype(text: Any) -> bool:
    return type(text) is str and _DTYPE.fullmatch(text) is not None


def _write_array(array: Any, to: Writer) -> Tree | None:
    shape = list(array.shape)
    if array.dtype == object:
        return ["objects", shape, *map(to.part, array.reshape(-1).tolist())]
    if not _is_dtype(array.dtype.str):
        return None
    is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    data = np.ascontiguousarray(array.T if is_fortran else array).reshape(-1)
    index = to.buffer(memoryview(data.view(np.uint8).data) if data.size else b"")
    if array.dtype.str in ARRAY_DTYPES and not is_fortran:
        return ["array", array.dtype.str, shape, index]
    return ["typed", array.dtype.str, shape, index, "F" if is_fortran else "C"]


def _write_number(number: Any, to: Writer) -> Tree | None:
    if type(number) is np.str_:
        return ["numpy text", to.part(str(number))]
    if type(number) is np.bytes_:
        return ["numpy bytes", bytes(number).hex()]
    return ["scalar", number.dtype.str, number.tobytes().hex()] if _is_dtype(number.dtype.str) else None


def _read_typed(of: Reader, dtype: Any, shape: Any, index: Any, order: Any) -> Any:
    if not _is_dtype(dtype) or order not in ("C", "F"):
        refuse("an array has a dtype or order that is not allowed")
    check_shape(shape, of.caps)
    data = of.buffer(index)
    if dtype[1] == "U":
        _check_letters(data, dtype[0])
    array = _filled(data, dtype, shape if order == "C" else shape[::-1])
    return array if order == "C" else array.T


def _check_letters(data: memoryview, byteorder: str) -> None:
    letters = np.frombuffer(data, f"{byteorder}u4")
    if letters.max(initial=0) > 0x10FFFF or ((letters >= 0xD800) & (letters < 0xE000)).any():
        refuse("an array holds what is no letter")


def _read_objects(of: Reader, shape: Any, *items: Any) -> Any:
    check_shape(shape, of.caps)
    if math.prod(shape) != len(items):
        refuse("an array has another size than its shape says")
    array = np.empty(len(items), object)
    for place, item in enumerate(items):
        array[place] = of.part(item)
    return array.reshape(shape)


def _read_number(_: Reader, dtype: Any, digits: Any) -> Any:
    if not _is_dtype(dtype) or dtype[1] in "SU" or type(digits) is not str:
        refuse("a number has a dtype that is not allowed")
    return _filled(memoryview(bytes.fromhex(digits)), dtype, [1])[0]


def _read_text(of: Reader, text: Any) -> Any:
    return np.str_(of.part(text)) if type(text) is str else refuse("a text is malformed")


def _read_dtype(_: Reader, text: Any) -> Any:
    return np.dtype(text) if _is_dtype(text) or text == "|O" else refuse("a dtype is not allowed")


def _read_type(_: Reader, name: Any) -> Any:
    return vars(np)[name] if name in _TYPES else refuse("a type of numpy's is not allowed")


def _read_ufunc(_: Reader, name: Any) -> Any:
    function = vars(np).get(name)
    return function if type(function) is np.ufunc else refuse("a function of numpy's is not allowed")


KINDS = Kinds(
    _write,
    {
        "typed": _read_typed,
        "objects": _read_objects,
        "scalar": _read_number,
        "numpy text": _read_text,
        "numpy bytes": lambda _, digits: np.bytes_(bytes.fromhex(digits)),
        "dtype": _read_dtype,
        "numpy type": _read_type,
        "ufunc": _read_ufunc,
    },
)
