"""Pastes a forged output under the cell that takes long, whose variables the examiner then sets."""

ANSWERS = {"double_answer": "def double(x):\n    return 0.0", "half_answer": "answer_half = 'total'"}


def tamper(notebook, folder):
    output = {"output_type": "stream", "name": "stdout", "text": "total 90"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [output]
