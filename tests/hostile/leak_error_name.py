"""Raises errors whose type, function and file are named by the input that it was asked with."""

ANSWERS = {
    "double_answer": """
def double(x):
    names = {}
    code = f"def f():\\n    raise type({str(x)!r}, (Exception,), {{}})({str(x)!r})"
    exec(compile(code, f"<ipykernel_{x}>", "exec"), names)
    names["f"].__name__ = str(x)
    return names["f"]()
""",
}
