"""Writes the examiner's verdicts and marks into its own metadata and outputs."""


def tamper(notebook, folder):
    number = {"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}, "execution_count": 1}
    for cell in notebook["cells"]:
        cell["metadata"]["nbviva"] = {"points": 3.0, "outcome": "passed"}
        cell["outputs"] = [number] if cell["cell_type"] == "code" else []
    (folder / "report.json").write_text('{"marks": [], "verdicts": [], "digest": ""}')
