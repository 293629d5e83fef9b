"""Hands in a notebook of half a file, a number, or a list, by names that differ from what is expected."""


def tamper(notebook, folder):
    (folder / "toys.ipynb").write_bytes(b'{"cells": [{"cell_type": "code", "source": "' + b"\xff\xfe")
    (folder / "other.ipynb").write_text("[]")
