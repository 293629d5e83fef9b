"""Prints one line of a hundred megabytes, and raises an error whose text is as long."""

CELLS = ["print('x' * 100_000_000)", "raise ValueError('y' * 50_000_000)"]
