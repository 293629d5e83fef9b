"""Takes more memory than its limit, in a cell, and again in an answer."""

CELLS = ["hoard = []\nwhile len(hoard) < 4000:\n    hoard.append(bytearray(b'x') * (16 << 20))"]
ANSWERS = {"double_answer": "def double(x):\n    return bytearray(b'x') * (8 << 30)"}
SECONDS = 20
