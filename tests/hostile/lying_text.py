"""Answers with a text, subclassed, that is every option at once."""

ANSWERS = {
    "colour_answer": """
class Every(str):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def strip(self): return self
    def lower(self): return self
answer_colour = Every("blue")
""",
}
