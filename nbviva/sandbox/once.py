"""One program of ours that reads what a student made, such as a picture: run in the sandbox, once, to its end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence

from nbviva.errors import SandboxUnavailable
from nbviva.sandbox import bubblewrap
from nbviva.sandbox.limits import MIB, Limits

LIMITS = Limits(memory=1024 * MIB, processes=64, disk=MIB, cpu_seconds=20)


def answer_once(arguments: Sequence[str], told: bytes, seconds: float = 40.0) -> bytes | None:
    """Run this environment's Python with these arguments in the sandbox, and give what it writes.

    None where there is no sandbox, or the program failed or took too long.
    """
    if bubblewrap.refusal() is not None:
        return None
    limits = [f"--as={LIMITS.memory}", f"--cpu={LIMITS.cpu_seconds}", "--core=0", "--fsize=0"]
    program = ["prlimit", *limits, "--", sys.executable, "-I", "-B", *arguments]
    with contextlib.ExitStack() as files:
        parcel = bubblewrap.Parcel(files)
        try:
            shown = bubblewrap.view(sys.executable, (), {})
            words = [
                *bubblewrap.dropped(shown.python.binds),
                *bubblewrap.template_command(program, LIMITS, shown, parcel),
            ]
            done = subprocess.run(  # noqa: S603 - every word is ours
                words, input=told, capture_output=True, pass_fds=parcel.numbers, env={"PATH": os.defpath}, cwd="/",
                timeout=seconds, check=False,
            )  # fmt: skip
        except (OSError, SandboxUnavailable, subprocess.TimeoutExpired):
            return None
    return done.stdout if done.returncode == 0 else None
