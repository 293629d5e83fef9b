"""Rewrites its own notebook and files while it is graded, to be graded again as something else."""

CELLS = [
    """
import glob, os
for name in ("toys.ipynb", "/handin/toys.ipynb", "/handin/data/x", "timestamp.txt", "report.json", "feedback.html"):
    try:
        os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)
        with open(name, "w") as file:
            file.write('{"cells": [], "points": 7}')
    except OSError as error:
        print(error.errno)
""",
]


def tamper(notebook, folder):
    (folder / "timestamp.txt").write_text("2024-01-02 08:00:00 UTC")
    (folder / "data").mkdir()
    (folder / "data/x").write_text("1")
