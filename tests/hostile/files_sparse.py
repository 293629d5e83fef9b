"""Hands in a file of a terabyte that takes no space, and a notebook of as much."""


def tamper(notebook, folder):
    for name in ("large.bin", "other.ipynb"):
        with (folder / name).open("wb") as file:
            file.truncate(1 << 40)


SECONDS = 10
