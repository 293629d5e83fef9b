"""Changes that the student's code made in an argument of a call, made in the test's own value, too."""

from __future__ import annotations

from typing import Any


def copy_into(old: Any, new: Any) -> None:
    """Give a test's own value the content of the one that came back; one of another type or shape is left alone."""
    if type(old) is not type(new):
        return
    kind = type(old).__name__
    if kind in ("list", "bytearray"):
        old[:] = new
    elif kind in ("dict", "set"):
        old.clear()
        old.update(new)
    elif kind == "ndarray":
        if old.shape == new.shape and old.dtype == new.dtype and old.flags.writeable:
            old[...] = new
    elif kind in ("DataFrame", "Series"):
        old._update_inplace(new)  # noqa: SLF001 - pandas has no public way that changes the columns, too
    elif kind == "Tensor" and old.shape == new.shape and old.dtype == new.dtype:
        old.detach().copy_(new)
