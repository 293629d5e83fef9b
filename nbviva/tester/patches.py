"""What a test replaces in a module, by `mock.patch` or by hand, is replaced for the student's functions, too.

In one kernel both have the same modules. So what a test has put in a place of a module, or of a class in one, goes
there before each question: a function of the test's, which is called here, or a mock. Nothing ever comes from there.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest import mock

from nbviva.tester.ownership import imported, statements

_CARRIED = frozenset({("builtins", "input"), ("sys", "stdout"), ("sys", "stderr")})  # a question carries them anyway
_LACKING = object()


@dataclass(frozen=True)
class Spot:
    """A place in a module: the path to what has the attribute, which is empty for the module itself, and its name."""

    module: str
    path: tuple[str, ...]
    name: str

    def value(self) -> Any:
        """Give what is there."""
        try:
            return vars(_resolved(sys.modules.get(self.module), self.path))[self.name]
        except (KeyError, TypeError):
            return _LACKING


def _resolved(home: Any, path: Sequence[str]) -> Any:
    for name in path:
        home = getattr(home, name, None)
    return home


def _spot(home: Any, name: str) -> Spot | None:
    """Give the place of an attribute; None where it is in no module."""
    kind = type(home)
    if issubclass(kind, ModuleType) or home is sys.modules.get("__main__"):
        return Spot(home.__name__, (), name)
    if not issubclass(kind, type) or home.__module__ == "__main__":
        return None
    path = tuple(home.__qualname__.split("."))
    return Spot(home.__module__, path, name) if _resolved(sys.modules.get(home.__module__), path) is home else None


class Patches:
    """Notices which places a test cell may replace, and gives those that hold something else than before."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._before: dict[Spot, Any] = {}
        self._sent: dict[Spot, Any] = {}
        _tell_of_patches(self._watch)

    def begin(self, text: str) -> None:
        """Watch a cell of this text: the places that it sets by hand are remembered before it runs."""
        body = statements(text)
        imports = {name: module for statement in body for name, (module, inner) in imported(statement) if not inner}
        for root, path, name in (found for statement in body for found in _assigned(statement)):
            home = _resolved(self._module(root, imports), path)
            if home is not None:
                self._watch(home, name)

    def _module(self, root: str, imports: Mapping[str, str]) -> Any:
        try:
            found = importlib.import_module(imports[root]) if root in imports else self._namespace[root]
        except (ImportError, KeyError):
            return None
        return found if issubclass(type(found), ModuleType) else None

    def _watch(self, home: Any, name: str) -> None:
        """Remember what a place holds before it is replaced."""
        spot = _spot(home, name)
        if spot and (spot.module, name) not in _CARRIED and spot not in self._before:
            self._before[spot] = spot.value()

    def changed(self) -> Iterator[tuple[Spot, bool, Any]]:
        """Give each place that holds another thing than was last sent: whether it is a new one, and that."""
        for spot, before in self._before.items():
            now = spot.value()
            if now is not self._sent.get(spot, before):
                self._sent[spot] = now
                is_new = now is not before and now is not _LACKING
                yield spot, is_new, now if is_new else None


def _tell_of_patches(watch: Callable[[Any, str], None]) -> None:
    """Call `watch` with what `mock.patch` is going to replace."""
    patch: Any = type(mock.patch("builtins.input"))
    usual = patch.get_original

    def get_original(patcher: Any) -> Any:
        watch(patcher.getter(), patcher.attribute)
        return usual(patcher)

    patch.get_original = get_original


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, list[str], str]]:
    """Give each attribute that a statement sets: the name at its root, the path from there, and its own name."""
    for node in ast.walk(statement):
        found: tuple[ast.expr, str] | None = None
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            found = node.value, node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            target, name = [*node.args, None, None][:2]
            if target and isinstance(name, ast.Constant) and isinstance(name.value, str):
                found = target, name.value
        dotted = ast.unparse(found[0]).split(".") if found else []
        if found and all(map(str.isidentifier, dotted)):
            yield dotted[0], dotted[1:], found[1]
