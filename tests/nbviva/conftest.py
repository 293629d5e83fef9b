"""The toy course, copied into a folder of the test's own."""

import shutil
from pathlib import Path

import pytest
from nbviva.course import Course

TOY = Path(__file__).parent.parent / "toy"


@pytest.fixture(autouse=True)
def fixed_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test asks the same questions."""
    monkeypatch.setenv("NBVIVA_SECRET", "a secret for tests")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A toy course directory with nothing generated."""
    shutil.copytree(TOY, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    return Course(tmp_path / "course")
