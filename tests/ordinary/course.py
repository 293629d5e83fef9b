"""Makes the ordinary course: source notebooks from the texts beside this file, its configuration, and hand-ins."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nbviva.course import Course

HERE = Path(__file__).parent
NOTEBOOKS = {
    "ps1": {"numbers": "ps1_numbers"},
    "ps2": {"arrays": "ps2_arrays", "text": "ps2_text"},
    "ps3": {"tools": "ps3_tools"},
}
POEM = "the sea is calm tonight\n"
HELPER = 'def sorted_words(words):\n    assert sorted(words("poem.txt"))[0] == "calm"\n'
_FLAGS = {
    "locked": {"locked": True},
    "solution": {"solution": True},
    "test": {"grade": True, "locked": True},
    "answer": {"grade": True, "solution": True},
    "answer_code": {"grade": True, "solution": True},
    "task": {"task": True, "locked": True},
}
_REGION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL | re.MULTILINE)
_HIDDEN = re.compile(r"\n?### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS\n?", re.DOTALL)


def make_course(root: Path) -> Course:
    """Write the course's configuration and sources; nothing is released."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "ordinary"\n')
    for week, notebooks in NOTEBOOKS.items():
        folder = root / "source" / week
        folder.mkdir(parents=True)
        for name, text in notebooks.items():
            nbformat.write(source(text), folder / f"{name}.ipynb")
    (root / "source" / "ps2" / "poem.txt").write_text(POEM)
    (root / "source" / "ps2" / "helper.py").write_text(HELPER)
    return Course(root)


def source(name: str) -> NotebookNode:
    """Give a source notebook from its text."""
    cells = list(_cells((HERE / f"{name}.txt").read_text("utf-8")))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _cells(text: str) -> Iterator[NotebookNode]:
    for number, block in enumerate(re.split(r"^# %% ", text, flags=re.MULTILINE)[1:]):
        head, _, body = block.partition("\n")
        kind, *rest = head.split()
        body = body.strip("\n")
        if kind == "[markdown]":
            cell = new_markdown_cell(re.sub(r"^# ?", "", body, flags=re.MULTILINE))
        else:
            make = new_markdown_cell if kind in ("answer", "task") else new_code_cell
            cell = make(body, metadata={"nbgrader": _ours(kind, *rest)})
        cell["id"] = f"cell-{number}"
        yield cell


def _ours(kind: str, name: str, points: str = "") -> dict[str, object]:
    flags = {"grade": False, "locked": False, "solution": False, "task": False, **_FLAGS[kind]}
    return {**flags, "grade_id": name, "schema_version": 3, **({"points": float(points)} if points else {})}


def solved(name: str, texts: Mapping[str, str] | None = None) -> NotebookNode:
    """Give a notebook as an honest student hands it in, with some cells' texts replaced."""
    notebook = source(name)
    for cell in notebook.cells:
        cell.source = _HIDDEN.sub("", cell.source)
        cell.source = (texts or {}).get(cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell.source)
    return notebook


def hand_in(course: Course, group: str, week: str, **texts: str) -> Path:
    """Hand in all notebooks of a week for a group, with some cells' texts replaced."""
    folder = course.submitted(week, group)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in NOTEBOOKS[week].items():
        nbformat.write(solved(text, texts), folder / f"{name}.ipynb")
    return folder
