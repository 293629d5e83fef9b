"""Hands in folders in folders until their path is longer than the system takes in one piece."""

import os
from pathlib import Path


def tamper(notebook, folder):
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(60):
        Path("d" * 100).mkdir()
        os.chdir("d" * 100)
        with Path("f" * 100).open("w") as file:
            file.write("x")
    os.fchdir(here)
    os.close(here)
