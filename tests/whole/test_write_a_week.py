"""The guide for authors works: its commands run in order, in a course of their own, and print what it shows."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbviva.sandbox.provisioner import refusal

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```\n(\$ .*?)^```", (ROOT / "docs/write-a-week.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
PROGRAMS = str(Path(sys.executable).parent)


def commands() -> list[tuple[str, list[str]]]:
    """Give the guide's commands in order, each with the lines that it shows of their output."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(BLOCKS).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def run(root: Path, command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": os.pathsep.join([PROGRAMS, os.environ["PATH"]]), "COLUMNS": "200"}
    return subprocess.run(
        shlex.split(command), cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=550
    )


@pytest.mark.skipif(refusal() is not None, reason=str(refusal()))
def test_the_guide_leads_from_a_new_week_to_a_mark(tmp_path):
    """new, verify, release, and the reference handed in and marked; the week is fair before a word of it is changed."""
    shutil.copyfile(ROOT / "tests/toy/nbgrader_config.py", tmp_path / "nbgrader_config.py")
    for command, shown in commands():
        done = run(tmp_path, command)
        assert (command, 0, "") == (command, done.returncode, "" if done.returncode == 0 else done.stderr + done.stdout)
        assert [] == [line for line in shown if line not in done.stdout]
    again = run(tmp_path, "nbviva verify week12")
    assert (0, 7) == (again.returncode, again.stdout.count(" kept"))
    report = json.loads((tmp_path / "reports/week12/me/report.json").read_text("utf-8"))
    assert 4.0 == sum(mark["points"] for mark in report["marks"])
