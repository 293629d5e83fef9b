"""Hands in files whose names are no text, options of programs, line ends, and escapes for a terminal."""

import os


def tamper(notebook, folder):
    for name in (
        b"\xff\xfe",
        b"--checkpoint-action=exec=sh x",
        b"-rf",
        b"a\nb",
        b"\x1b[2J",
        b"x" * 255,
        b"$(touch x)",
        b"\xe2\x80\xae",
    ):
        (folder / os.fsdecode(name)).write_bytes(b"x")
        (folder / os.fsdecode(b"f" + name[:200])).mkdir()
