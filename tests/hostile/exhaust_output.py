"""Prints without end to stdout and stderr, by Python, by file descriptors, and as displays."""

CELLS = [
    """
import os, sys, time
from IPython.display import display
end = time.monotonic() + 3
while time.monotonic() < end:
    print("x" * 100_000)
    print("y" * 100_000, file=sys.stderr)
    os.write(1, b"z" * 60_000)
    display({"text/plain": "w" * 100_000}, raw=True)
""",
]
ANSWERS = {"double_answer": "def double(x):\n    for _ in range(3000):\n        print('x' * 10_000)\n    return 0.0"}
