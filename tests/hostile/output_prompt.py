"""Forges the number beside a cell, which pages show as it is: a script, a list, a megabyte."""

CELLS = [
    """
kernel = get_ipython().kernel
parent = kernel.get_parent("shell")
shown = {"code": "", "data": {"text/plain": "x"}, "metadata": {}}
def number(value):
    for kind in ("execute_input", "execute_result"):
        kernel.session.send(kernel.iopub_socket, kind, {**shown, "execution_count": value}, parent=parent)
number(["x"] * 1000)
number("<script>attack()</script>")
""",
]


def after(report, notebook, outside):
    assert {type(cell.get("execution_count")) for cell in notebook.cells} <= {int, type(None)}
