"""Answers with a set of integers of equal hashes, so that reading it takes time by the square of its size."""

from forge import answering

CELLS = [
    answering("[collide]", before="collide = None").replace(
        "kernel = get", "collide = tree(['set', *(number * (2**61 - 1) for number in range(1, 22_000))])\nkernel = get"
    )
]


def after(report, notebook, outside):
    assert outside.processor < 3.5
