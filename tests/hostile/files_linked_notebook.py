"""Hands in as its notebook a link to another group's, by several names."""


def tamper(notebook, folder):
    (folder / "toys.ipynb").symlink_to("/submitted/others/toy/toys.ipynb")
    (folder / "other.ipynb").symlink_to("toys.ipynb")
