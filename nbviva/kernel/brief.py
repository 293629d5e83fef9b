"""Questions, answers and plain data in brief: one printable line for a person, whatever their size and content."""

from __future__ import annotations

from collections.abc import Callable, Sized
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from nbviva.inside import Frames, Handle, Unreadable, decode

MAX_ITEMS, MAX_TEXT, MAX_LINE = 6, 60, 600
_SAID = (type(None), bool, float, complex, date, time, datetime, timedelta, np.float64, np.int64, np.bool_)
_BRACKETS: dict[Any, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), dict: ("{", "}")}


def question(frames: Frames) -> str:
    """Say what was asked."""
    try:
        operation, _seed, _stage, *rest = decode(frames, exact=True)
        return _cut(_ASKED[operation](*rest))
    except (Unreadable, ValueError, TypeError, KeyError):
        return "a question of another form"


def answer(frames: Frames) -> str:
    """Say what was answered; the kernel chose these bytes, so they may be anything."""
    try:
        value = decode(frames, exact=True)
    except Unreadable as error:
        return f"[{error}]"
    kind = value[0] if type(value) is tuple and value and type(value[0]) is str else ""
    if kind == "ok" and len(value) == 2:
        return value_in_brief(value[1])
    if kind == "missing" and len(value) == 1:
        return "there is no such name"
    if kind in ("raised", "unreadable") and len(value) in (2, 3):
        return f"{kind}: {value_in_brief(value[1])}"
    return f"malformed: {value_in_brief(value)}"


def value_in_brief(value: Any) -> str:
    """Say a plain value."""
    return _cut(_brief(value, 0))


def _brief(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in _BRACKETS:
        return _container(value, kind, depth)
    said = _WORDS.get(kind)
    if said is not None:
        return str(said(value))
    return repr(value) if kind in _SAID else _other(value)


def _text(value: str) -> str:
    return repr(value) if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]!r}... ({len(value)} characters)"


def _other(value: Any) -> str:
    """Say what a value of a further kind is: its own text may be long, and take long."""
    is_counted = isinstance(value, Sized) and type(value) is not range and not hasattr(value, "shape")
    size = getattr(value, "shape", None) or ([len(value)] if is_counted else [])
    return f"{type(value).__name__}{list(size)}" if size else f"a {type(value).__name__}"


def _array(value: Any) -> str:
    items = value.reshape(-1)[:MAX_ITEMS].tolist() if value.dtype.kind in "OUS" else value.reshape(-1)[:MAX_ITEMS]
    said = {"f": "{:.6g}".format, "c": "{:.6g}".format, **dict.fromkeys("OUS", lambda item: _brief(item, 4))}
    first = ", ".join(map(said.get(value.dtype.kind, str), items))
    more = ", ..." if value.size > MAX_ITEMS else ""
    return f"{value.dtype}{list(value.shape)}({first}{more})"


def _container(value: Any, kind: type, depth: int) -> str:
    opening, closing = _BRACKETS[kind]
    if depth > 3:
        return f"{opening}... {len(value)} items{closing}"
    items = list(value.items() if kind is dict else value)[:MAX_ITEMS]
    said = [f"{_brief(k, depth + 1)}: {_brief(v, depth + 1)}" for k, v in items] if kind is dict else [
        _brief(item, depth + 1) for item in items
    ]  # fmt: skip
    more = [f"... {len(value)} items"] if len(value) > MAX_ITEMS else []
    return f"{opening}{', '.join([*said, *more])}{closing}"


def _call(root: Any, path: list[str], args: list[Any], kwargs: dict[str, Any]) -> str:
    target = ".".join([root if isinstance(root, str) else _brief(root, 0), *path])
    given = [*(_brief(item, 1) for item in args), *(f"{name}={_brief(item, 1)}" for name, item in kwargs.items())]
    return f"{target}({', '.join(given)})"


_ASKED: dict[str, Any] = {
    "read": lambda name: f"read {name}",
    "hold": lambda name: f"hold {name}",
    "write": lambda name, value: f"set {name} = {_brief(value, 0)}",
    "call": _call,
    "put": lambda value: f"keep {_brief(value, 0)}",
    "mute": lambda name: f"let {name} compute zeros",
    "exactly": lambda operation, *rest: _ASKED[operation](*rest),
    "unmute": lambda name: f"let {name} be as it was",
}

_WORDS: dict[Any, Callable[[Any], str]] = {
    str: _text,
    int: lambda value: repr(value) if value.bit_length() < 256 else f"an integer of {value.bit_length()} bits",
    bytes: lambda value: f"{len(value)} bytes",
    np.ndarray: _array,
    Handle: lambda value: f"object {value.number}",
}


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]} ..."
