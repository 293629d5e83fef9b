"""What may cross between a student's kernel and the examiner: the vocabulary of encoder and decoder, and the caps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

Frames = Sequence[bytes | memoryview]
Opaque = Callable[[object], "Handle"]

ARRAY_DTYPES = frozenset("|b1 |i1 |u1 <i2 <u2 <i4 <u4 <i8 <u8 <f2 <f4 <f8 <c8 <c16".split())  # noqa: SIM905 - shorter
_EQUAL_HASHES = 1000


class Unreadable(ValueError):
    """The value cannot cross: it is no plain data, too large, too deep, or malformed."""


@dataclass(frozen=True)
class Handle:
    """A value that stays on the student's side, known by a number and by no word of the student's."""

    number: int


@dataclass(frozen=True)
class Caps:
    """What one message may hold; every cap is checked before anything of that size is allocated.

    Attributes
    ----------
    tree_bytes, total_bytes
        Of the JSON tree, which is the first frame; of all frames.
    frames
        Arrays, whose bytes come as a frame each.
    items, depth
        Values of the tree, containers included; how deep they lie in each other.
    """

    tree_bytes: int = 8 << 20
    total_bytes: int = 256 << 20
    frames: int = 4096
    items: int = 500_000
    depth: int = 32
    integer_bits: int = 4096
    dimensions: int = 16


CAPS = Caps()


def refuse(why: str) -> NoReturn:
    """Raise `Unreadable` with a reason."""
    raise Unreadable(f"the value cannot be read: {why}")


def check_text(text: str) -> None:
    """Refuse a text that no encoding can write."""
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            refuse("a text holds half a character (a lone surrogate)")


def require_spread(keys: list[Any]) -> None:
    """Refuse keys that nearly all hash alike: a set or dict of them would take quadratic time to build."""
    if len(keys) - len({hash(key) for key in keys}) > _EQUAL_HASHES:
        refuse("it has too many keys that are alike")


def is_size(number: object) -> bool:
    """Whether it is a number that a size or a place can have."""
    return type(number) is int and 0 <= number < 2**40
