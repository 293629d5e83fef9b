"""Reverses the direction of what is read with marks in outputs, so that numbers and words change places."""

CELLS = [
    """
print("\\u202e0 :tniop\\u202c \\u2066\\u2067 \\u200f6 of 6\\u061c \\u200b\\ufeff")
from IPython.display import display
display({"text/plain": "\\u202edesrever"}, raw=True)
""",
]


def after(report, notebook, outside):
    said = str([output for cell in notebook.cells for output in cell.get("outputs", [])])
    assert not set("\u202e\u202c\u2066\u2067\u200f\u061c") & set(said)
    assert "\\u202e" not in said
