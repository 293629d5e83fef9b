"""Attacks on tests that run outside: none passes, each costs its own cell, and nothing of the course is reached."""

import pytest

from nbviva.kernel.room import Clock
from tests.tester.notebooks import passed, run, source_cells

CELLS = source_cells(
    ("locked", "def near(found, wanted):\n    return abs(found - wanted) < 1e-9"),
    ("solution", "answer", "def f(n):\n    return n * n"),
    ("test", "t", "expected = 49\nassert f(7) == expected\nassert near(f(2), 4)"),
    ("solution", "last", "def g(n):\n    return n + 1"),
    ("test", "u", "assert g(1) == 2"),
)
LIAR = """
class Liar:
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = lambda *_: True
    __ne__ = lambda *_: False
    __hash__ = __int__ = __index__ = lambda *_: 0
    __sub__ = __rsub__ = __abs__ = __float__ = lambda *_: 0.0
    __getattr__ = __getitem__ = __call__ = lambda *_: Liar()
    __len__ = lambda *_: 3
def f(n):
    return Liar()
"""
ATTACKS = {
    "transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    "patched assert": "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
    "        return ast.Pass()\n"
    "get_ipython().ast_transformers.append(T())",
    "patched builtins": "import builtins\nbuiltins.abs = lambda *_: 0\n"
    "builtins.AssertionError = type('A', (Exception,), {})",
    "rewritten names": "expected = 0\ndef f(n):\n    global expected\n    expected = 0\n    return 0",
    "own helper": "def near(*_):\n    return True\n"
    "def f(n):\n    global near\n    near = lambda *_: True\n    return n * n + (n < 7)",
    "liar": LIAR,
    "lying class": LIAR.replace("def f(n):\n    return Liar()", "f = Liar").replace(
        "__len__", "__init__ = lambda *_: None\n    __len__"
    ),
    "exit": "import os\ndef f(n):\n    os._exit(0)",
    "system exit": "import sys\ndef f(n):\n    sys.exit(0)",
    "blank": "def f(n):\n    raise NotImplementedError",
    "not there": "pass",
    "fake reply": "import gc\nfrom nbviva.inside.objects import Objects\n"
    'Objects.answer = lambda self, *_: [b\'["tuple","ok",["list"],"",["list"],null,["list"],["list"]]\']',
    "unknown callback": "from nbviva.inside.objects import Objects\nfrom nbviva.inside.encoder import encode\n"
    "Objects.answer = lambda self, *_: encode(('callback', [], '', 1 << 39, [], {}))",
    "no frames": "from nbviva.inside.objects import Objects\nObjects.answer = lambda self, *_: []",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_earns_nothing(tmp_path, attack):
    """Neither the test that it is for, nor a later one that it leaves unanswered."""
    runs = run(tmp_path, CELLS, {"answer": attack, "last": "pass"})
    assert passed(runs) == set()


@pytest.mark.parametrize("code", ["import time; time.sleep(1000)", "while True: print('x' * 10_000)"])
def test_an_attack_costs_its_own_cell(tmp_path, code):
    """The next test is run and passes, though a question before it hung, or printed without an end."""
    runs = run(tmp_path, CELLS, {"answer": f"def f(n):\n    {code}"}, clock=Clock(cell=3))
    assert runs["t"].error == "NotAnswered"
    assert passed(runs) == {"u"}


def test_a_test_that_does_not_end_costs_itself(tmp_path):
    """A loop in the tester that the student's value keeps going is ended; later tests have a tester again."""
    cells = source_cells(
        ("solution", "answer", "def f():\n    return False"),
        ("test", "t", "while f():\n    pass"),
        ("test", "u", "while more:\n    pass"),
        ("solution", "last", "more = 0"),
        ("test", "v", "assert f() in (True, False)"),
    )
    runs = run(tmp_path, cells, {"answer": "more = 1\ndef f():\n    return True"}, clock=Clock(cell=3))
    assert runs["t"].error in {"NotAnswered", "TestEnded"}  # it asks again and again: either limit may be over first
    assert runs["u"].error == "TestEnded"
    assert passed(runs) == {"v"}


@pytest.mark.parametrize(
    "test",
    [
        "import sympy\nassert sympy.sympify(f()) == 3",
        "assert eval(f()) == 3",
        "assert eval('0 + ' + f()) == 3",
        "import pickle\npickle.loads(g())",
        "import subprocess\nsubprocess.run(['true'])",
        "import os\nos.system('true')",
    ],
)
def test_nothing_of_the_students_is_evaluated_where_it_is_decided(tmp_path, test):
    """Such a test is no test that can run outside: it fails, whatever it catches."""
    answer = (
        "import pickle\ndef f():\n    return '__import__(\"math\").floor(3.5)'\ndef g():\n"
        "    return pickle.dumps(print)"
    )
    cells = source_cells(
        ("solution", answer),
        ("test", "t", f"try:\n    {test.replace(chr(10), chr(10) + '    ')}\nexcept Exception:\n    pass"),
    )
    assert run(tmp_path, cells)["t"].error == "NotAnswered"


def test_a_text_that_is_compared_or_parsed_is_not_evaluated(tmp_path):
    """What is harmless goes on."""
    cells = source_cells(
        ("solution", "def f():\n    return '[1, 2, 3]'"),
        (
            "test",
            "t",
            "import ast, collections\nassert ast.literal_eval(f()) == [1, 2, 3]\ncollections.namedtuple('P', 'x y')",
        ),
    )
    assert passed(run(tmp_path, cells)) == {"t"}


def test_the_tester_sees_no_file_of_the_students(tmp_path):
    """In its sandbox are the instructor's files, and nothing of the machine's can be written."""
    test = (
        "import os\nassert sorted(os.listdir('.')) == ['given.txt'], os.listdir('.')\n"
        "assert open('given.txt').read() == 'g'"
    )
    cells = source_cells(
        ("solution", "open('mine.txt', 'w').write('x')\nx = 1"), ("test", "t", f"{test}\nassert x == 1")
    )
    assert passed(run(tmp_path, cells, files={"given.txt": "g"})) == {"t"}
