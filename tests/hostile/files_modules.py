"""Hands in modules with the names of those that the kernel imports first, and of the libraries of the course."""

CELLS = [
    """
import builtins, importlib
for name in ("json", "numpy", "zmq", "tornado", "traitlets", "asyncio", "typing", "IPython"):
    importlib.import_module(name)
print("caught" if hasattr(builtins, "caught") else "clean")
""",
]


def tamper(notebook, folder):
    for name in ("json", "numpy", "torch", "zmq", "tornado", "traitlets", "asyncio", "typing", "IPython", "encodings"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("import builtins\nbuiltins.caught = 1")
        (folder / f"{name}.py").write_text("import builtins\nbuiltins.caught = 1")


def after(report, notebook, outside):
    assert notebook.cells[0].outputs[0].text == "clean\n"
