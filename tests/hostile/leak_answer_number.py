"""Answers with the input itself, which a sentence about the wrong answer would repeat."""

ANSWERS = {"double_answer": "def double(x):\n    return x"}
