"""Kill, fill and lock what marks a class, and print what was lost: nothing, or this ends with 1.

Twenty-six faults of students are handed in to the toy week and marked once, undisturbed. Then `nbviva grade` is killed
at random instants (itself, a worker, the template, a kernel), runs on full disks of seven sizes and beside a locked
gradebook; after each the same command is run again, and every mark has to be as before. Ten new courses are opened by
two page processes each. Counted: reports lost, marks changed, processes and folders left.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import nbformat
import psutil

from nbviva.sandbox.scratch import is_left

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).with_name("nbviva")
TEMPORARY = Path("/tmp")  # noqa: S108 - where sockets are: their paths must be short
KINDS = ("main", "worker", "template", "kernel")
SIZES = (64, 128, 256, 384, 512, 1024, 2048)  # KiB that are left for the course's reports
OPENED = 10
IN_DOUBLE = (
    "pass", "quit()", "exit()", "import sys; sys.exit(1)", "import os; os._exit(1)", "import os; os.abort()",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "get_ipython().kernel.do_shutdown(True)",
    "raise SystemExit", "raise KeyboardInterrupt", "1 / 0", "def f(): return f()\nf()",
    "import ctypes; ctypes.string_at(0)", "x = bytearray(10**11)", "%reset -f", "input()",
    "import asyncio; asyncio.get_event_loop().stop()", "print('x' * 10**7)",
)  # fmt: skip
AS_DOUBLE = (
    "def double(x): import os; os._exit(1)", "def double(x): quit()", "def double(x): raise SystemExit",
    "def double(x): return double(x)", "double = 3", "def double(x): return x, double", "def double(: syntax",
)  # fmt: skip


def faults() -> Iterator[tuple[str, str, bytes | None]]:
    """Give each fault: a name, the text of the first answer, and bytes in the place of the notebook."""
    right = "def double(x):\n    return 2 * x\n"
    for number, line in enumerate(IN_DOUBLE):
        yield f"in{number:02}", right + line, None
    for number, text in enumerate(AS_DOUBLE):
        yield f"as{number:02}", text, None
    yield "empty", "", b""


def new_course(folder: Path, groups: list[tuple[str, str, bytes | None]]) -> Path:
    """Make a toy course with these hand-ins."""
    root = folder / "course"
    shutil.copytree(ROOT / "tests" / "toy", root, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([PROGRAM, "source", "toy"], cwd=root, check=True, capture_output=True)
    for name, text, raw in groups:
        notebook = nbformat.read(root / "source" / "toy" / "toys.ipynb", 4)
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "double_answer":
                cell.source = text
        path = root / "submitted" / name / "toy" / "toys.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(nbformat.writes(notebook).encode() if raw is None else raw)
    return root


def command(*more: str) -> list[str]:
    """Give the command that is disturbed."""
    return [str(PROGRAM), "grade", "toy", "--yes", "-j", "2", *more]


def grade(root: Path, *more: str) -> int:
    """Grade undisturbed; give the exit code."""
    return subprocess.run(command(*more), cwd=root, capture_output=True, check=False).returncode


def marks(root: Path) -> dict[str, list[float | None]]:
    """Give the marks of each group as the reports have them."""
    found = {}
    for path in sorted((root / "reports" / "toy").glob("*/report.json")):
        report = json.loads(path.read_text("utf-8"))
        found[path.parent.name] = [mark["points"] for mark in report["marks"]]
    return found


def of_kind(process: psutil.Process, kind: str) -> list[psutil.Process]:
    """Give the processes of one kind under a running `nbviva grade`."""
    if kind == "main":
        return [process]
    below = process.children(recursive=True)
    lines = {item: " ".join(item.cmdline()) for item in below}
    templates = [item for item in below if "nbviva.inside.forking" in lines[item]]
    if kind == "template":
        return templates[-1:]
    if kind == "kernel":
        return [item for item in templates if not item.children() and item != templates[-1]]
    return [item for item in below if "forkserver" in lines[item] and "forkserver" in " ".join(item.parent().cmdline())]


def killed(root: Path, kind: str, rng: random.Random, seconds: float) -> bool:
    """Kill one process of a kind at a random instant; tell whether there was one."""
    process = psutil.Popen(command("--again"), cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(rng.uniform(0.1, 0.8) * seconds)
    hit = False
    while not hit and process.poll() is None:
        try:
            for victim in of_kind(process, kind)[:1]:
                victim.send_signal(signal.SIGKILL)
                hit = True
        except psutil.Error:
            continue
        time.sleep(0.05)
    process.wait()
    return hit


def on_full_disk(root: Path, kibibytes: int) -> None:
    """Grade where the reports have that much room; afterwards nothing of it is left."""
    script = 'mount -t tmpfs -o size="$1"k none "$2" && shift 2 && exec "$@"'
    shutil.rmtree(root / "reports")
    (root / "reports").mkdir()
    place = [str(kibibytes), str(root / "reports")]
    subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *place, *command()], cwd=root, capture_output=True, check=False
    )


def beside_a_lock(root: Path) -> None:
    """Grade while another program holds the gradebook."""
    book = sqlite3.connect(root / "gradebook.db")
    book.execute("BEGIN EXCLUSIVE")
    grade(root, "--again")
    book.rollback()
    book.close()


def left_processes(root: Path) -> int:
    """Count processes that still work in the course."""
    found = 0
    for process in psutil.process_iter(["cwd"]):
        found += bool(process.info["cwd"]) and str(process.info["cwd"]).startswith(str(root))
    return found


class Table:
    """Counts what was lost after each disturbance, and prints it."""

    def __init__(self, root: Path) -> None:
        self.root, self.expected, self.bad = root, marks(root), 0

    def line(self, name: str, times: int, disturb: Callable[[], object]) -> None:
        """Disturb so often, each time run the command again, and compare."""
        lost = changed = processes = 0
        for _ in range(times):
            disturb()
            grade(self.root)
            found = marks(self.root)
            lost += len(self.expected.keys() - found.keys())
            changed += sum(found.get(group, points) != points for group, points in self.expected.items())
            processes += left_processes(self.root)
        folders = sum(map(is_left, TEMPORARY.glob("nbviva-*")))
        self.bad += lost + changed + processes + folders
        sys.stdout.write(f"{name:32} {times:5} {lost:12} {changed:13} {processes:14} {folders:12}\n")
        sys.stdout.flush()


def first_runs(folder: Path, times: int) -> int:
    """Open new courses with eight groups; give the number that did not end with 0 or 1."""
    bad = 0
    for number in range(times):
        root = new_course(folder / f"first{number}", [(f"g{i}", "", b"") for i in range(8)])
        bad += grade(root) not in (0, 1)
    return bad


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="of each kind of process")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    rng = random.Random(wanted.seed)  # noqa: S311 - instants, no secrets
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic()
        root = new_course(Path(place), list(faults()))
        code, seconds = grade(root), time.monotonic() - began
        sys.stdout.write(f"{len(marks(root))} hand-ins, exit code {code}, {seconds:.0f} s\n\n")
        sys.stdout.write(f"{'':32} times reports lost marks changed processes left folders left\n")
        table = Table(root)
        for kind in KINDS:
            table.line(f"killed: {kind}", wanted.kills, partial(killed, root, kind, rng, seconds))
        for size in SIZES:
            table.line(f"disk full: {size} KiB for reports", 1, partial(on_full_disk, root, size))
        table.line("gradebook locked", 1, lambda: beside_a_lock(root))
        bad = first_runs(Path(place), OPENED)
        sys.stdout.write(f"\n{OPENED} first runs with eight groups: {bad} failed\n")
    raise SystemExit(bool(table.bad + bad))


if __name__ == "__main__":
    main()
