"""The checks and fixtures that a week declares, read from its files' text: no library of the week's is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbviva.files import regular_files


@dataclass(frozen=True)
class ReadDeclarations:
    """What functions of a week are marked as checks and fixtures.

    Attributes
    ----------
    checks
        The question of each check and the sentence that must hold, by the check's name.
    parameters
        The fixtures that each check or fixture asks for by name.
    """

    checks: Mapping[str, tuple[str, str]]
    parameters: Mapping[str, tuple[str, ...]]

    def fixtures_of(self, name: str) -> set[str]:
        """Give all fixtures that a check uses, also through other fixtures; of one from a library nothing is known."""
        todo, found = [name], set[str]()
        while todo:
            new = set(self.parameters.get(todo.pop(), ())) - found
            found |= new
            todo += new
        return found


def declared(folder: Path) -> ReadDeclarations:
    """Read the functions of a week's files; a file that is no Python declares nothing."""
    checks: dict[str, tuple[str, str]] = {}
    parameters: dict[str, tuple[str, ...]] = {}
    for function in _functions(folder):
        for kind, question in _marks(function):
            parameters[function.name] = tuple(item.arg for item in (*function.args.args, *function.args.kwonlyargs))
            if kind == "check":
                checks[function.name] = (question, ast.get_docstring(function) or "")
    return ReadDeclarations(checks, parameters)


def _functions(folder: Path) -> Iterator[ast.FunctionDef]:
    for path in sorted(regular_files(folder)):
        if path.suffix == ".py":
            try:
                tree = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                continue
            yield from (node for node in tree.body if isinstance(node, ast.FunctionDef))


def _marks(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Give "check" or "fixture" for each decorator of that name, and its first argument."""
    for decorator in function.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        target = call.func if call else decorator
        name = getattr(target, "id", getattr(target, "attr", ""))
        if name in ("check", "fixture"):
            first = call.args[0] if call and call.args else None
            yield name, str(first.value) if isinstance(first, ast.Constant) else ""
