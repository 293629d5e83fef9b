"""Proxies: objects of the student's kernel as a test cell sees them. What is asked of one is asked there.

A proxy has the operators that its object has, so that a test meets the same errors. What the object itself decides
(`==`, `<`, truth, `isinstance`) is noted, and so is what it computes; of plain data nothing is ever handed to its `==`.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbviva.inside.operations import DUNDERS
from nbviva.tester.claims import claimed
from nbviva.tester.errors import Described

if TYPE_CHECKING:
    from nbviva.tester.asking import OtherSide

_ASKED = frozenset(
    "__name__ __qualname__ __doc__ __dict__ __annotations__ __defaults__ __kwdefaults__ __module__ __code__ "  # noqa: SIM905 - shorter
    "__closure__ __wrapped__ __func__ __bases__ __mro__".split()
)
_DECIDING = frozenset({"eq", "lt", "le", "gt", "ge", "bool", "contains", "hash"})


@dataclass(frozen=True, eq=False)
class Known:
    """What a proxy stands for."""

    side: OtherSide
    number: int
    described: Described


def known(proxy: Any) -> Known:
    """Give what a proxy stands for."""
    found: Known = object.__getattribute__(proxy, "_known")
    return found


def is_proxy(value: Any) -> bool:
    """Whether a value is a proxy, whatever it claims to be."""
    return Proxy in type(value).__mro__


class Proxy:
    """An object that stays in the student's kernel."""

    __slots__ = ("__weakref__", "_known")

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return _class_of(self)
        if name == "__mro_entries__" and known(self).described.kind == "class":
            return lambda _: (known(self).side.base(self),)
        if name == "__signature__":
            return _signature(self)
        if name.startswith("__") and name[2:-2] in DUNDERS | {"init"}:
            return _operator(self, name)
        if name.startswith(("__", "_repr_", "_ipython_")) and name not in _ASKED:
            raise AttributeError(
                f"'{known(self).described.short}' object has no attribute '{name}'", name=name, obj=None
            )
        known(self).side.note_own_value(known(self).described, name)
        return ask(self, "attribute", name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "set_attribute", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "drop_attribute", name)

    def __repr__(self) -> str:
        return str(answer(self, str, "text", "repr", ""))

    def __str__(self) -> str:
        return str(answer(self, str, "text", "str", ""))

    def __format__(self, spec: str) -> str:
        return str(answer(self, str, "text", "format", spec))

    def __dir__(self) -> list[str]:
        return [name for name in ask(self, "members") if type(name) is str]

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("an object of the student's cannot be copied here")


def ask(proxy: Any, operation: str, *values: Any) -> Any:
    """Ask something of an object."""
    return known(proxy).side.ask(operation, proxy, *values)


def answer(proxy: Any, kind: type, operation: str, *values: Any) -> Any:
    """Ask for plain data of one kind."""
    found = ask(proxy, operation, *values)
    if type(found) is not kind:
        raise known(proxy).side.notes.fail(f"An object answers {operation} with no {kind.__name__}.")
    return found


def decides(proxy: Any, what: str) -> None:
    """Note that an object decides something."""
    found = known(proxy)
    found.side.notes.decide(f"{what} of an object of the class {found.described.short}")


def operates(proxy: Any, operation: str) -> None:
    """Note that an object computes something."""
    found = known(proxy)
    found.side.notes.operate(operation, f"{operation} of an object of the class {found.described.short}")


def _operator(proxy: Any, name: str) -> Any:
    """Give an operator by its name: of an object what decides as the operator does, of a class what it has."""
    if known(proxy).described.kind == "class":
        if name[2:-2] in _DECIDING:
            decides(proxy, f"the method {name}")
        return ask(proxy, "attribute", name)
    return object.__getattribute__(proxy, name)


def _class_of(proxy: Any) -> type:
    described = known(proxy).described
    here = known(proxy).side.subclasses.get(described.bases[0]) if described.bases else None
    if here and described.kind == "object":
        return here
    found = claimed(described) if described.kind != "class" else type
    if found is None:
        return type(proxy)
    if described.kind == "object" and found.__module__ not in ("builtins", "types"):
        decides(proxy, "the class")
    return found


def _signature(proxy: Any) -> inspect.Signature:
    if "call" not in known(proxy).described.dunders:
        raise AttributeError("__signature__")
    one = inspect.Parameter
    kinds = (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.VAR_POSITIONAL, one.KEYWORD_ONLY, one.VAR_KEYWORD)
    try:
        return inspect.Signature(
            [
                one(name, kinds[kind], default=value if has else one.empty)
                for name, kind, has, value in ask(proxy, "parameters")
            ]
        )
    except (TypeError, ValueError, IndexError):
        raise known(proxy).side.notes.fail("A function's parameters are malformed.") from None
