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
    heads = re.findall(r'<h3[^>]*>\s*1\.1 Doubling\s*<span class="points">(\d) of 2 points</span>', page)
    assert heads == ["0"]
    assert "&lt;b&gt;1.1 Doubling: 2 of 2 points&lt;/b&gt;" in page
