"""Hands in a notebook that says it has an old format, with parts of every format."""


def tamper(notebook, folder):
    notebook["nbformat"] = 2
    notebook["worksheets"] = [{"cells": notebook["cells"]}] * 3
