"""Answers with texts of half characters, zero bytes, combining marks by the thousand, and broken UTF-8."""

from forge import answering

CELLS = [
    answering(
        "[next(many)]",
        before=r"""
shapes = [rb'"\ud800"', rb'"\udfff\ud800"', b'"\xff\xfe"', rb'"\u0000"', b'"' + "e\u0301".encode() * 100_000 + b'"',
          b'["dict",["\\ud800",1]]', b'["list","\\udfff"]', b'\xef\xbb\xbf1', "[\u2028]".encode("utf-16")]
many = itertools.cycle(b'["tuple","ok",%s]' % shape for shape in shapes)
""",
    ),
]
ANSWERS = {"half_answer": "answer_half = '\\ud800'", "colour_answer": "answer_colour = '\\udfff' * 100"}
