"""Objects of a test's in the student's hands: what is done with one is done where the test runs, if it may be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

Ask = Callable[..., Any]  # an operation and its values, to what the test says
_ASK = "_asked_where_the_test_runs"
_MOST_AT_ONCE = 256
_OTHERS = frozenset({"iter", "enter", "exit"})  # that are no single question


class Lent:
    """An object that stays where the test runs; what it may be asked is decided there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return asked(self, "attribute", name)

    def __setattr__(self, name: str, value: Any) -> None:
        asked(self, "set_attribute", name, value)

    def __delattr__(self, name: str) -> None:
        asked(self, "drop_attribute", name)

    def __repr__(self) -> str:
        return str(asked(self, "repr"))

    def __str__(self) -> str:
        return str(asked(self, "str"))


def asked(lent: Lent, operation: str, *values: Any) -> Any:
    """Ask something of an object of a test's."""
    return object.__getattribute__(lent, _ASK)(operation, *values)


def is_lent(value: object) -> bool:
    """Whether a value is such an object, whatever it claims to be."""
    return Lent in type(value).__mro__


def lend(ask: Ask, name: str, dunders: tuple[str, ...], known: object) -> Lent:
    """Make what stands for an object of a class of this name that has these operators.

    Parameters
    ----------
    known
        The class that the notebook has by this name, if the test's class is a cell's: it is taken for one of its own.
    """
    made: Lent = object.__new__(_kind(name, dunders, known if isinstance(known, type) else None))
    object.__setattr__(made, _ASK, ask)
    return made


@cache
def _kind(name: str, dunders: tuple[str, ...], known: type | None) -> type[Lent]:
    methods: dict[str, Any] = {f"__{word}__": _method(word) for word in dunders if word not in _OTHERS}
    if known:
        methods["__class__"] = property(lambda _: known)
    if "eq" in dunders and "hash" not in dunders:
        methods["__hash__"] = object.__hash__
    if "iter" in dunders:
        methods["__iter__"] = _iterate
    if "enter" in dunders:
        methods |= {"__enter__": lambda self: asked(self, "enter"), "__exit__": _leave}
    return type(name, (Lent,), methods)


def _method(word: str) -> Callable[..., Any]:
    if word == "call":
        return lambda self, /, *args, **kwargs: asked(self, "call", list(args), kwargs)
    return lambda self, *values: asked(self, word, *values)


def _iterate(self: Lent) -> Iterator[Any]:
    """Give the items; of an iterator that the test asks, too, one at a time."""
    iterator, number = asked(self, "iter"), 1
    while True:
        items, ended = asked(iterator, "several", number)
        yield from items
        if ended:
            return
        number = 1 if iterator is self else min(number * 2, _MOST_AT_ONCE)


def _leave(self: Lent, *error: Any) -> bool:
    del error  # it stays on this side
    asked(self, "exit")
    return False
