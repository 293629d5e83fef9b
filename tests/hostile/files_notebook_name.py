"""Hands in its only notebook under a name that is no text and moves the cursor of a terminal."""

import json
import os


def tamper(notebook, folder):
    name = b"toys\xff\x1b[2J\xe2\x80\xae.ipynb"
    (folder / os.fsdecode(name)).write_text(json.dumps(notebook))


def after(report, notebook, outside):
    assert not {"\x1b", "\u202e"} & set("".join(report.notes))
