"""Asking the student's kernel: questions out, answers in, callbacks served meanwhile, objects of theirs as proxies."""

from __future__ import annotations

import builtins
import importlib
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any
from weakref import WeakValueDictionary

from nbviva.inside import Frames, Handle, Unreadable, decode, encode
from nbviva.inside.line import BackLine
from nbviva.inside.objects import INPUT, TESTERS
from nbviva.tester.copying import copy_into
from nbviva.tester.errors import Described, error_class, raised
from nbviva.tester.files import Files
from nbviva.tester.guards import Guard
from nbviva.tester.lending import Gate, terms_of
from nbviva.tester.notes import NotAnswered, Notes
from nbviva.tester.operators import proxy_of
from nbviva.tester.patches import Patches
from nbviva.tester.proxies import is_proxy, known
from nbviva.tester.seeds import Seeds
from nbviva.tester.subclasses import base_of, sets_value

_PARTS = {"ok": 3, "raised": 4, "missing": 0, "callback": 3}
_FAILURES = ("failed", "unreadable")
_LIBRARY = (type, FunctionType, BuiltinFunctionType)
_TOLD = (str, int, bool, float, type(None))  # arguments of an exception that goes there as they are
DEEPEST = 20
_FREE = frozenset(
    {"file", "get", "has", "names", "attribute", "parameters", "members", "imported"}
)  # they change nothing


class NoSuchName(Exception):
    """The student's notebook has no such name."""


class OtherSide:
    """The student's kernel, as proxies and namespace see it."""

    def __init__(self, line: BackLine, guard: Guard) -> None:
        self.notes, self.guard = Notes(), guard
        self.sources: list[str] = []  # of the hand-in's cells
        self.seeds = Seeds()
        self.files: Files | None = None
        self.patches: Patches | None = None
        self.is_asked = False  # whether a cell runs
        self.names: dict[int, str] = {}  # by which objects were asked for
        self.questions = 0  # that may have changed something
        self.standing: set[str] = set()  # names that still stand for the objects that they gave
        self.subclasses: dict[str, type] = {}  # of the test's below the student's, by their names there
        self._bases: dict[int, type] = {}
        self._line = line
        self._proxies: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._described: dict[int, Described] = {}
        self._classes: dict[int, type[BaseException]] = {}
        self._lent: dict[int, Any] = {INPUT: _asked_for_input}
        self._gates: dict[int, Gate] = {}  # of what of it is no function
        self._lent_numbers: dict[int, int] = {}
        self._imported: dict[int, tuple[Any, Handle]] = {}
        self._depth = 0

    def ask(self, operation: str, *values: Any) -> Any:
        """Ask, and give the answer as plain data and proxies.

        Raises
        ------
        NotAnswered
            If there is no answer that can be used; all else that is raised is what the student's code raised.
        """
        if operation not in _FREE:
            self.questions += 1
            for module, state in self.seeds.changed():
                self._ask("generator", module, state)
            for path, content in self.files.written() if self.files else ():
                self._ask("put_file", path, content)
            for spot, is_new, value in self.patches.changed() if self.patches else ():
                self._ask("patch", spot.module, spot.path, spot.name, is_new, value)
        found = self._ask(operation, *values)
        if operation == "get" and is_proxy(found):
            self.names[known(found).number] = values[0]
            self.standing.add(values[0])
        return found

    def base(self, proxy: Any) -> type:
        """Give what stands for a class of theirs among the bases of a test's class."""
        number = known(proxy).number
        if number not in self._bases:
            self._bases[number] = base_of(proxy)
        return self._bases[number]

    def note_own_value(self, described: Described, name: str) -> None:
        """Note that a test reads there what a class of its own has set."""
        if any(sets_value(self.subclasses[base], name) for base in described.bases if base in self.subclasses):
            self.notes.decide(f"the value of {name}, which the test's class sets")

    def lend(self, name: str, value: Any) -> None:
        """Give the student's functions a value of the test's by this name; nothing where it cannot be sent."""
        try:
            encode(value, self._number, exact=True)
        except Unreadable:
            return
        self.ask("set", name, value)

    def _ask(self, operation: str, *values: Any) -> Any:
        try:
            frames = encode(("objects", None, "", operation, *values), self._number, exact=True)
        except Unreadable as error:
            raise self.notes.fail(f"The test hands over what cannot be sent: {error}.") from None
        kind, parts = self._exchange(frames)
        while kind == "callback":
            kind, parts = self._exchange(self._called_back(*parts))
        if kind == "missing":
            raise NoSuchName
        if kind == "raised":
            raise raised(parts[0], *parts[1:])
        value, same, changed = parts
        return self._returned(value, same, changed, values)

    def _returned(self, value: Any, same: Any, changed: Any, values: tuple[Any, ...]) -> Any:
        """Give the value of a call after its arguments were changed as they were there; it may be one of them."""
        if type(same) is not list or type(changed) is not list:
            raise self.notes.fail("The answer is malformed.")
        given = {**dict(enumerate(values[1])), **values[2]} if len(values) == 3 and (same or changed) else {}
        for pair in changed:
            if type(pair) is not tuple or len(pair) != 2 or pair[0] not in given:
                raise self.notes.fail("The answer is malformed.")
            copy_into(given[pair[0]], pair[1])
        if same and same[0] not in given:
            raise self.notes.fail("The answer is malformed.")
        return given[same[0]] if same else value

    def _exchange(self, frames: Frames) -> tuple[str, list[Any]]:
        """Send a message and read the next one of the other side's."""
        heard = self._line.ask(frames)
        try:
            objects: list[Handle] = []
            said = decode(heard, tensors=True, exact=True, remote=objects.append)
            if objects and type(said) is tuple and len(said) > 1 and type(said[1]) is list:
                self._learn(said[1])
                said = decode(heard, tensors=True, exact=True, remote=self._object)
        except Unreadable as error:
            raise self.notes.fail(f"An answer cannot be read: {error}.") from None
        if type(said) is not tuple or not said or type(said[0]) is not str:
            raise self.notes.fail("An answer is malformed.")
        kind, *parts = said
        if kind in _FAILURES and len(parts) == 1:
            raise self.notes.fail(str(parts[0])[:500])
        if len(parts) != _PARTS.get(kind, -1) + 3 or type(parts[1]) is not str or type(parts[2]) is not list:
            raise self.notes.fail("An answer is malformed.")
        _, printed, rebound, *parts = parts
        self.standing.difference_update(name for name in rebound if type(name) is str)
        self.guard.came([*parts, printed])
        sys.stdout.write(printed)
        return kind, parts

    def _learn(self, told: list[Any]) -> None:
        """Remember what is told of objects; the first word stands."""
        for item in told:
            found = Described.read(item) if type(item) is tuple and len(item) == 5 else None
            if found is None or type(item[0]) is not int:
                raise self.notes.fail("An answer is malformed.")
            self._described.setdefault(item[0], found)

    def _called_back(self, number: Any, args: Any, kwargs: Any) -> Frames:
        """Let the student's code call a function of the test's, and give what goes back."""
        function = self._gates.get(number) or self._lent.get(number) if type(number) is int else None
        if function is None or type(args) is not list or type(kwargs) is not dict:
            raise self.notes.fail("A function was called that the test did not hand over.")
        if self._depth >= DEEPEST:
            raise self.notes.fail("The test's functions and the student's call each other too deeply.")
        self._depth += 1
        try:
            given = function(*args, **kwargs)
            return encode(("given", given), self._number, exact=True)
        except Unreadable as error:
            return _raised(self.notes.refuse(f"What a function of the test's gives cannot be sent: {error}."))
        except Exception as error:  # noqa: BLE001 - it goes on in the student's code, as in nbgrader
            return _raised(error)
        finally:
            self._depth -= 1

    def _object(self, handle: Handle) -> Any:
        """Give a function of our own that comes back, or the one proxy of an object of theirs."""
        number = handle.number
        if number >= TESTERS:
            if number not in self._lent:
                raise self.notes.fail("An answer is malformed.")
            return self._lent[number]
        described = self._described.get(number)
        if described is None:
            raise self.notes.fail("An answer is malformed.")
        if described.kind == "error":
            return self._classes.setdefault(number, error_class(described))
        found = self._proxies.get(number)
        if found is None:
            found = self._proxies[number] = proxy_of(self, number, described)
        return found

    def _number(self, value: Any) -> Handle:
        """Give the number of an object: theirs, of a library that they have, too, or a function of ours."""
        found = self._theirs(value) or self._of_library(value)
        if found:
            return found
        terms = terms_of(value)
        if not callable(value) and terms is None:
            raise Unreadable(f"a {type(value).__name__} is no plain data")
        number = self._lent_numbers.setdefault(id(value), TESTERS + 1 + len(self._lent_numbers))
        if terms and number not in self._gates:
            gate = self._gates[number] = Gate(value, terms, self._noted)
            kind = type(value)
            self._ask("lend", number, kind.__name__, gate.dunders, kind.__module__ == "__main__")
        self._lent[number] = value
        return Handle(number)

    def _noted(self) -> Notes:
        return self.notes  # of the cell that runs by then

    def _theirs(self, value: Any) -> Handle | None:
        if is_proxy(value):
            return Handle(known(value).number)
        return next((Handle(number) for number, kind in self._classes.items() if kind is value), None)

    def _of_library(self, value: Any) -> Handle | None:
        """Give the object of the same name there, where a library has it."""
        place = _place_in_library(value)
        if place is None:
            return None
        known_here = self._imported.get(id(value))
        if known_here is None:
            found = self.ask("imported", *place)
            handle = self._theirs(found)
            if handle is None:
                raise self.notes.fail("An answer is malformed.")
            known_here = self._imported[id(value)] = (found, handle)
        return known_here[1]


def _place_in_library(value: Any) -> tuple[str, list[str]] | None:
    if isinstance(value, ModuleType):
        return (value.__name__, []) if value.__name__ != "__main__" else None
    if not isinstance(value, _LIBRARY) and type(value).__name__ != "ufunc":
        return None
    module, name = getattr(value, "__module__", None) or "", getattr(value, "__qualname__", "")
    if type(value).__name__ == "ufunc":
        module, name = "numpy", value.__name__
    if module in ("", "__main__") or not name or "<" in name:
        return None
    return (module, name.split(".")) if _resolved(module, name.split(".")) is value else None


def _resolved(module: str, path: list[str]) -> Any:
    try:
        found: Any = importlib.import_module(module)
        for name in path:
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return None
    return found


def _raised(error: Exception) -> Frames:
    given = (item if type(item) in _TOLD else str(item)[:1000] for item in error.args[:8])
    args = [item.encode("utf-8", "replace").decode() if type(item) is str else item for item in given]
    return encode(("raised", type(error).__name__, args))


def _asked_for_input(prompt: str = "") -> str:
    """Let what the test put in the place of `input` answer."""
    return str(builtins.input(prompt))


__all__ = ["NoSuchName", "NotAnswered", "OtherSide"]
