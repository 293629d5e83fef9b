"""Where a kernel runs, for how long, and what it finds there: rooms, clocks, the environment, a copy of the files."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePath

from nbviva.files import digest_of_files, regular_files
from nbviva.sandbox.limits import Limits, thread_variables

MAX_EXTRA_BYTES = 50 << 20
MAX_EXTRA_FILES = 1000


@dataclass(frozen=True)
class Clock:
    """Wall-clock limits in seconds. They are generous: under load a cell takes many times its usual time.

    Attributes
    ----------
    start, cell, grace
        Of the kernel's start; of one cell, which is then interrupted; of what an interrupted kernel needs to go on.
    notebook, questions
        Of all cells together, and of all questions together; one question's limit is the check's.
    """

    start: float = 120.0
    cell: float = 300.0
    grace: float = 10.0
    notebook: float = 1200.0
    questions: float = 1800.0

    def allowed(self, cell: float | None, notebook: float | None, question: float | None) -> Clock:
        """Give the clock of a week that allows other times; None leaves them, but a sum always holds its part."""
        return replace(
            self,
            cell=cell or self.cell,
            notebook=notebook or max(self.notebook, cell or 0.0),
            questions=max(self.questions, question or 0.0),
        )


@dataclass(frozen=True)
class Room:
    """Where a kernel runs: in a sandbox under `limits`, or (the instructor's own notebooks only) beside us.

    Attributes
    ----------
    template
        The address of a `nbviva.sandbox.fork_server.ForkServer` that sandboxed kernels are forked from; without one
        they start cold. No report depends on it.
    backend
        The name of one of `nbviva.sandbox.backends`; empty: the environment's choice, or bubblewrap.
    """

    sandboxed: bool = True
    limits: Limits = field(default_factory=Limits)
    template: str = field(default="", repr=False, compare=False)
    backend: str = field(default="", repr=False, compare=False)

    def allowed(self, memory: int | None, processes: int | None, clock: Clock) -> Room:
        """Give the room of a week that allows other limits; None leaves them.

        A process may compute for as long as a week's clock lets its cells, or its questions, take.
        """
        own, longest = self.limits, math.ceil(max(clock.notebook, clock.questions))
        seconds = max(own.cpu_seconds, longest) if clock != Clock() else own.cpu_seconds
        most = replace(own, memory=memory or own.memory, processes=processes or own.processes, cpu_seconds=seconds)
        return replace(self, limits=most)


def kernel_environment() -> dict[str, str]:
    """Give the environment of an unsandboxed kernel: nothing of the grader's but paths, and one thread a library."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "TMPDIR", "MPLCONFIGDIR")
    blas = (name for name in os.environ if name.startswith(("OPENBLAS_", "NVPL_")))
    environment = {name: os.environ[name] for name in (*kept, *blas) if name in os.environ}
    return {
        **environment,
        **thread_variables(1),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


@dataclass(frozen=True)
class GivenFiles:
    """The files that a release gives out beside its notebooks, and the folder in the working copy that is theirs alone.

    Attributes
    ----------
    inside
        Empty: they lie beside the notebook, and over files of these names alone.
    """

    folder: Path
    inside: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, in order; no notebook of the source's, which has solutions, is one."""
        found = (path for path in sorted(regular_files(self.folder)) if self.inside or path.suffix != ".ipynb")
        return tuple(path for path in found if "__pycache__" not in path.parts)

    @cached_property
    def digest(self) -> str:
        """The digest (hex) of their names and contents; read once."""
        return digest_of_files(self.folder, self.files)


def stage(handin: Iterable[tuple[Path, PurePath]], given: GivenFiles, place: Path) -> None:
    """Copy what the kernel may see into its working copy: a hand-in's own files, and what the release gives over them.

    Parameters
    ----------
    handin
        The files, each with its path in the working copy.
    """
    budget = MAX_EXTRA_BYTES
    for path, target in itertools.islice(handin, MAX_EXTRA_FILES):
        with contextlib.suppress(PermissionError, FileExistsError, NotADirectoryError):  # the run says what is missing
            budget -= path.lstat().st_size
            if budget >= 0:
                (place / target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place / target)
    if given.inside and given.folder.is_dir():
        shutil.rmtree(place / given.inside, ignore_errors=True)
        (place / given.inside).unlink(missing_ok=True)
        shutil.copytree(given.folder, place / given.inside)
        return
    for path in given.files:
        _put(path, place, path.relative_to(given.folder))


def _put(path: Path, place: Path, target: PurePath) -> None:
    """Copy a file of the release's; what a hand-in has in its way goes."""
    for above in reversed([*target.parents][:-1]):
        if not (place / above).is_dir():
            (place / above).unlink(missing_ok=True)
            (place / above).mkdir()
    if (place / target).is_dir():
        shutil.rmtree(place / target)
    shutil.copyfile(path, place / target)
