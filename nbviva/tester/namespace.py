"""The namespace of test cells: names of their own and the instructor's; what nobody here binds is asked of theirs."""

from __future__ import annotations

import ast
import builtins
import importlib
from typing import Any

from nbviva.tester.asking import NoSuchName, OtherSide
from nbviva.tester.ownership import Binding, NameOwner, NotebookNames, Role
from nbviva.tester.proxies import is_proxy

_SHELL = frozenset(
    "get_ipython display exit quit open In Out _ __ ___ _oh _ih _dh _i _ii _iii __session__ __spec__ __loader__".split()  # noqa: SIM905 - shorter
)


class TestNamespace(dict[str, Any]):
    """The globals of test cells.

    What the cell that runs binds is its own, also where the notebook binds the name, too. It is kept for later cells
    until a cell between them binds the name again.
    """

    __test__ = False  # it is no test of pytest's

    def __init__(self) -> None:
        super().__init__()
        self._side: OtherSide | None = None
        self._names = NotebookNames([])
        self._here = 0  # the cell whose text runs
        self._bound_in: dict[str, int] = {}
        self._seen: dict[str, tuple[int, Any]] = {}

    def begin(self, side: OtherSide, names: NotebookNames) -> None:
        """Know a notebook; called before its first test cell."""
        self._side, self._names = side, names

    def enter(self, cell: int) -> None:
        """Be at a test cell: what was bound anew since then is forgotten, and locked cells change what is here."""
        between = range(self._here, cell)
        self._seen.clear()
        for number in between:
            bound = self._names.bound_in(number)
            mine = [name for name in bound if name in self._bound_in and self._bound_in[name] < number]
            if self._names.cells[number].role is Role.LOCKED and any(
                bound[name].owner is NameOwner.OURS for name in mine
            ):
                self._run_locked(number)
            for name in mine:
                if bound[name].owner is not NameOwner.OURS:
                    self._forget(name)
        self._here = cell

    def __missing__(self, name: str) -> Any:
        if self._side is None or type(name) is not str:
            raise KeyError(name)
        binding = self._names.find(name, self._here)
        if binding is None:
            return self._nobodys(name)
        if binding.owner is NameOwner.OURS and self._names.cells[binding.cell].role is Role.LOCKED:
            self._run_locked(binding.cell)
            return dict.__getitem__(self, name)
        if binding.owner is NameOwner.IMPORT or (
            binding.owner is NameOwner.THEIR_IMPORT and self._side.ask("has", name) is True
        ):
            value = _imported(binding)
            self._bind(name, value, binding.cell)
            return value
        return self._theirs(name)

    def _nobodys(self, name: str) -> Any:
        for module in self._names.stars(self._here):
            found = importlib.import_module(module)
            if name in getattr(found, "__all__", [word for word in vars(found) if not word.startswith("_")]):
                return getattr(found, name)
        if name in vars(builtins) or name in _SHELL or (name.startswith("__") and name.endswith("__")):
            raise KeyError(name)
        return self._theirs(name)

    def _theirs(self, name: str) -> Any:
        """Ask for a name, unless it is known: data until more is done there, an object until the name is bound anew."""
        side = self._side
        if side is None:
            raise KeyError(name)
        seen = self._seen.get(name)
        if seen and (seen[0] == side.questions or (name in side.standing and is_proxy(seen[1]))):
            return seen[1]
        try:
            value = side.ask("get", name)
        except NoSuchName:
            raise KeyError(name) from None
        self._seen[name] = side.questions, value
        return value

    def _run_locked(self, number: int) -> None:
        """Run what of a locked cell rests on nothing of the student's, as if it ran in its place."""
        before, self._here = self._here, number
        try:
            code = compile(ast.Module(self._names.ours(number), []), f"<{self._names.cells[number].name}>", "exec")
            exec(code, self)  # noqa: S102 - the instructor's own cell
        finally:
            self._here = before

    def _bind(self, name: str, value: Any, cell: int) -> None:
        dict.__setitem__(self, name, value)
        self._bound_in[name] = cell

    def _forget(self, name: str) -> None:
        dict.pop(self, name, None)
        self._bound_in.pop(name, None)

    def __setitem__(self, name: str, value: Any) -> None:
        self._bind(name, value, self._here)
        if self._side is not None and name in self._names.lent(self._here):
            self._side.lend(name, value)

    def __delitem__(self, name: str) -> None:
        if not dict.__contains__(self, name):
            raise KeyError(name)
        self._forget(name)

    def keys(self) -> Any:
        """Give the names of both sides, for `dir()` and `globals()` in a test."""
        own = dict.keys(self)
        if self._side is None or not self._side.is_asked:
            return own
        theirs = self._side.ask("names")
        return [*own, *(name for name in theirs if type(name) is str and not dict.__contains__(self, name))]

    def __contains__(self, name: object) -> bool:
        if dict.__contains__(self, name):
            return True
        try:
            return self._side is not None and type(name) is str and self.__missing__(name) is not self
        except KeyError:
            return False


def _imported(binding: Binding) -> Any:
    found = importlib.import_module(binding.module)
    if not binding.attribute:
        return found
    if hasattr(found, binding.attribute):
        return getattr(found, binding.attribute)
    return importlib.import_module(f"{binding.module}.{binding.attribute}")
