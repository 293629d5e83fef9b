"""Attacks on the examiner, one file each: none earns a point, touches anything, stays, or harms the next hand-in.

An attack is a file `<class>_<name>.py` whose docstring says in one sentence what it does. It has some of

- `CELLS`: code put at the top of the toy release notebook, whose solution cells stay blank;
- `ANSWERS`: by `grade_id`, the text that the student writes into a cell;
- `tamper(notebook, folder)`: changes the notebook's JSON before it is written, and puts files beside it;
- `CLOCK`, `LIMITS`, `SECONDS`: shorter limits, where one is to be reached, and the time that all may take;
- `after(report, notebook, outside)`: what else must hold;
- `shown(page)`: what must hold of the page that nbgrader makes of it for the student;
- `FIXME`, `FIXME_SHOWN`: the attack succeeds, and why.

All run in forked kernels, as when a class is marked; those on the walls around them run in started ones, too. With
NBVIVA_HOSTILE=started, forked or podman all run in that kind of kernel, and none in another (`make stress`).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import psutil
import pytest

from nbviva.course import Course
from nbviva.gradebook import record
from nbviva.gradebook.nbgrader import with_verdicts
from nbviva.grading import reports, stored
from nbviva.grading.grade import grade
from nbviva.grading.submission import Graded, Submission
from nbviva.grading.verdict import Outcome, Report
from nbviva.handin.door import Handin
from nbviva.handin.walk import walk
from nbviva.kernel.room import Clock, Room
from nbviva.notebooks import NotebookNode, to_text
from nbviva.sandbox import provisioner
from nbviva.sandbox.fork_server import ForkServer
from nbviva.sandbox.limits import MIB, Limits
from nbviva.secret import draw_of
from nbviva.verify.release import make_release
from nbviva.week.declare import Check
from nbviva.week.source import release_template, source_notebook
from nbviva.week.week import Week

HERE = Path(__file__).parent
TOY = HERE.parent / "toy"
NO_ATTACKS = {"test_hostile", "forge", "conftest"}
CLOCK = Clock(cell=3, grace=1, notebook=8)
HONEST_CLOCK = Clock()
LIMITS = Limits(memory=1024 * MIB, processes=96, disk=64 * MIB, file_size=64 * MIB)
QUESTION_SECONDS = 4.0
OVERHEAD_SECONDS = 30.0
MAX_NOTEBOOK_BYTES = 50 << 20  # no more than what the grader would read of a hand-in
SETTLE_SECONDS = 3.0
LONGEST_PATH = 4000
CONTROLLERS = Path("/sys/fs/cgroup")
ONLY = os.environ.get("NBVIVA_HOSTILE", "")

pytestmark = pytest.mark.skipif(provisioner.refusal() is not None, reason=str(provisioner.refusal()))


@dataclass(frozen=True)
class Attack:
    """One file."""

    module: ModuleType

    @property
    def name(self) -> str:
        return self.module.__name__

    @property
    def kind(self) -> str:
        return self.name.split("_")[0]

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self.module, name, default)


@dataclass(frozen=True)
class Honest:
    """The honest hand-in, graded after all attacks of a class."""

    kind: str
    name: str = "honest"


@dataclass
class Outside:
    """The machine as an attack might find it, and what it has seen of the last one."""

    course: Course
    week: Week
    marker: str
    canary: str
    tcp: socket.socket
    unix: socket.socket
    made: list[Path] = field(default_factory=list)
    seconds: float = 0.0  # on the clock
    processor: float = 0.0  # seconds that the examiner's own process took, however busy the machine is
    template: str = ""
    backend: str = "podman" if ONLY == "podman" else ""

    def grade(self, group: str, folder: Path, clock: Clock, limits: Limits) -> Graded:
        week = self.week if clock is HONEST_CLOCK else hurried(self.week)
        data, draw = self.course.given_files("toy"), draw_of(self.course.root, "toy", group)
        return grade(
            Submission(
                Handin(group, walk(folder), week),
                data,
                draw,
                room=Room(limits=limits, template=self.template, backend=self.backend),
                clock=clock,
            )
        )

    def inputs(self, group: str) -> tuple[float, list[int]]:
        """The hidden inputs of the toy's checks: the number to double, and those to add up."""
        draw = draw_of(self.course.root, "toy", group)
        return float(draw("double_doubles").normal()), [int(n) for n in draw("examined_total").integers(1, 100, 5)]

    def fill(self, text: str) -> str:
        abstract = self.unix.getsockname()[1:].decode()
        values = (str(self.course.root), self.canary, str(self.tcp.getsockname()[1]), abstract)
        for name, value in zip(("@COURSE@", "@CANARY@", "@PORT@", "@ABSTRACT@"), values, strict=True):
            text = text.replace(name, value)
        return text


def load(path: Path) -> Attack:
    """Import an attack's file, which may import `forge`."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)
        spec.loader.exec_module(module)
    return Attack(module)


ATTACKS = [load(path) for path in sorted(HERE.glob("*_*.py")) if path.stem not in NO_ATTACKS]
KINDS = sorted({attack.kind for attack in ATTACKS})
WALL_KINDS = ["network", "outlive", "read", "write"]  # whoever listens to a kernel hears both kinds alike
STARTED_KINDS = {"": WALL_KINDS, "started": KINDS, "podman": KINDS}.get(ONLY, [])
FORKED_KINDS = {"": KINDS, "forked": KINDS}.get(ONLY, [])


def expected_to_fail(attack: Attack | Honest, name: str) -> Any:
    reason = attack.get(name) if isinstance(attack, Attack) else None
    return [pytest.mark.xfail(strict=True, reason=reason)] if reason else []


def steps(kinds: list[str]) -> list[Any]:
    order: list[Attack | Honest] = [
        step for kind in kinds for step in (*[a for a in ATTACKS if a.kind == kind], Honest(kind))
    ]
    names = [step.name if isinstance(step, Attack) else f"{step.kind}_then_honest" for step in order]
    return [
        pytest.param(step, id=name, marks=expected_to_fail(step, "FIXME"))
        for step, name in zip(order, names, strict=True)
    ]


def hurried(week: Week) -> Week:
    """The toy week with short limits on its questions."""
    quick: dict[Check, Check] = {}
    for check in week.checks:
        quick[check] = replace(check, seconds=QUESTION_SECONDS, needs=tuple(quick[need] for need in check.needs))
    fixtures = {name: replace(item, seconds=QUESTION_SECONDS) for name, item in week.fixtures.items()}
    return replace(week, checks=tuple(quick.values()), fixtures=fixtures)


def cell_of(notebook: Any, grade_id: str) -> Any:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def solved(week: Week) -> NotebookNode:
    """The toy notebook as an honest group would hand it in."""
    notebook, template = source_notebook(week), release_template(source_notebook(week))
    for cell, original in zip(notebook.cells, template.cells, strict=True):
        if not cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = original.source
    cell_of(notebook, "long").outputs = [nbformat.v4.new_output("stream", text="total 90\n")]
    return notebook


def write_notebook(notebook: Any, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "toys.ipynb").write_text(json.dumps(notebook), "utf-8")


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A course with a secret, a gradebook, and another group's hand-in, all marked; doors that wait for a knock."""
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as doors:
        marker = f"needle-{secrets.token_hex(12)}"
        patch.setenv("NBVIVA_SECRET", marker)
        patch.setattr(sys, "path", list(sys.path))
        root = tmp_path_factory.mktemp("hostile") / "course"
        shutil.copytree(TOY, root, ignore=shutil.ignore_patterns("__pycache__"))
        course = Course(root)
        make_release(course, "toy")
        with (root / "graders/toy/checks.py").open("a") as checks:
            checks.write(f"\n# {marker}\n")
        for place in (root / ".nbviva/secret", root / "submitted/others/toy/notes.txt", root / "marks.csv"):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(marker)
        write_notebook(solved(course.week("toy")), root / "submitted/others/toy")
        with (root / "gradebook.db").open("ab") as gradebook:
            gradebook.write(marker.encode())
        tcp = doors.enter_context(socket.create_server(("127.0.0.1", 0)))
        unix = doors.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(f"\0nbviva-{secrets.token_hex(6)}")
        unix.listen()
        tcp.setblocking(False)
        unix.setblocking(False)
        canary = f"nbviva-canary-{secrets.token_hex(6)}"
        world = Outside(course, course.week("toy"), marker, canary, tcp, unix)
        patch.setattr(tempfile, "mkdtemp", recorded(tempfile.mkdtemp, world.made))
        yield world
    for name in [name for name in sys.modules if name.split(".")[0] == "graders"]:
        del sys.modules[name]


def recorded(make: Any, made: list[Path]) -> Any:
    def mkdtemp(*args: Any, **options: Any) -> str:
        folder: str = make(*args, **options)
        made.append(Path(folder))
        return folder

    return mkdtemp


@pytest.fixture(scope="module")
def honest(outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """The honest hand-in and its report before any attack."""
    folder = tmp_path_factory.mktemp("honest")
    write_notebook(solved(outside.week), folder)
    report = outside.grade("honest", folder, HONEST_CLOCK, LIMITS).report
    return folder, report


def hand_in(attack: Attack, outside: Outside, folder: Path) -> None:
    """Write the attack's notebook and files: the release, with what the attack adds to it."""
    notebook = json.loads(nbformat.writes(release_template(source_notebook(outside.week))))
    cells = [nbformat.v4.new_code_cell(outside.fill(text)) for text in attack.get("CELLS", [])]
    notebook["cells"] = [*cells, *notebook["cells"]]
    for name, text in attack.get("ANSWERS", {}).items():
        cell_of(notebook, name)["source"] = outside.fill(text)
    if tamper := attack.get("tamper"):
        folder.mkdir(parents=True)
        tamper(notebook, folder)
    if not list(folder.glob("*.ipynb")):
        write_notebook(notebook, folder)


def tree(folder: Path) -> dict[str, str]:
    """What is in a folder: by name, the kind, mode and content; nothing is followed."""
    found = {}
    for path in (Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files)):
        if "__pycache__" in path.parts or len(os.fsencode(path)) > LONGEST_PATH:
            continue
        state = path.lstat()
        plain = path.is_file() and not path.is_symlink()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if plain and state.st_size < 1 << 24 else ""
        found[str(path)] = f"{state.st_mode:o} {state.st_uid} {state.st_size} {content}"
    return found


def ours() -> set[int]:
    """Processes that this one has started, all generations, by id."""
    found = psutil.Process().children(recursive=True)
    with contextlib.suppress(psutil.Error):
        return {process.pid for process in found if process.status() != psutil.STATUS_ZOMBIE}
    return ours()


def control_groups() -> list[Path]:
    """Control groups made by this process; one can be removed only when no process is left in it."""
    name = f"nbviva-{os.getpid()}-*"
    with contextlib.suppress(FileNotFoundError):
        return [group for depth in ("", "*/", "*/*/", "*/*/*/") for group in CONTROLLERS.glob(depth + name)]
    return control_groups()  # another process removed its own while we looked


def canaries(outside: Outside) -> list[Path]:
    """Files of an attack's in places where none of its may be."""
    packages = [Path(name) for name in sys.path if Path(name).is_dir()]
    system = ["/", "/etc", "/usr", "/usr/bin", "/usr/local/bin", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run"]  # noqa: S108
    places = [*map(Path, system), Path.home(), Path.cwd(), *packages, *outside.course.root.rglob("*/")]
    return [place / outside.canary for place in places if (place / outside.canary).exists()]


def assert_nothing_left(outside: Outside, processes: set[int], groups: list[Path]) -> None:
    end = time.monotonic() + SETTLE_SECONDS
    while (ours() - processes or control_groups() != groups) and time.monotonic() < end:
        time.sleep(0.05)
    assert ours() - processes == set(), "processes are left"
    assert control_groups() == groups, "control groups are left"
    assert [folder for folder in outside.made if folder.exists()] == [], "folders are left"


def assert_untouched(outside: Outside, course: dict[str, str], handin: dict[str, str], folder: Path) -> None:
    assert tree(outside.course.root) == course, "the course was changed"
    assert tree(folder) == handin, "the hand-in was changed"
    assert canaries(outside) == []
    for door in (outside.tcp, outside.unix):
        with pytest.raises(BlockingIOError):
            door.accept()


def assert_earns_nothing(report: Report) -> None:
    """It earns 0 or no mark: where its runs disagree a person decides, who is shown 0 provisional points."""
    assert (report.points, report.extra_points, report.provisional) == (0, 0, 0)
    assert Outcome.ERROR not in {verdict.outcome for verdict in report.verdicts}, report.verdicts


def assert_tells_nothing(outside: Outside, group: str, report: Report, notebook: NotebookNode) -> None:
    marked = with_verdicts(nbformat.from_dict(notebook), report)
    nbformat.validate(marked)
    said = report.to_json() + to_text(marked)
    said.encode("utf-8")
    assert len(said) < MAX_NOTEBOOK_BYTES
    assert outside.marker not in said, "a secret was read"
    number, _ = outside.inputs(group)
    assert repr(abs(number)) not in said, "a hidden input is in the feedback"
    assert f"{abs(number):.6g}" not in said, "a hidden input is in the feedback"


@pytest.mark.parametrize("step", steps(STARTED_KINDS))
def test_attack_fails(step: Attack | Honest, outside: Outside, honest: tuple[Path, Report], tmp_path: Path) -> None:
    attack_fails(step, outside, honest, tmp_path)


@pytest.fixture(scope="module")
def template() -> Iterator[str]:
    """One template for all attacks: what one of them did to it, the next one would find."""
    with ForkServer([]) as running:
        yield running.address


@pytest.mark.parametrize("step", steps(FORKED_KINDS))
def test_attack_in_a_fork_fails(
    step: Attack | Honest, outside: Outside, honest: tuple[Path, Report], template: str, tmp_path: Path
) -> None:
    attack_fails(step, replace(outside, template=template), honest, tmp_path)


def attack_fails(step: Attack | Honest, outside: Outside, honest: tuple[Path, Report], tmp_path: Path) -> None:
    if isinstance(step, Honest):
        folder, expected = honest
        report = outside.grade("honest", folder, HONEST_CLOCK, LIMITS).report
        assert expected == report
        assert (report.points, report.extra_points) == (6, 1)
        return
    folder, clock = tmp_path / step.name, step.get("CLOCK", CLOCK)
    hand_in(step, outside, folder)
    course, handin, before = tree(outside.course.root), tree(folder), (ours(), control_groups())
    outside.made.clear()
    began, spent = time.monotonic(), time.process_time()
    found = outside.grade(step.name, folder, clock, step.get("LIMITS", LIMITS))
    report, notebook = found.report, found.notebook
    outside.seconds, outside.processor = time.monotonic() - began, time.process_time() - spent
    assert_earns_nothing(report)
    assert_nothing_left(outside, *before)
    assert_untouched(outside, course, handin, folder)
    assert outside.seconds < step.get("SECONDS", clock.cell + 2 * clock.grace + QUESTION_SECONDS) + OVERHEAD_SECONDS
    assert_tells_nothing(outside, step.name, report, notebook)
    stored.save(tmp_path / "report", found)
    assert reports.stored_report(tmp_path / "report") == report
    step.get("after", lambda *_: None)(report, notebook, outside)


SHOWN = [attack for attack in ATTACKS if attack.get("shown")]


@pytest.fixture(scope="module")
def pages(outside: Outside) -> dict[str, str]:
    """The pages that nbgrader makes of these attacks for their students, all in one run, as a grader would."""
    for attack in SHOWN:
        hand_in(attack, outside, outside.course.submitted("toy", attack.name))
        stored.graded(outside.course, "toy", attack.name, room=Room())
    record.record(outside.course, "toy", [attack.name for attack in SHOWN])
    feedback = outside.course.root / "feedback"
    return {a.name: (feedback / a.name / "toy" / "toys.html").read_text("utf-8") for a in SHOWN}


@pytest.mark.parametrize(
    "attack", [pytest.param(a, id=a.name, marks=expected_to_fail(a, "FIXME_SHOWN")) for a in SHOWN]
)
def test_attack_harms_no_reader(attack: Attack, pages: dict[str, str]) -> None:
    attack.get("shown")(pages[attack.name])


def test_every_attack_says_what_it_does() -> None:
    for attack in ATTACKS:
        sentence = attack.module.__doc__
        assert re.fullmatch(r"[A-Z`][^\n]*[.]", sentence), attack.name
        assert attack.get("CELLS") or attack.get("ANSWERS") or attack.get("tamper"), attack.name


def test_there_are_attacks_of_every_class() -> None:
    wanted = "decoder exhaust files hooks leak lying metadata network outlive output patched protocol read write"
    assert wanted.split() == KINDS
    assert len(ATTACKS) >= 60
