"""Expressions of sympy as their structure: they come back the same, and no text is parsed or large number computed."""

import json
import time

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import S, oo

from nbviva.inside import Handle, decode, encode
from nbviva.inside.formulas import _CLASSES, _CONSTANTS
from nbviva.inside.kinds import _FORMULA_TAGS
from tests.inside.hand_made import again, mutated, reads_or_refuses, trees, unreadable

x, y = sympy.symbols("x y")
n = sympy.Symbol("n", integer=True, positive=True)
f = sympy.Function("f")
EXPRESSIONS = [
    x, n, sympy.Dummy("d", real=True), sympy.Symbol("A", commutative=False) * sympy.Symbol("B", commutative=False),
    S.Half, S.Zero, -S.One,
    sympy.Integer(10) ** 40, sympy.Rational(-7, 3), sympy.Float("1.5"), sympy.Float("3.14159", 50), sympy.Float(0),
    sympy.Float("-1e-300"), *(getattr(S, name) for name in _CONSTANTS), -sympy.pi, x + y, 2 * x * y**2 - 1, -x, x / y,
    1 / x, (x + 1) * (y + 2), 2 * (x + y), sympy.sqrt(2), sympy.cbrt(2) / 3, sympy.sqrt(x), 2**x,
    (1 + sympy.sqrt(2)) ** x,
    sympy.exp(sympy.I * sympy.pi * x), sympy.log(x + 1), sympy.sin(x) ** 2 + sympy.cos(x) ** 2, sympy.Abs(x),
    sympy.atan2(y, x), sympy.Max(x, y, 1), sympy.Min(2, x), sympy.Mod(x, 2), sympy.floor(x), sympy.factorial(n),
    sympy.binomial(n, 2), sympy.gamma(x), sympy.besselj(1, x), sympy.Heaviside(x), sympy.KroneckerDelta(n, 1),
    sympy.expand((x + y + 1) ** 5), sympy.Mul(x, x, evaluate=False), f, f(x), f(x, 2).diff(x), f(x).diff(x, 2),
    sympy.Subs(f(x).diff(x), x, 0), sympy.Integral(sympy.exp(-(x**2)), (x, -oo, oo)), sympy.Integral(x, x),
    sympy.Sum(1 / n**2, (n, 1, oo)), sympy.Product(n, (n, 1, 5)), sympy.Limit(sympy.sin(x) / x, x, 0, "+"),
    sympy.Eq(x, y), sympy.Ne(x, 1), x < y, x <= 1, x > y, x >= 1, sympy.And(x > 1, y < 2), sympy.Or(x > 1, y < 2),
    sympy.Not(sympy.Contains(x, S.Reals)), sympy.Piecewise((x, x > 0), (-x, True)), sympy.FiniteSet(1, 2, x),
    sympy.Interval(0, 1), sympy.Interval.open(0, oo), sympy.Union(sympy.Interval(0, 1), sympy.Interval(2, 3)),
    sympy.Complement(S.Reals, sympy.FiniteSet(x)), sympy.solveset(sympy.sin(x), x), sympy.Tuple(x, 1), sympy.Tuple(),
    sympy.Lambda(x, x**2), sympy.Lambda((x, y), x * y), sympy.Matrix([[1, x], [y, 2]]), sympy.zeros(0, 3),
    sympy.ImmutableMatrix([[1, sympy.pi]]), sympy.dsolve(f(x).diff(x) - f(x)),
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_expression_comes_back_the_same(expression):
    """Its structure, class by class, and therefore what sympy computes with it."""
    back = again(expression)
    assert (type(expression), sympy.srepr(expression)) == (type(back), sympy.srepr(back))
    assert expression == back


def test_result_can_be_computed_with():
    assert 0 == sympy.simplify(again(sympy.diff(x**2, x)) - 2 * x)
    assert {x: 1} == again(sympy.solve([x - 1], [x]))
    assert [-sympy.sqrt(2), sympy.sqrt(2)] == again(sympy.solve(x**2 - 2, x))


ATOMS = st.sampled_from([x, y, n, sympy.pi, S.Half, S.One, sympy.Integer(-3), sympy.Float(0.1), sympy.sqrt(2), sympy.I])
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds(lambda a, b: a + b, inner, inner)
        | st.builds(lambda a, b: a * b, inner, inner)
        | st.builds(lambda a, k: a**k, inner, st.sampled_from([2, -1, S.Half, x]))
        | st.builds(lambda a, g: g(a), inner, st.sampled_from([sympy.sin, sympy.exp, sympy.Abs, f, sympy.re]))
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(FORMULAS)
def test_any_formula_comes_back_the_same(formula):
    assert sympy.srepr(formula) == sympy.srepr(again(formula))


class Lying(sympy.Symbol):
    """A symbol that could answer comparisons."""


class Sum(sympy.Add):
    """A sum that could answer comparisons."""


STRANGE = [
    Lying("x"), Sum(x, y), sympy.sin(Lying("x")), sympy.Wild("x"), sympy.Poly(x**2 + 1), sympy.sin, sympy,
    sympy.Function("f", real=True), sympy.Pow(2, 10**9, evaluate=False), sympy.Add(1, 2, evaluate=False), sympy.Add,
    sympy.factorial(10**9, evaluate=False), sympy.SparseMatrix([[1]]), sympy.MatrixSymbol("M", 2, 2),
    sympy.Symbol("x" * 200),
]  # fmt: skip


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
def test_what_is_no_plain_expression_stays_where_it_is(value):
    frames = encode([value, [value]], lambda _: Handle(0), exact=True)
    assert ([Handle(0), [Handle(0)]], 1) == (decode(frames, exact=True), len(frames))


X, ONE, TEN, MANY = ["symbol", "x", ["dict"]], ["integer", 1], ["integer", 10], ["integer", 10**9]


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (["symbol", "x" * 200, ["dict"]], "name"),
        (["symbol", 1, ["dict"]], "name"),
        (["symbol", "x", ["dict", ["real", "yes"]]], "symbol"),
        (["symbol", "x", ["dict", ["name", True]]], "malformed"),
        (["symbol", "x", ["dict"], "1"], "symbol"),
        (["symbol", "x", ["dict", ["real", True], ["real", False], ["positive", True]]], "malformed"),
        (["symbol", "x", "real"], "symbol"),
        (["integer", "10**10**10"], "number"),
        (["integer", True], "number"),
        (["rational", 1, 0], "number"),
        (["rational", 1.5, 2], "number"),
        (["real", 2, 1, 1, 53], "number"),
        (["real", 0, -1, 1, 53], "number"),
        (["real", 0, 1, 10**9, 53], "number"),
        (["real", 0, 1, 1, 10**6], "digits"),
        (["real", 0, 1, 1, 0], "digits"),
        (["constant of sympy", "__class__"], "constant"),
        (["function", ["list"]], "name"),
        (["applied", X, X], "function"),
        (["applied", ["function", "f"], 1], "parts that are none"),
        (["applied", ["function", "f"], "exit()"], "parts that are none"),
        (["formula", "sympify", X], "not allowed"),
        (["formula", "lambdify", X], "not allowed"),
        (["formula", "Symbol", X], "not allowed"),
        (["formula", "Add", "x"], "parts that are none"),
        (["formula", "Add", X, ["formula", "Tuple", X]], "parts that are none"),
        (["formula", "Integral", X, ["formula", "StrictLessThan", X, ONE]], "limits"),
        (["formula", "Or", *[["formula", "StrictLessThan", X, ONE]] * 3000], "too many expressions"),
        (["list", *[["formula", "Tuple", *[X] * 1000]] * 101], "too many expressions"),
        (["formula", "Add", ONE, ONE], "powers of numbers"),
        (["formula", "Pow", TEN, MANY], "powers of numbers"),
        (["formula", "Pow", TEN, ["rational", 10**9, 7]], "powers of numbers"),
        (["formula", "factorial", MANY], "powers of numbers"),
        (["formula", "sin", X, X, X], "malformed"),
        (["formula", "Interval", ["formula", "sin", X], ONE], "computed"),
        (["formula", "Derivative", X, ONE], "malformed"),
        (["formula", "And", X, ["formula", "Eq", X, X]], "not allowed"),
        (["formula", "Piecewise", X], "malformed"),
        (["matrix", True, 2, 2, X], "another size"),
        (["matrix", True, -1, -1, X], "another size"),
        (["matrix", True, 1, 1, "x"], "parts that are none"),
    ],
)
def test_malformed_expression_is_refused(tree, why):
    assert why in unreadable(*tree)


def test_towers_of_powers_are_not_computed():
    """A hundred bytes that sympy would compute for longer than anybody waits."""
    tower = TEN
    for _ in range(12):
        tower = ["formula", "Pow", ["formula", "Add", X, TEN], tower]
    began = time.process_time()
    value = decode([json.dumps(tower).encode()], exact=True)
    encode(value, exact=True)
    assert time.process_time() - began < 5


@settings(max_examples=600, deadline=None)
@given(trees(_FORMULA_TAGS, [*_CLASSES, *_CONSTANTS, X, ONE, TEN, ["function", "f"], ["formula", "Tuple", X]]))
def test_random_trees_are_read_or_refused(tree):
    reads_or_refuses([json.dumps(tree).encode()])


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(_CLASSES)),
    st.lists(
        st.sampled_from([X, ONE, TEN, MANY, ["constant of sympy", "true"], ["formula", "Tuple", X, ONE, TEN]]),
        max_size=4,
    ),
)
def test_every_class_is_made_of_any_parts_or_refused(name, parts):
    reads_or_refuses([json.dumps(["formula", name, *parts]).encode()])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXPRESSIONS), st.data())
def test_mutated_messages_are_read_or_refused(expression, data):
    reads_or_refuses(mutated(expression, data))
