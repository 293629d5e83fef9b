"""Reverses the order of all cells, so that tests come before what they test."""


def tamper(notebook, folder):
    notebook["cells"].reverse()
