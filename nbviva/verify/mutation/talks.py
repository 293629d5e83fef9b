"""What a rehearsed solution answered to checks: as text, and compared with what another one answered."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import numpy as np

from nbviva.inside import Frames, Handle, decode, encode

Talk = list[Frames]  # the answers to questions, in their order

CLOSE = 1e-6  # relative to the largest number of an array


def as_text(talk: Talk) -> str:
    """Give answers as text."""
    return json.dumps([[b64encode(frame).decode("ascii") for frame in answer] for answer in talk])


def from_text(text: str) -> Talk:
    """Read answers from text."""
    return [[b64decode(frame) for frame in answer] for answer in json.loads(text)]


def same_talk(ours: Talk, theirs: Talk) -> bool:
    """Whether two solutions answered the same to all questions; numbers may differ by rounding."""
    return len(ours) == len(theirs) and all(map(_same, map(_read, ours), map(_read, theirs)))


def _read(answer: Frames) -> Any:
    return decode(answer, exact=True)


def _same(one: Any, other: Any) -> bool:
    """Compare two answers; numbers may differ by rounding."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if not isinstance(one, float | np.ndarray):
        is_plain = type(one).__module__ == "builtins" or type(one) is Handle  # others, such as tables, may give no bool
        return bool(one == other) if is_plain else encode(one, exact=True) == encode(other, exact=True)
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype != other.dtype or one.dtype.kind not in "fiub":
        return one.shape == other.shape and one.dtype == other.dtype and np.array_equal(one, other)
    scale = float(np.abs(other).max(initial=0.0)) if np.isfinite(other).all() else 0.0
    return np.allclose(one, other, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True)
