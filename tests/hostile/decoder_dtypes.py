"""Answers with arrays of types that are not allowed: objects, texts, records, dates, other byte orders, new names."""

from forge import answering

CELLS = [
    answering(
        "[tree(['array', next(dtypes), [1], 1]), bytes(8)]",
        before="""
dtypes = itertools.cycle(["|O", "|O8", "<U2", "|S8", "|V8", "<M8[ns]", "<m8", ">f8", "f8", "object", "float", "",
                          None, 5, ["<f8"], {"names": ["a"]}, "<f16", "<f8,<f8", "(2,)<f4", "O" * 100_000])
""",
    ),
]
