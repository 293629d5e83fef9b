"""What a test cell outside of the student's kernel sees, and how it ends: one rule after the other."""

import pytest

from tests.tester.notebooks import passed, run, source_cells

SQUARE = "def square(n):\n    return n * n"


def test_values_calls_and_arrays_are_the_students(tmp_path):
    """Names that nobody on our side binds are asked of the kernel; what comes is plain data."""
    cells = source_cells(
        ("solution", f"{SQUARE}\nimport numpy as np\nx = 42\ndef ramp(n):\n    return np.arange(n)"),
        ("test", "values", "assert square(7) == 49 and x == 42"),
        ("test", "array", "import numpy\nassert isinstance(ramp(3), numpy.ndarray) and (ramp(3) == [0, 1, 2]).all()"),
        ("test", "wrong", "assert square(3) == 10"),
        ("test", "lacking", "cube(3)"),
        ("test", "partial", "0.5"),
    )
    runs = run(tmp_path, cells)
    assert passed(runs) == {"values", "array", "partial"}
    assert (runs["wrong"].error, runs["lacking"].error, runs["partial"].shown) == ("AssertionError", "NameError", "0.5")


def test_a_name_of_the_tests_or_of_a_locked_cell_is_ours(tmp_path):
    """Whatever the student gives to it; a helper of a locked cell runs here, with the student's functions."""
    cells = source_cells(
        ("locked", "import math\nLIMIT = 10\ndef near(f, wanted):\n    return math.isclose(f(3), wanted)"),
        ("solution", "answer", SQUARE),
        ("test", "t", "expected = 9\nassert square(3) == expected and near(square, 9) and LIMIT == 10"),
    )
    lies = "LIMIT = expected = square = 0\nnear = lambda f, wanted: True"
    assert passed(run(tmp_path, cells)) == {"t"}
    assert passed(run(tmp_path, cells, {"answer": lies})) == set()
    honest = f"{SQUARE}\nLIMIT, near, expected = 99, None, 1"
    assert passed(run(tmp_path, cells, {"answer": honest})) == {"t"}


def test_a_locked_name_is_the_students_once_a_solution_binds_it(tmp_path):
    """And a test's own name, once a later solution binds it."""
    cells = source_cells(
        ("locked", "total = 1"),
        ("test", "before", "assert total == 1\nx = 5"),
        ("solution", "total = 2\nx = 6"),
        ("test", "after", "assert total == 2 and x == 6"),
    )
    assert passed(run(tmp_path, cells)) == {"before", "after"}


def test_what_of_a_locked_cell_rests_on_the_student_is_asked(tmp_path):
    """It is not run twice; what does not rest on the student is ours."""
    cells = source_cells(
        ("solution", "answer", "calls = []\ndef f(n):\n    calls.append(n)\n    return n + 1"),
        ("locked", "data = [1, 2]\nfound = [f(n) for n in data]\nlast = found[-1]\ndata.append(3)"),
        ("test", "t", "assert found == [2, 3] and last == 3 and data == [1, 2, 3] and len(calls) == 2"),
    )
    assert passed(run(tmp_path, cells)) == {"t"}
    cheat = "def f(n):\n    data.clear()\n    return n + 1\ncalls = [1, 2]"
    assert run(tmp_path, cells, {"answer": cheat})["t"].error == "AssertionError"


def test_an_import_of_a_solution_counts_only_where_the_student_has_it(tmp_path):
    """Else a blank would get the point."""
    cells = source_cells(("solution", "answer", "from math import log10"), ("test", "t", "assert log10(100) == 2"))
    assert passed(run(tmp_path, cells)) == {"t"}
    assert run(tmp_path, cells, {"answer": "pass"})["t"].error == "NameError"


@pytest.mark.parametrize("cheat", ["import os\ndef f():\n    os._exit(0)", "def f():\n    return '\\ud800'"])
def test_a_missing_answer_cannot_be_swallowed(tmp_path, cheat):
    """A dead kernel and an unreadable answer are no exception that a test may expect."""
    test = "try:\n    f()\nexcept BaseException:\n    pass\nelse:\n    assert False"
    cells = source_cells(("solution", "answer", "def f():\n    raise ValueError"), ("test", "t", test))
    assert passed(run(tmp_path, cells)) == {"t"}
    assert run(tmp_path, cells, {"answer": cheat})["t"].error == "NotAnswered"


def test_a_test_is_asked_in_its_place(tmp_path):
    """Later cells of the student's have not run yet."""
    cells = source_cells(
        ("solution", "x = 1"),
        ("test", "first", "assert x == 1"),
        ("solution", "x = 2"),
        ("test", "then", "assert x == 2"),
    )
    assert passed(run(tmp_path, cells)) == {"first", "then"}


def test_one_object_of_theirs_is_one_of_ours(tmp_path):
    """Also a list that is given back, and what a call has changed in its argument."""
    cells = source_cells(
        (
            "solution",
            (
                "class Node:\n    pass\nroot = Node()\ndef get():\n    return root\ndef same(x):\n    return x\n"
                "def fill(x):\n    x.append(1)"
            ),
        ),
        ("test", "t", "assert get() is root and get() is get()\nx = []\nassert same(x) is x\nfill(x)\nassert x == [1]"),
    )
    assert passed(run(tmp_path, cells)) == {"t"}


def test_exact_types_alone_are_plain_data(tmp_path):
    """A text or number of a class of the student's own stays there, and equals no plain data."""
    lie = (
        "class Lie({0}):\n    def __eq__(self, other):\n        return True\n    __hash__ = None\ndef f():\n"
        "    return Lie()"
    )
    cells = source_cells(("solution", "answer", "def f():\n    return 5"), ("test", "t", "assert f() == 5"))
    for kind in ("int", "str", "float", "object"):
        assert run(tmp_path, cells, {"answer": lie.format(kind)})["t"].error == "AssertionError"


def test_what_an_object_of_the_students_decides_is_said(tmp_path):
    """Equality of two of them, truth, order, class; attributes and methods are answers like any other."""
    solution = (
        "class V:\n    def __init__(self, x):\n        self.x = x\n    def __eq__(self, other):\n"
        "        return self.x == other.x\n"
        "    def __lt__(self, other):\n        return self.x < other.x\n    def __len__(self):\n        return 2"
    )
    cells = source_cells(
        ("solution", solution),
        ("test", "attribute", "assert V(3).x == 3"),
        ("test", "equality", "assert V(1) == V(1)"),
        ("test", "order", "assert V(1) < V(2)"),
        ("test", "truth", "assert V(1)"),
        ("test", "class", "assert isinstance(V(1), V)"),
        ("test", "length", "assert len(V(1)) == 2"),
    )
    runs = run(tmp_path, cells, allowed={"length": ("len",)})
    assert {name for name, run in runs.items() if not run.error} == set(runs)
    assert passed(runs) == {"attribute", "length"}
    assert runs["length"].operations == ("len",)


def test_exceptions_keep_their_kind_and_their_plain_arguments(tmp_path):
    """Also one of a class of the student's own."""
    cells = source_cells(
        (
            "solution",
            "class Mine(KeyError):\n    pass\ndef bad(kind):\n    raise kind('no', 3)\ndef own():\n    raise Mine('x')",
        ),
        ("test", "known", "try:\n    bad(ValueError)\nexcept ValueError as error:\n    assert error.args == ('no', 3)"),
        ("test", "own", "try:\n    own()\nexcept Mine as error:\n    assert isinstance(error, KeyError)"),
        ("test", "other", "try:\n    own()\nexcept ValueError:\n    pass"),
    )
    runs = run(tmp_path, cells)
    assert passed(runs) == {"known", "own"}
    assert runs["other"].error == "Mine"


def test_functions_of_the_test_are_called_from_there(tmp_path):
    """They may ask on; what they raise goes through the student's code."""
    cells = source_cells(
        ("solution", "def apply(f, items):\n    return [f(item) for item in items]\ndef two(n):\n    return 2 * n"),
        ("test", "calls", "assert apply(lambda n: two(n) + 1, [1, 2]) == [3, 5]"),
        (
            "test",
            "raises",
            "try:\n    apply(lambda n: 1 / n, [0])\nexcept ZeroDivisionError:\n    pass\nelse:\n    assert 0",
        ),
        ("test", "library", "import math\nassert apply(math.sqrt, [4.0]) == [2.0] and apply(int, ['3']) == [3]"),
    )
    assert passed(run(tmp_path, cells)) == {"calls", "raises", "library"}


def test_what_a_call_prints_is_the_tests_output(tmp_path):
    """So a test can redirect it."""
    test = (
        "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    hello()\n"
        "assert out.getvalue() == 'hi\\n'"
    )
    cells = source_cells(("solution", "def hello():\n    print('hi')"), ("test", "t", test))
    assert passed(run(tmp_path, cells)) == {"t"}


def test_generators_and_context_managers_stay_there(tmp_path):
    """Items are asked one at a time; a test's own error goes through a manager."""
    solution = (
        "from contextlib import contextmanager\ndef evens(n):\n    yield from range(0, n, 2)\nlog = []\n"
        "@contextmanager\ndef cm():\n    log.append('in')\n    yield 5\n    log.append('out')"
    )
    cells = source_cells(
        ("solution", solution),
        ("test", "items", "it = evens(6)\nassert next(it) == 0 and list(it) == [2, 4]"),
        ("test", "with", "with cm() as value:\n    assert value == 5\nassert log == ['in', 'out']"),
    )
    assert passed(run(tmp_path, cells)) == {"items", "with"}


def test_what_a_test_seeds_it_seeds_for_the_students_functions(tmp_path):
    """In the state that its own draws have left; the student's seeds do not reach the test's draws."""
    cells = source_cells(
        (
            "solution",
            "answer",
            (
                "import random\nimport numpy as np\ndef roll():\n    return random.randint(1, 10**6)\n"
                "def draw():\n    return np.random.rand()"
            ),
        ),
        (
            "test",
            "again",
            "import random\nrandom.seed(5)\nwant = random.randint(1, 10**6)\nrandom.seed(5)\nassert roll() == want",
        ),
        (
            "test",
            "on",
            (
                "import numpy as np\nnp.random.seed(1)\na, b = np.random.rand(2)\nnp.random.seed(1)\n"
                "assert np.random.rand() == a and draw() == b"
            ),
        ),
    )
    assert passed(run(tmp_path, cells)) == {"again", "on"}


def test_sources_are_the_hand_ins_texts(tmp_path):
    """Whatever the kernel says of a function; of what is no definition a person reads it."""
    test = "import inspect\nassert 'for' not in inspect.getsource(rec).split() and rec(5) == 120"
    solution = "def rec(n):\n    return 1 if n == 0 else n * rec(n - 1)"
    cells = source_cells(("solution", "answer", solution), ("test", "t", test), ("test", "u", "assert 'rec' in In[1]"))
    assert passed(run(tmp_path, cells)) == {"t", "u"}
    loop = "def rec(n):\n    out = 1\n    for k in range(n):\n        out *= k + 1\n    return out"
    lie = f"{loop}\nimport inspect, linecache\ninspect.getsource = lambda _: ''\nlinecache.getline = lambda *_: ''"
    assert passed(run(tmp_path, cells, {"answer": lie})) == {"u"}
    runs = run(tmp_path, cells, {"answer": "import math\nrec = lambda n: math.factorial(n)"})
    assert (runs["t"].error, len(runs["t"].decided)) == ("", 1)


def test_dir_and_globals_show_the_names_of_both(tmp_path):
    """The test's own with them."""
    test = "mine = 1\nassert 'made' in dir() and 'made' in globals() and 'mine' in dir() and 'gone' not in globals()"
    cells = source_cells(("solution", "answer", "made = 3"), ("test", "t", test))
    assert passed(run(tmp_path, cells)) == {"t"}
    assert run(tmp_path, cells, {"answer": "pass"})["t"].error == "AssertionError"


def test_a_function_of_the_students_is_lent_what_it_reads_of_the_tests(tmp_path):
    """A global that nobody else binds, and a function that the test replaces; nothing else of the test's goes there."""
    solution = (
        "def helper(n):\n    return n + 1\ndef uses(n):\n    return helper(n) * 2\n"
        "def given(n):\n    return n + GIVEN\n"
        "def told():\n    return 'expected' in globals()"
    )
    cells = source_cells(
        ("solution", "answer", solution),
        (
            "test",
            "replaced",
            "old = helper\ndef helper(n):\n    return 100\ntry:\n    assert uses(1) == 200\nfinally:\n    helper = old",
        ),
        ("test", "back", "assert uses(1) == 4"),
        ("test", "lent", "GIVEN = 10\nexpected = 11\nassert given(1) == expected and not told()"),
    )
    assert passed(run(tmp_path, cells)) == {"replaced", "back", "lent"}


def test_files_of_data_are_the_students_where_they_are_not_ours(tmp_path):
    """What the student's code writes is fetched, what the test writes is there; a module is neither."""
    solution = (
        "def save(name, text):\n    with open(name, 'w') as file:\n        file.write(text)\n"
        "def count(name):\n    return len(open(name).read())"
    )
    cells = source_cells(
        ("solution", "answer", solution),
        (
            "test",
            "read",
            "import os\nsave('o.txt', 'abc')\nassert os.path.exists('o.txt')\nassert open('o.txt').read() == 'abc'",
        ),
        (
            "test",
            "again",
            "from pathlib import Path\nsave('out.txt', 'xy')\nassert Path('out.txt').read_text() == 'xy'",
        ),
        ("test", "write", "with open('in.txt', 'w') as file:\n    file.write('12345')\nassert count('in.txt') == 5"),
        ("test", "ours", "save('given.txt', 'theirs')\nassert open('given.txt').read() == 'ours'"),
        ("test", "module", "save('evil.py', 'x = 1')\nimport evil"),
        ("test", "lacking", "open('nothing.txt')"),
        ("test", "evaluated", "save('code.txt', 'print(1)')\nexec(open('code.txt').read())"),
    )
    runs = run(tmp_path, cells, files={"given.txt": "ours"})
    assert passed(runs) == {"read", "again", "write", "ours"}
    assert (runs["module"].error, runs["lacking"].error) == ("ModuleNotFoundError", "FileNotFoundError")
    assert runs["evaluated"].error == "NotAnswered"


def test_a_later_cell_of_the_students_has_the_names_of_a_test_that_hides_nothing(tmp_path):
    """It runs in the kernel, too, and what it shows there counts for nothing."""
    cells = source_cells(
        ("solution", "def f(n):\n    return n + 1"),
        ("test", "again", "data = [f(1)]\nassert data == [2]\n0.5"),
        ("solution", "total = sum(data)"),
        ("test", "t", "assert total == 2"),
    )
    runs = run(tmp_path, cells)
    assert passed(runs) == {"again", "t"}
    assert runs["again"].shown == "0.5"


def test_a_name_that_the_students_code_binds_anew_is_asked_again(tmp_path):
    """By a call, by what the test lends, by a deletion; an object that stays is not asked for twice."""
    answer = (
        "def f():\n    return 1\ndef swap():\n    global f\n    f = lambda: 2\ndef drop():\n    global f\n    del f\n"
        "def inside(g):\n    swap()\n    return g()"
    )
    cells = source_cells(
        ("solution", "answer", answer),
        ("test", "called", "assert f() == 1 and f() == 1\nswap()\nassert f() == 2"),
        ("test", "callback", "assert inside(lambda: f()) == 2"),
        ("test", "dropped", "f()\ndrop()\ntry:\n    f\nexcept NameError:\n    pass\nelse:\n    assert False"),
    )
    assert passed(run(tmp_path, cells)) == {"called", "callback", "dropped"}
