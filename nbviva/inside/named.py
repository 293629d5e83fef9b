"""Named tuples: of a class the name and the fields cross, and nothing else that its author wrote."""

from __future__ import annotations

import keyword
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, Self

from nbviva.inside.kinds import Reader, Tree, Writer
from nbviva.inside.plain import refuse

CLASSES_MOST, FIELDS_MOST = 100, 1000
_GENERATED = frozenset((
    "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__", "__doc__",
    "__firstlineno__", "__getnewargs__", "__match_args__", "__module__", "__new__", "__orig_bases__",
    "__replace__", "__repr__", "__slots__", "__static_attributes__", "_asdict", "_field_defaults", "_fields",
    "_make", "_replace",
))  # fmt: skip


class FieldTuple(tuple[Any, ...]):
    """A named tuple as it is made on this side: without the text that `collections.namedtuple` evaluates."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()

    def __new__(cls, *values: Any, **named: Any) -> Self:
        """Take the fields by place or by name."""
        given = dict(zip(cls._fields, values, strict=False)) | named
        if len(values) + len(named) != len(cls._fields) or given.keys() != set(cls._fields):
            raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}")
        return super().__new__(cls, [given[name] for name in cls._fields])

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **named: Any) -> Self:
        return type(self)(**self._asdict() | named)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"


def write(value: Any, to: Writer) -> Tree | None:
    """Give the tree of a named tuple whose class says nothing but its fields; None for any other tuple's class."""
    kind = type(value)
    fields = vars(kind).get("_fields")
    if type(fields) is not tuple or kind.__mro__[1:] not in ((tuple, object), (FieldTuple, tuple, object)):
        return None
    if not _are_fields(fields) or not vars(kind).keys() <= _GENERATED.union(fields) or len(value) != len(fields):
        return None
    return ["named", to.part(kind.__name__), *([name, to.part(item)] for name, item in zip(fields, value, strict=True))]


def read(of: Reader, name: Any, *pairs: Any) -> Any:
    """Make a named tuple."""
    fields = tuple(field for field, _ in pairs)
    if not _is_word(name) or not _are_fields(fields):
        refuse("a named tuple is malformed")
    of.counts[name, fields] += 1
    if len(of.counts) > CLASSES_MOST:
        refuse(f"it has more than {CLASSES_MOST} kinds of named tuples")
    return _class_of(name, fields)(*(of.part(item) for _, item in pairs))


@lru_cache(maxsize=256)
def _class_of(name: str, fields: tuple[str, ...]) -> type[FieldTuple]:
    members = {field: property(itemgetter(place)) for place, field in enumerate(fields)}
    return type(name, (FieldTuple,), {"__slots__": (), "_fields": fields, "__match_args__": fields, **members})


def _are_fields(fields: tuple[Any, ...]) -> bool:
    return (
        len(fields) <= FIELDS_MOST
        and all(_is_word(field) and not field.startswith("_") for field in fields)
        and len(set(fields)) == len(fields)
    )


def _is_word(name: Any) -> bool:
    return type(name) is str and name.isidentifier() and not keyword.iskeyword(name) and len(name) <= 100
