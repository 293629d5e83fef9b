"""Answers with dictionaries, lists and numbers that change each time somebody looks."""

ANSWERS = {
    "double_answer": """
import collections
class Both(dict):
    def items(self): return iter([("a", 1)] * 3)
    def __missing__(self, key): return True
class Shifting(list):
    def __iter__(self):
        while True:
            yield 0.0
class Index:
    def __index__(self): raise KeyboardInterrupt
calls = 0
def double(x):
    global calls
    calls += 1
    return [Both(), Shifting(), collections.OrderedDict(a=Both()), Index()][calls % 4]
""",
}
