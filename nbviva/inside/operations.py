"""What can be done with an object on behalf of a test outside, and what is told of one that stays here."""

from __future__ import annotations

import importlib
import inspect
import operator
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, new_class
from typing import Any

MOST_TEXT = 100_000
MOST_NAMES = 10_000
MOST_BYTES = 50 << 20  # of a file
DUNDERS = frozenset(
    "call len iter next contains getitem setitem delitem bool eq lt le gt ge hash enter exit int float complex index "  # noqa: SIM905 - shorter
    "round add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul lshift "
    "rlshift rshift rrshift and rand or ror xor rxor neg pos abs invert".split()
)
_AS_OBJECT = ("eq", "lt", "le", "gt", "ge", "hash")  # each object has them; told only where its class has its own

Namespace = dict[str, Any]


class NameMissing(Exception):
    """The namespace lacks a name that was asked for."""


def name_of(kind: type) -> str:
    """Give the full name of a class."""
    return f"{kind.__module__}.{kind.__qualname__}"[:200]


def described(value: object) -> tuple[str, str, list[str], list[str]]:
    """Say what an object is: a kind, its name where it has one, the classes that it is of, its operators.

    Of a class the classes are its own.
    """
    is_class = isinstance(value, type)
    kind = type(value)
    bases = [name_of(base) for base in (value if is_class else kind).__mro__][:20]  # type: ignore[attr-defined]
    dunders = [name for name in DUNDERS if _has(kind, name)]
    name = str(getattr(value, "__name__", ""))[:100] if callable(value) or isinstance(value, ModuleType) else ""
    return _kind(value), name, bases, dunders


def _kind(value: object) -> str:
    if isinstance(value, type):
        return "error" if issubclass(value, BaseException) else "class"
    return "module" if isinstance(value, ModuleType) else "object"


def _has(kind: type, name: str) -> bool:
    found = getattr(kind, f"__{name}__", None)
    return found is not None and not (name in _AS_OBJECT and found is getattr(object, f"__{name}__"))


def _get(namespace: Namespace, name: str) -> Any:
    if name not in namespace:
        raise NameMissing
    return namespace[name]


def _set(namespace: Namespace, name: str, value: object) -> None:
    namespace[name] = value


def _drop(namespace: Namespace, name: str) -> None:
    if name not in namespace:
        raise NameMissing
    del namespace[name]


def _call(_: Namespace, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return target(*args, **kwargs)


def _next(_: Namespace, iterator: Any, most: int) -> tuple[list[Any], bool]:
    """Give the next items, and whether there are none behind them."""
    found: list[Any] = []
    for _number in range(most):
        try:
            found.append(next(iterator))
        except StopIteration:
            return found, True
    return found, False


def _text(_: Namespace, value: object, kind: str, spec: str) -> str:
    if kind == "format":
        return format(value, spec)[:MOST_TEXT]
    return (repr(value) if kind == "repr" else str(value))[:MOST_TEXT]


def _parameters(_: Namespace, function: Any) -> list[tuple[str, int, bool, Any]]:
    """Give a function's parameters: name, kind, whether it has a default, and that."""
    found = inspect.signature(function).parameters.values()
    return [
        (one.name, int(one.kind), one.default is not one.empty, None if one.default is one.empty else one.default)
        for one in found
    ]


def _imported(_: Namespace, module: str, path: list[str]) -> Any:
    found = importlib.import_module(module)
    for name in path:
        found = getattr(found, name)
    return found


def _generator(_: Namespace, module: str, state: Any) -> None:
    """Let a module's generator be in the state that the test's is in."""
    home = importlib.import_module(module)
    put = {"random": "setstate", "numpy.random": "set_state", "torch": "set_rng_state"}[module]
    getattr(home, put)(state)


def _file(_: Namespace, path: str) -> bytes | None:
    """Give what is in a file of the working folder; None where there is none."""
    place = Path(path)
    return place.read_bytes() if place.is_file() and place.stat().st_size <= MOST_BYTES else None


def _put_file(_: Namespace, path: str, content: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)


_replaced: dict[tuple[str, tuple[str, ...], str], Any] = {}  # what modules had where a test has put something else
_LACKING = object()


def _patch(_: Namespace, module: str, path: tuple[str, ...], name: str, is_new: bool, value: Any) -> None:
    """Put something of the test's in a place of a module, or what was there before."""
    home, spot = _imported(_, module, list(path)), (module, path, name)
    before = _replaced.setdefault(spot, vars(home).get(name, _LACKING))
    if is_new:
        setattr(home, name, value)
    elif _replaced.pop(spot) is _LACKING:
        delattr(home, name)
    else:
        setattr(home, name, before)


def replaced_by(value: object) -> Any:
    """Give what a module had where it has this thing of a test's now.

    Raises
    ------
    RuntimeError
        If that is nowhere.
    """
    for (module, path, name), before in _replaced.items():
        if vars(_imported({}, module, list(path))).get(name) is value and before is not _LACKING:
            return before
    raise RuntimeError("What belongs to a test can be used by the thread alone that answers it.")


def _subclass(
    _: Namespace, name: str, bases: list[type], members: list[tuple[str, str, Any]], options: dict[str, Any]
) -> type:
    """Make a class of a test's; its methods are the test's functions."""
    made = {word: _MEMBERS[kind](value) for word, kind, value in members}
    return new_class(name, tuple(bases), options, lambda body: body.update(made | {"__module__": "test"}))


def _method(function: Any) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    return method if function else None


_MEMBERS: dict[str, Callable[[Any], Any]] = {
    "method": _method,
    "staticmethod": staticmethod,
    "classmethod": lambda function: classmethod(_method(function)),
    "property": lambda functions: property(*map(_method, functions)),
    "value": lambda value: value,
}


def _inherited(_: Namespace, base: type, owner: Any, name: str) -> Any:
    """Give what `super()` finds in a class of a test's below this one."""
    for kind in base.__mro__:
        if name in vars(kind):
            found = vars(kind)[name]
            return found.__get__(owner, type(owner)) if hasattr(type(found), "__get__") else found
    raise AttributeError(name)


def _figure(_: Namespace, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Do something with pyplot's current figure, or give it; None where there is no figure."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or (name in ("gcf", "gca") and not pyplot.get_fignums()):
        return None
    found = getattr(pyplot, name)(*args, **kwargs)
    return found if name in ("gcf", "gca") else None


def _operate(_: Namespace, name: str, values: list[Any]) -> Any:
    return getattr(operator, name)(*values)


_NUMBERS: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "complex": complex, "index": operator.index}
OPERATIONS: dict[str, Callable[..., Any]] = {
    "get": _get,
    "has": lambda namespace, name: name in namespace,
    "names": lambda namespace: [name for name in list(namespace) if type(name) is str][:MOST_NAMES],
    "set": _set,
    "drop": _drop,
    "call": _call,
    "attribute": lambda _, value, name: getattr(value, name),
    "set_attribute": lambda _, value, name, new: setattr(value, name, new),
    "drop_attribute": lambda _, value, name: delattr(value, name),
    "item": lambda _, value, key: value[key],
    "set_item": lambda _, value, key, new: operator.setitem(value, key, new),
    "drop_item": lambda _, value, key: operator.delitem(value, key),
    "iterate": lambda _, value: iter(value),
    "next": _next,
    "length": lambda _, value: len(value),
    "truth": lambda _, value: bool(value),
    "contains": lambda _, value, item: item in value,
    "number": lambda _, value, kind: _NUMBERS[kind](value),
    "round": lambda _, value, digits: round(value, *digits),
    "hash": lambda _, value: hash(value),
    "text": _text,
    "operate": _operate,
    "enter": lambda _, value: type(value).__enter__(value),
    "exit": lambda _, value: bool(type(value).__exit__(value, None, None, None)),
    "is_a": lambda _, value, kind: isinstance(value, kind),
    "is_below": lambda _, value, kind: issubclass(value, kind),
    "members": lambda _, value: [name for name in dir(value) if type(name) is str][:MOST_NAMES],
    "parameters": _parameters,
    "imported": _imported,
    "generator": _generator,
    "file": _file,
    "put_file": _put_file,
    "patch": _patch,
    "subclass": _subclass,
    "figure": _figure,
    "inherited": _inherited,
}
