"""The operators of proxies; each proxy has those of its object, so that a test meets the same errors.

What an object itself decides (`==`, `<`, truth, `in`) is noted, and so is what it computes; of plain data nothing is
ever handed to its `==`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from types import NotImplementedType
from typing import TYPE_CHECKING, Any

from nbviva.tester.errors import Described
from nbviva.tester.proxies import Known, Proxy, answer, ask, decides, is_proxy, known, operates

if TYPE_CHECKING:
    from nbviva.tester.asking import OtherSide

_BINARY = "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor".split()  # noqa: SIM905 - shorter
_ORDER = ("lt", "le", "gt", "ge")
_UNARY = ("neg", "pos", "abs", "invert")
_NUMBERS = ("int", "float", "complex", "index")
_MOST_AT_ONCE = 256


def proxy_of(side: OtherSide, number: int, described: Described) -> Any:
    """Make the proxy of an object."""
    kind = _kind(described.short if described.kind == "object" else described.kind, described.kind, described.dunders)
    made = object.__new__(kind)
    object.__setattr__(made, "_known", Known(side, number, described))
    return made


@cache
def _kind(name: str, kind: str, dunders: frozenset[str]) -> type[Proxy]:
    """Give the class of proxies that have these operators."""
    methods = {f"__{word}__": _METHODS[word] for word in dunders if word in _METHODS}
    if "eq" in dunders:
        methods["__ne__"] = lambda self, other: not (self == other)  # noqa: SIM201 - this is what != is made of
        methods["__hash__"] = object.__hash__
    if "len" in dunders and "bool" not in dunders:
        methods["__bool__"] = _METHODS["bool"]
    if kind == "class":
        methods |= {"__instancecheck__": _is_instance, "__subclasscheck__": _is_subclass}
    return type(name, (Proxy,), {"__slots__": (), "__module__": "student", **methods})


def _call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
    return known(self).side.ask("call", self, list(args), kwargs)


def _length(self: Any) -> int:
    operates(self, "len")
    return int(answer(self, int, "length"))


def _truth(self: Any) -> bool:
    decides(self, "the truth")
    return bool(answer(self, bool, "truth"))


def _iterate(self: Any) -> Iterator[Any]:
    iterator = ask(self, "iterate")
    if not is_proxy(iterator):
        raise known(self).side.notes.fail("An object gives no iterator.")
    return _items(iterator, 1 if iterator is self else _MOST_AT_ONCE)


def _items(iterator: Any, most: int) -> Iterator[Any]:
    """Give the items; of an iterator that others may ask, too, one at a time."""
    number = 1
    while True:
        items, ended = _batch(iterator, number)
        yield from items
        if ended:
            return
        number = min(number * 2, most)


def _batch(iterator: Any, number: int) -> tuple[list[Any], bool]:
    found = ask(iterator, "next", number)
    if type(found) is not tuple or len(found) != 2 or type(found[0]) is not list or not (found[0] or found[1] is True):
        raise known(iterator).side.notes.fail("An iterator's answer is malformed.")
    return found[0], found[1] is True


def _next(self: Any) -> Any:
    items, _ = _batch(self, 1)
    if not items:
        raise StopIteration
    return items[0]


def _contains(self: Any, item: Any) -> bool:
    if "iter" in known(self).described.dunders:
        return any(found is item or (not is_proxy(found) and found == item) for found in self)
    decides(self, "the membership")
    return bool(answer(self, bool, "contains", item))


def _equal(self: Any, other: Any) -> Any:
    if self is other:
        return True
    if not is_proxy(other):
        found = known(self)
        found.side.notes.unequal.setdefault(found.described.short)
        return False
    decides(self, "the equality")
    return _plain(self, known(self).side.ask("operate", "eq", [self, other]))


def _plain(proxy: Any, value: Any) -> Any:
    if is_proxy(value):
        raise known(proxy).side.notes.fail("A comparison gives an object.")
    return value


def _ordered(name: str) -> Callable[..., Any]:
    def compare(self: Any, other: Any) -> Any:
        decides(self, "the order")
        return _plain(self, known(self).side.ask("operate", name, [self, other]))

    return compare


def _binary(name: str, *, turned: bool) -> Callable[..., Any]:
    """Make an operator; what it makes of plain data the object decides, if that is plain data again."""
    asked = f"{name}_" if name in ("and", "or") else name

    def operate(self: Any, other: Any) -> Any | NotImplementedType:
        operates(self, name)
        given = [other, self] if turned else [self, other]
        found = known(self).side.ask("operate", asked, given)
        if not is_proxy(other) and not is_proxy(found):
            decides(self, f"what {name} gives")
        return found

    return operate


def _unary(name: str) -> Callable[..., Any]:
    def operate(self: Any) -> Any:
        operates(self, name)
        return known(self).side.ask("operate", name, [self])

    return operate


def _number(name: str) -> Callable[..., Any]:
    kind = int if name == "index" else {"int": int, "float": float, "complex": complex}[name]

    def number(self: Any) -> Any:
        operates(self, name)
        return answer(self, kind, "number", name)

    return number


def _round(self: Any, *digits: int) -> Any:
    operates(self, "round")
    return ask(self, "round", list(digits))


def _hash(self: Any) -> int:
    decides(self, "the hash")
    return object.__hash__(self)


def _exit(self: Any, *error: Any) -> bool:
    del error  # it never swallows what the test raised
    ask(self, "exit")
    return False


def _is_instance(self: Any, value: Any) -> bool:
    if not is_proxy(value):
        return False
    decides(value, "the class")
    return bool(answer(value, bool, "is_a", self))


def _is_subclass(self: Any, value: Any) -> bool:
    if not is_proxy(value):
        return False
    decides(value, "the class")
    return bool(answer(value, bool, "is_below", self))


_METHODS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "len": _length,
    "bool": _truth,
    "iter": _iterate,
    "next": _next,
    "contains": _contains,
    "getitem": lambda self, key: ask(self, "item", key),
    "setitem": lambda self, key, value: ask(self, "set_item", key, value),
    "delitem": lambda self, key: ask(self, "drop_item", key),
    "eq": _equal,
    "hash": _hash,
    "enter": lambda self: ask(self, "enter"),
    "exit": _exit,
    "round": _round,
    **{name: _ordered(name) for name in _ORDER},
    **{name: _binary(name, turned=False) for name in _BINARY},
    **{f"r{name}": _binary(name, turned=True) for name in _BINARY},
    **{name: _unary(name) for name in _UNARY},
    **{name: _number(name) for name in _NUMBERS},
}
