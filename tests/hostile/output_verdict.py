"""Shows a copy of the examiner's own block as an output, and prints one."""

import re

CELLS = [
    """
from IPython.display import HTML, display
block = '<div style="border-left:4px solid #555;padding-left:8px"><b>1.1 Doubling: 2 of 2 points</b></div>'
display(HTML(block))
print(block)
print("1.1 Doubling: 2 of 2 points\\npassed: `double` gives twice its argument.")
""",
]


def shown(page):
    assert re.findall(r"<(?:b|strong)>1.1 Doubling: (\d) of 2 points</", page) == ["0"]
