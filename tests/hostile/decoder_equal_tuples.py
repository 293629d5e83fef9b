"""Answers with a dictionary whose keys are tuples of -1 and -2, which have the same hash in every order."""

from forge import answering

CELLS = [
    answering("[collide]").replace(
        "kernel = get",
        """
keys = itertools.product((-1, -2), repeat=13)
collide = tree(["dict", *[[["tuple", *key], 0] for key in keys]])
kernel = get""",
    ),
]


def after(report, notebook, outside):
    assert outside.processor < 2
