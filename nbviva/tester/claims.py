"""The class of a library that a proxy claims to be of, for `isinstance` in a test; never one of plain data."""

from __future__ import annotations

import sys
import types
from functools import cache

from nbviva.tester.errors import Described

_PLAIN = (dict, list, tuple, set, frozenset, str, int, float, complex, bytes, bytearray, range, type(None))
_PLAIN_NAMES = frozenset({"ndarray", "Tensor", "Parameter", "DataFrame", "Series", "Index"})
_BUILTIN = {
    "builtins.function": types.FunctionType,
    "builtins.builtin_function_or_method": types.BuiltinFunctionType,
    "builtins.method": types.MethodType,
    "builtins.generator": types.GeneratorType,
    "builtins.coroutine": types.CoroutineType,
    "builtins.module": types.ModuleType,
}


def claimed(described: Described) -> type | None:
    """Give the class that an object claims, or what stands for its several classes; None where none is known here."""
    return _claimed(described.bases, len(sys.modules))


@cache
def _claimed(bases: tuple[str, ...], modules: int) -> type | None:
    del modules  # more may be known when more is imported
    found: list[type] = []
    for base in bases:
        kind = _class_named(base)
        if kind is not None and not any(issubclass(one, kind) for one in found):
            found.append(kind)
    return found[0] if found else None


def _class_named(name: str) -> type | None:
    if name in _BUILTIN:
        return _BUILTIN[name]
    module, _, short = name.rpartition(".")
    if module in ("", "builtins", "__main__") or short in _PLAIN_NAMES:
        return None
    found = vars(sys.modules[module]).get(short) if module in sys.modules else None
    return found if isinstance(found, type) and not issubclass(found, _PLAIN) else None
