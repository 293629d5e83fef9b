"""Answers with dictionaries and sets whose members cannot be members, and with a hundred thousand keys."""

from forge import answering

CELLS = [
    answering(
        "[tree(next(many))]",
        before="""
values = [["set", ["list", 1]], ["dict", [["list"], 1]], ["dict", [["dict"], 1]], ["set", ["set"]], ["dict", 1],
          ["dict", []], ["dict", ["a", 1, 2]],
          ["dict", *[[str(i), i] for i in range(100_000)]], ["set", *range(400_000)],
          [[]], [5], [None]]
many = itertools.cycle(values)
""",
    ),
]
