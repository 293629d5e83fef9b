"""Answers with frames that are named twice, missing, negative, or thousands of empty ones."""

from forge import answering

CELLS = [
    answering(
        "next(many)",
        before="""
def named(index, size):
    return ["array", "<f8", [size], index]
def made():
    block = bytes(8 << 20)
    return [
        [tree(["list", *[named(1, 1 << 20)] * 4000]), block],
        [tree(named(-1, 1)), bytes(8)],
        [tree(named(0, 1)), bytes(8)],
        [tree(["bytes", 10 ** 30]), b""],
        [tree(0.0), *[b""] * 4090],
        [tree(0.0), *[b""] * 20_000],
        [],
        [b""],
    ]
many = (frames for _ in itertools.count() for frames in made())
""",
    ),
]
