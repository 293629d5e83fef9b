"""Expressions of sympy as their structure: classes by name from a list, numbers and symbols; no text is ever parsed.

They are put together without being evaluated, so that reading one costs no more than its size. What a later
computation with it costs is up to who computes: numbers that sympy itself would not have left standing are refused.
The one importer of sympy in this room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy.core.function import UndefinedFunction
from sympy.functions.elementary.piecewise import ExprCondPair

from nbviva.inside.kinds import Kinds, Reader, Tree, Writer
from nbviva.inside.plain import refuse

_CONSTANTS = (
    "Pi", "Exp1", "ImaginaryUnit", "Infinity", "NegativeInfinity", "ComplexInfinity", "NaN", "true", "false",
    "EulerGamma", "Catalan", "GoldenRatio", "EmptySet", "UniversalSet", "Reals", "Integers", "Rationals",
    "Naturals", "Naturals0", "Complexes",
)  # fmt: skip
_UNEVALUATED = frozenset((
    "Add", "Mul", "Pow", "And", "Or", "Not", "Xor", "Equality", "Unequality", "StrictLessThan", "LessThan",
    "StrictGreaterThan", "GreaterThan", "Piecewise", "FiniteSet", "Union", "Intersection", "Complement", "Min",
    "Max", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "acot", "asec", "acsc", "atan2",
    "sinh", "cosh", "tanh", "coth", "asinh", "acosh", "atanh", "acoth", "exp", "log", "LambertW", "Abs",
    "sign", "re", "im", "conjugate", "arg", "floor", "ceiling", "frac", "factorial", "binomial", "gamma",
    "beta", "erf", "erfc", "zeta", "Heaviside", "DiracDelta", "KroneckerDelta", "Mod", "besselj", "bessely",
    "besseli", "besselk",
))  # fmt: skip
_CONTAINERS = frozenset(
    (
        "Tuple",
        "ExprCondPair",
        "Derivative",
        "Integral",
        "Sum",
        "Product",
        "Limit",
        "Lambda",
        "Subs",
        "Interval",
        "ImageSet",
        "ConditionSet",
        "Contains",
        "ProductSet",
    )
)  # fmt: skip - they evaluate nothing unless they are told to
_CLASSES: dict[str, Any] = {
    name: ExprCondPair if name == "ExprCondPair" else getattr(sympy, name) for name in _UNEVALUATED | _CONTAINERS
}
_NAMES = {made: name for name, made in _CLASSES.items()}
_MATRICES = (sympy.ImmutableDenseMatrix, sympy.MutableDenseMatrix)
_LIMITED = ("Integral", "Sum", "Product")  # what is no limit is solved for one
_CHEAP = ("Add", "Mul", "Tuple", "FiniteSet")
_PARTS_MOST, _COSTLY_MOST = 100_000, 5_000  # of all expressions of a message; of those but the cheap ones
_NAME_MOST, _DIGITS_MOST, _EXPONENT_MOST, _POWER_MOST = 100, 4096, 100_000, 10_000


def _write(value: Any, to: Writer) -> Tree | None:
    kind = type(value)
    if kind in _WRITES:
        return _WRITES[kind](value, to)
    if type(kind) is UndefinedFunction:
        return ["applied", to.part(kind), *map(to.part, value.args)]
    return _write_formula(value, to) if kind in _NAMES else _write_number(value, to)


def _write_matrix(value: Any, to: Writer) -> Tree:
    return ["matrix", type(value) is _MATRICES[1], *value.shape, *map(to.part, value.flat())]


def _write_function(value: Any, to: Writer) -> Tree | None:
    return ["function", to.part(value.__name__)] if value == sympy.Function(value.__name__) else None


def _write_symbol(value: Any, to: Writer) -> Tree | None:
    """Write a symbol with what was said of it; what follows from that follows on the other side."""
    if len(value.name) > _NAME_MOST:
        return None
    known = to.part(dict(getattr(value, "_assumptions_orig", value.assumptions0)))
    index = [value.dummy_index] if type(value) is sympy.Dummy else []  # type: ignore[attr-defined]  # it has no types
    return ["symbol", to.part(value.name), known, *map(to.part, index)]


def _write_formula(value: Any, to: Writer) -> Tree | None:
    name = _NAMES[type(value)]
    is_same = _is_computed(value) and _made(name, value.args) == value
    return ["formula", name, *map(to.part, value.args)] if is_same else None


_WRITES: dict[Any, Callable[[Any, Writer], Tree | None]] = {
    **dict.fromkeys(_MATRICES, _write_matrix),
    UndefinedFunction: _write_function,
    sympy.Symbol: _write_symbol,
    sympy.Dummy: _write_symbol,
}


def _write_number(value: Any, to: Writer) -> Tree | None:
    kind = type(value)
    if kind.__module__ == "sympy.core.numbers" and isinstance(value, sympy.Integer):
        return ["integer", to.part(int(value))]
    if kind.__module__ == "sympy.core.numbers" and isinstance(value, sympy.Rational):
        return ["rational", to.part(int(value.p)), to.part(int(value.q))]
    if kind is sympy.Float:
        sign, digits, exponent, _ = value._mpf_  # sympy says that its Float is made of these
        return ["real", int(sign), to.part(int(digits)), int(exponent), int(value._prec)]  # noqa: SLF001 - as above
    return _write_constant(value)


def _write_constant(value: Any) -> Tree | None:
    names = [name for name in _CONSTANTS if getattr(sympy.S, name) is value]
    return ["constant of sympy", names[0]] if names else None


def _is_computed(value: Any) -> bool:
    """Whether sympy would have left it standing: no power of numbers, and no function of large ones."""
    if not value.args or not all(isinstance(part, sympy.Rational) for part in value.args):
        return True
    if type(value) in (sympy.Add, sympy.Mul):
        return False
    if type(value) is sympy.Pow:
        return not value.exp.is_Integer and abs(value.exp.p) <= _POWER_MOST
    return not isinstance(value, sympy.Function) or all(abs(part.p) <= _POWER_MOST for part in value.args)


def _made(name: str, parts: Any) -> Any:
    """Put an expression together from its parts, without evaluating it."""
    return _CLASSES[name](*parts, evaluate=False) if name in _UNEVALUATED else _CLASSES[name](*parts)


def _read_formula(of: Reader, name: Any, *trees: Any) -> Any:
    if name not in _CLASSES:
        refuse("an expression is of a kind that is not allowed")
    parts = _parts(of, trees)
    of.counts["costly"] += 0 if name in _CHEAP else len(parts)
    if of.counts["costly"] > _COSTLY_MOST:
        refuse("it has too many expressions")
    _check_parts(name, parts)
    value = _made(name, parts)
    return value if _is_computed(value) else refuse("an expression has powers of numbers that are not computed")


def _check_parts(name: str, parts: list[Any]) -> None:
    """Refuse parts that the class would have to compute something of, or warn of."""
    if name == "Interval" and not all(part.is_Atom for part in parts):
        refuse("an interval has ends that would have to be computed")  # it compares them
    if name in _LIMITED and not all(type(part) is sympy.Tuple for part in parts[1:]):
        refuse("an expression has limits that are none")
    if name in ("Add", "Mul", "Pow") and not all(isinstance(part, sympy.Expr) for part in parts):
        refuse("an expression has parts that are none")


def _parts(of: Reader, trees: Any) -> list[Any]:
    of.counts["parts"] += len(trees)
    if of.counts["parts"] > _PARTS_MOST:
        refuse("it has too many expressions")
    parts = [of.part(tree) for tree in trees]
    if not all(isinstance(part, sympy.Basic) for part in parts):
        refuse("an expression has parts that are none")
    return parts


def _read_matrix(of: Reader, is_mutable: Any, rows: Any, columns: Any, *trees: Any) -> Any:
    if type(rows) is not int or type(columns) is not int or min(rows, columns) < 0 or rows * columns != len(trees):
        refuse("a matrix has another size than it says")
    return _MATRICES[is_mutable is True](rows, columns, _parts(of, trees))


def _named(of: Reader, tree: Any) -> str:
    name = of.part(tree)
    return name if type(name) is str and len(name) <= _NAME_MOST else refuse("a name in an expression is malformed")


def _read_symbol(of: Reader, name: Any, assumptions: Any, *index: Any) -> Any:
    known, places = of.part(assumptions), [of.part(tree) for tree in index]
    if type(known) is not dict or not set(map(type, known)) <= {str} or not set(map(type, known.values())) <= {bool}:
        refuse("a symbol is malformed")
    made: Any = sympy.Dummy if places else sympy.Symbol  # which have no types
    if places:
        (known["dummy_index"],) = places if set(map(type, places)) == {int} else refuse("a symbol is malformed")
    return made(_named(of, name), **known)


def _read_rational(of: Reader, *trees: Any) -> Any:
    over, under = (of.part(tree) for tree in trees)
    if type(over) is not int or type(under) is not int or under < 1:
        refuse("a number in an expression is malformed")
    return sympy.Rational(over, under)


def _read_integer(of: Reader, tree: Any) -> Any:
    return _read_rational(of, tree, 1)


def _read_real(of: Reader, sign: Any, digits: Any, exponent: Any, precision: Any) -> Any:
    numbers = [sign, of.part(digits), exponent, precision]
    if set(map(type, numbers)) != {int} or sign not in (0, 1) or numbers[1] < 0 or abs(exponent) > _EXPONENT_MOST:
        refuse("a number in an expression is malformed")
    if not 1 <= precision <= _DIGITS_MOST:
        refuse("a number in an expression has too many digits")
    made: Any = sympy.Float  # which has no types
    parts = (sign, numbers[1], exponent, numbers[1].bit_length())
    return made(parts if numbers[1] else "0", precision=precision)


def _read_applied(of: Reader, function: Any, *trees: Any) -> Any:
    made = of.part(function)
    if type(made) is not UndefinedFunction:
        refuse("a function in an expression is malformed")
    return made(*_parts(of, trees), evaluate=False)


def _read_constant(_: Reader, name: Any) -> Any:
    return getattr(sympy.S, name) if name in _CONSTANTS else refuse("a constant in an expression is not allowed")


KINDS = Kinds(
    _write,
    {
        "symbol": _read_symbol,
        "integer": _read_integer,
        "rational": _read_rational,
        "real": _read_real,
        "constant of sympy": _read_constant,
        "function": lambda of, name: sympy.Function(_named(of, name)),
        "applied": _read_applied,
        "formula": _read_formula,
        "matrix": _read_matrix,
    },
)
