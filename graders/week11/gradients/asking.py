"""Asking about networks: what several checks of Exercise 1 need to ask and to compare.

The examiner draws all weights and loads them, so that no expected answer depends on what the notebook reports.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from graders.week11.gradients import reference
from nbviva.author import Mismatch, NoAnswer, Remote, Student, as_numbers
from nbviva.ml import dtype_of, module_of, require_close, set_weights, single, state_of, tensor, vector_jacobian_product

Floats = NDArray[np.float64]

RTOL = 1e-3  # single against double precision: measured at most a fiftieth of it
DEEP_RTOL, LOST = 0.02, 1e-15  # at depth 50: measured at most 3e-4 where a norm is above `LOST`
FEW = 0.2  # share of class 1; with half, the loss can start near its minimum, where gradients nearly cancel


@dataclass(frozen=True)
class Asked:
    """A network in the student's notebook, the weights that it was given, and the dtype that it computes in."""

    handle: Remote
    depth: int
    width: int
    method: str
    weights: dict[str, Floats]
    dtype: torch.dtype

    def ask_norms(self, student: Student, x: Floats, y: Floats) -> object:
        """Ask for the gradient norms on samples x (n, 10) with labels y (n,)."""
        return student.gradient_norms(self.handle, tensor(x, self.dtype), tensor(y, self.dtype))

    def norms(self, x: Floats, y: Floats) -> NDArray[np.floating]:
        """Compute them."""
        return reference.gradient_norms(self.weights, x, y, self.method)

    @property
    def question(self) -> str:
        """What was asked, for a sentence."""
        return f"gradient_norms(net, x, y) for {self.method}"


def make_network(student: Student, rng: np.random.Generator, method: str, depth: int, width: int = 0) -> Asked:
    """Let the notebook build a network, and load weights that are drawn here, as PyTorch would by default."""
    width = width or int(rng.integers(6, 15))
    handle = module_of(student.build_network(depth=depth, width=width, method=method), "`build_network`")
    weights = dict(reference.initial_weights(rng, depth, width, method))
    if method == "batch_norm" and depth < 50:  # at depth 50 as they are at first: so were the bounds measured
        for name in weights:
            if name.endswith(("gamma", "beta")):
                weights[name] = rng.uniform(0.5, 1.5, width) - name.endswith("beta")
    weights = {name: single(values) for name, values in weights.items()}
    return Asked(handle, depth, width, method, weights, set_weights(handle, weights, f"the {method} network"))


def check_network(student: Student, rng: np.random.Generator, method: str) -> None:
    """Compare a network's output, and the gradient of its input, with the reference."""
    network = make_network(student, rng, method, depth=int(rng.integers(2, 6)))
    x, _ = samples(rng)
    upstream = single(rng.standard_normal(len(x)))
    output, gradient = vector_jacobian_product(student, network.handle, x, upstream, network.dtype)
    expected, slope = reference.network_output(network.weights, x, method, upstream)
    require_close(output, expected, rtol=RTOL, atol=1e-4, name=f"output of the {method} network")
    require_close(gradient, slope, rtol=RTOL, atol=1e-5, name=f"gradient of the {method} network at its input")


def check_gradient_norms(student: Student, network: Asked, rng: np.random.Generator) -> None:
    """Compare the gradient norms of a network on new samples with the reference."""
    x, y = samples(rng)
    found = network.ask_norms(student, x, y)
    require_close(found, network.norms(x, y), rtol=RTOL, atol=1e-12, name=network.question)


@dataclass(frozen=True)
class Flow:
    """Gradient norms of one deep network, asked for and computed."""

    found: Floats
    expected: Floats

    @property
    def ratio(self) -> float:
        """Largest over smallest of those asked for; infinite where a norm has underflown to zero."""
        smallest = float(self.found.min())
        return float(self.found.max()) / smallest if smallest > 0 else float("inf")


def flow(student: Student, rng: np.random.Generator, method: str) -> Flow | NoAnswer | Mismatch:
    """Ask for the gradient norms of a network of 50 layers, and compute them; why not is an answer, too."""
    try:
        network = make_network(student, rng, method, depth=50, width=32)
        x, y = samples(rng, 256)
        found = as_numbers(network.ask_norms(student, x, y), shape=(50,), name=network.question)
    except (NoAnswer, Mismatch) as error:
        return error
    return Flow(found, network.norms(x, y))


def batch_norm(student: Student, rng: np.random.Generator) -> tuple[Remote, int, torch.dtype]:
    """Let the notebook make a `BatchNorm`; give it, its width and its dtype."""
    width = int(rng.integers(3, 7))
    norm = module_of(student.BatchNorm(width), "`BatchNorm(width)`")
    return norm, width, dtype_of(state_of(norm, "`BatchNorm(width)`"))


def set_scale_and_shift(norm: Remote, gamma: Floats, beta: Floats) -> None:
    """Load another scale and shift; raises where one of them is no `nn.Parameter`."""
    for name in ("gamma", "beta"):
        norm.get_parameter(name)
    set_weights(norm, {"gamma": gamma, "beta": beta}, "`BatchNorm(width)`")


def activation_inputs(rng: np.random.Generator) -> list[Floats]:
    """Give tensors of several shapes; none but the first holds 0, where ReLU has no derivative."""
    edges = np.array([-40.0, -5.0, -1.0, -0.01, 0.0, 0.01, 1.0, 40.0])
    return [rng.permutation(edges), 3 * rng.standard_normal((4, 5)), -rng.uniform(0.5, 3.0, (2, 3, 2))]


def features(rng: np.random.Generator, width: int) -> Floats:
    """Few samples, so that the biased variance shows, and variances far above epsilon."""
    x = rng.standard_normal((int(rng.integers(4, 9)), width)) * rng.uniform(1.0, 4.0, width)
    return single(x + rng.uniform(-5.0, 5.0, width))


def flat_features(rng: np.random.Generator, width: int) -> Floats:
    """Features that hardly vary, so that epsilon shows."""
    return single(rng.standard_normal((int(rng.integers(4, 9)), width)) * rng.uniform(2e-3, 6e-3, width))


def samples(rng: np.random.Generator, n: int = 40) -> tuple[Floats, Floats]:
    """Give inputs (n, 10) and labels (n,), a fifth of them 1."""
    x = single(rng.standard_normal((n, 10)))
    score = x @ rng.standard_normal(10) + rng.standard_normal(n)
    return x, (score > np.quantile(score, 1 - FEW)).astype(np.float64)
