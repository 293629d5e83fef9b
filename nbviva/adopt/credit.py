"""Partial credit that is a value of the student's: found in a test cell's text, since it would mark itself."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable

from nbviva.inside.cellcode import as_python

_SILENT = re.compile(r";\s*$")


def shows_students_value(source: str, examiners: Iterable[str]) -> bool:
    """Whether the value that a test cell shows at its end may be one that the student's code chose.

    A comparison is the examiner's, and so is what a function of the examiner's gives; built-in functions, arithmetic
    and attributes hand on what they are given.

    Parameters
    ----------
    examiners
        Names of functions that locked cells define.
    """
    try:
        body = ast.parse(as_python(source)).body
    except (SyntaxError, ValueError, RecursionError):
        return False  # then nothing is shown either
    if not body or not isinstance(body[-1], ast.Expr) or _SILENT.search(source):
        return False
    own = _Provenance(body, set(examiners))
    return own.is_students(body[-1].value)


def functions_in(source: str) -> set[str]:
    """Give the names of the functions and classes that a cell defines."""
    try:
        tree = ast.parse(as_python(source))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


class _Provenance:
    """Whose the values of a cell's names are."""

    def __init__(self, body: list[ast.stmt], examiners: set[str]) -> None:
        nodes = [node for statement in body for node in ast.walk(statement)]
        self._functions = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)} | examiners
        self._imported = {
            (alias.asname or alias.name).split(".")[0]
            for node in nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        self._values: dict[str, list[ast.expr]] = {}
        for node in nodes:
            self._note(node)
        self._open = set[str]()

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        else:
            return
        for target, value in pairs:
            for name in (inner.id for inner in ast.walk(target) if isinstance(inner, ast.Name)):
                self._values.setdefault(name, []).append(value)

    def is_students(self, node: ast.expr) -> bool:
        """Whether the value of an expression may be the student's."""
        if isinstance(node, ast.Constant | ast.Compare | ast.Lambda | ast.JoinedStr):
            return False
        if isinstance(node, ast.Name):
            return self._name_is_students(node.id)
        if isinstance(node, ast.Call):
            return self._call_is_students(node)
        if isinstance(node, ast.IfExp):
            return self.is_students(node.body) or self.is_students(node.orelse)
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        parts += [part.elt for part in [node] if isinstance(part, ast.GeneratorExp | ast.ListComp | ast.SetComp)]
        return any(map(self.is_students, parts))

    def _call_is_students(self, node: ast.Call) -> bool:
        function = node.func
        if isinstance(function, ast.Name) and function.id in self._functions:
            return False
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return self.is_students(function) or any(map(self.is_students, given))

    def _name_is_students(self, name: str) -> bool:
        if name in self._values:
            if name in self._open:
                return False
            self._open.add(name)
            found = any(map(self.is_students, self._values[name]))
            self._open.discard(name)
            return found
        known = name in self._functions or name in self._imported or hasattr(builtins, name)
        return not known
