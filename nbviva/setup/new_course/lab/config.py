"""JupyterLab for the instructor, as `make lab` starts it: nbgrader's formgrader on this course, and nothing that runs.

No kernel can be started: a hand-in that is opened here must not run beside the marks. Marking goes through the sandbox
of `nbviva grade`; to write a week's notebook start `jupyter lab` without this file. Nothing is asked of other machines:
the formgrader's formulas come from this server (the template beside this file), and the pages' policy forbids the rest.
"""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by traitlets

c.ServerApp.ip = "127.0.0.1"  # this machine only, and only with the token of the address that is printed
c.ServerApp.allow_remote_access = False
c.ServerApp.jpserver_extensions = {
    "jupyterlab": True,
    "jupyter_server_mathjax": True,
    "nbgrader.server_extensions.formgrader": True,
    "nbgrader.server_extensions.course_list": True,
    "nbgrader.server_extensions.validate_assignment": False,  # it would run a notebook
    "nbgrader.server_extensions.assignment_list": False,  # the students' side
}
c.KernelSpecManager.allowed_kernelspecs = {"none"}
c.KernelSpecManager.ensure_native_kernel = False
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

_SELF = "'self' 'unsafe-inline' 'unsafe-eval' data: blob:"  # JupyterLab makes code and styles as it runs
c.ServerApp.tornado_settings = {
    "headers": {
        "Content-Security-Policy": f"default-src {_SELF}; font-src 'self' data: about:; "  # MathJax tries an empty font
        "frame-ancestors 'self'; form-action 'self'"
    }
}
for _variable in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):  # the template of formulas, and what JupyterLab leaves out
    _paths = (str(Path(__file__).resolve().parent), os.environ.get(_variable))
    os.environ[_variable] = os.pathsep.join(path for path in _paths if path)
