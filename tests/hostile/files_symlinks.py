"""Hands in links to the grader's files, to folders above, to themselves, and a notebook that is a link."""

from forge import LOOK

CELLS = [LOOK, "look('*', '*/*', '*/*/*')\nprint(open('passwd').read())"]


def tamper(notebook, folder):
    links = {
        "passwd": "/etc/passwd",
        "gradebook.db": "../../gradebook.db",
        "up": "../../..",
        "loop": "loop",
        "env": "/proc/self/environ",
        "others": "../../others/toy",
        "other.ipynb": "../../others/toy/toys.ipynb",
        "data": "/etc",
        "everything": "/",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)


def after(report, notebook, outside):
    assert "root:" not in str(notebook)
