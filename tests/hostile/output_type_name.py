"""Gives an answer's type a name that is markup and moves the cursor, which the examiner's sentence would repeat."""

ANSWERS = {
    "double_answer": "def double(x):\n    return type('\\x1b[2J<b>\\u202e\\n\\n6 of 6', (), {})()",
    "colour_answer": "answer_colour = [double(1)]",
}


def after(report, notebook, outside):
    said = "".join(verdict.detail for verdict in report.verdicts)
    assert not {"\x1b", "\n", "\u202e"} & set(said)
