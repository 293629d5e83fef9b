"""Writes code of its own into the locked cells and the graded ones."""


def tamper(notebook, folder):
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("locked"):
            cell["source"] = "print('6.0 of 6 points')\nraise SystemExit('locked code ran')"


def after(report, notebook, outside):
    assert "locked code ran" not in str(notebook)
