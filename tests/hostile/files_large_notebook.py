"""Hands in a notebook of sixty megabytes, nearly all of it one output."""


def tamper(notebook, folder):
    text = "x" * (60 << 20)
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]


SECONDS = 10
