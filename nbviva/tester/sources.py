"""The text of the student's functions and classes, for `inspect.getsource` in a test: out of the hand-in's own cells.

The kernel is not asked: it would give any text that suits.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from nbviva.tester.ownership import statements
from nbviva.tester.proxies import is_proxy, known


def source_of(name: str, cells: Sequence[str]) -> str:
    """Give the text of the last definition of a name.

    Raises
    ------
    OSError
        As `inspect.getsource` does, if there is none.
    """
    for text in reversed(cells):
        for statement in reversed(statements(text)):
            if name in _defined(statement):
                first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", ()))])
                return "\n".join(text.split("\n")[first - 1 : statement.end_lineno]) + "\n"
    raise OSError("could not get source code")


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def give_sources(cells: Callable[[], Sequence[str]]) -> None:
    """Let `inspect` find the text of what a proxy stands for."""
    usual_text, usual_lines = inspect.getsource, inspect.getsourcelines

    def getsource(value: Any) -> str:
        return _text(value, cells()) if is_proxy(value) else usual_text(value)

    def getsourcelines(value: Any) -> tuple[list[str], int]:
        if not is_proxy(value):
            return usual_lines(value)
        return _text(value, cells()).splitlines(keepends=True), 1

    vars(inspect).update(getsource=getsource, getsourcelines=getsourcelines)


def _text(proxy: Any, cells: Sequence[str]) -> str:
    found = known(proxy)
    name = found.side.names.get(found.number, found.described.name)
    text = source_of(name, cells)
    if not text.lstrip().startswith(("def ", "async ", "class ", "@")):
        found.side.notes.decide(f"the text of {name}, which stands for what it was set to")
    return text
