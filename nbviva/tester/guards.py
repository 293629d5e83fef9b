"""What a test cell must not do with what came from the student: evaluate its texts, unpickle its bytes, start programs.

Python tells before it compiles a text, looks up a pickled class or starts a program; then the cell is ended as one that
got no answer. A text is the student's where it holds one that came from there, unless that is a mere word or number.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any

_PROGRAMS = frozenset(
    ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "pty.spawn")
)
_SHORTEST, _MOST = 3, 10_000
_PARSED = "<unknown>"  # where a text is parsed and not run
_EVALUATES = ("pandas.core.computation",)  # what runs what it has parsed


class Guard:
    """Refuses such things while it is on."""

    def __init__(self) -> None:
        self._fail: Callable[[str], BaseException] | None = None
        self._texts: set[str] = set()
        self._all = False  # any text may be the student's
        self._bytes = self._parsed = False
        sys.addaudithook(self._heard)

    def begin(self, fail: Callable[[str], BaseException]) -> None:
        """Watch from now on; `fail` notes a reason and gives what is to be raised."""
        self._fail, self._parsed = fail, False

    def end(self) -> None:
        """Watch no more; what came is still remembered."""
        self._fail = None

    def came(self, value: Any) -> None:
        """Remember what came from the student: texts and bytes, however deep in a value."""
        todo = [value]
        while todo:
            item = todo.pop()
            kind = type(item)  # a proxy's class would be asked for by `isinstance`
            if issubclass(kind, str):
                self._note(item)
            elif issubclass(kind, bytes | bytearray):
                self._bytes = True
            elif issubclass(kind, dict):
                todo.extend([*item.keys(), *item.values()])
            elif issubclass(kind, list | tuple | set | frozenset | deque):
                todo.extend(item)
            elif kind.__module__.split(".")[0] in ("numpy", "pandas"):
                todo.extend(self._in_array(item))

    def _in_array(self, value: Any) -> list[Any]:
        """Give the texts of an array or a table; of a large one any text is taken for the student's."""
        if not _may_hold_text(value):
            return [part for name in ("columns", "index", "name") if (part := getattr(value, name, None)) is not None]
        if getattr(value, "size", 1) > _MOST:
            self._all = True
            return []
        import numpy as np

        parts = [getattr(value, name, None) for name in ("columns", "index", "name") if hasattr(value, "iloc")]
        return [*np.asarray(value, dtype=object).ravel().tolist(), *(part for part in parts if part is not None)]

    def _note(self, text: str) -> None:
        if len(text) >= _SHORTEST and not text.isidentifier() and not _is_number(text):
            self._texts.add(text)
            self._all |= len(self._texts) > _MOST

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        fail = self._fail
        if fail is None:
            return
        if event in _PROGRAMS:
            raise fail("The test starts a program.")
        if event == "pickle.find_class" and self._bytes:
            raise fail("The test would unpickle what the student's code gave.")
        if event == "compile" and (self._texts or self._all) and self._would_run(*args[:2]):
            raise fail("The test would evaluate a text that the student's code gave.")

    def _would_run(self, source: Any, file: Any) -> bool:
        if _by_ipython() or (isinstance(source, bytes) and str(file).startswith("/")):
            return False  # the cell itself, or a module that is imported
        if isinstance(source, bytes):
            source = source.decode("utf-8", "replace")
        if not isinstance(source, str):
            return self._parsed and source is not None
        if any(self._is_students(text) for text in _parsed_by_sympy()):
            return True
        if not self._is_students(source):
            return False
        if str(file) != _PARSED or any(name.startswith(_EVALUATES) for name in _modules()):
            return True
        self._parsed = True
        return False

    def _is_students(self, text: str) -> bool:
        return self._all or any(known in text for known in self._texts)


def _may_hold_text(value: Any) -> bool:
    several = getattr(value, "dtypes", None)
    kinds = list(several) if isinstance(several, Iterable) else [getattr(value, "dtype", None)]
    return any(getattr(kind, "kind", "O") in "OUS" for kind in kinds)


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - there is no public way
    while frame is not None:
        yield frame
        frame = frame.f_back


def _by_ipython() -> bool:
    """Whether it is IPython itself that compiles: the cell's text, or its next statement, which it has as a tree."""
    name = next(name for name in _modules() if name != __name__)
    return name.partition(".")[0] in ("IPython", "ipykernel", "codeop")


def _modules() -> Iterator[str]:
    yield from (str(frame.f_globals.get("__name__", "")) for frame in _frames())


def _parsed_by_sympy() -> Iterator[str]:
    """Give the texts that sympy makes into Python before it evaluates them."""
    for frame in _frames():
        if frame.f_code.co_name == "parse_expr" and frame.f_globals.get("__name__") == "sympy.parsing.sympy_parser":
            yield str(frame.f_locals.get("s", ""))


def _is_number(text: str) -> bool:
    try:
        complex(text)
    except ValueError:
        return False
    return True
