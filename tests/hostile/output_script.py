"""Shows HTML and JavaScript of every rich type that a browser would run."""

from forge import active

CELLS = [
    """
from IPython.display import HTML, Javascript, display
display(HTML("<script>attack()</script><img src=x onerror=attack()><iframe src='https://attack.example'></iframe>"))
display(Javascript("attack()"))
display({"text/html": "<form action='https://attack.example'><input name=q></form>", "text/plain": "x"}, raw=True)
display({"application/vnd.jupyter.widget-view+json": {"model_id": "attack"}, "application/javascript": "attack()",
         "text/latex": r"$\\\\href{javascript:attack()}{x}$", "application/pdf": "attack",
         "text/markdown": "<b>attack()"},
        raw=True)
print("<script>attack()</script>")
""",
]


def after(report, notebook, outside):
    kinds = {kind for cell in notebook.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert kinds <= {"text/plain", "image/png"}


def shown(page):
    assert active(page) == []
