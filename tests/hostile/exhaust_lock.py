"""Holds Python's global lock in one endless call to C, so that no signal handler ever runs."""

CELLS = ["10 ** (10 ** 9) if False else sum(range(10 ** 14))"]
SECONDS = 15
