"""Deletes the graded cells and their metadata."""


def tamper(notebook, folder):
    notebook["cells"] = [cell for cell in notebook["cells"] if "nbgrader" not in cell["metadata"]]
