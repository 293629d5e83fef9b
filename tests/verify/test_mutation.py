"""Mutants of small programs: every operator has an example, in and out."""

import pytest

from nbviva.verify.mutation.operators import RULES
from nbviva.verify.mutation.score import mutants_of

EXAMPLES = {
    "mean for sum": ("y = x.sum(dim=0)", "y = x.mean(dim=0)"),
    "sum for mean": ("y = torch.mean(a, 1)", "y = torch.sum(a, 1)"),
    "max for mean": ("y = f(b).mean()", "y = f(b).amax()"),
    "mean for max": ("y = b.max()", "y = b.mean()"),
    "min for max": ("y = b.amax(dim=2)", "y = b.amin(dim=2)"),
    "max for min": ("y = b.min()", "y = b.max()"),
    "all for any": ("y = b.any()", "y = b.all()"),
    "var for std": ("y = b.std(0)", "y = b.var(0)"),
    "swapped axes": ("y = b.sum(dim=0)", "y = b.sum(dim=-1)"),
    "keepdim dropped": ("y = b.sum(keepdim=True)", "y = b.sum(keepdim=False)"),
    "transpose dropped": ("def f(x):\n    return x.T", "    return x"),
    "matrix transposed": ("y = a @ w", "y = a @ w.T"),
    "activation dropped": ("y = torch.relu(a)", "y = a"),
    "activation changed": ("y = nn.ReLU()", "y = nn.Tanh()"),
    "detached": ("def f(x):\n    return x * 2", "    return x.detach() * 2"),
    "in place": ("def f(x):\n    return x.square()", "    return x.square_()"),
    "zero_grad dropped": ("def f(o):\n    o.zero_grad()", "    None"),
    "mode changed": ("def f(net):\n    net.eval()", "    net.train()"),
    "gradient kept": ("with torch.no_grad():\n    f()", "with torch.enable_grad():"),
    "wrong norm": ("def f(g):\n    return g.norm()", "    return g.norm(p=1)"),
    "other loss": ("y = F.cross_entropy(a, b)", "y = F.cross_entropy(a, b, reduction='sum')"),
    "bias left out": ("y = nn.Linear(3, n)", "y = nn.Linear(3, n, bias=False)"),
    "kernel size off by one": ("y = nn.Conv1d(4, n, k)", "y = nn.Conv1d(4, n, k - 1)"),
    "padding changed": ("y = nn.Conv1d(4, n, k, padding=p // 2)", "y = nn.Conv1d(4, n, k, padding=(p // 2) + 1)"),
    "strided": ("y = nn.Conv1d(4, n, k, padding=2)", "y = nn.Conv1d(4, n, k, padding=2, stride=2)"),
    "dropout moved": ("y = self.dropout(self.c.amax(2))", "y = self.dropout(self.c).amax(2)"),
    "ones for zeros": ("y = torch.zeros(n)", "y = torch.ones(n)"),
    "zeros for ones": ("y = torch.ones(n)", "y = torch.zeros(n)"),
    "no parameter": ("y = nn.Parameter(a)", "y = nn.Parameter(a, requires_grad=False)"),
    "exp for expm1": ("y = torch.expm1(a)", "y = torch.exp(a)"),
    "steps swapped": ("y = f(g(a))", "y = g(f(a))"),
    "arithmetic": ("y = (a + b) * c", "y = (a - b) * c"),
    "operand dropped": ("y = a - b", "y = -b"),
    "sign dropped": ("y = c * -a", "y = c * a"),
    "comparison": ("y = a < b", "y = a <= b"),
    "boolean": ("y = a and b", "y = a or b"),
    "truth": ("y = f(shuffle=True)", "y = f(shuffle=False)"),
    "range off by one": ("y = range(n)", "y = range(n - 1)"),
    "loop cut": ("y = [a for a in b]", "y = [a for a in list(b)[1:]]"),
    "condition negated": ("if a > b:\n    f()", "if not (a > b):"),
    "slice off by one": ("y = a[i:j]", "y = a[i + 1:j]"),
    "slice left open": ("y = a[i:]", "y = a[i:-1]"),
    "answer changed": ("y = a * b", "y = not (a * b)"),
    "branches swapped": ("y = a if c else b", "y = b if c else a"),
    "condition ignored": ("y = a if c else b", "y = a"),
    "method dropped": ("def f(x):\n    return x.item()", "    return x"),
    "call dropped": ("y = round(a)", "y = a"),
    "return value": ("def f(x):\n    return x", "    return None"),
    "break for continue": ("while a:\n    break", "    continue"),
    "constant": ("y = 0.25", "y = -0.75"),
    "targets swapped": ("a, b = f()", "b, a = f()"),
    "argument dropped": ("y = f(a, b, k=1)", "y = f(a, k=1)"),
    "arguments swapped": ("y = f(a, b, k=1)", "y = f(b, a, k=1)"),
    "statement deleted": ("a += b", "pass"),
}


@pytest.mark.parametrize("operator", EXAMPLES)
def test_operator_makes_its_slip(operator):
    source, expected = EXAMPLES[operator]
    found = [mutated.after for mutated in mutants_of(source) if mutated.operator == operator]
    assert expected.strip() in found


def test_every_operator_has_an_example():
    assert {rule.name for rule in RULES} <= set(EXAMPLES)


def test_every_operator_tells_its_story():
    assert all(rule.story.endswith(".") for rule in RULES)


def test_only_the_solution_is_changed():
    source = "def f(x, k=1):\n    ### BEGIN SOLUTION\n    return x + k\n    ### END SOLUTION\n\n\ny = f(2)"
    found = mutants_of(source)
    assert {3} == {mutated.line for mutated in found}
    assert "x + k" not in {mutated.after for mutated in found}


def test_equal_programs_are_one_mutant():
    found = [mutated.source for mutated in mutants_of("y = 1")]
    assert sorted(found) == sorted(set(found))
    assert "y = 1" not in found
    constants = [mutated.after for mutated in mutants_of("a[1]") if mutated.operator == "constant"]
    assert ["a[-1]", "a[0]", "a[2]"] == sorted(constants)


def test_layout_and_comments_stay():
    found = mutants_of("a = 1  # the first\nb = (a  +  2)  # the second\n")
    assert "b = (a  +  3)  # the second" in {mutated.after for mutated in found}
    assert all("# the first" in mutated.source for mutated in found)


def test_brackets_keep_the_meaning():
    found = {mutated.after for mutated in mutants_of("y = a * (b - c)")}
    assert "y = a * (c - b)" in found
    assert "y = a / (b - c)" in found


def test_modules_are_no_values():
    """A step of a module's is not left out: its name alone would be no slip that anybody makes."""
    assert "y = torch" not in {mutated.after for mutated in mutants_of("y = torch.relu(x)")}


def test_names_of_arguments_and_attributes_are_no_variables():
    source = "def f(dim, x):\n    return x.sum(dim=dim)"
    assert not any("detach()=" in mutated.after or "dim.detach()=" in mutated.after for mutated in mutants_of(source))


def test_line_and_texts_tell_the_slip():
    (found,) = [
        mutated
        for mutated in mutants_of("a = 1\nfor i in b:\n    a -= i\n")
        if mutated.operator == "statement deleted" and mutated.line == 3
    ]
    assert ("a -= i", "pass", "Forgets a line.") == (found.before, found.after, found.story)
