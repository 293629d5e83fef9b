"""Shows pictures that are programs: SVG with scripts, and files that only begin like a PNG or are named one."""

from forge import active

CELLS = [
    """
from IPython.display import SVG, Image, display
svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='attack()'><script>attack()</script></svg>"
display(SVG(svg))
display({"image/png": "\\"><script>attack()</script>", "image/jpeg": "x' onerror='attack()",
         "image/svg+xml": svg}, raw=True)
display({"image/png": "iVBORw0KGgo=\\" onerror=\\"attack()", "text/plain": svg}, raw=True)
""",
]


def shown(page):
    assert active(page) == []
