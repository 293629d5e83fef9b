"""Slips in right answers that are written differently: an alternative's own definition with one slip in it.

What its file defines beside it stays as it is: the mutated file is run anew, and its overlay taken from there.
"""

from __future__ import annotations

import ast
import inspect
import random
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType

from nbviva.verify.mutation.score import Mutated, mutants_of
from nbviva.week.declare import Overlay
from nbviva.week.week import Week


def slips(week: Week, name: str, most: int) -> tuple[Mutated, ...]:
    """Give at most so many mutants of an alternative, `module.name`: always the same, in the order of its lines."""
    module, overlay = _module(week, name), week.overlay(name)
    start, end = _lines(module, overlay)
    definition = "\n".join(_source(module).splitlines()[start:end])
    found = [item for item in mutants_of(definition) if _says_more(item)]
    chosen = sorted(random.Random(name).sample(range(len(found)), min(most, len(found))))  # noqa: S311 - no secret
    return tuple(found[i] for i in chosen)


def with_slip(week: Week, name: str, mutated: Mutated) -> Overlay:
    """Give the alternative with this slip."""
    module, overlay = _module(week, name), week.overlay(name)
    start, end = _lines(module, overlay)
    lines = _source(module).splitlines()
    text = "\n".join([*lines[:start], mutated.source, *lines[end:]])
    loader = _TextLoader(text)
    made = module_from_spec(ModuleSpec(module.__name__, loader))
    loader.exec_module(made)
    found: Overlay = getattr(made, name.rpartition(".")[2])
    return found


class _TextLoader(InspectLoader):
    """Makes a module of a text; it takes nobody's place among the modules."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, fullname: str) -> str:
        """Give the text."""
        del fullname
        return self._text


def text_of(week: Week, name: str) -> str:
    """Give the text of the file that an alternative stands in."""
    return _source(_module(week, name))


def _module(week: Week, name: str) -> ModuleType:
    return week.module(name.rpartition(".")[0])


def _source(module: ModuleType) -> str:
    return inspect.getsource(module)


def _lines(module: ModuleType, overlay: Overlay) -> tuple[int, int]:
    """Find where its definition stands, without its decorators: the numbers of lines before it, and at its end."""
    name = overlay.function.__name__
    for node in ast.parse(_source(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node.lineno - 1, node.end_lineno or node.lineno
    raise LookupError(f"{module.__name__} has no definition of {name}")


def _says_more(mutated: Mutated) -> bool:
    """Whether a slip is one of what runs: not of the first line, and not of the docstring."""
    return mutated.line > 1 and not mutated.before.startswith('"')
