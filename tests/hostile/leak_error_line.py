"""Raises errors in the line whose number is the input that it was asked with."""

ANSWERS = {
    "double_answer": """
def double(x):
    code = "\\n" * (int(abs(x) * 9000) % 9000) + "raise ValueError"
    exec(compile(code, "ipykernel_1", "exec"), {})
""",
}


def after(report, notebook, outside):
    number, _ = outside.inputs("leak_error_line")
    assert str(int(abs(number) * 9000) % 9000 + 1) not in "".join(verdict.detail for verdict in report.verdicts)
