"""Hands in a module with the name of the program that starts kernels."""

CODE = "import builtins, sys\nbuiltins.caught = 1\nraise SystemExit('launched')"
CELLS = ["import builtins\nprint('caught' if hasattr(builtins, 'caught') else 'clean')"]


def tamper(notebook, folder):
    for name in ("ipykernel_launcher.py", "nbviva.py", "agent.py", "__main__.py", "ipykernel.py"):
        (folder / name).write_text(CODE)


def after(report, notebook, outside):
    assert notebook.cells[0].outputs[0].text == "clean\n"
