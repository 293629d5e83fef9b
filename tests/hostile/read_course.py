"""Looks for the course's source, checks, other hand-ins, gradebook and secret, by path and by search."""

from forge import LOOK

CELLS = [
    LOOK,
    """
look(course, course + "/*", course + "/.nbviva/*", course + "/graders/toy/*", "/handin/*",
     course + "/submitted/*/toy/*")
for place, folders, files in os.walk("/"):
    if place.startswith(("/proc", "/sys", "/usr", "/lib")):
        folders.clear()
    for name in files:
        if name in ("checks.py", "gradebook.db", "assignment.toml", "marks.csv", "secret", "notes.txt"):
            look(os.path.join(place, name))
""",
]


def after(report, notebook, outside):
    assert str(outside.course.root) not in "".join(
        line
        for cell in notebook.cells[1:2]
        for output in cell.outputs
        for line in output.get("text", "").splitlines()
        if "FileNotFoundError" not in line
    )
