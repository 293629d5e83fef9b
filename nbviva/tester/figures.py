"""The current figure of pyplot, where the student's functions have drawn: it is there, and the test asks for it here.

In one kernel both draw on one current figure. So what a test makes of it (`figure`, `close`, `clf`, `cla`) is made
there, too, and `gcf` and `gca` give theirs where the test has drawn nothing itself. Each test cell begins without a
figure, as Jupyter's inline figures let it.
"""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from nbviva.tester.proxies import is_proxy

if TYPE_CHECKING:
    from nbviva.tester.asking import OtherSide

_PYPLOT = "matplotlib.pyplot"
_NAMES = re.compile(r"\b(?:plt|pyplot|pylab|gca|gcf)\b")
_SENT = (str, int, float, bool, tuple, type(None))
_MADE = ("figure", "close", "clf", "cla")


class Figures:
    """Lets pyplot's current figure be the student's."""

    def __init__(self, side: OtherSide) -> None:
        self._side = side
        self._is_told = False

    def begin(self, text: str) -> None:
        """Be at a cell of this text."""
        if not _NAMES.search(text):
            return
        self._side.ask("figure", "close", ["all"], {})
        if not self._is_told:
            self._is_told = True
            self._tell(importlib.import_module(_PYPLOT))

    def _tell(self, pyplot: Any) -> None:
        for name in _MADE:
            setattr(pyplot, name, self._made_there_too(name, getattr(pyplot, name)))
        for name in ("gcf", "gca"):
            setattr(pyplot, name, self._theirs_or(name, getattr(pyplot, name)))

    def _made_there_too(self, name: str, usual: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(usual)
        def make(*args: Any, **kwargs: Any) -> Any:
            given = [*args, *kwargs.values()]
            if self._side.is_asked and all(type(value) in _SENT or is_proxy(value) for value in given):
                self._side.ask("figure", name, list(args), kwargs)
            return None if any(map(is_proxy, given)) else usual(*args, **kwargs)

        return make

    def _theirs_or(self, name: str, usual: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(usual)
        def get() -> Any:
            asked = self._side.is_asked and _by_the_course(sys._getframe(1)) and not _has_drawn()  # noqa: SLF001 - there is no public way
            found = self._side.ask("figure", name, [], {}) if asked else None
            return usual() if found is None else found

        return get


def _by_the_course(frame: FrameType) -> bool:
    """Whether a test or a module of the course's asks: a library that draws for a test draws on the test's figure."""
    file = frame.f_globals.get("__file__")
    return frame.f_globals.get("__name__") == "__main__" or (file and Path(file).parent == Path.cwd()) is True


def _has_drawn() -> bool:
    """Whether the test has made a figure with axes itself."""
    pyplot = sys.modules[_PYPLOT]
    return any(pyplot.figure(number).axes for number in pyplot.get_fignums())
