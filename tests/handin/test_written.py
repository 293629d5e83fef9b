"""What a hand-in's code says by its text: aliases are followed, lines found, cells that ended early named."""

import pytest

from nbviva.handin.written import Written, defined_in, uses
from nbviva.notebooks import new_cell, new_notebook, new_output

FORBIDDEN = ("*.relu", "torch.nn.ReLU")
SETUP = "import torch\nfrom torch import nn"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def relu(x): return torch.relu(x)", ("torch.relu",)),
        ("import torch.nn.functional as F\ndef relu(x): return F.relu(x)", ("torch.nn.functional.relu",)),
        ("from torch import relu as r\ndef relu(x): return r(x)", ("torch.relu",)),
        ("f = nn.functional\ng = f.relu\ndef relu(x): return g(x)", ("torch.nn.functional.relu",)),
        ("def relu(x):\n    from torch import relu as inner\n    return inner(x)", ("torch.relu",)),
        ("def helper(x): return nn.ReLU()(x)\ndef relu(x): return helper(x)", ("torch.nn.ReLU",)),
        ("ready = nn.ReLU()\ndef relu(x): return ready(x)", ("torch.nn.ReLU",)),
        ("def relu(x): return x.relu()", ("x.relu",)),
        ("def relu(x): return (x + 0).relu()", (".relu",)),
        ("def relu(x): return getattr(torch, 'relu')(x)", ("torch.relu",)),
        ("from torch.nn.functional import *\nrelu_of = relu\ndef relu(x): return x.clamp(min=0)", ()),
        ("def relu(x): return x.clamp(min=0)\nassert torch.relu(torch.zeros(1)) == relu(torch.zeros(1))", ()),
        ("def relu(x):\n    'Like torch.relu.'\n    return x * (x > 0)  # torch.relu", ()),
        ("def relu(x): return x.clamp(min=0)\ndef other(x): return torch.relu(x)", ()),
        ("def relu(x): return x.clamp(min=0)\ndef other(x):\n    x = torch.relu(x)\n    return x", ()),
        (
            "class Net:\n    def forward(self, x): x = nn.ReLU()(x); return x\ndef relu(x):\n    return x * 1",
            (),
        ),
        ("h = torch.relu(torch.zeros(1))\ndef relu(h): return h.clamp(min=0)", ()),
        ("h = torch.relu\ndef relu(x): return [h for h in x]", ()),
        ("def relu(x):\n    f = torch.relu\n    return f(x)", ("torch.relu",)),
        ("def relu(x):\n    f = nn.functional\n    return f.relu(x)", ("torch.nn.functional.relu",)),
        ("def setup():\n    global g\n    g = torch.relu\ndef relu(x): return g(x)", ("torch.relu",)),
        ("if True:\n    g = torch.relu\ndef relu(x): return g(x)", ("torch.relu",)),
        ("relu = lambda x: torch.relu(x)", ("torch.relu",)),
        ("def relu(x): return torch.relu(x)\ndef relu(x): return x.clamp(min=0)", ()),
        ("def relu(x): return x.clamp(min=0)\nif True:\n    def relu(x): return torch.relu(x)", ("torch.relu",)),
        ("def relu(x): return torch.relu(x)\nrelu = torch.jit.script(relu)", ("torch.relu",)),
        ("class H:\n    f = torch.relu\ndef relu(x): return H.f(x)", ("torch.relu",)),
    ],
)
def test_what_a_function_uses_is_found_by_its_full_name(code, found):
    assert found == uses([SETUP, code], ["relu"], FORBIDDEN)


@pytest.mark.parametrize(
    "code", ["def relu(x: return", "%matplotlib inline\ndef relu(x): return x", "\0", "a = a\nrelu = a"]
)
def test_odd_code_uses_nothing(code):
    assert () == uses([SETUP, code], ["relu"], FORBIDDEN)


def test_a_cell_defines_its_functions_and_classes():
    assert ("f", "C") == defined_in("%magic\nx = 1\ndef f(): ...\nclass C: ...")


def ended(name, line, source="import polars\ndef double(x):\n    return 2 * x"):
    cell = new_cell("code", source)
    text = [f"Cell In[3], line {line}", "ModuleNotFoundError: what the kernel says"]
    cell.outputs = [new_output("error", ename=name, evalue="secret", traceback=text)]
    return Written(new_notebook([cell], {}))


def test_the_cell_that_ended_before_a_definition_is_named():
    assert ended("ModuleNotFoundError", 1).why_missing("double") == (
        ": its cell ended with ModuleNotFoundError in line 1, `import polars`"
    )
    assert ": no cell defines it" == ended("ModuleNotFoundError", 1).why_missing("triple")


def test_words_and_numbers_of_the_kernel_are_told_only_where_the_notebook_has_them():
    assert ": its cell ended with an exception" == ended("x" * 40, 999).why_missing("double")
    assert " in line 3 of its cell, `return 2 * x`" == ended("E", 1).where("  return 2 * x ")
    assert "" == ended("E", 1).where("return 0.1234")


def test_what_a_later_cell_gives_the_name_to_is_not_used():
    cells = [SETUP, "def relu(x): return x.clamp(min=0)", "relu = nn.ReLU()", "def relu(x): return torch.relu(x)"]
    assert () == uses(cells, ["relu"], FORBIDDEN, until=2)
    assert ("torch.relu",) == uses(
        [*cells[:1], "def relu(x): return g[0](x)", "g = [torch.relu]"], ["relu"], FORBIDDEN, 2
    )
