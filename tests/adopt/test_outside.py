"""Which tests can run outside is read from their texts, and from the names that they share with other cells."""

from dataclasses import replace

import pytest

from nbviva.adopt.outside import bound_elsewhere, names_read, obstacle
from nbviva.tester.ownership import NameOwner, NotebookNames, Role, SourceCell


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("assert f(1) == 1", ""),
        ("%matplotlib inline\nassert f(1)", ""),
        ("%%time\nassert f(1)", ""),
        ("%%bash\ntrue", "it is run by the magic %%bash"),
        ("files = !ls", "it runs a command of the shell or of IPython (files = !)"),
        ("import time\nstart = time.time()", "it measures time"),
        ("assert (", "it is no Python"),
    ],
)
def test_what_can_never_run_outside_is_told(text, why):
    """With its reason."""
    assert obstacle(text) == why


def cells(*pairs):
    """Give cells by role, text and whether they run outside."""
    return tuple(SourceCell(Role(role), f"c{at}", text, out) for at, (role, text, out) in enumerate(pairs))


def test_a_test_whose_name_a_later_cell_uses_runs_in_the_kernel():
    """And so does one that uses a name of a test in the kernel, however long the chain."""
    book = cells(
        ("test", "data = [1]", True),
        ("solution", "y = data[0]", False),
        ("test", "z = data", True),
        ("test", "z", True),
    )
    assert set(bound_elsewhere(book)) == {"c0", "c2", "c3"}
    opened = tuple(replace(cell, open=True) for cell in book[:2])
    assert bound_elsewhere(opened) == {}  # it runs in the kernel, too
    apart = cells(("test", "data = [1]", True), ("solution", "data = 2\ny = data", False), ("test", "data", True))
    assert bound_elsewhere(apart) == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("x = y + 1\nz = x", {"y"}),
        ("total += 1", {"total"}),
        ("[n for n in items]", {"items"}),
        ("for i in range(3):\n    print(i)", {"range", "print"}),
        ("def f(a):\n    b = a\n    return b + c", {"c"}),
    ],
)
def test_names_are_read_where_they_are_the_notebooks(text, read):
    """What a statement binds inside itself is its own."""
    assert names_read(text) == read


def owner(name, *pairs):
    """Say whose a name is behind these cells."""
    found = NotebookNames(list(cells(*((role, text, True) for role, text in pairs)))).find(name, len(pairs))
    return found.owner if found else None


def test_the_last_cell_that_binds_a_name_says_whose_it_is():
    """Of locked cells what rests on the student is theirs, and what such a statement may change."""
    assert owner("a", ("locked", "a = 1")) is NameOwner.OURS
    assert owner("a", ("locked", "a = 1"), ("solution", "a = 2")) is NameOwner.THEIRS
    assert owner("a", ("solution", "a = 1"), ("test", "a = 2")) is NameOwner.OURS
    assert owner("a", ("solution", "f = 1"), ("locked", "a = f(1)")) is NameOwner.THEIRS
    assert (
        owner("a", ("solution", "f = 1"), ("locked", "a = []\nfor i in range(3):\n    a.append(f(i))"))
        is NameOwner.THEIRS
    )
    assert owner("g", ("solution", "f = 1"), ("locked", "def g():\n    return f(1)")) is NameOwner.OURS
    assert owner("np", ("given", "import numpy as np")) is NameOwner.IMPORT
    assert owner("np", ("solution", "import numpy as np")) is NameOwner.THEIR_IMPORT
    assert owner("b", ("given", "b = 1")) is NameOwner.THEIRS
    assert owner("i", ("locked", "a = [i for i in range(3)]")) is None
