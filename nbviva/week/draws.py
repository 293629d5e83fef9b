"""Random numbers of the checks, drawn from the secret: every group is asked other questions, each time the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Draw = Callable[[str], "np.random.Generator"]


def generators(secret: bytes, week: str, group: str) -> Draw:
    """Give a function from a name (of a check or fixture) to its own random generator."""
    import numpy as np

    def draw(name: str) -> np.random.Generator:
        key = b"\0".join([secret, week.encode(), os.fsencode(group), name.encode()])
        return np.random.default_rng(int.from_bytes(hashlib.sha256(key).digest(), "big"))

    return draw
