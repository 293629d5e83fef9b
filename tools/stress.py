"""Kill, fill and lock what marks a class, and print what was lost: nothing, or this ends with 1.

Twenty-six faults of students are handed in to the toy week and marked once, undisturbed. Then `nbviva grade` is killed
at random instants (itself, a worker, the template, a kernel) while it marks four of them that are drawn each time,
runs on full disks of seven sizes and beside a locked gradebook; after each the same command is run again, and every
mark has to be as before, in the report and in the gradebook. Ten new courses are opened by two page processes each.

Counted: reports lost, marks that became another number, processes and folders left. A hand-in whose own code ends its
kernel and that loses a second kernel to a kill may be left to a person; such are counted apart, and no others may be.

`--part NAME` does one of the parts, each of which takes some minutes: see `PARTS`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
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
SAMPLE, OPENED = 4, 10
TRIES = 3  # for a kill: the process that is to be killed may have ended by then
SECONDS = 900.0  # after which a command counts as hanging
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
DEADLY = ("os._exit", "os.abort", "SIGKILL", "string_at", "return double(x)", "return f()")
MARKS = """
    select student_id, base_cell.name, auto_score from grade join base_cell on base_cell.id = cell_id
    join submitted_notebook on submitted_notebook.id = grade.notebook_id
    join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
"""

Marks = dict[str, dict[str, float | None]]


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
    return subprocess.run(command(*more), cwd=root, capture_output=True, check=False, timeout=SECONDS).returncode


def reported(root: Path) -> Marks:
    """Give the marks of each group as the reports have them."""
    found: Marks = {}
    for path in sorted((root / "reports" / "toy").glob("*/report.json")):
        report = json.loads(path.read_text("utf-8"))
        found[path.parent.name] = {mark["question"]: mark["points"] for mark in report["marks"]}
    return found


def recorded(root: Path) -> Marks:
    """Give the marks of each group as the gradebook has them."""
    found: Marks = {}
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as book:
        for group, name, points in book.execute(MARKS):
            found.setdefault(group, {})[name] = points
    return found


def _inner(process: psutil.Process) -> list[int]:
    """Give a process's number in each pid namespace, from the outermost to its own."""
    lines = Path(f"/proc/{process.pid}/status").read_text("ascii", "replace").splitlines()
    return next(([int(word) for word in line.split()[1:]] for line in lines if line.startswith("NSpid:")), [])


def of_kind(process: psutil.Process, kind: str) -> list[psutil.Process]:
    """Give the processes of one kind under a running `nbviva grade`."""
    if kind == "main":
        return [process]
    below = process.children(recursive=True)
    if kind == "worker":
        servers = [item for item in process.children() if "forkserver" in " ".join(item.cmdline())]
        return [worker for server in servers for worker in server.children()]
    inside = [item for item in below if _inner(item.parent())[1:][-1:] == [1]]  # a child of a namespace's first
    templates = [item for item in inside if "nbviva.inside.forking" in item.cmdline() and len(_inner(item)) == 2]
    return templates if kind == "template" else [item for item in inside if item not in templates]


def killed(root: Path, kind: str, rng: random.Random, seconds: list[float]) -> list[str] | None:
    """Kill a process of a kind at a random instant while some groups are graded; give these, None if there was none.

    The last of `seconds` is how long such a run took: on a busy machine each one takes another time.
    """
    groups, began = rng.sample([name for name, *_ in faults()], SAMPLE), time.monotonic()
    words = command("--again", *groups)
    process = psutil.Popen(words, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    share, hit = rng.uniform(0.1, 0.9), False
    instant = began + share * seconds[-1] if kind == "main" else float("inf")
    while not hit and process.poll() is None:
        with contextlib.suppress(psutil.Error, OSError, AttributeError):
            found = of_kind(process, kind)
            if found and instant == float("inf"):  # the first one: from now on they come and go for some time
                instant = time.monotonic() + share * seconds[-1] / 4
            if found and time.monotonic() > instant:
                rng.choice(found).send_signal(signal.SIGKILL)
                hit = True
        time.sleep(0.02)
    process.wait(SECONDS)
    if kind != "main" or not hit:
        seconds.append(time.monotonic() - began)
    return groups if hit else None


def on_full_disk(root: Path, kibibytes: int) -> list[str]:
    """Grade where the reports have that much room; afterwards nothing of it is left."""
    script = 'mount -t tmpfs -o size="$1"k none "$2" && shift 2 && exec "$@"'
    shutil.rmtree(root / "reports")
    (root / "reports").mkdir()
    words = ["unshare", "-m", "sh", "-c", script, "sh", str(kibibytes), str(root / "reports"), *command()]
    subprocess.run(words, cwd=root, capture_output=True, check=False, timeout=SECONDS)
    return []


def beside_a_lock(root: Path) -> list[str]:
    """Grade while another program holds the gradebook."""
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as book:
        book.execute("BEGIN EXCLUSIVE")
        grade(root, "--again")
        book.rollback()
    return []


def left_processes(root: Path) -> int:
    """Count processes that still work in the course, and kernels of ours that nobody holds; they have time to end."""
    end = time.monotonic() + 5
    while (found := sum(1 for process in psutil.process_iter() if _is_left(process, root))) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _is_left(process: psutil.Process, root: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        if process.cwd().startswith(str(root)):
            return True
        words = " ".join(process.cmdline())
        return process.ppid() == 1 and "nbviva.inside" in words and sys.executable in words
    return False


class Table:
    """Counts what was lost after each disturbance, and prints it."""

    def __init__(self, root: Path) -> None:
        self.root, self.bad = root, 0
        self.deadly = {name for name, text, _ in faults() if any(word in text for word in DEADLY)}
        self.expected = {"report": reported(root), "gradebook": recorded(root)}
        columns = "times reports lost marks changed for a person processes left folders left"
        sys.stdout.write(f"{'':32} {columns}\n")

    def line(self, name: str, times: int, disturb: Callable[[], list[str] | None]) -> None:
        """Disturb so often, each time run the command again for the groups that it was about (all), and compare."""
        lost = changed = doubted = processes = hits = 0
        for _ in range(TRIES * times):
            if hits == times:
                break
            sys.stderr.write(f"\r{hits} of {times} ")
            groups = disturb()
            hits += groups is not None
            grade(self.root, *(groups or ()))
            found = {"report": reported(self.root), "gradebook": recorded(self.root)}
            lost += sum(len(self.expected[place].keys() - found[place].keys()) for place in found)
            for group in sorted(self.expected["report"]):
                kind = self._changed(found, group)
                changed, doubted = changed + (kind == "changed"), doubted + (kind == "for a person")
            processes += left_processes(self.root)
            if doubtful := self._doubted(found):  # what a person decides stays so: begin from the marks as they were
                grade(self.root, "--again", *doubtful)
        grade(self.root)  # as anybody's next call would
        folders = sum(map(is_left, TEMPORARY.glob("nbviva-*")))
        self.bad += lost + changed + processes + folders + (times - hits)
        sys.stdout.write(f"{name:32} {hits:5} {lost:12} {changed:13} {doubted:12} {processes:14} {folders:12}\n")
        sys.stdout.flush()

    def _doubted(self, found: Mapping[str, Marks]) -> list[str]:
        expected = self.expected["report"]
        return [group for group in expected if found["report"].get(group) != expected[group]]

    def _changed(self, found: Mapping[str, Marks], group: str) -> str:
        if all(found[place].get(group) == marks.get(group) for place, marks in self.expected.items()):
            return ""
        none = not any(value is not None for marks in found.values() for value in marks.get(group, {}).values())
        kind = "for a person" if none and group in self.deadly else "changed"
        sys.stdout.write(f"  {group}: {kind}: {found['report'].get(group)}, was {self.expected['report'][group]}\n")
        return kind


def first_runs(folder: Path, *_: object) -> int:
    """Open new courses with eight groups; give the number that did not end with 0 or 1."""
    bad = 0
    for number in range(OPENED):
        root = new_course(folder / f"first{number}", [(f"g{i}", "", b"") for i in range(8)])
        bad += grade(root) not in (0, 1)
    sys.stdout.write(f"{OPENED} first runs with eight groups: {bad} failed\n")
    return bad


def attacks(kind: str, *_: object) -> int:
    """Run all attacks in one kind of kernel."""
    words = [sys.executable, "-m", "pytest", "-q", "tests/hostile"]
    return subprocess.run(words, cwd=ROOT, env={**os.environ, "NBVIVA_HOSTILE": kind}, check=False).returncode


def disturbed(part: str, folder: Path, kills: int, rng: random.Random) -> int:
    """Mark the class, disturb it as the part says, and print the table; give how much was lost."""
    root = new_course(folder, list(faults()))
    code, began = grade(root), time.monotonic()
    grade(root, "--again", *(name for name, *_ in list(faults())[:SAMPLE]))
    seconds = time.monotonic() - began
    sys.stdout.write(f"{len(reported(root))} hand-ins, exit code {code}; {SAMPLE} of them take {seconds:.0f} s\n\n")
    table = Table(root)
    if part in KINDS:
        took = [seconds]
        table.line(f"killed: {part}", kills, lambda: killed(root, part, rng, took))
    for size in SIZES if part == "disk" else ():
        table.line(f"disk full: {size} KiB for reports", 1, partial(on_full_disk, root, size))
    if part == "lock":
        table.line("gradebook locked", 1, lambda: beside_a_lock(root))
    return table.bad


PARTS: dict[str, Callable[[Path, int, random.Random], int]] = {
    **{part: partial(disturbed, part) for part in (*KINDS, "disk", "lock")},
    "first": first_runs,
    **{f"attacks-{kind}": partial(attacks, kind) for kind in ("started", "forked", "podman")},
}


def main() -> None:
    """Do the parts, and end with 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="may be given again; default: all of them")
    parser.add_argument("--kills", type=int, default=20, help="of each kind of process")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    bad = 0
    for part in wanted.part or PARTS:
        sys.stdout.write(f"\n== {part}\n")
        sys.stdout.flush()
        with tempfile.TemporaryDirectory() as place:
            bad += PARTS[part](Path(place), wanted.kills, random.Random(wanted.seed))  # noqa: S311 - instants, no secrets
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
