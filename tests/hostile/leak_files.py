"""Saves its inputs to files in its working copy, where its notebook was, and beside it."""

ANSWERS = {
    "double_answer": """
import os
def double(x):
    for name in ("inputs.txt", "toys.ipynb", "data.csv", "/tmp/inputs.txt", "/dev/shm/x", "../inputs.txt"):
        try:
            with open(name, "a") as file:
                file.write(repr(x) + "\\n")
        except OSError:
            pass
    return 0.0
""",
}
