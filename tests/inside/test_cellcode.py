"""Cells as Python reads them: what IPython alone understands does nothing, and nothing else is changed."""

import ast
import asyncio
from types import FunctionType

import pytest

from nbviva.inside.cellcode import as_python, compiled


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if True:\n    !ls -l\nx = 1", "if True:\n    pass\nx = 1"),
        ("files = !ls\na, b = %sql x\nprint?\nmath.pi??\n?print", "pass\npass\npass\npass\npass"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("\n%%capture said\nx = 1", "\npass\nx = 1"),
        ("%%bash\nls {}", ""),
        ("!ls -l \\\n   -a \\\n   here\nx = 1", "pass\n\n\nx = 1"),
        ("files = !ls \\\n  here\nx = 1", "pass\n\nx = 1"),
        ("  %%html\n<p>", ""),
    ],
)
def test_magics_and_commands_do_nothing(cell, python):
    """Each line stays where it stood, so that an error names the right one."""
    assert python == as_python(cell)


@pytest.mark.parametrize(
    "cell", ["", "x = 5 \\\n% 3", 'words = """\n%matplotlib inline\n!ls\n"""', "await one()", "x = (7\n%y)"]
)
def test_python_is_left_alone(cell):
    assert cell == as_python(cell)


def test_what_is_no_python_is_refused_when_it_is_compiled():
    with pytest.raises(SyntaxError):
        compiled("def f(:", "cell")


def test_a_cell_may_wait_at_its_top():
    """`await` outside of a function gives a coroutine, as in a notebook; any other cell gives nothing."""
    names = {"asyncio": asyncio}
    waits = FunctionType(compiled("%time 0\nfound = await asyncio.sleep(0, 7)", "cell"), names)()
    asyncio.run(waits)
    assert 7 == names["found"]
    assert FunctionType(compiled("x = 1", "cell"), names)() is None


def test_lines_of_a_long_text_cost_no_more_than_their_length():
    assert ast.parse(as_python("%a\n" + "x, " * 50_000 + "= 1"))
