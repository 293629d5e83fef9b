"""Answers with exactly as much nesting and as many items as are allowed, where numbers are expected."""

ANSWERS = {
    "double_answer": """
def nested(depth, leaf):
    for _ in range(depth):
        leaf = [leaf]
    return leaf
def double(x):
    return nested(30, 0.0) if x != 2 else [[0.0]] * 160_000
""",
    "half_answer": "answer_half = nested(30, 0.0)",
    "colour_answer": "answer_colour = [nested(28, {('a',): {1}})]",
}
