"""What the student's code may do with an object that a test hands over; all else it is refused, as if there were none.

Such an object stays here. Its class says what may be read, called and set: of a class of the test's own what has no
underscore, but none of its methods is replaced, and what is set is noted; of a mock what it stands for, and nothing
that it tells the test; of a figure what draws and reads; of a stream and a generator of random numbers what they are
for. No way leads from there to a module, a file's name, or the test's other values.
"""

from __future__ import annotations

import io
import operator
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from nbviva.inside.operations import described
from nbviva.tester.notes import Notes
from nbviva.tester.proxies import is_proxy

_NONE: frozenset[str] = frozenset()
_STREAM = frozenset(
    "read readline readlines write writelines getvalue seek tell close truncate closed readable writable seekable "  # noqa: SIM905 - shorter
    "flush isatty".split()
)
_STREAMS = (io.StringIO, io.BytesIO, io.TextIOWrapper, io.BufferedReader, io.BufferedWriter)
_TOLD_BY_MOCK = frozenset(dir(mock.MagicMock())) | {"assert_awaited", "await_count", "await_args"}
_ARTIST = re.compile(
    r"(?!get_figure$|get_children$|get_renderer$|get_axes_locator$|get_transform$|get_.*transform$|get_path_effects$"
    r"|set_canvas$|set_figure$|set_picker$|set_gid$|set_url$|set_agg_filter$|set_sketch|set_transform$|set_axes_locator$)"
    r"(get_\w+|set_\w+|set|plot|scatter|bar|barh|bar_label|hist|hist2d|stairs|pie|boxplot|violinplot|errorbar|fill"
    r"|fill_betweenx?|step|stem|semilog[xy]|loglog|imshow|matshow|spy|contourf?|clabel|pcolor|pcolormesh|hexbin|stackplot"
    r"|quiver|streamplot|eventplot|ax[hv]line|ax[hv]span|axline|[hv]lines|text|annotate|arrow|table|legend|grid|axis"
    r"|margins|tick_params|ticklabel_format|locator_params|minorticks_o[nf]f?|invert_[xy]axis|autoscale|autoscale_view"
    r"|relim|twin[xy]|cla|clear|clf|label_outer|has_data|add_subplot|add_axes|subplots|subplots_adjust|suptitle"
    r"|sup[xy]label|gca|colorbar|tight_layout|autofmt_xdate|delaxes|remove|update"
    r"|lines|patches|texts|collections|images|containers|tables|title|[xyz]axis|axes|spines|label[12]?)"
)
_GENERATORS = ("numpy.random._generator.Generator", "numpy.random.mtrand.RandomState")
_NOT_OF_GENERATORS = frozenset({"shuffle", "bit_generator", "spawn", "tomaxint", "permuted"})
_HARMLESS = ("__main__", "builtins", "enum", "collections", "abc", "typing")  # whose methods a class may inherit
_SETTING = ("setitem", "delitem")
_ARRAY_LIKE = frozenset({"iter", "len", "getitem", "contains"})


@dataclass(frozen=True)
class Terms:
    """What may be done with objects of a class.

    Attributes
    ----------
    reads, writes
        Whether an attribute of this name may be read, or set and dropped.
    dunders
        Which operators they keep.
    """

    reads: Callable[[Any, str], bool]
    writes: Callable[[Any, str], bool]
    dunders: frozenset[str] | None = None  # all that its class has


def _of_own(value: Any, name: str) -> bool:
    homes = (kind.__module__ for kind in type(value).__mro__ if name in vars(kind))
    return not name.startswith("_") and next(homes, "__main__") in _HARMLESS


def _set_of_own(value: Any, name: str) -> bool:
    found = getattr(type(value), name, None)
    return _of_own(value, name) and not callable(found)


def _never(_value: Any, _name: str) -> bool:
    return False


def _of_generator(value: Any, name: str) -> bool:
    return not name.startswith("_") and name not in _NOT_OF_GENERATORS and callable(getattr(value, name, None))


def _of_artist(value: Any, name: str) -> bool:
    return _ARTIST.fullmatch(name) is not None and not (name == "axes" and not hasattr(value, "add_subplot"))


_OWN = Terms(_of_own, _set_of_own)
_MOCK = Terms(lambda _, name: not name.startswith("_") and name not in _TOLD_BY_MOCK, _never)
_FIGURE = Terms(_of_artist, _never, frozenset({"iter", "len", "getitem"}))
_FILE = Terms(lambda _, name: name in _STREAM, _never, frozenset({"iter", "next", "enter", "exit"}))
_ITERATOR = Terms(_never, _never, frozenset({"iter", "next"}))
_VIEW = Terms(_never, _never, _ARRAY_LIKE)
_RANDOM = Terms(_of_generator, _never, _NONE)


def terms_of(value: Any) -> Terms | None:
    """Say what may be done with a test's object; None for one that is not lent."""
    kind = type(value)
    if mock.NonCallableMock in kind.__mro__:
        return _MOCK
    if kind.__module__ == "__main__" and not issubclass(kind, type):
        return _OWN
    if kind in _STREAMS:
        return _FILE
    if kind is random.Random or f"{kind.__module__}.{kind.__name__}" in _GENERATORS or _is_numpys(kind):
        return _RANDOM
    if kind.__module__ in ("builtins", "itertools"):
        return _of_builtin(kind)
    return _FIGURE if kind.__module__.startswith("matplotlib.") and _is_artist(kind) else None


def _of_builtin(kind: type) -> Terms | None:
    if kind.__name__ in ("dict_keys", "dict_values", "dict_items"):
        return _VIEW
    return _ITERATOR if hasattr(kind, "__next__") and kind.__name__ != "coroutine" else None


def _is_numpys(kind: type) -> bool:
    return kind.__name__ in ("Generator", "RandomState") and kind.__module__.startswith("numpy.random")


def _is_artist(kind: type) -> bool:
    artist, container = (sys.modules.get(f"matplotlib.{name}") for name in ("artist", "container"))
    known = [vars(home)[name] for home, name in ((artist, "Artist"), (container, "Container")) if home]
    return any(one in kind.__mro__ for one in known) or kind.__name__ in ("Spines", "ArtistList")


class Gate:
    """Lets the student's code do with one object what its terms say."""

    def __init__(self, value: Any, terms: Terms, notes: Callable[[], Notes]) -> None:
        """Guard an object; `notes` gives those of the cell that runs."""
        self._value, self._terms, self._notes = value, terms, notes
        has = set(described(value)[3])
        self.dunders = tuple(sorted(has if terms.dunders is None else has & terms.dunders))
        self._methods: dict[str, Any] = {}

    def __call__(self, operation: str, *values: Any) -> Any:
        """Do it.

        Raises
        ------
        AttributeError
            If it must not be done, as for an object that has no such thing.
        """
        doing = _OPERATIONS.get(operation)
        if doing:
            return doing(self, *values)
        if operation not in self.dunders:
            raise self._lacks(operation)
        if operation in _SETTING:
            self._changes(operation)
        return (_OPERATORS.get(operation) or _usual(operation))(self._value, *values)

    def _lacks(self, what: str) -> AttributeError:
        """Give what the student's code meets; where there is such a thing, it is noted, too."""
        why = f"{what} of the test's {type(self._value).__name__}, which it may not use."
        has = hasattr(self._value, what) or hasattr(type(self._value), f"__{what}__")
        return self._notes().refuse(why) if has else AttributeError(why)

    def _changes(self, operation: str) -> None:
        """Note that the test's object is changed; where the solution changes nothing of the kind, that decides."""
        self._notes().operate(operation, f"{operation} in an object of the test's class {type(self._value).__name__}")

    def attribute(self, name: str) -> Any:
        """Give what it has by this name; each method is one function."""
        if not self._terms.reads(self._value, name):
            raise self._lacks(name)
        found = getattr(self._value, name)
        if callable(found) and terms_of(found) is None:
            return self._methods.setdefault(name, found if self._terms in (_OWN, _MOCK) else self._of_plain(found))
        return list(found) if type(found).__name__ == "ArtistList" else found

    def _of_plain(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Let a library's method have plain data and the test's own objects alone."""

        def called(*args: Any, **kwargs: Any) -> Any:
            if any(map(is_proxy, _parts([*args, *kwargs.values()]))):
                raise self._notes().refuse(
                    f"{method.__name__} of the test's {type(self._value).__name__} with what is no data."
                )
            return method(*args, **kwargs)

        return called

    def set_attribute(self, name: str, value: Any) -> None:
        """Set it."""
        if not self._terms.writes(self._value, name):
            raise self._lacks(name)
        self._changes(f"set {name}")
        setattr(self._value, name, value)

    def drop_attribute(self, name: str) -> None:
        """Drop it."""
        if not self._terms.writes(self._value, name):
            raise self._lacks(name)
        self._changes(f"drop {name}")
        delattr(self._value, name)

    def text(self, how: Callable[[Any], str]) -> str:
        """Give its text; of a library's object its class alone."""
        return how(self._value) if self._terms is _OWN else f"<{type(self._value).__name__}>"

    def iterator(self) -> Any:
        """Give an iterator of its items."""
        if "iter" not in self.dunders:
            raise self._lacks("iter")
        return iter(self._value)

    def several(self, number: int) -> tuple[list[Any], bool]:
        """Give the next items, and whether there are none behind them."""
        if "next" not in self.dunders:
            raise self._lacks("next")
        items = list(_first(self._value, number))
        return items, len(items) < number


def _parts(value: Any) -> Iterator[Any]:
    """Give what lies in a value, at any depth."""
    yield value
    kind = type(value)
    for item in [*value, *value.values()] if kind is dict else value if kind in (list, tuple, set, frozenset) else ():
        yield from _parts(item)


def _first(iterator: Iterator[Any], number: int) -> Iterator[Any]:
    for _ in range(min(number, 1000)):
        try:
            yield next(iterator)
        except StopIteration:
            return


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "attribute": Gate.attribute,
    "set_attribute": Gate.set_attribute,
    "drop_attribute": Gate.drop_attribute,
    "repr": lambda gate: gate.text(repr),
    "str": lambda gate: gate.text(str),
    "iter": Gate.iterator,
    "several": Gate.several,
}
_OPERATORS: dict[str, Callable[..., Any]] = {
    "call": lambda value, args, kwargs: value(*args, **kwargs),
    "len": len,
    "next": next,
    "bool": bool,
    "hash": hash,
    "int": int,
    "float": float,
    "complex": complex,
    "round": round,
    "enter": lambda value: type(value).__enter__(value),
    "exit": lambda value: bool(type(value).__exit__(value, None, None, None)),
    "and": operator.and_,
    "or": operator.or_,
}


def _usual(name: str) -> Callable[..., Any]:
    if name.startswith("r") and name[1:] in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
        return lambda value, other: getattr(operator, name[1:])(other, value)
    return getattr(operator, name)  # type: ignore[no-any-return]  # one of `DUNDERS`
