"""Hands in what Python runs when it starts: site customisations, path files, environments, compiled caches."""

CELLS = ["import builtins\nprint('caught' if hasattr(builtins, 'caught') else 'clean')"]


def tamper(notebook, folder):
    for name in ("sitecustomize.py", "usercustomize.py", "evil.pth", "pyvenv.cfg", "python311._pth", ".pythonrc.py"):
        (folder / name).write_text("import builtins; builtins.caught = 1")
    packages = folder / ".local/lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (packages / "evil.pth").write_text("import builtins; builtins.caught = 1")
    (folder / "lib").symlink_to(".local/lib")


def after(report, notebook, outside):
    assert notebook.cells[0].outputs[0].text == "clean\n"
