"""Edits points: more, fewer, negative, and no numbers at all."""


def tamper(notebook, folder):
    points = iter([0, -5, 1e308, "7", None, [], {}, True])
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["points"] = next(points)
