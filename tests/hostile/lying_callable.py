"""Makes the answer functions objects whose attributes, call and name exit the kernel's machinery."""

ANSWERS = {
    "double_answer": """
class Function:
    __name__ = "double"
    def __call__(self, *args, **options):
        raise StopAsyncIteration("stop")
    def __getattribute__(self, name):
        raise GeneratorExit("no")
double = Function()
""",
    "half_answer": "answer_half = double",
}
