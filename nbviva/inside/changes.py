"""What a call changed in the arguments that were sent to it, so that the test's own can be changed alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbviva.inside.encoder import encode
from nbviva.inside.plain import Unreadable

_CHANGEABLE = frozenset({"list", "dict", "set", "bytearray", "ndarray", "DataFrame", "Series", "Tensor"})
_HOMES = ("builtins", "numpy", "pandas", "torch")
_AS_THEY_ARE = (str, int, float, bool, type(None), tuple, bytes)

Place = int | str


class Changes:
    """Remembers the arguments of a call: places and keyword names, each with what was sent there."""

    def __init__(self, given: list[Any]) -> None:
        self._given: dict[Place, Any] = {}
        if given:
            self._given = {**dict(enumerate(given[0])), **given[1]}
        self._before = {place: _content(value) for place, value in self._given.items() if _can_change(value)}

    def place_of(self, value: Any) -> list[Place]:
        """Give the place of the very argument that a value is, as the one item of a list; else none."""
        if type(value) in _AS_THEY_ARE:
            return []
        return [place for place, given in self._given.items() if given is value][:1]

    def made(self) -> Iterator[tuple[Place, Any]]:
        """Give each argument that has another content now."""
        for place, before in self._before.items():
            if before is not None and _content(self._given[place]) != before:
                yield place, self._given[place]


def _can_change(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ in _CHANGEABLE and kind.__module__.split(".")[0] in _HOMES


def _content(value: Any) -> list[bytes] | None:
    try:
        return [bytes(frame) for frame in encode(value, exact=True)]
    except (Unreadable, RuntimeError, ValueError, TypeError):
        return None  # it holds objects: nobody can tell what of them changed
