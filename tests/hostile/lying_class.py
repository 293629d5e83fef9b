"""Spoofs `__class__`, type names and module names so that an object looks like plain data or a tensor."""

ANSWERS = {
    "double_answer": """
class Meta(type):
    def __eq__(self, other): return True
    def __hash__(self): return hash(float)
    def __instancecheck__(self, other): return True
class Spoof(metaclass=Meta):
    __class__ = float
    __module__ = "torch"
    layout = dtype = None
    def __float__(self): return 1.0
    def detach(self): return self
    cpu = numpy = resolve_conj = detach
def double(x):
    return Spoof()
""",
    "half_answer": "answer_half = type('float', (), {'__module__': 'numpy', '__class__': float})()",
    "colour_answer": "one = {'__module__': 'numpy', '__str__': lambda self: self}\n"
    "answer_colour = type('str_', (str,), one)('any')",
}
