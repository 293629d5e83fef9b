"""Look things up by several keys at once: a table made once, in the place of a search through everything each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Lookup(Generic[T]):
    """Items by each of their keys; an empty key finds nothing."""

    def __init__(self, items: Iterable[T], keys: Sequence[Callable[[T], str]]) -> None:
        self._keys = keys
        self._found: dict[tuple[int, str], list[T]] = {}
        for item in items:
            self.add(item)

    def add(self, item: T) -> None:
        """Add one item."""
        for place, key in enumerate(self._keys):
            if value := key(item):
                self._found.setdefault((place, value), []).append(item)

    def alike(self, place: int, item: T) -> Sequence[T]:
        """Give the items whose key at this place is the same as that of an item."""
        return self._found.get((place, self._keys[place](item)), ())

    def candidates(self, item: T) -> list[T]:
        """Give the items that share any key with an item."""
        return [other for place in range(len(self._keys)) for other in self.alike(place, item)]
