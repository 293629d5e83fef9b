"""Raises errors whose text is the input that it was asked with."""

ANSWERS = {"double_answer": "def double(x):\n    raise ValueError(f'{x!r} {x:.6g}')"}
