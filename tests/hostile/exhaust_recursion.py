"""Recurses until the stack is gone, in Python and in C."""

CELLS = [
    """
import sys
sys.setrecursionlimit(10 ** 9)
def deeper(n=0):
    return deeper(n + 1)
""",
]
ANSWERS = {"double_answer": "def double(x):\n    return deeper() if x != 2 else 4"}
