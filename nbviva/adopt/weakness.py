"""How weak a test cell is, by its text alone: one that a single visible input decides can be answered by a table."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbviva.inside.cellcode import as_python


def lone_literal(source: str, students: Iterable[str]) -> str:
    """Give the one question that decides a test, if its inputs are written out; nothing for a test that asks more.

    Parameters
    ----------
    students
        Names that solution cells set or define.
    """
    try:
        tree = ast.parse(as_python(source))
    except (SyntaxError, ValueError, RecursionError):
        return ""
    if any(isinstance(node, ast.For | ast.While | ast.comprehension) for node in ast.walk(tree)):
        return ""
    known, asked = set(students), dict[str, bool]()
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            asked[ast.unparse(node)] = all(map(_is_literal, [*node.args, *(one.value for one in node.keywords)]))
        elif isinstance(node, ast.Name) and node.id in known and node not in called:
            asked[node.id] = True
    return next(iter(asked)) if len(asked) == 1 and all(asked.values()) else ""


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def names_set(source: str) -> set[str]:
    """Give the names that a cell sets or defines at its top level."""
    try:
        body = ast.parse(as_python(source)).body
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.add(statement.name)
        else:
            found |= {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return found
