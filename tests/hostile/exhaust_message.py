"""Answers with messages just below and far above what may cross."""

ANSWERS = {
    "double_answer": """
import numpy as np
calls = 0
def double(x):
    global calls
    calls += 1
    return np.zeros([30, 1 << 26, 33][calls % 3] << 20 if calls % 3 != 1 else 1 << 26, "u1")
""",
}
