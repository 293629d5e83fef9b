"""The toy course, copied into a folder of the test's own, and what the framework's tests do with it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbviva  # noqa: F401 - first: what jsonschema would import with nbformat takes seconds

# isort: split
import nbformat
import pytest
from hypothesis import settings

from nbviva.course import Course
from nbviva.kernel import kernel
from nbviva.kernel.activity import Activity
from nbviva.kernel.room import Room
from nbviva.sandbox.fork_server import ForkServer
from nbviva.sandbox.provisioner import refusal
from nbviva.verify.release import make_source
from nbviva.week.fields import FORM_NAME
from nbviva.week.source import release_template, source_notebook
from nbviva.week.spec import read_assignment
from nbviva.week.typesetting import build_form
from nbviva.week.week import Week
from tests.fillers import by_pypdf
from tests.modules import forget_weeks

TESTS = Path(__file__).parent
TOY = TESTS / "toy"
KINDS = TESTS / "kinds" / "week3"
PATH = list(sys.path)
STARTUP = TESTS / "startup"  # what programs that a test starts read first
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(STARTUP), os.environ.get("PYTHONPATH")]))

settings.register_profile("nbviva", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("nbviva")


SLOW = (
    "hostile", "whole", "graders", "browser", "verify", "gradebook", "cli", "grading", "cluster", "sandbox", "kernel",
    "setup", "tester",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark rooms that start kernels, a browser or a training, and run them first: at the end no process waits for one.

    `make test-fast` leaves them out.
    """

    def place(item: pytest.Item) -> int:
        return next((i for i, room in enumerate(SLOW) if room in item.path.relative_to(TESTS).parts), len(SLOW))

    for item in items:
        if place(item) < len(SLOW):
            item.add_marker("slow")
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, place(item)))


@pytest.fixture(autouse=True, scope="session")
def fixed_secret() -> Iterator[None]:
    """Every test asks the same questions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBVIVA_SECRET", "a secret for tests")
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget the weeks of earlier tests before any fixture: one that lives as long as a file loads weeks, too."""
    _begin_anew()


@pytest.fixture(autouse=True)
def own_modules() -> None:
    """Every test imports the toy week of its own course: that of a fixture that lives longer is forgotten."""
    _begin_anew()


def _begin_anew() -> None:
    sys.path = list(PATH)
    forget_weeks()


class Calm(Activity):
    """What a kernel does on a machine that has time."""

    starved = False


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches a limit of time means it, however busy the machine is that runs the tests."""
    monkeypatch.setattr(kernel, "Activity", Calm)


@pytest.fixture(scope="session")
def room() -> Iterator[Room]:
    """Where kernels run: in the sandbox, forked as a class' are; or beside us on a machine that cannot build one."""
    if refusal():
        yield Room(sandboxed=False)
        return
    with ForkServer([]) as template:
        yield Room(template=template.address)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A toy course directory with nothing generated."""
    return copy_of_toy(tmp_path / "course")


def copy_of_toy(folder: Path) -> Course:
    """Copy the toy course into a folder."""
    shutil.copytree(TOY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return Course(folder)


@pytest.fixture(scope="session")
def new_course(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Course]:
    """Make toy course directories for fixtures that live longer than a test."""
    return lambda: copy_of_toy(tmp_path_factory.mktemp("toys") / "course")


@pytest.fixture(scope="session")
def solved() -> Callable[..., nbformat.NotebookNode]:
    """Give the toy notebook as an honest group hands it in, with some cells' texts replaced."""

    def solve(course: Course, **texts: str) -> nbformat.NotebookNode:
        notebook = source_notebook(course.week("toy"))
        template = release_template(notebook)
        for cell, original in zip(notebook.cells, template.cells, strict=True):
            ours = cell.metadata.get("nbgrader", {})
            if not ours.get("solution"):
                cell.source = original.source
            cell.source = texts.get(ours.get("grade_id"), cell.source)
            if ours.get("grade_id") == "long":
                cell.outputs = [nbformat.v4.new_output("stream", text="total 90\n")]
        return notebook

    return solve


@pytest.fixture(scope="session")
def hand_in(solved: Callable[..., nbformat.NotebookNode]) -> Callable[..., Path]:
    """Hand in for a group: the honest notebook with some cells' texts replaced, or any bytes in its place."""

    def hand(course: Course, group: str, *, raw: bytes | None = None, **texts: str) -> Path:
        if not course.source("toy").exists():
            make_source(course, "toy")
        path = course.submitted("toy", group) / "toys.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(nbformat.writes(solved(course, **texts)).encode() if raw is None else raw)
        return path

    return hand


@pytest.fixture(scope="session")
def kinds() -> Week:
    """A week with a question of each kind that a sheet can ask, and without checks."""
    return Week(KINDS, read_assignment(KINDS), ())


@pytest.fixture(scope="session")
def toy_sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy week's exercise sheet, not filled in."""
    folder = TOY / "graders" / "toy"
    return build_form(Week(folder, read_assignment(folder), ()), tmp_path_factory.mktemp("sheet"))


@pytest.fixture(scope="session")
def fill_in(toy_sheet: Path) -> Callable[..., Path]:
    """Put a filled sheet into a group's hand-in: boxes by name, and texts."""

    def fill(course: Course, group: str, *ticks: str, **texts: str) -> Path:
        path = course.submitted("toy", group) / FORM_NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        by_pypdf(toy_sheet, path, texts, ticks)
        return path

    return fill


@pytest.fixture(scope="session")
def program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one of the environment's programs in a course directory, as an instructor would."""
    folder = Path(sys.executable).parent

    def run(course: Course, *command: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
        return subprocess.run(
            [folder / command[0], *command[1:]],
            cwd=course.root,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": path, "COLUMNS": "200"},
        )

    return run
