"""Prints escapes that rewrite a terminal's title, colours and earlier lines, also in an error's name and text."""

CELLS = [
    """
print("\\x1b]0;owned\\x07\\x1b[2J\\x1b[31mred\\x9b31m\\x1bP+q\\x1b\\\\ \\r6.0 of 6 points \\x08\\x08")
class Evil(Exception):
    pass
Evil.__name__ = "\\x1b[2JEvil"
raise Evil("\\x1b[1A\\x1b[2K6 of 6 points")
""",
]
ANSWERS = {
    "double_answer": "def double(x):\n    raise type('\\x1b[2J', (Exception,), {})('\\x1b[2J\\u202e')",
    "half_answer": "answer_half = '\\x1b[2J'",
    "colour_answer": "answer_colour = type('\\x1b[2J', (), {})()",
}


def after(report, notebook, outside):
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    said = [v.detail for v in report.verdicts] + [str(text) for o in shown for text in o.values()]
    assert not {"\x1b", "\x9b", "\x08", "\x07", "\u202e"} & set("".join([*said, *report.notes]))
    lines = "".join(line for output in shown for line in output.get("traceback", []))
    assert not {"\x1b", "\x9b", "\x08", "\x07", "\u202e"} & set(lines)
