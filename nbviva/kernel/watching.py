"""Waiting for a kernel with bounds of our own: on time, and on the memory that frames take which nobody asked for."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from nbviva.kernel.student import Died


async def watched(
    work: Callable[[], Awaitable[Any]], seconds: float, growth_bytes: int, look: Callable[[], None]
) -> Any:
    """Await what a kernel does; `look` is called some ten times a second meanwhile.

    Raises
    ------
    TimeoutError
        If it takes longer.
    Died
        If our own process grows by more than so many bytes.
    """
    task = asyncio.ensure_future(work())
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # what comes late is nobody's news
    most = _resident_bytes() + growth_bytes
    end = time.monotonic() + seconds
    try:
        while not task.done():
            await asyncio.wait([task], timeout=min(0.1, max(0.0, end - time.monotonic())))
            if not task.done():
                look()
            if not task.done() and time.monotonic() >= end:
                raise TimeoutError
            if _resident_bytes() > most:
                raise Died("Your notebook's kernel sent more than can be read, and was ended.")
        return task.result()
    finally:
        task.cancel()


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
