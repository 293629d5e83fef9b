"""What code imports, read from its text: nothing is run for it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def modules_of(code: str) -> Iterator[str]:
    """Give the modules that code imports anywhere, by their full names; relative imports are left out.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    for module, _ in _imports(ast.parse(code), ""):
        yield module


def installed_here(modules: Iterable[str]) -> tuple[str, ...]:
    """Give those modules, each once, whose package can be imported here."""
    return tuple(name for name in dict.fromkeys(modules) if find_spec(name.split(".")[0]))


def files_behind(modules: Iterable[str], packages: Mapping[str, Path]) -> tuple[Path, ...]:
    """Give the files of these modules and of all that they import from `packages`, directly or not.

    A package's own file counts with each of its modules: Python runs it first.

    Parameters
    ----------
    modules
        Full names, such as `nbviva.grading.rehearsal`.
    packages
        The folder of each package to follow imports into, with its subpackages, by its name.
    """
    found = _behind(modules, packages)
    return tuple(found[name] for name in sorted(found))


def libraries_behind(modules: Iterable[str], packages: Mapping[str, Path]) -> tuple[str, ...]:
    """Give the modules from outside of `packages` that the files behind these modules import, and that are here."""
    outside = {package.split(".")[0] for package in packages}
    found = (module for name, path in _behind(modules, packages).items() for module, _ in _imports_of(name, path))
    return installed_here(sorted(module for module in found if module.split(".")[0] not in outside))


def _behind(modules: Iterable[str], packages: Mapping[str, Path]) -> dict[str, Path]:
    todo, found = list(modules), dict[str, Path]()
    while todo:
        name = todo.pop()
        path = _file(name, packages)
        if path is not None and name not in found:
            found[name] = path
            todo.append(name.rpartition(".")[0])
            for module, names in _imports_of(name, path):
                todo += [module, *(f"{module}.{item}" for item in names)]
    return found


def _imports_of(name: str, path: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return _read(path, package, path.stat().st_mtime_ns)


def _file(name: str, packages: Mapping[str, Path]) -> Path | None:
    """Give the file of a module, or of a package, that lies in one of these packages or below it."""
    above = [package for package in packages if name == package or name.startswith(f"{package}.")]
    if not above:
        return None
    package = max(above, key=len)
    place = packages[package].joinpath(*name.removeprefix(package).strip(".").split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@cache
def _read(path: Path, package: str, changed: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give what a file imports; `changed` is the time of its last change."""
    del changed
    try:
        return tuple(_imports(ast.parse(path.read_text("utf-8")), package))
    except SyntaxError:  # it says so where it is imported
        return ()


def _imports(tree: ast.AST, package: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each module that is imported, with the names that are taken from it, some of which may be modules too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((item.name, ()) for item in node.names)
        elif isinstance(node, ast.ImportFrom) and (package or not node.level):
            module = ".".join(filter(None, [package, node.module])) if node.level else str(node.module)
            yield module, tuple(item.name for item in node.names)
