"""A week's folder, loaded: what it asks, and its checks."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import TYPE_CHECKING

from nbviva.errors import SpecError, missing_extra
from nbviva.week.declare import Check, Fixture, Overlay
from nbviva.week.spec import Assignment, read_assignment

if TYPE_CHECKING:
    from nbviva.notebooks import NotebookNode  # with nbformat, which a call with nothing to do goes without

NOTEBOOKS = "notebooks"  # the folder of a week's with their texts, where there is not only a notebook.py
# What an author's file may raise while it is imported, when there is a mistake in it.
_MISTAKES = (
    SyntaxError,
    ImportError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    OSError,
)


@dataclass(frozen=True)
class GivenNotebooks:
    """The notebooks of a week that are there, in the place of those that are built from an author's text; by names.

    Attributes
    ----------
    sources
        With solutions and tests.
    frames
        Without solutions: what the cells of a hand-in are put into, with all tests.
    releases
        As a student gets them.
    """

    sources: Mapping[str, NotebookNode]
    frames: Mapping[str, NotebookNode]
    releases: Mapping[str, NotebookNode]

    def of(self, name: str) -> GivenNotebooks:
        """Give one of them alone."""
        return GivenNotebooks(*({name: kind[name]} for kind in (self.sources, self.frames, self.releases)))


@dataclass(frozen=True)
class Week:
    """A week's folder, loaded: what it asks, and how it is checked; `given` are the notebooks of an adopted week."""

    folder: Path
    assignment: Assignment
    checks: tuple[Check, ...]
    fixtures: Mapping[str, Fixture] = field(default_factory=dict)
    given: GivenNotebooks | None = None

    def apart(self) -> dict[str, Week]:
        """Give for each notebook the week as if it had no other: its questions, its checks; nothing hangs on another's.

        All that runs a notebook or asks it has one of these in hand.
        """
        if not self.assignment.parts:
            return {self.assignment.notebook: self}
        return {name: self._of(name) for name in self.assignment.notebooks}

    def _of(self, notebook: str) -> Week:
        assignment = self.assignment.of(notebook)
        own = {question.name for question in assignment.questions}
        checks = tuple(check for check in self.checks if check.exercise in own)
        given = self.given and self.given.of(notebook)
        return replace(self, assignment=assignment, checks=checks, given=given)

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
        """Import a module of the week, such as `mutants`, or `gradients.mutants` in a folder of the week's."""
        return _import(self.folder, name)

    def modules(self, ending: str) -> dict[str, ModuleType]:
        """Import the modules whose names end so, such as `mutants`, in the week's folder or deeper; by their names."""
        return {name: self.module(name) for name in modules_in(self.folder, ending)}

    def overlay(self, name: str) -> Overlay:
        """Give a mutant or an alternative of the week's by its name, `module.name`."""
        module, _, attribute = name.rpartition(".")
        found: Overlay = getattr(self.module(module), attribute)
        return found

    def overlays(self, ending: str) -> dict[str, Overlay]:
        """Give all mutants of the week's files `*mutants.py`, or the `alternatives` of theirs, as `module.name`."""
        return {
            f"{place}.{name}": value
            for place, module in self.modules(ending).items()
            for name, value in vars(module).items()
            if isinstance(value, Overlay)
        }


def modules_in(folder: Path, ending: str) -> list[str]:
    """Give the names of a week's modules that end so: `checks`, `cnn_checks`, `gradients.checks`."""
    found = (path.relative_to(folder).with_suffix("") for path in folder.rglob(f"*{ending}.py"))
    own = (path.parts for path in found if path.parts[0] != NOTEBOOKS)
    return sorted(".".join(parts) for parts in own if not any(part.startswith(".") for part in parts))


def notebook_texts(folder: Path) -> list[Path]:
    """Give the files that a week's notebooks are made of: `notebook.py`, or those in `notebooks/`."""
    return [path for path in (folder / "notebook.py", *sorted((folder / NOTEBOOKS).glob("*.py"))) if path.is_file()]


def load(folder: Path) -> Week:
    """Load the week in `folder` (such as `graders/week11`): its assignment.toml and all `*checks.py`, at any depth.

    Checks come in the order of their questions, and within a question in that of the files and their lines.
    """
    assignment = read_assignment(folder)
    named = _declared(folder)
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
    for item in found:
        _require_near(folder, assignment, item)
    return Week(folder, assignment, tuple(sorted(found, key=lambda item: order[item.exercise])), fixtures)


def _require_near(folder: Path, assignment: Assignment, item: Check) -> None:
    """Refuse a check that needs one of another notebook: each is asked in a kernel of its own, one after the other."""
    own = assignment.question(item.exercise).notebook
    for need in item.needs:
        if (
            need.exercise in {q.name for q in assignment.questions}
            and assignment.question(need.exercise).notebook != own
        ):
            raise SpecError(
                f"{folder}: the check '{item.name}' needs '{need.name}', which is about another notebook: a check may "
                "need checks of its own notebook alone."
            )


def _declared(folder: Path) -> dict[str, Check | Fixture]:
    """Give the checks and fixtures of all `*checks.py` by their names, which have to differ."""
    named: dict[str, Check | Fixture] = {}
    for module in (_import(folder, name) for name in modules_in(folder, "checks")):
        for name, value in vars(module).items():
            if isinstance(value, Check | Fixture) and named.setdefault(name, value) is not value:
                raise SpecError(f"{folder} has two checks or fixtures named '{name}': give one of them another name.")
    return named


def _import(folder: Path, name: str) -> ModuleType:
    root = str(folder.resolve().parent.parent)
    if root not in sys.path:
        sys.path.append(root)
    try:
        return import_module(f"{folder.parent.name}.{folder.name}.{name}")
    except SpecError:
        raise
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing_extra(error):
            raise
        if missing in {"", "nbviva", folder.parent.name}:
            raise _mistake(folder, error) from None
        raise SpecError(
            f"{folder.name} imports {missing}, which is not installed: run '{_installing(folder, missing)}'."
        ) from None
    except _MISTAKES as error:
        raise _mistake(folder, error) from None


def _mistake(folder: Path, error: BaseException) -> SpecError:
    """Say the file and line of the week's at which importing it ended."""
    if isinstance(error, SyntaxError) and error.filename:
        return SpecError(f"{error.filename}, line {error.lineno}: {error.msg}.")
    frames = [
        frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder.resolve())
    ]
    where = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else str(folder)
    return SpecError(f"{where}: {type(error).__name__}: {error}.")


def _installing(folder: Path, missing: str) -> str:
    """Give the command that installs what a week imports: it says so itself, or the module's name has to do."""
    said = (path for name in ("requirements-checks.txt", "requirements.txt") if (path := folder / name).is_file())
    return next((f"pip install -r {path}" for path in said), f"pip install {missing}")
