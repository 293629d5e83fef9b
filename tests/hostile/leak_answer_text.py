"""Answers with a text that says the input, which a sentence about the wrong answer would repeat."""

ANSWERS = {"double_answer": "def double(x):\n    return f'{x!r} {x:.6g}'"}
