"""Tables, columns and labels of pandas, as they are: kinds of columns, index and labels, names, order in memory.

The one importer of pandas in this room. A column crosses as the array that it is: one of numpy's, or one of pandas'.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from nbviva.inside.kinds import Kinds, Reader, Tree, Writer
from nbviva.inside.plain import refuse, require_spread
from nbviva.inside.standard import read_zone

_FREQUENCY = re.compile(r"-?[0-9]{0,9}[A-Za-z]{1,10}(?:-[A-Za-z0-9]{1,10}){0,2}")
_FREQUENCY_MOST = 100_000  # labels whose frequency is checked, one after the other
_NUMBERED_MOST = 1 << 23  # labels that come as three numbers, and take eight bytes each when they are looked at
_REGULAR = (pd.DatetimeIndex, pd.TimedeltaIndex)
_SIDES = {"NA": pd.NA, "nan": float("nan")}
_MASKED = {
    str(kind): (kind, array)
    for array, kinds in {
        pd.arrays.IntegerArray: "Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64",
        pd.arrays.FloatingArray: "Float32 Float64",
        pd.arrays.BooleanArray: "boolean",
    }.items()
    for kind in map(pd.api.types.pandas_dtype, kinds.split())
}


def _write(value: Any, to: Writer) -> Tree | None:
    if value is pd.NaT or value is pd.NA:
        return ["missing", str(value)]
    writes = _WRITES.get(type(value))
    return writes(value, to) if writes else None


def _array_of(value: Any) -> Any:
    """Give the array of a column or of labels: numpy's where it is one."""
    array = value.array
    return array.to_numpy() if type(array) is pd.arrays.NumpyExtensionArray else array


def _write_table(table: Any, to: Writer) -> Tree:
    labels = [to.part(table.columns), to.part(table.index)]
    kinds = set(table.dtypes.tolist())
    if len(kinds) == 1 and _is_number(kinds.pop()):
        return ["table", *labels, to.part(table.to_numpy())]
    return ["table", *labels, None, *(to.part(_array_of(table.iloc[:, place])) for place in range(table.shape[1]))]


def _is_number(kind: Any) -> bool:
    return type(kind).__module__.startswith("numpy") and kind.kind in "biufc"


def _write_numbered(labels: Any, to: Writer) -> Tree | None:
    bounds = map(to.part, (labels.start, labels.stop, labels.step))
    return ["numbered", to.part(labels.name), *bounds] if len(labels) <= _NUMBERED_MOST else None


def _write_labels(labels: Any, to: Writer) -> Tree:
    frequency = getattr(labels, "freqstr", None) if isinstance(labels, _REGULAR) else None
    if len(labels) > _FREQUENCY_MOST:
        frequency = None
    return ["labels", to.part(labels.name), to.part(_array_of(labels)), frequency]


def _write_levels(labels: Any, to: Writer) -> Tree:
    levels = [to.part(level) for level in labels.levels]
    codes = [to.part(pd.Index(code).to_numpy()) for code in labels.codes]
    return ["levels", [to.part(name) for name in labels.names], levels, codes]


def _write_times(array: Any, to: Writer) -> Tree:
    plain = array if array.tz is None else array.tz_convert("UTC").tz_localize(None)
    return ["times", to.part(plain.to_numpy()), to.part(array.tz)]


def _write_masked(array: Any, to: Writer) -> Tree | None:
    if str(array.dtype) not in _MASKED:
        return None
    filled = array.to_numpy(dtype=array.dtype.numpy_dtype, na_value=array.dtype.numpy_dtype.type(0))
    return ["masked", str(array.dtype), to.part(filled), to.part(array.isna())]


def _write_texts(array: Any, to: Writer) -> Tree:
    texts = (None if is_missing else to.part(text) for text, is_missing in zip(array, array.isna(), strict=True))
    return ["texts", *_write_text_kind(array.dtype, to)[1:], *texts]


def _write_text_kind(kind: Any, _: Writer) -> Tree:
    return ["text kind", kind.storage, "NA" if kind.na_value is pd.NA else "nan"]


def _write_categories(kind: Any, to: Writer) -> Tree:
    return ["categories", to.part(kind.categories), bool(kind.ordered)]


_WRITES: dict[type, Callable[[Any, Writer], Tree | None]] = {
    pd.DataFrame: _write_table,
    pd.Series: lambda column, to: ["column", to.part(column.name), to.part(column.index), to.part(_array_of(column))],
    pd.RangeIndex: _write_numbered,
    pd.MultiIndex: _write_levels,
    **dict.fromkeys(
        (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.PeriodIndex, pd.IntervalIndex, pd.CategoricalIndex),
        _write_labels,
    ),
    pd.Timestamp: lambda at, to: ["moment", to.part(at.to_datetime64()), to.part(at.tz)],
    pd.Timedelta: lambda span, to: ["span", to.part(span.to_timedelta64())],
    pd.Period: lambda period, to: ["period", to.part(period.ordinal), period.freqstr],
    pd.Interval: lambda span, to: ["interval", to.part(span.left), to.part(span.right), span.closed],
    pd.arrays.DatetimeArray: _write_times,
    pd.arrays.TimedeltaArray: lambda array, to: ["spans", to.part(array.to_numpy())],
    pd.arrays.PeriodArray: lambda array, to: ["periods", to.part(pd.PeriodIndex(array).asi8), array.freqstr],
    pd.arrays.IntervalArray: lambda array, to: ["intervals", to.part(array.left), to.part(array.right), array.closed],
    pd.Categorical: lambda array, to: ["coded", to.part(pd.Index(array.codes).to_numpy()), to.part(array.dtype)],
    **dict.fromkeys((pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray), _write_masked),
    **dict.fromkeys((pd.arrays.StringArray, pd.arrays.ArrowStringArray), _write_texts),
    pd.StringDtype: _write_text_kind,
    pd.CategoricalDtype: _write_categories,
    pd.DatetimeTZDtype: lambda kind, to: ["times kind", kind.unit, to.part(kind.tz)],
    pd.PeriodDtype: lambda kind, _: ["periods kind", kind.name.removeprefix("period[").removesuffix("]")],
    pd.IntervalDtype: lambda kind, to: ["intervals kind", to.part(kind.subtype), kind.closed],
    **dict.fromkeys((type(kind) for kind, _ in _MASKED.values()), lambda kind, _: ["masked kind", str(kind)]),
}  # fmt: skip


def _flat(array: Any, dimensions: int = 1) -> Any:
    """Give what is an array of numpy's or of pandas' own, and has as many dimensions."""
    if not hasattr(array, "dtype") or getattr(array, "ndim", 0) != dimensions:
        refuse("a column is malformed")
    return array if not isinstance(array, pd.Index | pd.Series | pd.DataFrame) else refuse("a column is malformed")


def _labels(of: Reader, tree: Any) -> Any:
    labels = of.part(tree)
    return labels if isinstance(labels, pd.Index) else refuse("labels are malformed")


def _read_table(of: Reader, columns: Any, index: Any, values: Any, *trees: Any) -> Any:
    columns, index = _labels(of, columns), _labels(of, index)
    if values is not None:
        return pd.DataFrame(_flat(of.part(values), 2), index, columns, copy=False)
    arrays = [_flat(of.part(tree)) for tree in trees]
    if len(arrays) != len(columns) or any(len(array) != len(index) for array in arrays):
        refuse("a table has columns of another number or length than its labels say")
    made = {place: pd.Series(array, dtype=array.dtype, copy=False) for place, array in enumerate(arrays)}
    table = pd.DataFrame(made, copy=False) if made else pd.DataFrame(index=index, columns=columns)
    table.index, table.columns = index, columns
    return table


def _read_column(of: Reader, name: Any, index: Any, tree: Any) -> Any:
    array = _flat(of.part(tree))
    return pd.Series(array, _labels(of, index), dtype=array.dtype, name=of.part(name), copy=False)


def _read_labels(of: Reader, name: Any, tree: Any, frequency: Any) -> Any:
    array = _flat(of.part(tree))
    if array.dtype == object:
        require_spread(list(array))
    labels = pd.Index(array, dtype=array.dtype, name=of.part(name), copy=False, tupleize_cols=False)
    if frequency is not None:
        if len(labels) > _FREQUENCY_MOST or not isinstance(labels, _REGULAR):
            refuse("it has labels that can have no frequency, or too many")
        labels.freq = _frequency(frequency)
    return labels


def _frequency(text: Any) -> str:
    return text if type(text) is str and _FREQUENCY.fullmatch(text) else refuse("a frequency is malformed")


def _read_numbered(of: Reader, name: Any, *bounds: Any) -> Any:
    start, stop, step = (of.part(tree) for tree in bounds)
    if {type(start), type(stop), type(step)} != {int}:
        refuse("labels are malformed")
    if len(range(start, stop, step)) > _NUMBERED_MOST:
        refuse("it has too many labels")
    return pd.RangeIndex(start, stop, step, name=of.part(name))


def _read_levels(of: Reader, names: Any, levels: Any, codes: Any) -> Any:
    return pd.MultiIndex(
        levels=[_labels(of, tree) for tree in levels],
        codes=[_flat(of.part(tree)) for tree in codes],
        names=[of.part(tree) for tree in names],
    )


def _of_letter(array: Any, letter: str) -> Any:
    """Give what is numpy's, an array or a number, and of the kind of dtype that has this letter."""
    if getattr(getattr(array, "dtype", None), "kind", "") != letter or type(array).__module__ != "numpy":
        refuse("a time is malformed")
    return array


def _read_times(of: Reader, tree: Any, zone: Any) -> Any:
    times, zone = pd.DatetimeIndex(_flat(_of_letter(of.part(tree), "M"))), read_zone(of, zone)
    return (times if zone is None else times.tz_localize("UTC").tz_convert(zone)).array


def _read_moment(of: Reader, tree: Any, zone: Any) -> Any:
    at, zone = pd.Timestamp(_of_letter(of.part(tree), "M")), read_zone(of, zone)
    return at if zone is None else at.tz_localize("UTC").tz_convert(zone)


def _read_periods(of: Reader, tree: Any, frequency: Any) -> Any:
    return pd.PeriodIndex.from_ordinals(_flat(_of_letter(of.part(tree), "i")), freq=_frequency(frequency)).array


def _read_period(of: Reader, ordinal: Any, frequency: Any) -> Any:
    return pd.Period(ordinal=of.part(ordinal), freq=_frequency(frequency))


def _read_intervals(of: Reader, left: Any, right: Any, closed: Any) -> Any:
    return pd.arrays.IntervalArray.from_arrays(_labels(of, left), _labels(of, right), closed=closed)


def _read_coded(of: Reader, codes: Any, kind: Any) -> Any:
    return pd.Categorical.from_codes(_flat(of.part(codes)), dtype=of.part(kind))


def _read_masked(of: Reader, name: Any, values: Any, mask: Any) -> Any:
    kind, array = _MASKED[name]
    filled = _flat(of.part(values))
    if filled.dtype != kind.numpy_dtype:
        refuse("a column has another dtype than it says")
    return array(filled, _flat(of.part(mask)))


def _text_kind(_: Reader, storage: Any, missing: Any) -> Any:
    return pd.StringDtype(storage, na_value=_SIDES[missing])


def _read_texts(of: Reader, storage: Any, missing: Any, *trees: Any) -> Any:
    texts = [of.part(tree) for tree in trees]
    if not {str, type(None)} >= set(map(type, texts)):
        refuse("a column holds what is no text")
    return pd.array(texts, dtype=_text_kind(of, storage, missing))


def _read_categories(of: Reader, categories: Any, is_ordered: Any) -> Any:
    return pd.CategoricalDtype(None if categories is None else _labels(of, categories), ordered=is_ordered is True)


def _read_times_kind(of: Reader, unit: Any, zone: Any) -> Any:
    return pd.DatetimeTZDtype(unit, read_zone(of, zone))


KINDS = Kinds(
    _write,
    {
        "missing": lambda _, name: {"NaT": pd.NaT, "<NA>": pd.NA}[name],
        "table": _read_table,
        "column": _read_column,
        "labels": _read_labels,
        "numbered": _read_numbered,
        "levels": _read_levels,
        "times": _read_times,
        "moment": _read_moment,
        "spans": lambda of, tree: pd.TimedeltaIndex(_flat(_of_letter(of.part(tree), "m"))).array,
        "span": lambda of, tree: pd.Timedelta(_of_letter(of.part(tree), "m")),
        "periods": _read_periods,
        "period": _read_period,
        "intervals": _read_intervals,
        "interval": lambda of, left, right, closed: pd.Interval(of.part(left), of.part(right), closed),
        "coded": _read_coded,
        "masked": _read_masked,
        "texts": _read_texts,
        "text kind": _text_kind,
        "categories": _read_categories,
        "times kind": _read_times_kind,
        "periods kind": lambda _, frequency: pd.PeriodDtype(_frequency(frequency)),
        "intervals kind": lambda of, subtype, closed: pd.IntervalDtype(of.part(subtype), closed),
        "masked kind": lambda _, name: _MASKED[name][0],
    },
)
