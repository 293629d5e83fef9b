"""Leaves start-up files, caches and configuration in the home and temporary folders for the next hand-in."""

CELLS = [
    """
import os
home = os.path.expanduser("~")
files = [".ipython/profile_default/startup/00.py", ".ipython/profile_default/ipython_config.py", ".bashrc",
         ".jupyter/jupyter_config.py", ".config/matplotlib/matplotlibrc",
         ".local/lib/python3.11/site-packages/evil.pth",
         ".cache/torch/x", "@CANARY@"]
for place in (home, "/root", "/tmp", "/var/tmp", "/dev/shm"):
    for name in files:
        try:
            os.makedirs(os.path.dirname(f"{place}/{name}"), exist_ok=True)
            with open(f"{place}/{name}", "w") as file:
                file.write("import builtins; builtins.double = lambda x: 2 * x; 1 / 0")
        except OSError:
            pass
""",
]
