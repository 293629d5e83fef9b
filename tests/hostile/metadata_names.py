"""Renames the graded cells, gives them each other's names, and names that lead elsewhere."""


def tamper(notebook, folder):
    ours = [cell["metadata"]["nbgrader"] for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    names = [item["grade_id"] for item in ours]
    for item, name in zip(ours, [*names[3:], "../../others", "double\x00", "x" * 100_000], strict=False):
        item["grade_id"] = name
