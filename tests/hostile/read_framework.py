"""Looks in the installed framework for the hidden checks, and imports what decides a mark."""

from forge import LOOK

CELLS = [
    LOOK,
    """
import sys, importlib
print(sys.path)
framework = [f"nbviva.{name}" for name in ("grading.examine", "grading.grade", "here", "course")]
for name in (*framework, "graders.toy.checks", "graders"):
    try:
        module = importlib.import_module(name)
        print("imported", name)
        look(module.__file__)
    except Exception as error:
        print(name, type(error).__name__)
""",
]


def after(report, notebook, outside):
    assert "imported" not in "".join(output.get("text", "") for output in notebook.cells[1].outputs)
