"""Measure what the texts and answers that cost an examiner most take, as multiples of an honest hand-in's.

    python tools/dear_texts.py

Each is handed in to the toy week in the place of an answer. Printed are our own process' CPU seconds and peak memory in
grade, regrade, page and class report, each beside what an honest hand-in takes in the same process a moment before; the
kernel's own work is not in it. What takes less than half a second, as an honest hand-in of a real week does in each
step, is no excess: the toy's own takes a hundredth of that. `%%html` keeps the kernel from parsing a text for minutes.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import nbformat

from nbviva.course import Course
from nbviva.feedback.gather import questions
from nbviva.feedback.nbgrader import _page
from nbviva.feedback.page import Head
from nbviva.grading.grade import grade
from nbviva.grading.reports import stored_report, stored_transcript
from nbviva.grading.stored import save, submission
from nbviva.kernel.recording import NotAsked
from nbviva.notebooks import read
from nbviva.results.classreport import class_report
from nbviva.verify.release import make_source

ROOT = Path(__file__).parents[1]
MOST, LEAST_SECONDS = 3.0, 0.5 / 3
RIGHT = "def double(x):\n    return 2 * x\n"
TEXTS = {
    "60 kB of printed newlines": RIGHT + "print('\\n' * 60_000)",
    "1.2 MB of printed newlines": RIGHT + "print('\\n' * 1_200_000)",
    "1 MB of printed numbers": RIGHT + "print(' '.join(map(str, range(150_000))))",
    "40 kB of newline and tab in a cell": "%%html\n" + "\n\t" * 20_000,
    "60 kB of open brackets": "(" * 60_000,
    "60 kB of quotes": '"""' * 20_000,
    "60 kB of names": RIGHT + "\n".join(f"name_{number} = {number}" for number in range(3500)),
    "an answer of 250 MB of int8": "import numpy as np\ndef double(x): return np.zeros(250_000_000, np.int8)",
    "an answer of 100 MB of text": "def double(x): return 'x' * 100_000_000",
    "an answer of a million numbers": "def double(x): return list(range(1_000_000))",
    "an answer of deep lists": "def double(x, d=90): return x if not d else [double(x, d - 1)]",
    "an answer of a hundred thousand keys": "def double(x): return {str(i): i for i in range(100_000)}",
}  # fmt: skip


def course_with(folder: Path, text: str) -> Course:
    """Make a toy course with one hand-in: the solution, with this text in the place of the first answer."""
    shutil.copytree(ROOT / "tests" / "toy", folder, ignore=shutil.ignore_patterns("__pycache__"))
    course = Course(folder)
    make_source(course, "toy")
    notebook = nbformat.read(course.source("toy") / "toys.ipynb", 4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "double_answer":
            cell.source = text
    path = course.submitted("toy", "g") / "toys.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(nbformat.writes(notebook), "utf-8")
    return course


def steps(course: Course) -> dict[str, Callable[[], object]]:
    """Give what is measured, in order."""
    folder = course.report("toy", "g")

    def page() -> str:
        asked = questions(course.assignment("toy"), stored_report(folder), {}, {}, {})
        return _page(Head("Course", "Week", "g", (), ()), asked, read(folder / "notebook.ipynb"), {})

    def regrade() -> None:
        with suppress(NotAsked):  # an answer of such a size is not kept: a kernel would be asked again
            grade(submission(course, "toy", "g"), stored_transcript(folder))

    return {
        "grade": lambda: save(folder, grade(submission(course, "toy", "g"))),
        "regrade": regrade,
        "page": page,
        "report": lambda: class_report(course, "toy"),
    }


def cost(call: Callable[[], object]) -> tuple[float, int]:
    """Give the CPU seconds of a call, and the most bytes that this process had meanwhile."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # begins the peak anew
    began = time.process_time()
    call()
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    return time.process_time() - began, peak


def measured(text: str) -> dict[str, tuple[float, float, float, float]]:
    """Give for each step: CPU seconds and peak of an honest hand-in, then those of this one."""
    with tempfile.TemporaryDirectory() as place:
        courses = [course_with(Path(place, name), words) for name, words in (("honest", RIGHT), ("dear", text))]
        for call in steps(courses[0]).values():
            call()  # once for nothing: imports
        honest, dear = ({name: cost(call) for name, call in steps(course).items()} for course in courses)
        return {name: (*honest[name], *dear[name]) for name in honest}


def row(name: str, found: dict[str, tuple[float, float, float, float]]) -> list[str]:
    """Print a row, and give what costs too much."""
    words, bad = [], []
    for step, (before, least, seconds, peak) in found.items():
        times, size = seconds / max(before, LEAST_SECONDS), peak / least
        words.append(f"{seconds:6.2f} s {times:4.1f} {size:4.1f}")
        bad += [f"{name}: {step}"] if max(times, size) > MOST else []
    sys.stdout.write(f"{name:38} {'   '.join(words)}\n")
    sys.stdout.flush()
    return bad


def main() -> None:
    """Print the table, each row from a process of its own; end with 1 where anything costs too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=TEXTS)
    wanted = parser.parse_args()
    if wanted.case:
        sys.stdout.write(json.dumps(measured(TEXTS[wanted.case])))
        return
    sys.stdout.write(f"{'':38} {'   '.join(f'{step:8} CPU  mem' for step in ('grade', 'regrade', 'page', 'report'))}\n")
    bad = []
    for name in TEXTS:
        command = [sys.executable, __file__, "--case", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        bad += row(name, json.loads(done.stdout))
    sys.stdout.write("".join(f"more than {MOST:g} times an honest hand-in: {line}\n" for line in bad))
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
