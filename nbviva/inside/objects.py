"""The student's objects as a test outside handles them: asked for attributes, called, iterated, and kept by a number.

Each answer holds a value, and says of every object that stays here what it is and which operators it has. The tester
(`nbviva.tester.asking`) reads it. The student can change all of this, and nothing trusts it.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import threading
import traceback
from collections.abc import Iterator
from typing import Any

from nbviva.inside.changes import Changes
from nbviva.inside.decoder import decode
from nbviva.inside.encoder import encode
from nbviva.inside.lent import Lent, is_lent, lend
from nbviva.inside.line import BackLine
from nbviva.inside.operations import OPERATIONS, NameMissing, described, name_of, replaced_by
from nbviva.inside.plain import Frames, Handle, Unreadable

TESTERS = 1 << 39  # numbers from here on are functions and objects of the tester's
INPUT = TESTERS  # that of its `input`
MOST_PRINTED = 1_000_000
_ERROR_ARGUMENTS = (str, int, float, bool, type(None))


class Printed(io.StringIO):
    """What was printed since it was last taken, up to a length: all else is let go at once."""

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        super().write(text[: max(0, MOST_PRINTED - self.tell())])
        return len(text)

    def take(self) -> str:
        """Give it."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text.encode("utf-8", "replace").decode()


class Callback:
    """A function of the test's, in the student's hands."""

    def __init__(self, objects: Objects, number: int) -> None:
        self._objects, self.number = objects, number
        self.__name__ = "function"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Let the test call it."""
        return self._objects.call_back(self.number, args, kwargs)


class Objects:
    """Answers what a test asks of the objects of a namespace."""

    def __init__(self, namespace: dict[str, Any], line: BackLine) -> None:
        self.namespace, self._line = namespace, line
        self._kept: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._callbacks: dict[int, Callback | Lent] = {}
        self._lent: dict[int, int] = {}  # the numbers of the test's objects, by what stands for them
        self._told: dict[int, tuple[Any, ...]] = {}
        self._known_by_name: dict[str, Any] = {}  # to the test
        self._printed = Printed()
        self._thread = threading.get_ident()  # which answers

    def answer(self, operation: str, *rest: Any) -> Frames:
        """Do what is asked; whatever the code raises is an answer, too."""
        before, self._told, self._printed = (self._told, self._printed), {}, Printed()
        self._thread = threading.get_ident()
        try:
            with contextlib.redirect_stdout(self._printed), self._input_asked_for():
                return self._answered(operation, rest)
        finally:
            self._told, self._printed = before

    def _answered(self, operation: str, rest: tuple[Any, ...]) -> Frames:
        try:
            given = [self._inside(item) for item in rest]
            changes = Changes(given[1:] if operation == "call" else [])
            doing = self._lend if operation == "lend" else OPERATIONS[operation]
            value = doing(self.namespace, *given)
            if operation == "get":
                self._known_by_name[given[0]] = value
            same = changes.place_of(value)
            return self._encoded("ok", None if same else value, same, list(changes.made()))
        except NameMissing:
            return self._encoded("missing")
        except Unreadable as error:
            return encode(("unreadable", str(error)))
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - the student's error is the answer
            bases = [name_of(kind) for kind in type(error).__mro__]
            args = [_argument(item) for item in error.args[:8]]
            return self._encoded("raised", type(error), bases, args, _trace(error))

    def _encoded(self, kind: str, *parts: Any) -> Frames:
        printed = self._printed.take()
        try:
            return self._with_told(kind, printed, self._rebound(), *parts)
        except Unreadable as error:
            return encode(("unreadable", str(error)))
        except Exception as error:  # noqa: BLE001 - the value is the student's, and so is what becomes of asking it
            return encode(("unreadable", f"the value cannot be read: {type(error).__name__}"))

    def _with_told(self, *message: Any) -> Frames:
        """Write a message, with what is told of the objects in it before it, so that it is known when they are read."""
        kind, *rest = message
        frames = encode((kind, [], *rest), self._keep, exact=True)
        return encode((kind, list(self._told.values()), *rest), self._keep, exact=True) if self._told else frames

    def _rebound(self) -> list[str]:
        """Give the names by which the test knows something else than they stand for now: it has to ask again."""
        names = [name for name, value in self._known_by_name.items() if self.namespace.get(name, self) is not value]
        for name in names:
            del self._known_by_name[name]
        return names

    @contextlib.contextmanager
    def _input_asked_for(self) -> Iterator[None]:
        before, builtins.input = builtins.input, lambda prompt="": self.call_back(INPUT, (str(prompt),), {})
        try:
            yield
        finally:
            builtins.input = before

    def call_back(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Let the test call a function of its own; while it does, it may ask on.

        Another thread gets what the test has put its function in the place of: only who answers has the line.
        """
        if threading.get_ident() != self._thread:
            given = args[1:] if number in self._lent.values() else (args, kwargs)
            return replaced_by(self._callbacks[number])(*given[0], **given[1])
        frames = self._with_told("callback", self._printed.take(), self._rebound(), number, list(args), kwargs)
        while True:
            kind, *parts = decode(self._line.ask(frames), tensors=True, exact=True)
            if kind == "given":
                return self._inside(parts[0])
            if kind == "raised":
                known = getattr(builtins, parts[0], RuntimeError)
                raise known(*parts[1])
            frames = self.answer(*parts[2:])

    def _keep(self, value: object) -> Handle:
        if type(value) is Callback:
            return Handle(value.number)
        if is_lent(value):
            return Handle(self._lent[id(value)])
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._kept)
            self._kept[number] = value
        if number not in self._told:
            self._told[number] = (number, *described(value))
        return Handle(number)

    def _inside(self, value: Any) -> Any:
        """Put the objects back in the place of their numbers."""
        if type(value) is Handle:
            return self._callback(value.number) if value.number >= TESTERS else self._kept[value.number]
        if type(value) in (list, tuple, set):
            return type(value)(map(self._inside, value))
        if type(value) is dict:
            return {self._inside(key): self._inside(item) for key, item in value.items()}
        return value

    def _callback(self, number: int) -> Callback | Lent:
        return self._callbacks.setdefault(number, Callback(self, number))

    def _lend(self, namespace: dict[str, Any], number: int, name: str, dunders: tuple[str, ...], is_own: bool) -> None:
        """Know an object of the test's that is handed over next."""
        known = namespace.get(name) if is_own else None
        made = lend(lambda *values: self.call_back(number, values, {}), name, dunders, known)
        self._callbacks[number] = made
        self._lent[id(made)] = number


def _trace(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))[-8000:]
    return text.encode("utf-8", "replace").decode()


def _argument(value: Any) -> Any:
    return value if type(value) in _ERROR_ARGUMENTS else str(value)[:2000]
