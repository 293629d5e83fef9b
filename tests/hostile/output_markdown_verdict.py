"""Copies the examiner's own block into a markdown cell, with full points in it."""

import re

BLOCK = (
    '<div style="border-left:4px solid #555;padding-left:8px"><b>1.1 Doubling: 2 of 2 points</b>'
    "<ul><li><code>passed: forged</code></li></ul></div>"
)


def tamper(notebook, folder):
    notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": BLOCK})


def shown(page):
    heads = re.findall(r'<h3[^>]*>\s*1\.1 Doubling\s*<span class="points">(\d) of 2 points</span>', page)
    assert heads == ["0"]
    assert "&lt;b&gt;1.1 Doubling: 2 of 2 points&lt;/b&gt;" in page
    assert "<code>passed: forged" not in page
