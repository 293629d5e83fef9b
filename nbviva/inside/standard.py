"""Further kinds of Python's own: numbers, containers, times and paths, written and read part by part."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from nbviva.inside import named
from nbviva.inside.kinds import Kinds, Reader, Tree, Writer
from nbviva.inside.plain import refuse, require_spread

_TYPES = {
    kind.__name__: kind
    for kind in (
        bool,
        bytearray,
        bytes,
        complex,
        dict,
        float,
        frozenset,
        int,
        list,
        object,
        set,
        str,
        tuple,
        type(None),
    )
}
_CONSTANTS: dict[str, object] = {"Ellipsis": ..., "NotImplemented": NotImplemented}
_PATHS = {kind.__name__: kind for kind in (PosixPath, PurePosixPath)}
_DECIMAL = re.compile(r"-?(?:\d+(?:\.\d+)?(?:E[+-]\d{1,6})?|Infinity|NaN)")
_DIGITS, _EXPONENT = 5000, 10_000
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,60}")


def _write(value: Any, to: Writer) -> Tree | None:
    writes = _WRITES.get(type(value))
    if writes is not None:
        return writes(value, to)
    return named.write(value, to) if isinstance(value, tuple) else None


def _pairs(mapping: Any, to: Writer) -> Tree:
    return [[to.part(key), to.part(item)] for key, item in list(mapping.items())]


def _parts(*values: Any) -> Callable[[Any, Writer], Tree]:
    """Give what writes a tag and the value's attributes of these names, as parts."""
    tag, *names = values
    return lambda value, to: [tag, *(to.part(getattr(value, name)) for name in names)]


def _write_type(value: type, _: Writer) -> Tree | None:
    return ["type", value.__name__] if _TYPES.get(value.__name__) is value else None


def _write_defaultdict(value: Any, to: Writer) -> Tree | None:
    factory = value.default_factory
    if factory is not None and (type(factory) is not type or _TYPES.get(factory.__name__) is not factory):
        return None
    return ["defaultdict", factory and factory.__name__, *_pairs(value, to)]


def _write_decimal(value: Decimal, _: Writer) -> Tree | None:
    text = str(value)
    return ["decimal", text] if _is_decimal(text) else None


def _write_timezone(value: timezone, to: Writer) -> Tree:
    shift, *name = value.__getinitargs__()  # type: ignore[attr-defined]  # pickle's, and the one way to the name
    return ["timezone", to.part(shift), *map(to.part, name)]


def _write_zone(value: ZoneInfo, _: Writer) -> Tree | None:
    return ["zone", value.key] if value.key and _ZONE.fullmatch(value.key) else None


_OF_DAY = ("hour", "minute", "second", "microsecond", "tzinfo", "fold")
_WRITES: dict[type, Callable[[Any, Writer], Tree | None]] = {
    complex: _parts("complex", "real", "imag"),
    frozenset: lambda value, to: ["frozenset", *map(to.part, list(value))],
    range: _parts("range", "start", "stop", "step"),
    slice: _parts("slice", "start", "stop", "step"),
    bytearray: lambda value, to: ["bytearray", to.buffer(bytes(value))],
    type(...): lambda *_: ["constant", "Ellipsis"],
    type(NotImplemented): lambda *_: ["constant", "NotImplemented"],
    type: _write_type,
    OrderedDict: lambda value, to: ["ordered", *_pairs(value, to)],
    Counter: lambda value, to: ["counter", *_pairs(value, to)],
    defaultdict: _write_defaultdict,
    deque: lambda value, to: ["deque", value.maxlen, *map(to.part, list(value))],
    Decimal: _write_decimal,
    Fraction: _parts("fraction", "numerator", "denominator"),
    date: _parts("date", "year", "month", "day"),
    time: _parts("time", *_OF_DAY),
    datetime: _parts("datetime", "year", "month", "day", *_OF_DAY),
    timedelta: _parts("timedelta", "days", "seconds", "microseconds"),
    timezone: _write_timezone,
    ZoneInfo: _write_zone,
    PosixPath: lambda value, to: ["path", "PosixPath", to.part(str(value))],
    PurePosixPath: lambda value, to: ["path", "PurePosixPath", to.part(str(value))],
}


def _of_kind(value: Any, *kinds: type) -> Any:
    return value if type(value) in kinds else refuse("a part of it has another kind than it must have")


def _numbers(of: Reader, trees: Any) -> list[int]:
    return [_of_kind(of.part(tree), int) for tree in trees]


def _read_complex(of: Reader, real: Any, imag: Any) -> complex:
    return complex(_of_kind(of.part(real), float), _of_kind(of.part(imag), float))


def _read_frozenset(of: Reader, *items: Any) -> frozenset[Any]:
    made = [of.part(item) for item in items]
    require_spread(made)
    return frozenset(made)


def _read_range(of: Reader, *bounds: Any) -> range:
    start, stop, step = _numbers(of, bounds)
    return range(start, stop, step)


def _read_slice(of: Reader, start: Any, stop: Any, step: Any) -> slice:
    return slice(of.part(start), of.part(stop), of.part(step))


def _read_pairs(of: Reader, pairs: Any) -> dict[Any, Any]:
    made = [(of.part(key), of.part(item)) for key, item in pairs]
    require_spread([key for key, _ in made])
    return dict(made)


def _read_defaultdict(of: Reader, factory: Any, *pairs: Any) -> defaultdict[Any, Any]:
    return defaultdict(None if factory is None else _TYPES[factory], _read_pairs(of, pairs))


def _read_deque(of: Reader, most: Any, *items: Any) -> deque[Any]:
    return deque([of.part(item) for item in items], None if most is None else _of_kind(most, int))


def _is_decimal(text: str) -> bool:
    if len(text) > _DIGITS or not _DECIMAL.fullmatch(text):
        return False
    value = Decimal(text)
    return not value.is_finite() or abs(value.adjusted()) <= _EXPONENT


def _read_decimal(_: Reader, text: Any) -> Decimal:
    return Decimal(text) if _is_decimal(_of_kind(text, str)) else refuse("a decimal is malformed or too large")


def _read_fraction(of: Reader, *parts: Any) -> Fraction:
    numerator, denominator = _numbers(of, parts)
    return Fraction(numerator, denominator)


def _read_time(of: Reader, *parts: Any) -> time:
    *of_day, zone, fold = parts
    hour, minute, second, microsecond = _numbers(of, of_day)
    return time(hour, minute, second, microsecond, read_zone(of, zone), fold=_of_kind(fold, int))


def _read_datetime(of: Reader, year: Any, month: Any, day: Any, *of_day: Any) -> datetime:
    return datetime.combine(date(*_numbers(of, (year, month, day))), _read_time(of, *of_day))


def read_zone(of: Reader, tree: Any) -> Any:
    """Make a time zone, or None."""
    return _of_kind(of.part(tree), timezone, ZoneInfo, type(None))


def _read_timezone(of: Reader, shift: Any, *name: Any) -> timezone:
    return timezone(_of_kind(of.part(shift), timedelta), *(_of_kind(of.part(text), str) for text in name))


def _read_zone(_: Reader, key: Any) -> ZoneInfo:
    """Read a time zone by its name; the folders of zones are all that `ZoneInfo` looks into."""
    return ZoneInfo(key) if _ZONE.fullmatch(_of_kind(key, str)) else refuse("a time zone has no name")


KINDS = Kinds(
    _write,
    {
        "complex": _read_complex,
        "frozenset": _read_frozenset,
        "range": _read_range,
        "slice": _read_slice,
        "bytearray": lambda of, index: bytearray(of.buffer(index)),
        "constant": lambda _, name: _CONSTANTS[name],
        "type": lambda _, name: _TYPES[name],
        "ordered": lambda of, *pairs: OrderedDict(_read_pairs(of, pairs)),
        "counter": lambda of, *pairs: Counter(_read_pairs(of, pairs)),
        "defaultdict": _read_defaultdict,
        "deque": _read_deque,
        "named": named.read,
        "decimal": _read_decimal,
        "fraction": _read_fraction,
        "date": lambda of, *parts: date(*_numbers(of, parts)),
        "time": _read_time,
        "datetime": _read_datetime,
        "timedelta": lambda of, *parts: timedelta(*_numbers(of, parts)),
        "timezone": _read_timezone,
        "zone": _read_zone,
        "path": lambda of, name, text: _PATHS[name](_of_kind(of.part(text), str)),
    },
    is_whole=False,
)
