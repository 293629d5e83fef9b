"""Hands in JSON that is nested so deeply that a parser runs out of stack."""


def tamper(notebook, folder):
    (folder / "toys.ipynb").write_text('{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}")
