"""Answers with handles where numbers are expected, and asks by handles that were never given."""

from forge import answering

CELLS = [answering("[tree(['handle', 2**39])]")]
ANSWERS = {"half_answer": "answer_half = object()"}
