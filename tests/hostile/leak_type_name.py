"""Answers with an object whose type is named by the input that it was asked with."""

ANSWERS = {"double_answer": "def double(x):\n    return type(f'{x!r} {x:.6g}', (), {})()"}
