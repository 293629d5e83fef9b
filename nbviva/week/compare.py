"""Comparisons of a student's plain data with what is expected: first the kind, then the shape, then the values.

All are total: whatever was answered, they return or raise `Mismatch` with a sentence for the student. NaN and infinity
equal nothing. A sentence tells the student's value and the bound, never the input.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbviva.inside import Unreadable, decode, encode

Floats = NDArray[np.float64]


MOST_NUMBERS = 8_000_000  # that are read where the shape does not say how many are expected: 64 MB as float64
_BLOCK = 1 << 20  # numbers that are compared at a time
_ASKING_ON = ContextVar("_ASKING_ON", default=False)  # an argument of every comparison would reach into each check


class Mismatch(AssertionError):
    """The answer is not what it has to be; the text says what was found and what bound it missed."""


class ForPerson(Exception):
    """Nobody but a person can mark this; the text says why, for whoever reads it, or nothing."""


def require(condition: object, detail: str) -> None:
    """Raise `Mismatch` with the sentence `detail` unless the condition holds."""
    if not condition:
        raise Mismatch(detail)


def require_near(condition: object, detail: str) -> None:
    """Raise `Mismatch` as `require` does, but where a check asks on: for a comparison of values of the right form."""
    require(condition or _ASKING_ON.get(), detail)


def assert_close(actual: object, expected: ArrayLike, *, rtol: float = 1e-4, atol: float = 0.0, name: str = "") -> None:
    """Check numbers: `|actual - expected| <= atol + rtol * |expected|` everywhere, and the same shape."""
    wanted = np.asarray(expected, dtype=np.float64)
    found = as_numbers(actual, shape=wanted.shape, name=name)
    if _ASKING_ON.get():
        return
    first, number = -1, 0
    for start in range(0, wanted.size, _BLOCK):
        bad = _too_far(
            found.reshape(-1)[start : start + _BLOCK], wanted.reshape(-1)[start : start + _BLOCK], rtol, atol
        )
        first = start + int(bad.argmax()) if first < 0 and bad.any() else first
        number += int(bad.sum())
    if number:
        place = tuple(map(int, np.unravel_index(first, wanted.shape)))
        at = f" at position {list(place)}" if place else ""
        value, right = float(found[place]), float(wanted[place])  # Python's floats overflow without a warning
        error, bound = abs(value - right), atol + rtol * abs(right)
        raise Mismatch(
            f"{_named(name)} is {value:.3g}{at}, which differs from the reference by {error:.3g} "
            f"where {bound:.3g} is allowed ({number} of {wanted.size} values differ)."
        )


def _too_far(found: Floats, wanted: Floats, rtol: float, atol: float) -> NDArray[np.bool_]:
    with np.errstate(over="ignore", invalid="ignore"):
        near = np.abs(found - wanted) <= atol + rtol * np.abs(wanted)
    far: NDArray[np.bool_] = ~(np.isfinite(wanted) & near)
    return far


@contextmanager
def asking_on() -> Iterator[None]:
    """Inside, `assert_close` and `require_near` let pass what is too far off: for a check whose verdict stands."""
    token = _ASKING_ON.set(True)
    try:
        yield
    finally:
        _ASKING_ON.reset(token)


def assert_equal(actual: object, expected: object, *, name: str = "") -> None:
    """Check that the answer is exactly this plain value of exactly this type."""
    require(_equal(actual, expected), f"{_named(name)} is {show(actual)}, which is not what it has to be.")


def as_numbers(value: object, *, shape: Sequence[int] | None = None, name: str = "") -> Floats:
    """Give finite float64 numbers from numbers, arrays or nested lists of them.

    Parameters
    ----------
    shape
        The shape that it must have; -1 stands for any length.
    """
    array = _to_array(value, name)
    if shape is not None:
        fits = len(shape) == array.ndim and all(n in (-1, m) for n, m in zip(shape, array.shape, strict=True))
        require(fits, f"{_named(name)} has shape {array.shape} where {tuple(shape)} is expected.")
    if shape is None or -1 in shape:
        require(array.size <= MOST_NUMBERS, f"{_named(name)} holds {array.size} numbers; {MOST_NUMBERS} are read.")
    numbers = _to_floats(array, name)
    require(np.isfinite(numbers).all(), f"{_named(name)} holds NaN or infinity.")
    return numbers


def as_number(value: object, *, name: str = "") -> float:
    """Give a float from a number, a numpy number, an array of one number, or its text ("0", "0,83", "5/6")."""
    if type(value) is str:
        value = _number_in(value, name)
    array = as_numbers(value, name=name)
    single = array.size == 1 and (array.ndim == 0 or isinstance(value, np.ndarray))  # what `float` takes
    require(single, f"{_named(name)} is {show(value)} where one number is expected.")
    return float(array.item())


def show(value: object) -> str:
    """Say what a value is, for a sentence: it may be the hidden input, so of a number three digits, of a text none."""
    if value is None or type(value) is bool:
        return repr(value)
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, int | float | np.ndarray):
        return f"{value:.3g}" if isinstance(value, float) else "a number"
    if isinstance(value, str | bytes):
        return "a text" if isinstance(value, str) else "bytes"
    if not isinstance(value, Sized) or type(value) is range:  # the length of a range may be no size
        return "an object"
    shape = getattr(value, "shape", None)  # of what has one the length may be ambiguous
    return f"a {type(value).__name__} of {len(value) if shape is None else f'shape {tuple(shape)}'}"


def _equal(actual: Any, expected: Any) -> bool:
    """Compare with the types of all parts, by value only: a NaN is not even itself."""
    if type(actual) is not type(expected):
        return False
    if isinstance(actual, np.ndarray):
        return actual.dtype == expected.dtype and np.array_equal(actual, expected)
    if not isinstance(actual, list | tuple | deque | dict | set):
        return _equal_others(actual, expected)
    if len(actual) != len(expected):
        return False
    if isinstance(actual, list | tuple | deque):
        return all(map(_equal, actual, expected))
    keys = {key: key for key in expected}
    return all(
        key in keys and _equal(key, keys[key]) and (isinstance(actual, set) or _equal(actual[key], expected[key]))
        for key in actual
    )


def _equal_others(actual: Any, expected: Any) -> bool:
    """Compare what has no parts, or is a table: whether it would cross as the very same, missing items included."""
    if type(expected).__module__.split(".")[0] not in ("pandas", "scipy", "torch"):
        return bool(actual == expected)
    try:
        return encode(actual, exact=True) == encode(expected, exact=True)
    except Unreadable:
        return False


def _number_in(text: str, name: str) -> float:
    plain = text.strip().replace("\N{MINUS SIGN}", "-").replace(",", ".")
    require(len(plain) <= 40 and plain.isascii() and "_" not in plain, f"{_named(name)} is {show(text)}, not a number.")
    try:
        return float(Fraction(plain)) if "/" in plain else float(plain)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise Mismatch(f"{_named(name)} is {show(text)}, which is not a number.") from None


def _to_array(value: object, name: str) -> NDArray[Any]:
    """Give the answer as the array that it is or stands for; nothing is converted before its shape has been seen."""
    if type(value).__module__ != "builtins" or type(value) is range:
        value = _plain(value)
    if type(value) is np.ndarray:
        return value
    if type(value) in (list, tuple):
        count = _count_numbers(value, name, depth=0)
        require(count <= MOST_NUMBERS, f"{_named(name)} holds {count} numbers in a list; {MOST_NUMBERS} are read.")
    elif type(value) not in (int, float):
        raise Mismatch(f"{_named(name)} is {show(value)} where numbers are expected, alone, in lists or in arrays.")
    try:
        return np.asarray(value)
    except (ValueError, OverflowError, TypeError):
        raise Mismatch(f"{_named(name)} has rows of different lengths.") from None


def _plain(value: object) -> object:
    """Give a value as it crosses plainly, if it does: a table as an array, a fraction as a float."""
    try:
        return value if type(value) is np.ndarray else decode(encode(value))
    except (Unreadable, OverflowError, ValueError, TypeError):
        return value


def _to_floats(array: NDArray[Any], name: str) -> Floats:
    require(array.dtype.kind in "iufO", f"{_named(name)} holds {array.dtype} where numbers are expected.")
    try:
        return array.astype(np.float64, copy=False)
    except (OverflowError, ValueError, TypeError):
        raise Mismatch(f"{_named(name)} holds a number that is too large.") from None


def _count_numbers(value: Any, name: str, depth: int) -> int:
    require(depth < 8, f"{_named(name)} is nested too deeply.")
    count = 0
    for item in value:
        if type(item) in (list, tuple):
            count += _count_numbers(item, name, depth + 1)
        else:
            numeric = type(item) in (int, float) or isinstance(item, np.ndarray | np.number)
            require(numeric, f"{_named(name)} holds {show(item)} where numbers are expected.")
            count += item.size if isinstance(item, np.ndarray) else 1
    return count


def _named(name: str) -> str:
    return f"`{name}`" if name else "The answer"
