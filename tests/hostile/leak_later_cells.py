"""Remembers what it is asked when the examiner stands in for a cell, and prints it in the cells after that."""

ANSWERS = {
    "double_answer": "seen = []\ndef double(x):\n    seen.append(x)\n    return 0.0",
    "half_answer": "answer_half = None",
}


def tamper(notebook, folder):
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
    place = names.index("long")
    notebook["cells"][place]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "total 90"}]
    spy = {"cell_type": "code", "source": "print(seen)", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].insert(place + 1, spy)


def after(report, notebook, outside):
    _, numbers = outside.inputs("leak_later_cells")
    assert str(numbers[:2])[1:-1] not in str(notebook)
