"""What a test lends the student's code: objects, what it replaces in modules, classes below the student's own."""

import pytest

from tests.tester.notebooks import passed, run, source_cells

MOCK = "from unittest import mock\nfrom unittest.mock import patch\n"


def ask_for(folder, answer, locked="", **tests):
    """Run a notebook of one answer and these tests, and give how each ended."""
    first = [("locked", "given", locked)] if locked else []
    return run(
        folder, source_cells(*first, ("solution", "answer", answer), *(("test", *pair) for pair in tests.items()))
    )


def test_a_figure_of_the_tests_is_drawn_on(tmp_path):
    """What is on it then the test reads from its own figure."""
    answer = (
        "def draw(ax):\n    line, = ax.plot([0, 1], [2, 3], label='a')\n    line.set_color('red')\n"
        "    ax.set_title('T')\n    ax.legend()\n    return ax\ndef wrong(ax):\n"
        "    ax.plot([0, 1], [2, 4])\ndef two(fig):\n    fig.axes[1].set_xlabel('x')"
    )
    begin = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
    runs = ask_for(
        tmp_path, answer,
        drawn=begin + "assert draw(ax) is ax\nassert list(ax.lines[0].get_ydata()) == [2, 3]\n"
        "assert ax.lines[0].get_color() == 'red' and ax.get_title() == 'T'\n"
        "assert ax.get_legend().get_texts()[0].get_text() == 'a'",
        other=begin + "wrong(ax)\nassert list(ax.lines[0].get_ydata()) == [2, 3]",
        figure="import matplotlib.pyplot as plt\nfig, axes = plt.subplots(1, 2)\ntwo(fig)\n"
        "assert axes[1].get_xlabel() == 'x'",
    )  # fmt: skip
    assert passed(runs) == {"drawn", "figure"}
    assert runs["other"].error == "AssertionError"


def test_the_current_figure_is_theirs_where_the_test_has_drawn_nothing(tmp_path):
    """Each cell begins without one; what the test draws is read from its own figure."""
    answer = (
        "import matplotlib.pyplot as plt\ndef show(n):\n    plt.plot(range(n), [i * i for i in range(n)])\n"
        "    plt.title('T')"
    )
    begin = "import matplotlib.pyplot as plt\nshow(4)\n"
    runs = ask_for(
        tmp_path, answer,
        gca=begin + "ax = plt.gca()\nassert list(ax.lines[0].get_ydata()) == [0, 1, 4, 9] and ax.get_title() == 'T'",
        again=begin + "ax, = plt.gcf().axes\nline, = ax.lines\nplt.close('all')\nshow(3)\nline, = plt.gca().lines",
        expected=begin + "got = plt.gca().lines[0].get_ydata()\nplt.figure()\nplt.plot([0, 1, 2, 3], [0, 1, 4, 9])\n"
        "assert list(got) == list(plt.gca().lines[0].get_ydata())",
        wrong=begin + "plt.figure()\nplt.plot([0, 1, 4, 8])\n"
        "assert list(plt.gca().lines[0].get_ydata()) == [0, 1, 4, 9]",
        untouched=begin + "import pandas as pd\npd.Series([5, 6]).plot()\nassert len(plt.gca().lines) == 1",
    )  # fmt: skip
    assert passed(runs) == {"gca", "again", "expected", "untouched"}
    assert runs["wrong"].error == "AssertionError"


GIVEN = "class Node:\n    def __init__(self, value):\n        self.value = value\n        self.next = None\n"


def test_objects_of_a_locked_class_are_read_and_set(tmp_path):
    """They are the test's own, which the student's code takes for its own; what it alone sets, a person looks at."""
    answer = (
        "def total(node):\n    out = 0\n    while node is not None:\n        out += node.value\n"
        "        node = node.next\n    return out\ndef push(node, value):\n"
        "    if not isinstance(node, Node):\n        raise TypeError\n"
        "    while node.next is not None:\n        node = node.next\n    node.next = Node(value)\n"
        "def add(a, b):\n    return (a + b).x"
    )
    runs = ask_for(
        tmp_path, answer, GIVEN,
        read="root = Node(1)\nroot.next = Node(2)\nassert total(root) == 3",
        set="root = Node(1)\npush(root, 5)\nassert root.next.value == 5 and root.next.next is None",
        operator="class P:\n    def __init__(self, x):\n        self.x = x\n    def __add__(self, other):\n"
        "        return P(self.x + other.x)\nassert add(P(1), P(2)) == 3",
    )  # fmt: skip
    assert passed(runs) == {"read", "operator"}
    assert runs["set"].decided == ("set next in an object of the test's class Node",)
    assert (runs["set"].error, runs["set"].operations) == ("", ("set next",))
    rewritten = f"{answer}\ndef total(node):\n    node.wanted = 0\n    return 0"
    test = "root = Node(1)\nroot.wanted = 3\npush(root, 2)\nassert total(root) == root.wanted"
    cells = source_cells(("locked", "given", GIVEN), ("solution", "answer", answer), ("test", "t", test))
    allowed = {"t": ("set next",)}
    assert passed(run(tmp_path, cells, allowed=allowed)) == {"t"}
    assert passed(run(tmp_path, cells, {"answer": rewritten}, allowed=allowed)) == set()


def test_streams_iterators_and_generators_of_random_numbers_are_lent(tmp_path):
    """What they give, and what is written to them, is the test's."""
    answer = (
        "def lines(file):\n    return [int(line) for line in file]\ndef say(file):\n    print('hi', file=file)\n"
        "def total(items):\n    return sum(items)\ndef draw(rng):\n    return rng.normal(size=3)"
    )
    runs = ask_for(
        tmp_path, answer,
        lines="import io\nassert lines(io.StringIO('1\\n2\\n')) == [1, 2]",
        written="import io\nout = io.StringIO()\nsay(out)\nassert out.getvalue() == 'hi\\n'",
        items="assert total(n * n for n in range(400)) == sum(n * n for n in range(400))\n"
        "assert total({1: 'a', 2: 'b'}.keys()) == 3",
        numbers="from numpy.random import default_rng\n"
        "assert (draw(default_rng(0)) == default_rng(0).normal(size=3)).all()",
    )  # fmt: skip
    assert passed(runs) == {"lines", "written", "items", "numbers"}


REFUSED = {
    "a file": ("fig.savefig('x.png')", "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nf(fig)"),
    "what a mock tells": (
        "fig.configure_mock(assert_called_once_with=lambda *_: None)",
        MOCK + "m = mock.Mock()\nf(m)\nm.assert_called_once_with('u')",
    ),
    "a method": ("fig.check = lambda *_: True", "class T:\n    def check(self):\n        return False\nt = T()\nf(t)"),
    "the test's names": (
        "fig.check.__globals__['expected'] = 0",
        "expected = 1\nclass T:\n    def check(self):\n        pass\nf(T())\nassert expected == 0",
    ),
    "its class": (
        "fig.__class__.check = lambda *_: True",
        "class T:\n    def check(self):\n        return False\nt = T()\nf(t)\nassert t.check()",
    ),
    "an inherited method": (
        "fig.write_text('x = 1')",
        "import pathlib\nclass T(type(pathlib.Path())):\n    pass\nf(T('given.py'))",
    ),
    "an object in data": (
        "fig.set_title(print)",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nf(ax)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "test"), REFUSED.values(), ids=REFUSED)
def test_what_is_lent_lets_nothing_else_be_done(tmp_path, code, test):
    """Whether the student's code goes on or not, the test is not passed."""
    tried = f"def f(fig):\n    try:\n        {code}\n    except AttributeError:\n        pass"
    runs = ask_for(tmp_path, tried, t=f"{test}\nassert t.check()" if code.startswith("fig.check =") else test)
    assert runs["t"].refused or runs["t"].error


def test_what_a_test_replaces_in_a_module_is_replaced_for_the_students_code(tmp_path):
    """By `mock.patch` or by hand, and put back; a mock tells the test what it was called with."""
    answer = (
        "import random, time, requests\nimport numpy as np\ndef hi():\n    print('hi', 3)\ndef roll():\n"
        "    return random.randint(1, 6)\ndef wait():\n    time.sleep(3)\n    return 1\ndef fetch(url):\n"
        "    found = requests.get(url, timeout=3)\n    return found.json()['a'] if found.status_code == 200 else None\n"
        "def draw():\n    return np.random.rand()\ndef ask():\n    return int(input('n? ')) + 1"
    )
    runs = ask_for(
        tmp_path, answer,
        print=MOCK + "with patch('builtins.print') as p:\n    hi()\np.assert_called_once_with('hi', 3)",
        effects=MOCK + "with patch('random.randint', side_effect=[3, 40]):\n    assert roll() == 3 and roll() == 40\n"
        "assert roll() < 7",
        decorator=MOCK + "@patch('time.sleep')\ndef check(sleep):\n    assert wait() == 1\n"
        "    sleep.assert_called_once_with(3)\ncheck()",
        deep=MOCK + "with patch('requests.get') as get:\n    get.return_value.status_code = 200\n"
        "    get.return_value.json.return_value = {'a': 1}\n    assert fetch('u') == 1\n"
        "get.assert_called_once_with('u', timeout=3)",
        hand="import numpy as np\nold = np.random.rand\nnp.random.rand = lambda: 7.5\nassert draw() == 7.5\n"
        "np.random.rand = old\nassert draw() < 1",
        input=MOCK + "with patch('builtins.input', return_value='41') as asked:\n    assert ask() == 42\n"
        "asked.assert_called_once_with('n? ')",
        silent=MOCK + "with patch('builtins.print') as p:\n    roll()\np.assert_called_once_with('hi', 3)",
    )  # fmt: skip
    assert passed(runs) == {"print", "effects", "decorator", "deep", "hand", "input"}


def test_what_a_test_replaces_among_the_students_names_is_replaced_there(tmp_path):
    """A function, what a function was imported as, a method of a class."""
    answer = (
        "from random import randint\ndef helper(n):\n    return n + 1\ndef uses(n):\n    return helper(n) * 2\n"
        "def roll():\n    return randint(1, 6)\nclass A:\n    def x(self):\n        return 1\n    def y(self):\n"
        "        return self.x() + 1"
    )
    runs = ask_for(
        tmp_path, answer,
        name=MOCK + "with patch('__main__.helper', return_value=50) as h:\n    assert uses(1) == 100\n"
        "h.assert_called_with(1)\nassert uses(1) == 4",
        imported=MOCK + "with patch(f'{__name__}.randint', return_value=77):\n    assert roll() == 77\n"
        "assert roll() < 7",
        method=MOCK + "with patch.object(A, 'x', return_value=5):\n    assert A().y() == 6\nassert A().y() == 2",
    )  # fmt: skip
    assert passed(runs) == {"name", "imported", "method"}


BASE = (
    "from abc import ABC, abstractmethod\nclass Base(ABC):\n    def __init__(self, name='b'):\n"
    "        self.name = name\n    @abstractmethod\n    def area(self): ...\n"
    "    def double(self):\n        return 2 * self.area()\n"
    "    def __str__(self):\n        return f'{self.name}: {self.area()}'"
)


def test_a_class_below_one_of_the_students_is_made_there(tmp_path):
    """Its methods run here, `super()` finds the student's, and a value of its own is not read back."""
    runs = ask_for(
        tmp_path, BASE,
        plain="class Sq(Base):\n    def area(self):\n        return 5\n"
        "assert Sq().double() == 10 and str(Sq()) == 'b: 5'",
        super="class Sq(Base):\n    def __init__(self, side):\n        super().__init__('sq')\n"
        "        self.side = side\n    def area(self):\n        return self.side ** 2\n    def double(self):\n"
        "        return super().double() + 1\nq = Sq(3)\n"
        "assert q.double() == 19 and q.name == 'sq' and str(q) == 'sq: 9'",
        named="class Sq(Base):\n    def __init__(self):\n        Base.__init__(self, 'sq')\n    def area(self):\n"
        "        return 5\nassert Sq().name == 'sq'",
        abstract="class Bad(Base):\n    pass\ntry:\n    Bad()\nexcept TypeError:\n    pass\nelse:\n    assert False",
        deeper="class Sq(Base):\n    def area(self):\n        return 5\nclass T(Sq):\n    def area(self):\n"
        "        return super().area() + 1\nassert T().double() == 12",
        value="class Sq(Base):\n    want = 10\n    def area(self):\n        return 5\nassert Sq().double() == Sq.want",
    )  # fmt: skip
    assert {name for name, run in runs.items() if not run.error} == set(runs)
    assert passed(runs) == {"plain", "super", "named", "abstract", "deeper"}
    assert runs["value"].decided == ("the value of want, which the test's class sets",)


def test_what_a_liar_gives_to_a_class_of_the_tests_is_worth_nothing(tmp_path):
    """Neither from a method nor in the place of its objects."""
    liar = "class L:\n    def __eq__(self, other):\n        return True\n    def __getattr__(self, name):\n"
    liar += "        return lambda *_: L()\n"
    test = "class Sq(Base):\n    def area(self):\n        return 5\nassert Sq().double() == 10"
    cells = source_cells(("solution", "answer", BASE), ("test", "t", test))
    for lie in ("double(self):\n        return L()", "__new__(cls):\n        return L()"):
        assert passed(run(tmp_path, cells, {"answer": f"{liar}class Base:\n    def {lie}"})) == set()


def test_operators_are_there_by_their_names(tmp_path):
    """An object's decide as the operators do, and a class tells which it has."""
    answer = (
        "class V:\n    def __add__(self, other):\n        return 5\n    def __eq__(self, other):\n        return True"
    )
    runs = ask_for(
        tmp_path, answer,
        has="assert hasattr(V, '__add__') and hasattr(V(), '__add__') and not hasattr(V(), '__sub__')",
        equal="assert V().__eq__(V())",
        of_class="assert V.__eq__(V(), V())",
    )  # fmt: skip
    assert passed(runs) == {"has"}
    assert not runs["equal"].error
    assert not runs["of_class"].error
