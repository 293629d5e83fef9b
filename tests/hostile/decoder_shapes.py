"""Answers with arrays whose shapes are negative, huge, empty in huge ways, no numbers, or not those of their bytes."""

from forge import answering

CELLS = [
    answering(
        "[tree(['array', '<f8', next(shapes), 1]), bytes(8)]",
        before="""
shapes = itertools.cycle([[-1], [-1, -1], [2**63], [2**39, 2**39, 0], [0, 2**39], [True], ["1"], [1.0], 1, None, [[1]],
                          [1] * 40, [1] * 100_000, [2**64, 0], [3]])
""",
    ),
]
