"""Answers with object arrays, records, masked and sparse values that run code when they are converted."""

ANSWERS = {
    "double_answer": """
import numpy as np
class Trap:
    def __float__(self): raise SystemExit
    def __reduce__(self): return (print, ("unpickled",))
    __index__ = __int__ = __float__
values = [np.array([Trap()], object), np.ma.masked_all(3), np.zeros(2, "f8,i4"), np.array(["x"]), np.array(1, "O"),
          np.datetime64("now"), Trap, Trap()]
calls = 0
def double(x):
    global calls
    calls += 1
    return values[calls % len(values)]
""",
    "half_answer": "answer_half = np.array(Trap(), object)",
    "colour_answer": "answer_colour = np.array(['any'])",
}
