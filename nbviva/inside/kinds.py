"""Further kinds of values, and the module that writes and reads each; it is imported where such a value is met.

So the agent stays light, and each library has one importer: `standard` is Python's own, the others have a library each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbviva.inside.plain import Caps

Tree = list[Any]


@dataclass(frozen=True)
class Writer:
    """What a kind needs to write a value: the tree of a part of it, and the place of its bytes."""

    part: Callable[[Any], Any]
    buffer: Callable[[bytes | memoryview], int]


@dataclass(frozen=True)
class Reader:
    """What a kind needs to read a value; everything in a tree is hostile.

    Attributes
    ----------
    part
        Reads the tree of a part, deeper by one.
    buffer
        Gives the bytes of a frame, counted.
    tensors
        Whether the asker wants torch tensors as tensors.
    counts
        How much of what costs more than its bytes was made for this message.
    """

    part: Callable[[Any], Any]
    buffer: Callable[[Any], memoryview]
    caps: Caps
    tensors: bool
    counts: Counter[Any] = field(default_factory=Counter)


@dataclass(frozen=True)
class Kinds:
    """The kinds that one module knows.

    Attributes
    ----------
    write
        Gives a value's tree, or None for what is none of its kinds. It looks at exact types only.
    read
        By tag: makes the value of a tree's rest.
    is_whole
        Whether a value with a part that cannot cross stays whole on its side, instead of having a handle inside.
    """

    write: Callable[[Any, Writer], Tree | None]
    read: Mapping[str, Callable[..., Any]]
    is_whole: bool = True


def _standard() -> Kinds:
    from nbviva.inside.standard import KINDS

    return KINDS


def _arrays() -> Kinds:
    from nbviva.inside.arrays import KINDS

    return KINDS


def _tables() -> Kinds:
    from nbviva.inside.tables import KINDS

    return KINDS


def _matrices() -> Kinds:
    from nbviva.inside.matrices import KINDS

    return KINDS


def _formulas() -> Kinds:
    from nbviva.inside.formulas import KINDS

    return KINDS


def _images() -> Kinds:
    from nbviva.inside.images import KINDS

    return KINDS


def _tensors() -> Kinds:
    from nbviva.inside.tensors import KINDS

    return KINDS


ALWAYS = frozenset(("complex", "frozenset", "date", "time", "datetime", "timedelta", "timezone", "zone"))
ALWAYS_CLASSES = ALWAYS - {"zone"} | {"ZoneInfo"}
_STANDARD_TAGS = (
    "range slice bytearray constant type ordered counter defaultdict deque named decimal fraction path".split()  # noqa: SIM905 - shorter
)
_ARRAY_TAGS = ("typed", "objects", "scalar", "numpy text", "numpy bytes", "dtype", "numpy type", "ufunc")
_TABLE_TAGS = (
    "missing", "table", "column", "labels", "numbered", "levels", "times", "moment", "spans", "span", "periods",
    "period", "intervals", "interval", "coded", "masked", "texts", "text kind", "categories", "times kind",
    "periods kind", "intervals kind", "masked kind",
)  # fmt: skip
_FORMULA_TAGS = (
    "symbol",
    "integer",
    "rational",
    "real",
    "constant of sympy",
    "function",
    "applied",
    "formula",
    "matrix",
)
_STANDARD_ROOTS = ("builtins", "collections", "datetime", "decimal", "fractions", "pathlib", "zoneinfo")
_BY_TAG: dict[str, Callable[[], Kinds]] = {
    **dict.fromkeys((*ALWAYS, *_STANDARD_TAGS), _standard),
    **dict.fromkeys(_ARRAY_TAGS, _arrays),
    **dict.fromkeys(_TABLE_TAGS, _tables),
    **dict.fromkeys(_FORMULA_TAGS, _formulas),
    **dict.fromkeys(("torch", "torch size", "torch dtype"), _tensors),
    "sparse": _matrices,
    "picture": _images,
}
_BY_ROOT: dict[str, Callable[[], Kinds]] = {
    **dict.fromkeys(_STANDARD_ROOTS, _standard),
    "numpy": _arrays,
    "pandas": _tables,
    "scipy": _matrices,
    "sympy": _formulas,
    "PIL": _images,
    "torch": _tensors,
}


def kinds_of(value: object) -> Kinds | None:
    """Give the module's kinds among which a value may be, by where its class says that it is from."""
    kind = type(value)
    load = _load(value if kind is type and isinstance(value, type) else kind)  # a class is known where it is from
    if load is None and type(kind) is not type:  # one that was made by a class of a library's
        load = _load(type(kind))
    if load is None and issubclass(kind, tuple):  # a named tuple's class is the student's
        load = _standard
    return load() if load else None


def _load(kind: type) -> Callable[[], Kinds] | None:
    return _BY_ROOT.get(str(kind.__module__).split(".", 1)[0])


def reads(tag: object) -> bool:
    """Whether there is a further kind of this tag."""
    return type(tag) is str and tag in _BY_TAG


def reader_of(tag: str) -> Callable[..., Any]:
    """Give what makes a value of a tree with this tag."""
    return _BY_TAG[tag]().read[tag]
