"""Questions, answers and plain data in brief: one printable line for a person, whatever their size and content."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbviva.inside import Frames, Handle, Unreadable, decode

MAX_ITEMS, MAX_TEXT, MAX_LINE = 6, 60, 600
_BRACKETS: dict[Any, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), dict: ("{", "}")}


def question(frames: Frames) -> str:
    """Say what was asked."""
    try:
        operation, _seed, _stage, *rest = decode(frames)
        return _cut(_ASKED[operation](*rest))
    except (Unreadable, ValueError, TypeError, KeyError):
        return "a question of another form"


def answer(frames: Frames) -> str:
    """Say what was answered; the kernel chose these bytes, so they may be anything."""
    try:
        value = decode(frames)
    except Unreadable as error:
        return f"[{error}]"
    if type(value) is tuple and len(value) == 2 and value[0] == "ok":
        return value_in_brief(value[1])
    if value == ("missing",):
        return "there is no such name"
    if type(value) is tuple and len(value) in (2, 3) and value[0] in ("raised", "unreadable"):
        return f"{value[0]}: {value_in_brief(value[1])}"
    return f"malformed: {value_in_brief(value)}"


def value_in_brief(value: Any) -> str:
    """Say a plain value."""
    return _cut(_brief(value, 0))


def _brief(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return repr(value) if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]!r}... ({len(value)} characters)"
    if kind is bytes:
        return f"{len(value)} bytes"
    if kind is np.ndarray:
        return _array(value)
    if kind is Handle:
        return f"object {value.number}"
    if kind in _BRACKETS:
        return _container(value, kind, depth)
    return repr(value) if kind is not int or value.bit_length() < 256 else f"an integer of {value.bit_length()} bits"


def _array(value: Any) -> str:
    first = ", ".join(
        f"{item:.6g}" if value.dtype.kind in "fc" else str(item) for item in value.reshape(-1)[:MAX_ITEMS]
    )
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
    "unmute": lambda name: f"let {name} be as it was",
}


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]} ..."
