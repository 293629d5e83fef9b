"""Answers with floats, subclassed, that equal everything and differ by nothing."""

ANSWERS = {
    "double_answer": """
class Right(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = __sub__
    def __le__(self, other): return True
    __ge__ = __lt__ = __gt__ = __le__
    def __hash__(self): return 0
def double(x):
    return Right(0)
""",
    "half_answer": "answer_half = Right(0)",
}
