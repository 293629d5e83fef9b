"""Programs that are run to their end: what they wrote, and their last words where they failed."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbviva.processes.job import UNBOUNDED, Bounds

_LAST_LINES = 12


@dataclass(frozen=True)
class ProgramEnd:
    """How a program ended: its exit code, negative for a signal, and what it wrote on its two streams."""

    code: int
    output: bytes
    complaint: str = ""
    is_late: bool = False  # its time was up, on the clock or of the processor

    @property
    def last_words(self) -> str:
        """The last lines of its complaint, which say why it failed."""
        return "\n".join(self.complaint.strip().splitlines()[-_LAST_LINES:])


def program(
    words: Sequence[str | Path], *, folder: Path | None = None, told: str = "",
    environment: Mapping[str, str] | None = None, bounds: Bounds = UNBOUNDED,
) -> ProgramEnd:  # fmt: skip
    """Run a program until it ends, or its time on the clock is up.

    Parameters
    ----------
    folder
        Where it runs; default: here.
    told
        What it reads.
    environment
        All that it finds there; default: ours.
    """
    try:
        done = subprocess.run(  # noqa: S603 - who calls gives a program of ours, or of this environment
            words, input=told.encode(), capture_output=True, cwd=folder, env=environment, timeout=bounds.patience,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        return ProgramEnd(
            -signal.SIGKILL, error.stdout or b"", (error.stderr or b"").decode(errors="replace"), is_late=True
        )
    late = done.returncode in (-getattr(signal, "SIGXCPU", signal.SIGTERM), -signal.SIGKILL)
    return ProgramEnd(done.returncode, done.stdout, done.stderr.decode(errors="replace"), late)
