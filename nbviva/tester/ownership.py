"""Whose the names of a notebook are, as its source tells: the instructor's own, or the student's.

Names that tests, locked cells and their imports bind are the instructor's; of locked cells only what does not rest on a
name of the student's. A student's name stays so until a locked cell or a test binds it again, and the other way round.
"""

from __future__ import annotations

import ast
import builtins
import dis
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import CodeType

from nbviva.inside.cellcode import as_python


class Role(StrEnum):
    """What a code cell is to a notebook; `given` is one that nbgrader does not know."""

    TEST = "test"
    LOCKED = "locked"
    GIVEN = "given"
    SOLUTION = "solution"


@dataclass(frozen=True)
class SourceCell:
    """A code cell of a source notebook.

    Attributes
    ----------
    outside
        Of a test: whether it runs in the tester.
    open
        Of a test: whether the release has all of it.
    again
        Of a test outside: whether it runs in the kernel, too, for its names are used there.
    """

    role: Role
    name: str
    text: str
    outside: bool = False
    open: bool = False
    again: bool = False


class NameOwner(StrEnum):
    """Who binds a name; an import of the student's counts only if the student has the name."""

    OURS = "ours"
    THEIRS = "theirs"
    IMPORT = "import"
    THEIR_IMPORT = "their import"


@dataclass(frozen=True)
class Binding:
    """Who binds a name, in which cell; of an import the module and the path in it, or none for the module itself."""

    owner: NameOwner
    cell: int = -1
    module: str = ""
    attribute: str = ""


@dataclass
class _Bound:
    """What a cell binds, and of a locked cell the statements that rest on nothing of the student's."""

    names: dict[str, Binding] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    ours: list[ast.stmt] = field(default_factory=list)


class NotebookNames:
    """The names of a notebook's cells, by the cells of its source in their order."""

    def __init__(self, cells: list[SourceCell]) -> None:
        self.cells = cells
        self._bound: list[_Bound] = []
        self._lent: frozenset[str] | None = None
        for number, cell in enumerate(cells):
            self._bound.append(self._read(number, cell))

    def find(self, name: str, before: int) -> Binding | None:
        """Give the last binding of a name in the cells before this one."""
        found = (self._bound[number].names.get(name) for number in reversed(range(before)))
        return next((binding for binding in found if binding), None)

    def bound_in(self, number: int) -> Mapping[str, Binding]:
        """Give the names that a cell binds."""
        return self._bound[number].names

    def stars(self, before: int) -> Iterator[str]:
        """Give the modules of which the instructor's cells before this one import all names, the last one first."""
        for number in reversed(range(before)):
            yield from reversed(self._bound[number].stars)

    def ours(self, number: int) -> list[ast.stmt]:
        """Give the statements of a locked cell that rest on nothing of the student's."""
        return self._bound[number].ours

    def lent(self, number: int) -> frozenset[str]:
        """Give the names that the student's functions are lent by a test: their globals, which it binds.

        Only what a compiled function of the solution loads as a global counts, and of that what the solution binds, or
        nobody but tests.
        """
        if self.cells[number].role is not Role.TEST:
            return frozenset()
        if self._lent is None:
            loads = {name for cell in self.cells if cell.role is Role.SOLUTION for name in globals_loaded(cell.text)}
            theirs = {at for at, cell in enumerate(self.cells) if cell.role in (Role.LOCKED, Role.GIVEN)}
            self._lent = frozenset(loads - {name for at in theirs for name in self._bound[at].names})
        return self._lent & frozenset(self._bound[number].names)

    def _read(self, number: int, cell: SourceCell) -> _Bound:
        out = _Bound()
        for statement in statements(cell.text):
            imports = dict(imported(statement))
            if cell.role is not Role.SOLUTION:
                out.stars += star_modules(statement)
            owner = self._owner(number, cell, statement, out)
            if owner is NameOwner.OURS:
                out.ours.append(statement)
            as_import = NameOwner.THEIR_IMPORT if cell.role is Role.SOLUTION else NameOwner.IMPORT
            for name in touched(statement, changed=cell.role is Role.LOCKED):
                known = out.names.get(name) or self.find(name, number)
                if name not in stored(statement) and (known is None or known.owner is not NameOwner.OURS):
                    continue  # a method was called of what is no value of ours
                module = imports.get(name)
                out.names[name] = Binding(as_import, number, *module) if module else Binding(owner, number)
        return out

    def _owner(self, number: int, cell: SourceCell, statement: ast.stmt, so_far: _Bound) -> NameOwner:
        if cell.role is Role.TEST:
            return NameOwner.OURS if cell.outside else NameOwner.THEIRS
        if cell.role is not Role.LOCKED:
            return NameOwner.THEIRS
        rests = (so_far.names.get(name) or self.find(name, number) for name in loaded(statement))
        unknown = (
            name
            for name in loaded(statement)
            if not (name in so_far.names or self.find(name, number) or hasattr(builtins, name) or name in _SHELLS)
        )
        theirs = any(binding and binding.owner is NameOwner.THEIRS for binding in rests)
        starred = bool(so_far.stars) or any(True for _ in self.stars(number))
        return NameOwner.THEIRS if theirs or (not starred and any(True for _ in unknown)) else NameOwner.OURS


_SHELLS = frozenset({"get_ipython", "display", "In", "Out", "__name__", "__file__"})


def statements(text: str) -> list[ast.stmt]:
    """Give the statements of a cell; none where it is no Python. Magics are left out."""
    try:
        return ast.parse(as_python(text)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def globals_loaded(text: str) -> set[str]:
    """Give the names that functions of a cell load as globals, as they are compiled."""
    try:
        todo = [compile(ast.Module(statements(text), []), "<solution>", "exec")]
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found, is_first = set[str](), True
    while todo:
        code = todo.pop()
        todo += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        if not is_first:
            found |= {str(step.argval) for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
        is_first = False
    return found


def imported(statement: ast.AST) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give each name that a statement imports, with its module and the name there."""
    for node in _executed(statement):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield one.asname or one.name.split(".")[0], (one.name if one.asname else one.name.split(".")[0], "")
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((one.asname or one.name, (node.module, one.name)) for one in node.names if one.name != "*")


def star_modules(statement: ast.AST) -> list[str]:
    """Give the modules of which a statement imports all names."""
    found = (node for node in _executed(statement) if isinstance(node, ast.ImportFrom))
    return [node.module for node in found if node.module and node.names[0].name == "*"]


def stored(statement: ast.AST) -> set[str]:
    """Give the names that a statement binds at the top level."""
    found = set[str]()
    for node in _executed(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found | {name for name, _ in imported(statement)}


def touched(statement: ast.AST, *, changed: bool) -> set[str]:
    """Give the names that a statement binds, and with `changed` those whose values it may change in place."""
    found = stored(statement)
    for node in _executed(statement) if changed else ():
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            found |= _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found |= _root(node.value.func) if isinstance(node.value.func, ast.Attribute) else set()
    return found


def loaded(statement: ast.AST) -> set[str]:
    """Give the names that a statement reads as it runs; what a function in it reads, it reads when it is called."""
    inner = {node.id for node in _executed(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return inner - {name for node in ast.walk(statement) for name in _of_comprehension(node)}


def _of_comprehension(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.comprehension):
        return set()
    return {inner.id for inner in ast.walk(node.target) if isinstance(inner, ast.Name)}


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _executed(statement: ast.AST) -> Iterator[ast.AST]:
    """Give the nodes that run with a statement: of a function its decorators and defaults, of a class its body."""
    yield statement
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        inner: list[ast.AST] = [*statement.decorator_list, *statement.args.defaults]
        inner += [default for default in statement.args.kw_defaults if default]
    elif isinstance(statement, ast.Lambda):
        inner = list(statement.args.defaults)
    elif isinstance(statement, ast.comprehension):
        inner = [statement.iter, *statement.ifs]
    else:
        inner = list(ast.iter_child_nodes(statement))
    for node in inner:
        yield from _executed(node)
