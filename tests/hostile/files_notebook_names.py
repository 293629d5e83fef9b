"""Hands in several notebooks under wrong names that are no text, which the report would list."""

import json
import os


def tamper(notebook, folder):
    for name in (b"a\xff.ipynb", b"\x1b[2J.ipynb", b"x" * 240 + b".ipynb"):
        (folder / os.fsdecode(name)).write_text(json.dumps(notebook))


def after(report, notebook, outside):
    assert "\x1b" not in "".join(report.notes) + report.verdicts[0].detail
