"""A week's folder, loaded: what it asks, and its checks."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from nbviva.errors import SpecError
from nbviva.week.declare import Check, Fixture
from nbviva.week.spec import Assignment, read_assignment

Draw = Callable[[str], np.random.Generator]


@dataclass(frozen=True)
class Week:
    """A week's folder, loaded: what it asks, and how it is checked."""

    folder: Path
    assignment: Assignment
    checks: tuple[Check, ...]
    fixtures: Mapping[str, Fixture] = field(default_factory=dict)

    @property
    def stand_ins(self) -> dict[str, str]:
        """The cells that the examiner's own run stands in for, each with the name of its fixture."""
        return {f.stands_in: name for name, f in self.fixtures.items() if f.stands_in}

    def fixtures_of(self, item: Check) -> set[str]:
        """Names of all fixtures that a check uses, also through other fixtures."""
        todo, found = [item.function], set[str]()
        while todo:
            for parameter in inspect.signature(todo.pop()).parameters:
                if parameter in self.fixtures and parameter not in found:
                    todo.append(self.fixtures[parameter].function)
                found.add(parameter)
        return found

    def module(self, name: str) -> ModuleType:
        """Import a module of the week, such as `mutants`."""
        return _import(self.folder, name)


def load(folder: Path) -> Week:
    """Load the week in `folder` (such as `graders/week11`): its assignment.toml and all its `*checks.py`.

    Checks come in the order of their questions, and within a question in that of the files and their lines.
    """
    assignment = read_assignment(folder)
    modules = [_import(folder, path.stem) for path in sorted(folder.glob("*checks.py"))]
    named = {name: value for module in modules for name, value in vars(module).items()}
    found = dict.fromkeys(value for value in named.values() if isinstance(value, Check))
    order = {question.name: place for place, question in enumerate(assignment.questions)}
    for item in found:
        if item.exercise not in order:
            where = f"{folder}: the check '{item.name}' is for '{item.exercise}'"
            raise SpecError(f"{where}, which is no question of assignment.toml; it has {', '.join(order)}.")
    unchecked = sorted(set(order) - {item.exercise for item in found})
    if unchecked:
        raise SpecError(f"{folder} has no check for {', '.join(unchecked)}; write one for each question.")
    fixtures = {name: value for name, value in named.items() if isinstance(value, Fixture)}
    return Week(folder, assignment, tuple(sorted(found, key=lambda item: order[item.exercise])), fixtures)


def _import(folder: Path, name: str) -> ModuleType:
    root = str(folder.resolve().parent.parent)
    if root not in sys.path:
        sys.path.append(root)
    return import_module(f"{folder.parent.name}.{folder.name}.{name}")
