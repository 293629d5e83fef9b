"""Hands in a package with the framework's name, and one with the name of the course's own."""

CELLS = ["import nbviva.inside.agent, builtins\nprint('caught' if hasattr(builtins, 'caught') else 'clean')"]


def tamper(notebook, folder):
    for name in ("nbviva", "graders", "graders/toy"):
        (folder / name).mkdir()
        for module in ("__init__", "agent", "codec", "checks", "verdict", "grade"):
            (folder / name / f"{module}.py").write_text("import builtins\nbuiltins.caught = 1")


def after(report, notebook, outside):
    assert notebook.cells[0].outputs[0].text == "clean\n"
