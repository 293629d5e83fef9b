"""Hands in start-up files and configuration for IPython, Jupyter, nbgrader, nbconvert and matplotlib."""

CELLS = ["import builtins\nprint('caught' if hasattr(builtins, 'caught') else 'clean')"]
NAMES = [
    ".ipython/profile_default/startup/00.py",
    ".ipython/profile_default/ipython_config.py",
    "ipython_config.py",
    "ipython_kernel_config.py",
    "jupyter_config.py",
    "nbgrader_config.py",
    "nbconvert_config.py",
    "conftest.py",
    ".jupyter/jupyter_config.py",
    "matplotlibrc",
]


def tamper(notebook, folder):
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("import builtins\nbuiltins.caught = 1\n")


def after(report, notebook, outside):
    assert notebook.cells[0].outputs[0].text == "clean\n"
