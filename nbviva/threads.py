"""How many threads numerical libraries use: they read it from the environment, once, when they are loaded."""

import contextlib
import os
from collections.abc import Iterator

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def variables(number: int) -> dict[str, str]:
    """Give the environment variables for so many threads."""
    return dict.fromkeys(VARIABLES, str(number))


@contextlib.contextmanager
def using(number: int) -> Iterator[None]:
    """Let processes that are started inside use so many threads."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(variables(number))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
