"""Hands in named pipes and sockets, at which whoever opens them waits forever."""

import os
import socket
from pathlib import Path


def tamper(notebook, folder):
    for name in ("pipe", "data.csv", "other.ipynb", "timestamp.txt"):
        os.mkfifo(folder / name)
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as door:
        os.chdir(folder)  # the path of a socket must be short
        door.bind("door")
        os.chdir(here)
