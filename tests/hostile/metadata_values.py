"""Hands in cells that are numbers, texts, half characters and enormous integers."""


def tamper(notebook, folder):
    cells = '5, "x", null, [], {"cell_type": []}, {"source": {"a": 1}}, {"source": "\\ud800", "cell_type": "code"}'
    text = '{"nbformat": 1%s, "metadata": 5, "cells": [%s, {"metadata": {"nbgrader": 5}, "outputs": 5}]}'
    (folder / "toys.ipynb").write_text(text % ("0" * 4000, cells))
