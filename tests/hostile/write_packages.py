"""Writes into the installed packages, their caches and start-up files, to be there when the grader imports them."""

CELLS = [
    """
import os, site, sys, sysconfig
places = {*sys.path, *site.getsitepackages(), site.getusersitepackages(), sys.prefix, sys.base_prefix,
          *sysconfig.get_paths().values(), os.path.dirname(os.__file__) + "/__pycache__"}
for place in filter(None, places):
    for name in ("@CANARY@", "@CANARY@.pth", "sitecustomize.py", "../../../bin/python"):
        try:
            with open(os.path.join(place, name), "ab") as file:
                file.write(b"import os")
            print("written", place, name)
        except OSError:
            pass
""",
]


def after(report, notebook, outside):
    written = "".join(output.get("text", "") for output in notebook.cells[0].outputs).split("\n")
    assert [
        line for line in written if line and not line.startswith(("written /home/student", "written /handin"))
    ] == []
