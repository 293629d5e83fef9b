"""Tags every cell to be skipped or to be allowed to fail."""


def tamper(notebook, folder):
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-cell", "hide-input"]
