"""Sparse matrices and arrays of scipy, as they are: format, stored numbers and their places.

The one importer of scipy in this room.
"""

from __future__ import annotations

from typing import Any

from scipy import sparse

from nbviva.inside.kinds import Kinds, Reader, Tree, Writer
from nbviva.inside.plain import is_size, refuse

_COMPRESSED, _SLOW = ("csr", "csc", "bsr"), ("lil", "dok")  # those that are slow are made item by item
_CLASSES = {
    f"{form}_{kind}": getattr(sparse, f"{form}_{kind}")
    for form in (*_COMPRESSED, *_SLOW, "coo", "dia")
    for kind in ("matrix", "array")
}
_NAMES = {made: name for name, made in _CLASSES.items()}


def _write(value: Any, to: Writer) -> Tree | None:
    name = _NAMES.get(type(value))
    if name is None or value.dtype.kind not in "biufc" or (value.format == "dia" and not _fits(value.offsets, value)):
        return None
    if value.format in _COMPRESSED:
        parts = [value.data, value.indices, value.indptr]
    elif value.format == "dia":
        parts = [value.data, value.offsets]
    else:
        places = value.tocoo()
        parts = [places.data, *places.coords]
    return ["sparse", name, list(map(int, value.shape)), *map(to.part, parts)]


def _fits(offsets: Any, of: Any) -> bool:
    return bool((abs(offsets.astype("int64")) < max(of.shape)).all())


def _read(of: Reader, name: Any, shape: Any, *trees: Any) -> Any:
    if name not in _CLASSES or type(shape) is not list or not all(map(is_size, shape)) or not 1 <= len(shape) <= 2:
        refuse("a sparse matrix is malformed")
    data, *places = [_numbers(of.part(tree)) for tree in trees]
    if any(place.ndim != 1 or place.dtype.kind != "i" for place in places):
        refuse("a sparse matrix has places that are none")
    made, form = _CLASSES[name], name[:3]
    if form in _COMPRESSED:
        matrix = made((data, *places), shape=tuple(shape))
        matrix.check_format(full_check=True)
    elif form == "dia":
        matrix = made((data, *places), shape=tuple(shape))
        if not _fits(matrix.offsets, matrix):
            refuse("a sparse matrix has a diagonal outside of it")
    else:
        if form in _SLOW and max(shape[0], len(data)) > of.caps.items:
            refuse("a sparse matrix has too many rows or numbers")
        stored = sparse.coo_array if name.endswith("array") else sparse.coo_matrix
        matrix = made(stored((data, tuple(places)), shape=tuple(shape)))
    return matrix


def _numbers(array: Any) -> Any:
    if type(array).__module__ != "numpy" or not hasattr(array, "ndim") or array.dtype.kind not in "biufc":
        refuse("a sparse matrix holds what is no number")
    return array


KINDS = Kinds(_write, {"sparse": _read})
