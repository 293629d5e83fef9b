"""Measure what the framework costs, as ratios against the plain tool in the same run; `make bench` prints the table.

Start-up: a sandboxed kernel against a plain one, alternating, median of pairs, until the first answer of the kernel.
Asking: a scalar there and back (ms above a plain Jupyter round trip), and an array of 80 MB (MB/s, both ways counted).
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nbviva.kernel.kernel import KernelStudent
from nbviva.kernel.room import Room
from nbviva.notebooks import new_cell, new_notebook

PAIRS = 9
QUESTIONS = 300
ARRAY = np.zeros(10_000_000)


def main() -> None:
    """Print one line a measurement."""
    plain, sandboxed = start_up()
    print(f"start-up      plain {plain:.2f} s, sandboxed {sandboxed:.2f} s, ratio {sandboxed / plain:.2f}")
    with KernelStudent(Path(tempfile.mkdtemp()), Room()) as kernel:
        kernel.run(new_notebook([new_cell("code", "def same(x): return x")], {}), {})
        student = kernel.student
        student.same(ARRAY)
        bare = _seconds(lambda: kernel._guarded(lambda: _round_trip(kernel), 10), QUESTIONS)  # noqa: SLF001
        asked = _seconds(lambda: student.same(1.0), QUESTIONS)
        array = _seconds(lambda: student.same(ARRAY), 5)
    above = 1000 * (asked - bare)
    print(f"scalar        {1000 * asked:.2f} ms a question, {above:.2f} ms above a bare Jupyter round trip")
    print(f"array         {2 * ARRAY.nbytes / 1e6 / array:.0f} MB/s (80 MB there and back)")


def start_up() -> tuple[float, float]:
    """Median seconds from nothing to a kernel that answers: plain, sandboxed."""
    for sandboxed in (False, True):
        _start(sandboxed=sandboxed)
    pairs = [(_start(sandboxed=False), _start(sandboxed=True)) for _ in range(PAIRS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _start(*, sandboxed: bool) -> float:
    began = time.perf_counter()
    with KernelStudent(Path(tempfile.mkdtemp()), Room(sandboxed=sandboxed)):
        return time.perf_counter() - began


async def _round_trip(kernel: KernelStudent) -> None:
    client = kernel._client  # noqa: SLF001 - the bare protocol is what is measured
    request = client.kernel_info()
    while (await client.shell_channel.get_msg(timeout=10))["parent_header"].get("msg_id") != request:
        pass


def _seconds(work: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times


if __name__ == "__main__":
    main()
