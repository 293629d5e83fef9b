"""What a hand-in's own code says by its text alone: what it uses, where a line stands, how the cell of a name ended."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from fnmatch import fnmatchcase

from nbviva.inside.cellcode import as_python
from nbviva.kernel.student import error_name
from nbviva.notebooks import NotebookNode

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r"(?:Cell In\[\d+\]|File <[^>]*>|ipython-input-[^,]*), line (\d+)")
_APART = re.compile(r"\s*+(%%\w++)")
_SHOWN = 60  # characters of a line
_DEEP = 20  # aliases of aliases
_APART_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class Written:
    """The code cells of a hand-in's notebook, after it has run."""

    def __init__(self, notebook: NotebookNode) -> None:
        self._cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def where(self, line: str) -> str:
        """Say where a line of code stands; nothing where the notebook has no such line."""
        wanted = line.strip()
        for cell in self._cells:
            for number, found in enumerate(cell.source.splitlines(), 1):
                if wanted and found.strip() == wanted:
                    return f" in line {number} of its cell, `{_short(wanted)}`"
        return ""

    def why_missing(self, name: str) -> str:
        """Say how the cell ended that has the name's definition; words that follow "does not exist"."""
        rule = re.compile(
            rf"^[ \t]*+(?:(?:async[ \t]+)?def[ \t]+|class[ \t]+){re.escape(name)}\b|^{re.escape(name)}[ \t]*[:=]",
            re.MULTILINE,
        )
        makers = [cell for cell in self._cells if rule.search(cell.source)]
        if not makers:
            return ": no cell defines it"
        for cell in makers:
            for output in cell.get("outputs", []):
                if output.get("output_type") == "error":
                    return f": its cell ended with {error_name(output.get('ename'))}{_line(cell, output)}"
            magic = _APART.match(cell.source)
            if magic and magic[1] not in ("%%time", "%%capture"):
                return f": its cell begins with `{magic[1]}`, which keeps no names"
        return ""


def _line(cell: NotebookNode, output: NotebookNode) -> str:
    """Say in which line an error arose: a number from the kernel counts where the cell has such a line."""
    text = _ANSI.sub("", "\n".join(map(str, output.get("traceback", []))))
    found, lines = _PLACE.search(text), cell.source.splitlines()
    number = int(found[1][:6]) if found else 0
    if not 1 <= number <= len(lines):
        return ""
    return f" in line {number}, `{_short(lines[number - 1].strip())}`"


def _short(line: str) -> str:
    line = line.replace("`", "'")
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."


def uses(
    sources: Iterable[str], starts: Iterable[str], patterns: Sequence[str], until: int | None = None
) -> tuple[str, ...]:
    """Give what of `patterns` the functions and classes `starts` use, themselves or through others in the sources.

    Names are followed to what they were imported or assigned as: `F.relu` is `torch.nn.functional.relu`. What is asked
    of an object that is not known is `?.relu`.

    Parameters
    ----------
    patterns
        Dotted names such as `torch.relu`, with `*` for anything: `*.relu` is also a tensor's method.
    until
        The number of sources in which `starts` are defined; what comes later gives these names to something else.
        A name that is defined again stands for the last definition.
    """
    starts = frozenset(starts)
    names = _Names(sources, starts, until)
    found = {name for start in names.reached(starts) for name in names.used_in(start)}
    matching = {name for name in found if any(fnmatchcase(name, pattern) for pattern in patterns)}
    return tuple(sorted(name.removeprefix("?") for name in matching))


def defined_in(source: str) -> tuple[str, ...]:
    """Give the functions and classes that a cell defines."""
    body = tree.body if (tree := _parsed(source)) else []
    return tuple(node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef))


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(as_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # such a cell defines nothing either


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Give what a cell runs itself, and what its functions say of names that they declare global."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, _APART_SCOPES):
            yield from _statements(node)
            continue
        shared = {name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names}
        for inner in ast.walk(node) if shared else ():
            if shared.intersection(name for name, _ in _assigned(inner)):
                yield inner


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Give the names that a statement assigns, each with its value."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from _pairs(target, node.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, its in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, its)
    elif isinstance(target, ast.Name):
        yield target.id, value


def _own(node: ast.AST) -> set[str]:
    """Give the names that are a definition's own: parameters and variables, but for those that it declares global."""
    inner = list(ast.walk(node))
    names = {item.arg for item in inner if isinstance(item, ast.arg)}
    names |= {item.id for item in inner if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    return names - {name for item in inner if isinstance(item, ast.Global) for name in item.names}


class _Names:
    """What the names of some code stand for; a function's variables are its own: no other's `x` is meant by its `x`."""

    def __init__(self, sources: Iterable[str], starts: frozenset[str] = frozenset(), until: int | None = None) -> None:
        self._defined: dict[str, list[ast.AST]] = defaultdict(list)
        self.aliases: dict[str, ast.expr | str] = {}
        self._starred: list[str] = []
        for number, source in enumerate(sources):
            tree = _parsed(source) or ast.Module([], [])
            later = starts if until is not None and number >= until else frozenset()
            for node in _statements(tree):
                self._note(node, later, again=starts if node in tree.body else frozenset())
            for node in ast.walk(tree):
                self._import(node)

    def _note(self, node: ast.AST, left_out: frozenset[str], again: frozenset[str]) -> None:
        """Note what a statement defines; of the names `again` what was defined before is gone."""
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name not in left_out:
            if node.name in again:
                self._defined[node.name].clear()
            self._defined[node.name].append(node)
        for name, value in _assigned(node):
            if name in left_out:
                continue
            self._defined[name].append(value)
            if isinstance(value, ast.Name | ast.Attribute | ast.Call):
                self.aliases[name] = value

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for item in node.names:
                first = item.name.split(".")[0]
                self.aliases[item.asname or first] = item.name if item.asname else first
        elif isinstance(node, ast.ImportFrom):
            self._starred += [str(node.module) for item in node.names if item.name == "*"]
            self.aliases |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}

    def reached(self, starts: Iterable[str]) -> Iterator[ast.AST]:
        """Give the definitions of these names, and of all names of the code that they lead to."""
        todo, seen = list(starts), set[str]()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            for node in self._defined.get(name, ()):
                yield node
                todo += {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} - _own(node)

    def used_in(self, node: ast.AST) -> Iterator[str]:
        """Give the dotted names that a piece of code mentions."""
        own, names = _own(node), self._inside(node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute | ast.Call):
                yield names.dotted(inner)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load) and inner.id not in self._defined:
                yield names.dotted(inner)
                yield from (f"{module}.{inner.id}" for module in self._starred if inner.id not in own)

    def _inside(self, node: ast.AST) -> _Names:
        """Give what names stand for inside a definition."""
        own, names = _own(node), copy(self)
        found = (pair for inner in ast.walk(node) for pair in _assigned(inner))
        names.aliases = {
            **{name: alias for name, alias in self.aliases.items() if name not in own or isinstance(alias, str)},
            **{name: value for name, value in found if isinstance(value, ast.Name | ast.Attribute | ast.Call)},
        }
        return names

    def dotted(self, node: ast.AST, deep: int = 0) -> str:
        """Give the full name of what an expression stands for, as far as it is known."""
        if deep > _DEEP:
            return "?"
        if isinstance(node, ast.Attribute):
            return f"{self.dotted(node.value, deep + 1)}.{node.attr}"
        if isinstance(node, ast.Call):
            return self._fetched(node, deep)
        if isinstance(node, ast.Name):
            alias = self.aliases.get(node.id, node.id)
            return alias if isinstance(alias, str) else self.dotted(alias, deep + 1)
        return "?"

    def _fetched(self, call: ast.Call, deep: int) -> str:
        """Follow `getattr(torch, "relu")` and `import_module("torch")`; any other call gives an unknown object."""
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name == "getattr" and len(call.args) > 1 and texts:
            return f"{self.dotted(call.args[0], deep + 1)}.{texts[0]}"
        if name in ("import_module", "__import__") and texts:
            return texts[0]
        return "?"
