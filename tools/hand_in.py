"""Make the rehearsal hand-ins of a week from text that a person can read.

Each folder of `tests/submissions/<week>/` holds `handin.toml` (its story, and what is special about it) and may hold
`cells.py`, the solution cells that the group wrote (percent format, `# %% solution="name"`), over those of the group
that it is `like`, `without` some. They are filled into today's release, so that they cannot go stale, and the notebook
is run as a student would run it, so that it has its outputs.

Where `handin.toml` has a table `[sheet]`, the release's PDF is filled in too: texts by the names of the fields,
`{ROC-AUC}` for what the notebook printed after that word, and `ticked`, the boxes.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from pypdf import PdfReader, PdfWriter

from nbviva.course import Course
from nbviva.kernel.room import kernel_environment
from nbviva.week.fields import FORM_NAME

REHEARSALS = "tests/submissions"


def hand_in(course: Course, week: str) -> list[str]:
    """Write every rehearsal hand-in into `submitted/`, and give the groups' names."""
    folders = sorted(path.parent for path in (course.root / REHEARSALS / week).glob("*/handin.toml"))
    plans = {folder.name: tomllib.loads((folder / "handin.toml").read_text("utf-8")) for folder in folders}
    for folder in folders:
        target = course.submitted(week, folder.name)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        _write(course, week, folder, plans[folder.name], target)
    return list(plans)


def _write(course: Course, week: str, folder: Path, plan: dict, target: Path) -> None:
    name = f"{course.week(week).assignment.notebook}.ipynb"
    (target / "timestamp.txt").write_text(plan["handed_in"] + "\n", encoding="utf-8")
    if "text" in plan:
        (target / name).write_text(plan["text"], encoding="utf-8")
        return
    base = folder.parent / plan.get("same_run_as", folder.name)
    notebook = _executed(course, week, base) if (base / "cells.py").exists() else _release(course, week)
    _fill(notebook, read_cells(folder))
    nbformat.write(notebook, target / name)
    if "sheet" in plan:
        texts = {name: text.format_map(_printed(notebook)) for name, text in plan["sheet"].items() if name != "ticked"}
        fill_in(course.release(week) / FORM_NAME, target / FORM_NAME, texts, plan["sheet"]["ticked"])


def fill_in(sheet: Path, target: Path, texts: dict[str, str], ticked: list[str]) -> None:
    """Fill in an exercise sheet: texts and boxes by the names of their fields."""
    known = PdfReader(sheet).get_fields() or {}
    single = {name: "/Yes" for name in ticked if name in known}
    radio = {group: f"/{option}" for group, _, option in (n.rpartition("-") for n in ticked if n not in known)}
    if unknown := radio.keys() - known.keys():
        raise ValueError(f"the sheet has no box {', '.join(sorted(unknown))}")
    writer = PdfWriter(clone_from=sheet)
    for page in writer.pages:
        writer.update_page_form_field_values(page, texts | single | radio)
    writer.write(target)


def _printed(notebook: nbformat.NotebookNode) -> dict[str, float]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    text = "".join(output.text for output in outputs if output.output_type == "stream")
    return {word: float(number) for word, number in re.findall(r"(?m)^([\w-]+): (\d*\.\d+)\s*$", text)}


def _release(course: Course, week: str) -> nbformat.NotebookNode:
    return nbformat.read(course.release(week) / f"{course.week(week).assignment.notebook}.ipynb", as_version=4)


def read_cells(folder: Path) -> dict[str, str]:
    """Give the solution cells that a rehearsal group wrote, by grade_id: its own, over those of whom it is like."""
    plan = tomllib.loads((folder / "handin.toml").read_text("utf-8"))
    found = read_cells(folder.parent / plan["like"]) if "like" in plan else {}
    cells = jupytext.read(folder / "cells.py", fmt="py:percent").cells if (folder / "cells.py").exists() else []
    found |= {f"{cell.metadata['solution']}_answer": cell.source for cell in cells if "solution" in cell.metadata}
    left_out = {f"{name}_answer" for name in plan.get("without", [])}
    return {name: source for name, source in found.items() if name not in left_out}


def _fill(notebook: nbformat.NotebookNode, cells: dict[str, str]) -> None:
    places = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    for grade_id, text in cells.items():
        places[grade_id].source = text


def _executed(course: Course, week: str, folder: Path) -> nbformat.NotebookNode:
    """Run a filled-in release from top to bottom; kept in `.nbviva/` for as long as nothing of it changes."""
    notebook = _release(course, week)
    _fill(notebook, read_cells(folder))
    key = hashlib.sha256(nbformat.writes(notebook).encode() + sys.version.encode()).hexdigest()[:16]
    kept = course.root / ".nbviva" / "rehearsals" / f"{folder.name}-{key}.ipynb"
    if not kept.exists():
        print(f"{folder.name}: running the notebook as its group would ...", flush=True)
        resources = {"metadata": {"path": str(course.release(week))}}
        client = NotebookClient(notebook, timeout=900, kernel_name="python3", resources=resources, allow_errors=True)
        client.execute(env=kernel_environment(), stderr=subprocess.DEVNULL)  # the kernel's own log, no cell's
        kept.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, kept)
    return nbformat.read(kept, as_version=4)
