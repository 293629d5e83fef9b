"""Write the pages that groups read: nbgrader's own generate_feedback, for named groups, in several processes.

nbgrader renders one page after another. Here a program of its own reads nbgrader's configuration once and forks; each
child renders its share with nbgrader's converter, so that templates and the release of feedback work as ever.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from nbgrader.apps import GenerateFeedbackApp
from nbgrader.converters import GenerateFeedback, NbGraderException

from nbviva.course import Course, Refused

_PR_SET_PDEATHSIG = 1
_A_WORKER = 4  # pages: fewer are written sooner by one process than by two


def write_pages(course: Course, week: str, notebook: str, groups: Sequence[str], workers: int | None = None) -> None:
    """Write the pages of these groups, whose notebooks lie in `autograded/`.

    Raises
    ------
    Refused
        With nbgrader's last words, if a page could not be written; the others are.
    """
    if not groups:
        return
    most = workers or len(os.sched_getaffinity(0))
    number = max(1, min(most, -(-len(groups) // _A_WORKER)))
    done = subprocess.run(  # noqa: S603 - our own program, with arguments of ours
        [sys.executable, "-P", "-m", "nbviva.pages", week, notebook, str(number)],
        input=json.dumps(list(groups)),
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise Refused(f"Not all feedback could be written. nbgrader's last words:\n{last}")


class Pages(GenerateFeedback):
    """nbgrader's converter, for the notebook of named groups in the place of all."""

    groups: Sequence[str] = ()
    week = notebook = ""

    def init_notebooks(self) -> None:
        """Called by nbgrader: says which notebooks there are to convert."""
        self.notebooks = []
        places = [self._format_source(self.week, group) for group in self.groups]
        self.assignments = {place: [f"{place}{os.sep}{self.notebook}.ipynb"] for place in places}


def _die_with_parent() -> None:
    """Ask the system to end this process with the one that started it: a killed call leaves no writer behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _convert(app: Any, notebook: str, groups: Sequence[str]) -> None:
    _die_with_parent()
    converter: Any = Pages(coursedir=app.coursedir, parent=app)  # type: ignore[no-untyped-call]  # nbgrader has no types
    converter.groups, converter.week, converter.notebook = groups, app.coursedir.assignment_id, notebook
    try:
        converter.start()
    except NbGraderException:
        sys.exit(1)


def main() -> None:
    """Convert the notebooks of the groups on standard input, in so many processes; called by `write_pages`."""
    week, notebook, workers = sys.argv[1:]
    groups = json.load(sys.stdin)
    _die_with_parent()
    app: Any = GenerateFeedbackApp()
    app.initialize([week, "--force"])
    app.coursedir.assignment_id = week
    fork = multiprocessing.get_context("fork")
    shares = [groups[number :: int(workers)] for number in range(int(workers))]
    children = [fork.Process(target=_convert, args=(app, notebook, share)) for share in shares]
    for child in children:
        child.start()
    for child in children:
        child.join()
    sys.exit(any(child.exitcode for child in children))


if __name__ == "__main__":
    main()
