"""Hides the examiner's lines with a style sheet in a markdown cell."""

from forge import active

TEXT = (
    "<style>/* attack */ .output_html, .jp-OutputArea, li code { display: none !important }</style>"
    '<link rel=stylesheet href="//attack.example">'
)


def tamper(notebook, folder):
    notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": TEXT})


def shown(page):
    assert active(page) == []
