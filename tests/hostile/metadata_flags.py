"""Flips what is graded, what is a solution, what is locked, and what is a task."""


def tamper(notebook, folder):
    for cell in notebook["cells"]:
        if ours := cell["metadata"].get("nbgrader"):
            ours.update({name: not ours.get(name) for name in ("grade", "solution", "locked", "task")})
