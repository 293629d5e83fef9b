"""Gives the cells' metadata and the notebook versions that do not exist."""


def tamper(notebook, folder):
    notebook["nbformat"], notebook["nbformat_minor"] = 99, -1
    for number, cell in enumerate(notebook["cells"]):
        if ours := cell["metadata"].get("nbgrader"):
            ours["schema_version"] = [99, -1, "3", None][number % 4]
