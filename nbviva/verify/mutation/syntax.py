"""Mutation operators applied to a program as a tree that keeps its layout: the one module that knows libcst."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import libcst as cst
from libcst.metadata import (
    ExpressionContext,
    ExpressionContextProvider,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
)

from nbviva.verify.mutation.operators import RULES

Bound = dict[str, Any]

_LETTERS = frozenset("ABCFGMNSX")
_ATOMS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.BaseNumber, cst.SimpleString, cst.List, cst.Tuple)
_TIGHT = (cst.BinaryOperation, cst.UnaryOperation, cst.BooleanOperation, cst.Comparison, cst.ComparisonTarget)
_LAYOUT = (
    "lpar",
    "rpar",
    "comma",
    "semicolon",
    "equal",
    "dot",
    "lbracket",
    "rbracket",
    "whitespace",
    "leading",
    "trailing",
)


@dataclass(frozen=True)
class _Site:
    """A node of the solution, with what operators need to know of it."""

    node: cst.CSTNode
    parent: cst.CSTNode
    where: str
    names: frozenset[str]

    def fitted(self, new: Any) -> Any:
        """Put brackets around what will stand in an expression."""
        called = isinstance(self.parent, cst.Call) and self.parent.func is self.node
        return _bracketed(new) if called or isinstance(self.parent, (*_TIGHT, cst.Attribute, cst.Subscript)) else new


def changed(source: str, lines: set[int]) -> Iterator[tuple[str, str, str]]:
    """Give name and story of every operator, and the changed program, for each place in these lines where it fits."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    places = list(_places(wrapper, lines))
    for name, story, change in _OPERATORS:
        for place in places:
            for new in change(place):
                text = wrapper.module.deep_replace(place.node, place.fitted(new)).code
                yield name, story, text


def _places(wrapper: MetadataWrapper, lines: set[int]) -> Iterator[_Site]:
    positions, parents = wrapper.resolve(PositionProvider), wrapper.resolve(ParentNodeProvider)
    contexts = wrapper.resolve(ExpressionContextProvider)
    load = ExpressionContext.LOAD
    stored = {node.value for node, context in contexts.items() if isinstance(node, cst.Name) and context is not load}
    names = frozenset(stored | {node.name.value for node in parents if isinstance(node, cst.Param)}) - {"self"}
    for node, parent in parents.items():
        if isinstance(node, cst.Name) and (node not in contexts or contexts.get(parent, load) is not load):
            continue  # a keyword or an attribute's name, or what an item of is set
        if positions[node].start.line in lines and contexts.get(node, load) is load:
            yield _Site(node, parent, _where(node, parent, parents), names)


def _where(node: cst.CSTNode, parent: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> str:
    """Name the place that a node has in its parent, as rules do."""
    if isinstance(parent, cst.Arg) and parent.keyword and parent.value is node:
        return parent.keyword.value
    if isinstance(parent, cst.Assign) and parent.value is node:
        return "answer" if isinstance(parents[parents[parent]], cst.Module) else ""
    return next((name for name in ("iter", "test", "lower", "upper") if getattr(parent, name, None) is node), "")


# ---------------------------------------------------------------- patterns


def _parsed(text: str) -> cst.CSTNode:
    if text.split(maxsplit=1)[0] in ("return", "break", "continue"):
        return cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine).body[0]
    return cst.parse_expression(text)


def _rule(pattern: cst.CSTNode, templates: list[cst.CSTNode], where: tuple[str, ...]) -> Change:
    def change(place: _Site) -> Iterator[cst.CSTNode]:
        if where and place.where not in where:
            return
        bound = _match(pattern, place.node, place.names, {})
        for template in templates if bound is not None else ():
            yield _fill(template, bound or {})

    return change


def _match(pattern: Any, node: Any, names: frozenset[str], bound: Bound) -> Bound | None:
    """Give what the letters of a pattern stand for in a node, or None where it does not fit."""
    if isinstance(pattern, cst.Name) and pattern.value in _LETTERS:
        return {**bound, pattern.value: node} if _fits(pattern.value, node, names) else None
    if isinstance(pattern, (list, tuple)):
        return _match_all(pattern, node, names, bound)
    if not isinstance(pattern, cst.CSTNode):
        return bound if pattern == node else None
    if type(pattern) is not type(node):
        return None
    kept = [field.name for field in fields(pattern) if not field.name.startswith(_LAYOUT)]
    return _match_all([getattr(pattern, name) for name in kept], [getattr(node, name) for name in kept], names, bound)


def _match_all(patterns: Any, nodes: Any, names: frozenset[str], bound: Bound) -> Bound | None:
    if patterns and _is_rest(patterns[-1]):
        head = len(patterns) - 1
        bound = {**bound, "...": list(nodes[head:])}
        patterns, nodes = patterns[:-1], nodes[:head]
    if len(patterns) != len(nodes):
        return None
    result: Bound | None = bound
    for pattern, node in zip(patterns, nodes, strict=True):
        result = _match(pattern, node, names, result) if result is not None else None
    return result


def _fits(letter: str, node: Any, names: frozenset[str]) -> bool:
    """Whether a node is what the letter stands for: `X` no module, `N` a variable."""
    root = node
    while isinstance(root, (cst.Attribute, cst.Call, cst.Subscript)):
        root = root.func if isinstance(root, cst.Call) else root.value
    known = isinstance(root, cst.Name) and (root.value in names or (root.value == "self" and root is not node))
    if letter == "N":
        return known and root is node
    return letter != "X" or known or not isinstance(root, cst.Name)


def _fill(template: cst.CSTNode, bound: Mapping[str, Any]) -> cst.CSTNode:
    """Put what the letters stand for into a template."""
    return template.visit(_Filler(bound))  # type: ignore[return-value]


class _Filler(cst.CSTTransformer):
    """Replaces letters, and the arguments for which `...` stands. The names of its methods are libcst's."""

    def __init__(self, bound: Mapping[str, Any]) -> None:
        self.bound = bound

    def leave_Name(self, _: cst.Name, updated: cst.Name) -> cst.BaseExpression:  # noqa: N802
        return _bracketed(self.bound[updated.value]) if updated.value in self.bound else updated

    def leave_Call(self, _: cst.Call, updated: cst.Call) -> cst.Call:  # noqa: N802
        return _call(updated, [one for arg in updated.args for one in (self.bound["..."] if _is_rest(arg) else [arg])])


def _is_rest(node: Any) -> bool:
    return isinstance(node, cst.Arg) and isinstance(node.value, cst.Ellipsis)


def _bracketed(node: Any) -> Any:
    if isinstance(node, _ATOMS) or not isinstance(node, cst.BaseExpression) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _call(node: cst.Call, args: list[Any]) -> cst.Call:
    """Give a call these arguments, those without a keyword first."""
    ordered = sorted(args, key=lambda arg: arg.keyword is not None)
    return node.with_changes(args=[arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in ordered])


# ---------------------------------------------------------------- operators that are no patterns


def _constants(place: _Site) -> Iterator[cst.CSTNode]:
    if isinstance(place.node, (cst.Integer, cst.Float)):
        value = ast.literal_eval(place.node.value)
        scaled = [10 * value, value / 10, 1 - value] if isinstance(value, float) else []
        for other in dict.fromkeys([value + 1, value - 1, value * 0, -value, *scaled]):
            yield cst.parse_expression(repr(other))


def _open_slices(place: _Site) -> Iterator[cst.CSTNode]:
    """Cut one off where a slice goes to the end, and go to the end where it does not."""
    if isinstance(place.node, cst.Slice):
        for side, text in (("lower", "1"), ("upper", "-1")):
            bound = getattr(place.node, side)
            yield place.node.with_changes(**{side: None if bound else cst.parse_expression(text)})


def _dropped_arguments(place: _Site) -> Iterator[cst.CSTNode]:
    if isinstance(place.node, cst.Call):
        args = place.node.args
        for i in range(len(args)):
            yield _call(place.node, [*args[:i], *args[i + 1 :]])


def _swapped_arguments(place: _Site) -> Iterator[cst.CSTNode]:
    if isinstance(place.node, cst.Call):
        args = place.node.args
        for i, (one, other) in enumerate(pairwise(args)):
            if not one.keyword and not other.keyword:
                yield _call(place.node, [*args[:i], other, one, *args[i + 2 :]])


def _swapped_targets(place: _Site) -> Iterator[cst.CSTNode]:
    if isinstance(place.node, cst.AssignTarget) and isinstance(place.node.target, cst.Tuple):
        parts = place.node.target.elements
        for i, (one, other) in enumerate(pairwise(parts)):
            swapped = [
                *parts[:i],
                one.with_changes(value=other.value),
                other.with_changes(value=one.value),
                *parts[i + 2 :],
            ]
            yield place.node.with_changes(target=place.node.target.with_changes(elements=swapped))


def _deleted(place: _Site) -> Iterator[cst.CSTNode]:
    kept = (cst.Return, cst.Import, cst.ImportFrom, cst.Pass)
    if isinstance(place.node, cst.BaseSmallStatement) and not isinstance(place.node, kept):
        yield cst.Pass()


Change = Callable[[_Site], Iterator[cst.CSTNode]]
_OPERATORS: list[tuple[str, str, Change]] = [
    *(
        (rule.name, rule.story, _rule(_parsed(old), [_parsed(text) for text in new], rule.where))
        for rule in RULES
        for old, new in rule.changes
    ),
    ("constant", "Has another number.", _constants),
    ("slice left open", "Forgets to cut, or cuts where nothing is to be cut.", _open_slices),
    ("targets swapped", "Takes two results for one another.", _swapped_targets),
    ("argument dropped", "Forgets an argument.", _dropped_arguments),
    ("arguments swapped", "Has two arguments swapped.", _swapped_arguments),
    ("statement deleted", "Forgets a line.", _deleted),
]
