"""What a kernel may use: memory, processes, files, disk and CPU, and the threads of numerical libraries.

The libraries read their number of threads from the environment, once, when they are loaded.
"""

import contextlib
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


MIB = 1 << 20
GIB = 1 << 30
PAGE = mmap.PAGESIZE
UNLIMITED = -1  # as the system says it
CPU_GRACE = 5  # seconds between the signal that a program may catch and the one that it may not


def thread_variables(number: int) -> dict[str, str]:
    """Give the environment variables for so many threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(number))


@contextlib.contextmanager
def using_threads(number: int) -> Iterator[None]:
    """Let processes that are started inside use so many threads."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(thread_variables(number))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@dataclass(frozen=True)
class Limits:
    """The ceilings of one kernel and everything that it starts.

    Attributes
    ----------
    memory
        bytes, of all processes together; importing torch and lightning takes 0.5 GiB.
    processes
        processes and threads together; zmq, ipykernel and torch start some 20.
    open_files, file_size, cpu_seconds
        of each process, the second in bytes; what all take together is bounded by wall time, which the asker keeps.
    disk
        bytes of each of the four places that can be written: the working copy, the home, /tmp and /dev/shm.
    inodes
        files and folders in each of them; one takes a kilobyte of memory beside its content.
    """

    memory: int = 4 * GIB
    processes: int = 256
    open_files: int = 1024
    file_size: int = 512 * MIB
    disk: int = 512 * MIB
    inodes: int = 1 << 15
    cpu_seconds: int = 1800

    def rlimits(self) -> dict[str, tuple[int, int]]:
        """Soft and hard limits by the name that prlimit and the engines give them, none above what we may set."""
        wanted = {
            "core": (0, 0),
            "data": (UNLIMITED, UNLIMITED),  # the examiner's own is no kernel's
            "cpu": (self.cpu_seconds, self.cpu_seconds + CPU_GRACE),
            "fsize": (self.file_size, self.file_size),
            "nofile": (self.open_files, self.open_files),
            "nproc": (self.processes, self.processes),
        }
        return {name: _under_ceiling(name, *pair) for name, pair in wanted.items()}


def _under_ceiling(name: str, soft: int, hard: int) -> tuple[int, int]:
    import resource  # Linux' own, like the sandbox; whoever only asks what the limits are may be anywhere

    ceiling = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    if ceiling == resource.RLIM_INFINITY:
        return soft, hard
    lowered = [ceiling if limit == UNLIMITED else min(limit, ceiling) for limit in (soft, hard)]
    return lowered[0], lowered[1]
