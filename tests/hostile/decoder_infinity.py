"""Answers with infinity, as a number, as an array, and as a numeral that only becomes infinite when it is read."""

from forge import answering

CELLS = [
    answering(
        "[next(many)]",
        before="""
shapes = ["1e999", "-1e999", '["float","inf"]', '["float","-inf"]', '["list",1e999]', "NaN", "Infinity", "-0.0"]
many = itertools.cycle(('["tuple","ok",%s]' % shape).encode() for shape in shapes)
""",
    ),
]
