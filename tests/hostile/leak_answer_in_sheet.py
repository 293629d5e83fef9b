"""Keeps the input and gives it later as its answer to another question, whose sentence shows the answer."""

ANSWERS = {
    "double_answer": """
seen = []
class Colour(dict):
    pass
def double(x):
    seen.append(f"{x!r} {x:.6g}")
    globals()["answer_colour"] = globals()["answer_half"] = seen[-1]
    return 0.0
""",
}
