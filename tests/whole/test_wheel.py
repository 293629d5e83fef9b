"""The package is whole: built, installed into a fresh environment, and used from an empty folder by an ordinary user.

The fresh environment holds the wheel alone and takes what it needs of others from the tests' own; modules that an
extra brings are taken away there where a test is about marking alone.
"""

import compileall
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from nbviva.errors import EXTRAS
from nbviva.sandbox.provisioner import refusal

ROOT = Path(__file__).parents[2]
USER = 61234  # nobody's
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build it from the files that a checkout has, compiled ones, too, and none that an earlier build left."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "nbviva", source / "nbviva")
    compileall.compile_dir(source / "nbviva", quiet=1)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    return path


def test_nothing_is_missing_from_it_and_nothing_else_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nbviva").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted == there


def test_it_says_who_may_use_it_where(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = message_from_bytes(archive.read(name))
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    own = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert ("BSD-3-Clause", ">=3.11", own["version"]) == (
        said["License-Expression"],
        said["Requires-Python"],
        said["Version"],
    )
    assert "nbviva contributors" == said["Author"]
    assert "text/markdown" in said["Description-Content-Type"]
    assert said["Keywords"]
    assert not [need for need in said.get_all("Requires-Dist") if "extra" not in need and "torch" in need]


@pytest.mark.parametrize("words", [["check-wheel-contents"], ["deptry", "nbviva"]])
def test_the_packagers_tools_find_no_fault(wheel, words):
    command = [BIN / words[0], *(words[1:] or [wheel])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Fresh:
    """A fresh environment, and an empty folder of an ordinary user's."""

    def __init__(self, place, wheel):
        self.folder, self.python = place / "empty", place / "environment" / "bin" / "python"
        self.before = _as_user(place)
        for folder in (place, self.folder, place / "home"):
            folder.mkdir(exist_ok=True)
        subprocess.run([_base(), "-m", "venv", "--without-pip", place / "environment"], check=True)
        words = [sys.executable, "-m", "pip", "--quiet", "--python", self.python, "install", "--no-deps", "--no-index"]
        subprocess.run([*words, wheel], check=True)
        (self.packages,) = (place / "environment").glob("lib/python*/site-packages")
        (self.packages / "others.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
        for name in ("nbgrader", "alembic"):
            script = (BIN / name).read_text("utf-8").splitlines(keepends=True)
            target = self.python.with_name(name)
            target.write_text("".join([f"#!{self.python}\n", *script[1:]]), "utf-8")
            target.chmod(0o755)
        if self.before:
            for path in (self.folder, place / "home"):
                os.chown(path, USER, USER)

    def take_away(self, modules):
        """Let these modules not be there, by a line that every start of Python reads: Debian has its sitecustomize."""
        line = f"import sys; sys.modules.update(dict.fromkeys({sorted(modules)!r}))\n"
        (self.packages / "taken_away.pth").write_text(line, "utf-8")

    def run(self, *words, at="."):
        environment = {"PATH": f"{self.python.parent}:/usr/bin:/bin", "HOME": str(self.folder.parent / "home")}
        return subprocess.run(
            [*self.before, self.python.with_name(words[0]), *words[1:]],
            cwd=self.folder / at, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def must(self, *words, at="course"):
        done = self.run("nbviva", *words, at=at)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def hand_in(self, group):
        """Hand in the source's notebook, with a file beside it."""
        folder = self.folder / "course/submitted" / group / "week1"
        folder.mkdir(parents=True)
        shutil.copyfile(self.folder / "course/source/week1/gc_content.ipynb", folder / "gc_content.ipynb")
        (folder / "notes.txt").write_text("What I thought.", "utf-8")
        for path in [folder.parents[1], folder.parent, *folder.iterdir(), folder]:
            if self.before:
                os.chown(path, USER, USER)


def _base():
    """Give a Python of this version that every user can run, if there is one."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    system = Path(f"/usr/bin/python{version}")
    return system if system.exists() else Path(sys.base_prefix) / "bin" / f"python{version}"


def _as_user(place):
    """The words that make an ordinary user of root, where such a user gets to Python and the packages."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return []
    place.chmod(0o755)
    words = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]
    reached = [*words, _base(), "-c", f"import os; os.listdir({sysconfig.get_path('purelib')!r})"]
    return words if subprocess.run(reached, check=False, capture_output=True).returncode == 0 else []


@pytest.fixture
def fresh(wheel):
    with tempfile.TemporaryDirectory(prefix="nbviva-wheel-") as place:
        yield Fresh(Path(place), wheel)


@pytest.mark.timeout(1800)
@pytest.mark.skipif(refusal() is not None, reason="no sandbox can be built here")
def test_a_course_is_begun_released_marked_and_reported_on(fresh):
    fresh.must("init", "course", "--week", "week1", at=".")
    assert "exercise_sheet.pdf" in fresh.must("release", "week1")
    fresh.hand_in("ada")
    assert "1 hand-in: 1 marked." in fresh.must("grade", "week1")
    assert "ada          4" in fresh.must("grade", "week1", "ada").replace("│", " ")
    assert "reports/week1/index.html" in fresh.must("report", "week1")
    assert (fresh.folder / "course/feedback/ada/week1/gc_content.html").is_file()
    assert "marks/week1-marks.csv" in fresh.must("export", "week1")


@pytest.mark.timeout(1800)
@pytest.mark.skipif(refusal() is not None, reason="no sandbox can be built here")
def test_marking_alone_needs_no_extra_and_each_missing_one_is_a_sentence(fresh):
    fresh.take_away(EXTRAS)
    fresh.must("init", "course", "--week", "week1", at=".")
    done = fresh.run("nbviva", "release", "week1", at="course")
    said = "nbviva: This needs {}, which is not installed: run 'pip install \"nbviva[{}]\"'.\n"
    assert (2, said.format("pikepdf", "sheet")) == (done.returncode, done.stderr)
    (fresh.folder / "course/graders/week1/sheet.typ").unlink()
    fresh.must("release", "week1")
    fresh.hand_in("ada")
    assert "1 hand-in: 1 marked." in fresh.must("grade", "week1")
    for words, module, extra in ((["report"], "altair", "report"), (["mutate"], "libcst", "mutate")):
        done = fresh.run("nbviva", *words, "week1", at="course")
        assert (2, said.format(module, extra)) == (done.returncode, done.stderr)
