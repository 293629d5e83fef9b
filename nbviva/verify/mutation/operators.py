"""The mutation operators that are patterns: what stands in a solution, and what a wrong one has in its place.

A capital letter stands for any expression; `X` for a value (no module and not `self`), `N` for a variable, and `...`
for the other arguments of a call. Of two operators that make one mutant the earlier names it: those on tensors.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One operator: its name, its story (one sentence, as of a mutant that a person wrote), and what becomes what.

    Attributes
    ----------
    where
        Places where it fits: the name of an argument, `iter` (of a loop), `test` (of if and while), `lower` and `upper`
        (of a slice), `answer` (what a line outside of functions assigns); empty: everywhere.
    """

    name: str
    story: str
    changes: tuple[tuple[str, tuple[str, ...]], ...]
    where: tuple[str, ...] = ()


def _rule(name: str, story: str, *changes: str, where: str = "") -> Rule:
    """Give a rule from lines such as `A < B: A <= B | A > B`."""
    parts = [line.split(": ", 1) for line in changes]
    return Rule(name, story, tuple((old, tuple(new.split(" | "))) for old, new in parts), tuple(where.split()))


TENSORS = (
    _rule(
        "swapped axes", "Works along another axis.", "0: 1 | -1", "1: 0 | -1", "2: 0 | 1", "-1: 0 | 1", where="dim axis"
    ),
    _rule("keepdim dropped", "Loses the axis that it works along.", "True: False", where="keepdim keepdims"),
    _rule("padding changed", "Pads by another number.", "A: 0 | A + 1 | 'same'", where="padding"),
    _rule("mean for sum", "Means where the sum is asked.", "M.sum(...): M.mean(...)"),
    _rule("sum for mean", "Sums where the mean is asked.", "M.mean(...): M.sum(...)"),
    _rule("max for mean", "Takes the largest where the mean is asked.", "M.mean(...): M.amax(...)"),
    _rule(
        "mean for max",
        "Means where the largest is asked.",
        "M.amax(...): M.mean(...)",
        "M.max(): M.mean()",
    ),
    _rule(
        "min for max",
        "Takes the smallest where the largest is asked.",
        "M.amax(...): M.amin(...)",
        "M.max(...): M.min(...)",
    ),
    _rule(
        "max for min",
        "Takes the largest where the smallest is asked.",
        "M.amin(...): M.amax(...)",
        "M.min(...): M.max(...)",
    ),
    _rule(
        "all for any",
        "Asks for all where one is enough, or the reverse.",
        "M.any(...): M.all(...)",
        "M.all(...): M.any(...)",
    ),
    _rule(
        "var for std", "Forgets the root, or takes one too many.", "M.std(...): M.var(...)", "M.var(...): M.std(...)"
    ),
    _rule(
        "transpose dropped",
        "Leaves a transposition out.",
        "X.T: X",
        "X.mT: X",
        "X.t(): X",
        "X.transpose(...): X",
        "X.permute(...): X",
    ),
    _rule("matrix transposed", "Multiplies by the wrong side of a matrix.", "A @ B: B @ A | A.T @ B | A @ B.T"),
    _rule(
        "activation dropped",
        "Forgets the activation.",
        "M.relu(A): A",
        "M.tanh(A): A",
        "M.sigmoid(A): A",
        "M.softmax(A, ...): A",
        "X.relu(): X",
        "X.sigmoid(): X",
        "X.clamp(...): X",
        "activation(A): A",
        "nn.ReLU(...): nn.Identity()",
        "nn.Sigmoid(): nn.Identity()",
    ),
    _rule(
        "activation changed",
        "Takes another activation.",
        "torch.relu(A): torch.tanh(A) | torch.sigmoid(A) | torch.abs(A) | torch.nn.functional.leaky_relu(A, 0.1)",
        "torch.tanh(A): torch.relu(A) | torch.sigmoid(A)",
        "torch.sigmoid(A): torch.tanh(A) | torch.relu(A)",
        "X.clamp(min=A): X.clamp(max=A) | X.abs()",
        "X.clamp(max=A): X.clamp(min=A)",
        "activation(A): torch.tanh(A) | torch.relu(A)",
        "nn.ReLU(...): nn.Tanh() | nn.Sigmoid()",
    ),
    _rule("detached", "Cuts the gradient off.", "N: N.detach()", "return A: return A.detach()"),
    _rule(
        "in place",
        "Overwrites its input.",
        "X.clamp(...): X.clamp_(...)",
        "X.square(): X.square_()",
        "X.sqrt(): X.sqrt_()",
        "X.exp(): X.exp_()",
        "torch.relu(A): torch.relu_(A)",
        "X + A: X.add_(A)",
        "X - A: X.sub_(A)",
        "X * A: X.mul_(A)",
        "X / A: X.div_(A)",
    ),
    _rule("zero_grad dropped", "Lets gradients add up.", "X.zero_grad(...): None"),
    _rule(
        "mode changed",
        "Is in the wrong one of training and evaluation mode.",
        "X.train(...): X | X.eval()",
        "X.eval(): X | X.train()",
    ),
    _rule("gradient kept", "Records gradients where none are asked.", "torch.no_grad(): torch.enable_grad()"),
    _rule(
        "wrong norm",
        "Takes another norm, or the norm of the mean.",
        "X.norm(): X.norm(p=1) | X.norm(p=float('inf')) | X.norm() ** 2 | X.norm() / X.numel() ** 0.5",
        "X.norm(): X.mean().norm()",
        "torch.linalg.norm(A): torch.linalg.norm(A, 1) | torch.linalg.norm(A) ** 2 | torch.linalg.norm(A.mean())",
    ),
    _rule(
        "other loss",
        "Takes another loss, or its sum.",
        "M.binary_cross_entropy_with_logits(...): M.binary_cross_entropy_with_logits(..., reduction='sum') "
        "| M.mse_loss(...) | M.l1_loss(...) | M.binary_cross_entropy(...)",
        "M.cross_entropy(...): M.cross_entropy(..., reduction='sum') | M.nll_loss(...)",
    ),
    _rule(
        "bias left out",
        "Has a layer without bias.",
        "nn.Linear(...): nn.Linear(..., bias=False)",
        "nn.Conv1d(...): nn.Conv1d(..., bias=False)",
        "nn.Conv2d(...): nn.Conv2d(..., bias=False)",
    ),
    _rule(
        "kernel size off by one",
        "Has a kernel one wider or narrower than asked.",
        "nn.Conv1d(A, B, C, ...): nn.Conv1d(A, B, C + 1, ...) | nn.Conv1d(A, B, C - 1, ...)",
        "nn.Conv2d(A, B, C, ...): nn.Conv2d(A, B, C + 1, ...) | nn.Conv2d(A, B, C - 1, ...)",
    ),
    _rule(
        "strided",
        "Leaves positions out.",
        "nn.Conv1d(A, B, C, ...): nn.Conv1d(A, B, C, ..., stride=2) | nn.Conv1d(A, B, C, ..., dilation=2)",
        "M.conv1d(...): M.conv1d(..., stride=2)",
    ),
    _rule(
        "dropout moved", "Drops out before the step that it should follow.", "S.dropout(X.M(...)): S.dropout(X).M(...)"
    ),
    _rule("ones for zeros", "Starts with ones where zeros are asked.", "torch.zeros(...): torch.ones(...)"),
    _rule("zeros for ones", "Starts with zeros where ones are asked.", "torch.ones(...): torch.zeros(...)"),
    _rule(
        "no parameter",
        "Has something that does not learn.",
        "nn.Parameter(A): A | nn.Parameter(A, requires_grad=False)",
    ),
    _rule("exp for expm1", "Forgets the one beside the exponential.", "torch.expm1(A): torch.exp(A)"),
)

GENERAL = (
    _rule("steps swapped", "Does two steps in the wrong order.", "F(G(A)): G(F(A))", "F(X.M(...)): F(X).M(...)"),
    _rule(
        "arithmetic",
        "Has another sign of calculation.",
        "A + B: A - B | A * B",
        "A - B: A + B | B - A",
        "A * B: A / B | A + B",
        "A / B: A * B | B / A",
        "A // B: A / B | A * B",
        "A % B: A // B",
        "A ** B: A * B",
    ),
    _rule(
        "operand dropped",
        "Forgets one of two terms.",
        "A + B: A | B",
        "A - B: A | -B",
        "A * B: A | B",
        "A / B: A",
        "A // B: A",
        "A @ B: A",
        "A ** B: A",
    ),
    _rule("sign dropped", "Loses a minus.", "-A: A"),
    _rule(
        "comparison",
        "Compares the other way, or with the border on the other side.",
        "A < B: A <= B | A > B",
        "A <= B: A < B | A >= B",
        "A > B: A >= B | A < B",
        "A >= B: A > B | A <= B",
        "A == B: A != B",
        "A != B: A == B",
        "A in B: A not in B",
        "A not in B: A in B",
        "A is B: A is not B",
        "A is not B: A is B",
    ),
    _rule(
        "boolean", "Joins conditions the wrong way.", "A and B: A or B | A | B", "A or B: A and B | A | B", "not A: A"
    ),
    _rule("truth", "Says True for False, or the reverse.", "True: False", "False: True"),
    _rule(
        "range off by one",
        "Counts one too many or too few.",
        "range(A): range(A - 1) | range(A + 1) | range(1, A)",
        "range(A, B): range(A, B - 1) | range(A, B + 1) | range(A + 1, B)",
    ),
    _rule(
        "loop cut",
        "Leaves the first or the last out, or goes backwards.",
        "A: list(A)[1:] | list(A)[:-1] | reversed(list(A))",
        where="iter",
    ),
    _rule("condition negated", "Does it exactly when it should not.", "A: not A", where="test"),
    _rule("slice off by one", "Cuts off one too many or too few.", "A: A + 1 | A - 1", where="lower upper"),
    _rule("answer changed", "Writes another answer.", "A: A + 1 | not A | -A", where="answer"),
    _rule("branches swapped", "Has the two cases swapped.", "A if C else B: B if C else A"),
    _rule("condition ignored", "Always takes the same case.", "A if C else B: A | B"),
    _rule("method dropped", "Leaves a step out.", "X.M(...): X"),
    _rule("call dropped", "Leaves a step out.", "F(A): A"),
    _rule("return value", "Returns nothing.", "return A: return None"),
    _rule("break for continue", "Goes on where it should stop, or the reverse.", "break: continue", "continue: break"),
)

RULES = (*TENSORS, *GENERAL)
