"""Makes code cells raw and markdown ones, and prose code."""


def tamper(notebook, folder):
    kinds = ["raw", "markdown", "heading", None, 7]
    for number, cell in enumerate(notebook["cells"]):
        cell["cell_type"] = kinds[number % 5] if cell["cell_type"] == "code" else "code"
