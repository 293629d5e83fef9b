"""Random numbers: what a test seeds for itself, it seeds for the student's functions, too.

In one kernel both draw from the same generators. So when a test has seeded one, the state that it is in goes to the
student's kernel before each question. No state ever comes from there: the test's own draws are not the student's to
choose.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

_SEEDING = {"random": "seed", "numpy.random": "seed", "torch": "manual_seed"}


class Seeds:
    """Notices which generators a test cell seeds, and gives their states where they have changed."""

    def __init__(self) -> None:
        self._seeded: set[str] = set()
        self._sent: dict[str, str] = {}

    def begin(self, text: str) -> None:
        """Watch a cell of this text; only one that has the word can seed."""
        self._seeded.clear()
        self._sent.clear()
        for module in _SEEDING if "seed" in text else ():
            if module in sys.modules or module.split(".")[0] in text:
                self._watch(module)

    def _watch(self, module: str) -> None:
        try:
            home: Any = importlib.import_module(module)
        except ImportError:
            return
        name = _SEEDING[module]
        if not hasattr(getattr(home, name), "__wrapped__"):
            setattr(home, name, self._noting(module, getattr(home, name)))

    def _noting(self, module: str, seed: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(seed)
        def noted(*args: Any, **kwargs: Any) -> Any:
            self._seeded.add(module)
            self._sent.pop(module, None)
            return seed(*args, **kwargs)

        return noted

    def changed(self) -> Iterator[tuple[str, Any]]:
        """Give the state of each generator that was seeded and is in another state than when it was given last."""
        for module in sorted(self._seeded):
            state = _state(module)
            said = repr(state) if module == "random" else _told(state)
            if self._sent.get(module) != said:
                self._sent[module] = said
                yield module, state


def _state(module: str) -> Any:
    home: Any = sys.modules[module]
    if module == "torch":
        return home.get_rng_state()
    return home.getstate() if module == "random" else home.get_state()


def _told(state: Any) -> str:
    parts = state if isinstance(state, tuple) else (state.numpy(),)
    return repr([part.tobytes() if hasattr(part, "tobytes") else part for part in parts])
