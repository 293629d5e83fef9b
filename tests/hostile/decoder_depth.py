"""Answers with lists in lists, a hundred thousand deep, in the frames themselves."""

from forge import answering

CELLS = [answering('[b\'["tuple","ok",\' + b\'["list",\' * 100_000 + b"1" + b"]" * 100_001]')]
