"""A cell's code as Python reads it: without what IPython alone understands."""

from __future__ import annotations

import ast
import re
from types import CodeType

_MAGIC = re.compile(r"^([ \t]*+)(?:(?:[%!?]|[\w,][\w, ]*+=[ \t]*+[%!])(?:.*\\\n)*.*|[\w.]++\?\??)$", re.MULTILINE)
_OF_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # magics whose cell is Python all the same


def as_python(source: str) -> str:
    """Give a cell's Python, line by line where it stood; magics and commands of the shell do nothing.

    What a cell gets from a command (`files = !ls`) is not set, and a cell of another language is empty. What is left
    may still be no Python.
    """
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        first = source.split(maxsplit=1)[:1]
        if first and first[0].startswith("%%") and first[0] not in _OF_PYTHON:
            return ""
        return _MAGIC.sub(lambda found: found[1] + "pass" + "\n" * found[0].count("\n"), source)
    return source


def compiled(source: str, name: str) -> CodeType:
    """Compile a cell's Python, `await` outside of a function included: then it gives a coroutine when it is run.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    code: CodeType = compile(as_python(source), f"<{name}>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return code
