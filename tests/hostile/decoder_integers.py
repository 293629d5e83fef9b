"""Answers with integers of very many digits, in decimal, in hexadecimal, and as their own text."""

from forge import answering

CELLS = [
    answering(
        "[next(many)]",
        before="""
shapes = ["9" * 4000, "9" * 1_000_000, '["int","0x' + "f" * 1000 + '"]', '["int","0x' + "f" * 7_000_000 + '"]',
          '["int","-0b1"]', '["int","0x1_0"]', '["int",5]', "1" + "0" * 400, '"' + "9" * 5000 + '"']
many = itertools.cycle(('["tuple","ok",%s]' % shape).encode() for shape in shapes)
""",
    ),
]
ANSWERS = {"half_answer": "answer_half = 10 ** 5000"}
