"""Run the probe in a sandboxed kernel beside the release's data, and say what it found."""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path

from nbviva import probe
from nbviva.kernel import KernelStudent
from nbviva.leaks import Secrets
from nbviva.notebooks import new_cell, new_notebook
from nbviva.outputs import clean, printed
from nbviva.room import Clock, Room
from nbviva.working_copy import stage

_DONE = "The search went through."


def reachable(secrets: Secrets, handin: Path, data: Path, room: Room) -> list[str]:
    """Give a sentence for each secret that a hand-in's kernel can reach.

    Parameters
    ----------
    handin, data
        The folder of a hand-in and that of the release's data, which are staged as they are for marking.
    """
    known = {probe.digest(item) for item in (*secrets.lines, *secrets.tokens, secrets.key) if item}
    names = set(secrets.names)
    code = f"{inspect.getsource(probe)}\nprint(*sorted(set(search({known!r}, {names!r}))), {_DONE!r}, sep='\\n')"
    notebook = new_notebook([new_cell("code", code.replace("from __future__ import annotations\n", ""))], {})
    with tempfile.TemporaryDirectory(prefix="nbviva-") as place:
        stage(handin, data, Path(place))
        with KernelStudent(Path(place), room, Clock(cell=120)) as kernel:
            kernel.run(notebook, {})
    said = printed(clean(notebook.cells[0].outputs)).strip().splitlines()
    if not said or said[-1] != _DONE:
        return ["the search in the kernel did not end: look at nbviva/probe.py"]
    return said[:-1]
