"""Measure batches against plain nbgrader: the same hand-ins, the same machine, one run; `make bench` prints it.

    tools/batch_bench.py [--handins 4] [--light 24] [--many 0] [--adopted 24] [--only adopted]

Week 11 as it stands, handed in with full marks, and a hand-in that imports as much and trains nothing. Plain nbgrader
runs its own Execute on each notebook, one after another: the visible tests, and of the hidden checks those that can run
inside of a student's kernel, which leaves out the cross-validation on hidden data. An adopted course is graded as it
is by both: its tests run outside of the student's kernel here, inside of it there. CPU is that of all processes a
command starts. Paces are of this machine at this time; what counts is their ratio.
"""

import argparse
import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from hand_in import hand_in

from nbviva.course import Course
from nbviva.verify.release import make_release

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
GIB = 1 << 30
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PLAIN = "from pathlib import Path\nc = get_config()\nc.CourseDirectory.root = str(Path(__file__).parent)\n"
IMPORTS = "import matplotlib.pyplot as plt\nimport pandas as pd\nimport sklearn.linear_model\n"
HEAVY = "import lightning, matplotlib.pyplot, pandas, sklearn.metrics, torch\n"


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of wall clock and of CPU, and the most memory of all that it started (GiB)."""

    wall: float
    cpu: float
    memory: float


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--handins", type=int, default=4, help="of week 11")
    options.add_argument("--light", type=int, default=24, help="hand-ins that import much and train nothing")
    options.add_argument(
        "--many", type=int, default=0, help="as many light ones once more, to see whether cost is linear"
    )
    options.add_argument("--adopted", type=int, default=24, help="of an adopted course, with heavy imports and without")
    options.add_argument("--only", choices=("own", "adopted"), help="measure those alone")
    chosen = options.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        if chosen.only != "adopted":
            own(Path(folder), chosen)
        for title, imports in (("adopted, heavy imports", IMPORTS), ("adopted, none", "")):
            if chosen.only != "own":
                course = _adopted(Path(folder) / title.split()[1], imports)
                text = (course.source("ps1") / "ps1.ipynb").read_text("utf-8")
                compare(title, course, "ps1", text, chosen.adopted)


def own(folder: Path, chosen: argparse.Namespace) -> None:
    """Measure weeks of our own."""
    week11 = _week11(folder / "week11")
    full = _text(_rehearsal())
    compare("week 11, full marks", week11, "week11", full, chosen.handins)
    regrade(week11, "week11", chosen.handins)
    light = _light(folder / "light")
    text = _text(light.source("toy") / "toys.ipynb")
    compare("no training", light, "toy", text, chosen.light)
    if chosen.many:
        linear(light, "toy", text, (chosen.light, chosen.many))


def compare(title: str, course: Course, week: str, text: str, number: int) -> None:
    """Grade so many hand-ins with nbviva and with plain nbgrader, and print both."""
    _hand_in(course, week, text, number)
    ours = _measured(course, "nbviva", "grade", week)
    theirs = _measured(_plain(course, week), "nbgrader", "autograde", week, "--force")
    print(f"{title}: {number} hand-ins, {os.cpu_count()} cores")
    for name, cost in (("nbgrader autograde", theirs), ("nbviva grade", ours)):
        pace = f"{60 * number / cost.wall:6.1f} hand-ins a minute"
        print(f"  {name:20} {pace}  {cost.cpu / number:6.1f} s CPU a hand-in  {cost.memory:4.1f} GiB at most")
    print(f"  throughput ratio {theirs.wall / ours.wall:.1f}, CPU ratio {theirs.cpu / ours.cpu:.1f}", flush=True)


def regrade(course: Course, week: str, number: int) -> None:
    """Mark the same hand-ins again from their transcripts, and print how much faster that is.

    What one more hand-in costs is the difference of all and one, so that no start-up is in it.
    """
    costs = {}
    for command in (("grade", "--again"), ("regrade",)):
        one, every = (
            _measured(course, "nbviva", *command, week, *groups).cpu for groups in (["group0000"], course.groups(week))
        )
        costs[command[0]] = (every - one) / max(1, number - 1), every
    idle = _measured(course, "nbviva", "grade", week)
    for path in course.folder(week).rglob("*checks.py"):
        path.write_text(path.read_text("utf-8") + "\n# another word\n", "utf-8")
    changed = _measured(course, "nbviva", "grade", week)
    (fresh, _), (again, all_again) = costs["grade"], costs["regrade"]
    print(f"  one more hand-in: fresh {fresh:.1f} s CPU, regrade {again:.2f} s: ratio {fresh / again:.0f}")
    print(f"  regrade of all, start-up included: {all_again:.1f} s CPU; nothing changed: {idle.cpu:.1f} s", flush=True)
    print(f"  all checks changed: {changed.wall:.1f} s, {changed.cpu:.1f} s CPU, start-up included", flush=True)


def linear(course: Course, week: str, text: str, numbers: tuple[int, int]) -> None:
    """Grade few and many hand-ins, and print what one costs more."""
    costs = []
    for number in numbers:
        _hand_in(course, week, text, number)
        costs.append(_measured(course, "nbviva", "grade", week, "--again"))
    per = (costs[1].cpu - costs[0].cpu) / (numbers[1] - numbers[0])
    print(
        f"  {numbers[0]} and {numbers[1]} hand-ins: {costs[0].cpu:.0f} and {costs[1].cpu:.0f} s CPU, "
        f"{per:.2f} s for one more"
    )


def _week11(root: Path) -> Course:
    course = _copy(root, ROOT / "graders", ROOT / "nbgrader_config.py")
    make_release(course, "week11")
    return course


def _light(root: Path) -> Course:
    """Give the toy course, whose notebook imports what week 11 imports."""
    toy = ROOT / "tests" / "toy"
    course = _copy(root, toy / "graders", toy / "nbgrader_config.py")
    notebook = root / "graders/toy/notebook.py"
    notebook.write_text(notebook.read_text("utf-8").replace("import math\n", f"import math\n{HEAVY}"), "utf-8")
    make_release(course, "toy")
    return course


def _adopted(root: Path, imports: str) -> Course:
    """Give an ordinary course that was adopted: six solutions, and six tests that run outside."""
    source = root / "source/ps1/ps1.ipynb"
    source.parent.mkdir(parents=True)
    cells = [nbformat.v4.new_code_cell(imports)]
    for number in range(6):
        solution = f"def f{number}(n):\n    ### BEGIN SOLUTION\n    return [n + {number}] * n\n    ### END SOLUTION"
        test = f"for n in range(5):\n    assert f{number}(n) == [n + {number}] * n"
        cells += [
            _cell(f"f{number}", solution, solution=True),
            _cell(f"test{number}", test, grade=True, locked=True, points=1),
        ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), source)
    (root / "nbgrader_config.py").write_text(PLAIN, "utf-8")
    course = Course(root)
    for command in (("init",), ("adopt", "ps1"), ("release", "ps1")):
        _run(course, "nbviva", *command)
    return course


def _cell(name: str, text: str, **said: object) -> nbformat.NotebookNode:
    usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return nbformat.v4.new_code_cell(text, metadata={"nbgrader": {**usual, "grade_id": name, **said}})


def _copy(root: Path, graders: Path, config: Path) -> Course:
    shutil.copytree(graders, root / "graders", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(config, root / config.name)
    return Course(root)


def _rehearsal() -> Path:
    """Give the notebook of the rehearsal hand-in with full marks, run as its group would."""
    course = Course(ROOT)
    make_release(course, "week11")
    hand_in(course, "week11")
    return course.submitted("week11", "full_marks") / "neural_networks.ipynb"


def _text(path: Path) -> str:
    """Give a notebook as a group hands it in: without hidden tests, which nbgrader would put in again by itself."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.split("### BEGIN HIDDEN TESTS")[0]
    return nbformat.writes(notebook)


def _hand_in(course: Course, week: str, text: str, number: int) -> None:
    name = f"{course.assignment(week).notebook}.ipynb"
    for index in range(number):
        folder = course.submitted(week, f"group{index:04d}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def _plain(course: Course, week: str) -> Course:
    """Give a course of plain nbgrader with the same hand-ins and tests."""
    plain = Course(course.root.with_name(f"{course.root.name}-plain"))
    for stage in ("graders", "source", "submitted"):
        if (course.root / stage).is_dir():
            shutil.copytree(course.root / stage, plain.root / stage)
    (plain.root / "nbgrader_config.py").write_text(PLAIN, "utf-8")
    _run(plain, "nbgrader", "generate_assignment", week, "--force", "--create")
    return plain


def _measured(course: Course, *command: str) -> Cost:
    began, watched = time.monotonic(), _Watch()
    process = _start(course, *command)
    thread = threading.Thread(target=watched.follow, args=(psutil.Process(process.pid),), daemon=True)
    thread.start()
    _finish(process, command)
    wall = time.monotonic() - began
    thread.join()
    return Cost(wall, watched.seconds, watched.most / GIB)


class _Watch:
    """Looks five times a second at a process and all that it started; what lives for less than that is missed."""

    def __init__(self) -> None:
        self.most = 0
        self._seconds: dict[tuple[int, float], float] = {}

    @property
    def seconds(self) -> float:
        """CPU of all processes that were seen."""
        return sum(self._seconds.values())

    def follow(self, process: psutil.Process) -> None:
        """Look until the process is gone; memory with shared pages divided, once a second."""
        for look in itertools.count():
            try:
                found = [process, *process.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            for item in found:
                with contextlib.suppress(psutil.Error):
                    times = item.cpu_times()
                    self._seconds[item.pid, item.create_time()] = times.user + times.system
            if look % 5 == 0:
                self.most = max(self.most, sum(map(_proportional, found)))
            time.sleep(0.2)


def _proportional(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_full_info().pss)
    return 0


def _run(course: Course, *command: str) -> None:
    _finish(_start(course, *command), command)


def _start(course: Course, *command: str) -> "subprocess.Popen[str]":
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([BIN / command[0], *command[1:]], cwd=course.root, **pipes)


def _finish(process: "subprocess.Popen[str]", command: tuple[str, ...]) -> None:
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"'{' '.join(command)}' failed:\n{said[-2000:]}")


if __name__ == "__main__":
    main()
