"""A class of a test's below one of the student's: it is made there, and its methods are functions that run here.

So an object of it is one of the student's like any other, and its methods are callbacks. Values that the class sets are
lent to the student's methods; a test that reads them back would have the student's word for its own, which is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

from nbviva.inside.operations import DUNDERS
from nbviva.tester.proxies import ask, known

_OF_PYTHON = frozenset(
    "__module__ __qualname__ __doc__ __annotations__ __classcell__ __firstlineno__ __static_attributes__".split()  # noqa: SIM905 - shorter
)
_FOR_SUPER = frozenset(f"__{name}__" for name in DUNDERS) | {"__init__", "__str__", "__repr__", "__format__"}


def base_of(proxy: Any) -> type:
    """Give what stands for a class of the student's among the bases of a test's class."""
    members = (name for name in ask(proxy, "members") if type(name) is str)
    names = [name for name in members if name in _FOR_SUPER or not name.startswith("__")]
    inherited: dict[str, Any] = {name: _Inherited(proxy, name) for name in names}
    return type.__new__(_Subclassing, "student's", (), {**inherited, "_stands_for": proxy})


class _Inherited:
    """What `super()` finds in a method of a test's: what the student's class has by this name."""

    def __init__(self, proxy: Any, name: str) -> None:
        self._proxy, self._name = proxy, name

    def __get__(self, owner: Any, _: Any = None) -> Any:
        return ask(self._proxy, "inherited", owner, self._name)


class _Subclassing(type):
    """Makes a class where its bases are."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any) -> Any:
        here = super().__new__(cls, name, bases, dict(body))  # what `super()` needs in its methods
        theirs = [vars(base).get("_stands_for", base) for base in bases]
        first = next(base for base in bases if "_stands_for" in vars(base))
        side = known(vars(first)["_stands_for"]).side
        made = side.ask("subclass", name, theirs, list(_members(body)), options)
        side.subclasses[f"test.{name}"] = here
        return made


def _members(body: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Give each member of a class's body with its kind, as it is sent."""
    for name, value in body.items():
        if type(value) is FunctionType:
            yield name, "method", value
        elif type(value) in (staticmethod, classmethod):
            yield name, type(value).__name__, value.__func__
        elif type(value) is property:
            yield name, "property", [value.fget, value.fset]
        elif name == "__doc__" or name not in _OF_PYTHON:
            yield name, "value", value


def sets_value(here: type, name: str) -> bool:
    """Whether a test's class has a value of its own by this name."""
    return any(name == known_name and kind == "value" for known_name, kind, _ in _members(dict(vars(here))))
