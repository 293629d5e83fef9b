"""Shows large pictures in very many cells: each is allowed, all of them would fill the grader's memory and disk."""

PICTURES = """
import base64, os
from IPython.display import display

for _ in range(2):
    data = base64.b64encode(b"\\x89PNG\\r\\n\\x1a\\n" + os.urandom(1_500_000)).decode()
    display({"image/png": data}, raw=True)
"""
CELLS = [PICTURES] * 30
