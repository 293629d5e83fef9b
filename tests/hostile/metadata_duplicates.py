"""Pastes every cell three times."""


def tamper(notebook, folder):
    notebook["cells"] = notebook["cells"] * 3
