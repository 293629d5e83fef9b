"""Answers with array subclasses whose comparison, conversion and ufuncs are always right."""

ANSWERS = {
    "double_answer": """
import numpy as np
class Right(np.ndarray):
    def __array_ufunc__(self, *args, **options): return True
    def __array_function__(self, *args, **options): return True
    def __eq__(self, other): return True
    def __array__(self, *args, **options): return np.zeros(1)
    dtype = property(lambda self: np.dtype(float))
def double(x):
    return np.zeros(1).view(Right)
""",
    "half_answer": """
class Any:
    def __array__(self, *args, **options): return np.zeros(())
    __array_interface__ = {"shape": (), "typestr": "<f8", "version": 3, "data": (0, False)}
answer_half = Any()
""",
}
