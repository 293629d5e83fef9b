"""Reference solutions of Exercise 1, computed and nowhere typed in.

Networks are given by their weights, arrays under the names of PyTorch's `state_dict`, so that a student's own weights
can be put in. Nothing here shares code with the notebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional

Floats = NDArray[np.floating]
Weights = Mapping[str, Floats]

CANDIDATES = ("skip", "batch_norm", "relu", "elu")
METHODS = ("baseline", *CANDIDATES)
EPSILON = 1e-5
UNIFORM = 30.0  # max / min of the layers' gradient norms; measured: skip at most 13, batch norm at least 74
LOWEST = 1e-3  # min / max below which a gradient has dropped to zero
ZERO_SHARE = 0.01  # exact zeros among all gradients; measured: 0 or, for ReLU, more than half


def relu(x: ArrayLike) -> Floats:
    """Give max(0, x)."""
    return np.maximum(0.0, np.asarray(x, np.float64))


def elu(x: ArrayLike, alpha: float = 1.0) -> Floats:
    """Give x above zero and alpha (exp(x) - 1) below."""
    x = np.asarray(x, np.float64)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def batch_norm(x: Floats, gamma: Floats, beta: Floats) -> Floats:
    """Normalise each column of x (n, width) by its own mean and biased variance, then scale and shift."""
    centred = x - x.mean(axis=0)
    result: Floats = gamma * centred / np.sqrt(x.var(axis=0) + EPSILON) + beta  # (n, width)
    return result


def batch_norm_gradient(x: Floats, gamma: Floats, upstream: Floats) -> Floats:
    """Gradient of sum(upstream * batch_norm(x)) with respect to x (n, width), written out by hand."""
    scale = 1 / np.sqrt(x.var(axis=0) + EPSILON)
    unit = (x - x.mean(axis=0)) * scale
    passed = upstream - upstream.mean(axis=0) - unit * (upstream * unit).mean(axis=0)
    result: Floats = gamma * scale * passed  # (n, width)
    return result


def shapes(depth: int, width: int, method: str, n_inputs: int = 10) -> dict[str, tuple[int, ...]]:
    """Give the shape of each weight of a network by its name in the `state_dict`."""
    found: dict[str, tuple[int, ...]] = {"first.weight": (width, n_inputs), "first.bias": (width,)}
    for layer in range(depth):
        found |= {f"hidden.{layer}.linear.weight": (width, width), f"hidden.{layer}.linear.bias": (width,)}
        if method == "batch_norm":
            found |= {f"hidden.{layer}.norm.gamma": (width,), f"hidden.{layer}.norm.beta": (width,)}
    return found | {"last.weight": (1, width), "last.bias": (1,)}


def relu_slope(x: ArrayLike) -> Floats:
    """Give the derivative of ReLU."""
    return (np.asarray(x) > 0).astype(np.float64)


def elu_slope(x: ArrayLike, alpha: float = 1.0) -> Floats:
    """Give the derivative of ELU."""
    x = np.asarray(x, np.float64)
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))


def network_output(weights: Weights, x: Floats, method: str, upstream: Floats) -> tuple[Floats, Floats]:
    """Give the logits (n,) of a network for x (n, n_inputs), and the gradient of `sum(upstream * logits)` there."""
    inputs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    logits = _forward(_tensors(weights, torch.float64), inputs, method)
    (gradient,) = torch.autograd.grad(logits, inputs, torch.tensor(upstream, dtype=torch.float64))
    return logits.detach().numpy(), gradient.numpy()


def gradient_norms(weights: Weights, x: Floats, y: Floats, method: str) -> Floats:
    """Give, for each hidden layer, the L2 norm of the loss gradient with respect to its weight matrix, (depth,)."""
    return _gradients(weights, x, y, method, torch.float64).norms


@dataclass(frozen=True)
class Profile:
    """How the gradient is spread over the hidden layers of one network."""

    norms: Floats  # (depth,), first layer first
    zero_share: float

    @property
    def ratio(self) -> float:
        """Largest norm over smallest; infinite where the smallest is exactly zero."""
        smallest = float(self.norms.min())
        return float(self.norms.max()) / smallest if smallest > 0 else float("inf")

    @property
    def is_uniform(self) -> bool:
        """Whether all layers have gradients of similar magnitude."""
        return self.ratio < UNIFORM

    @property
    def never_drops_to_zero(self) -> bool:
        """Whether no layer's gradient is negligible and hardly any single gradient is exactly zero."""
        return self.ratio < 1 / LOWEST and self.zero_share < ZERO_SHARE


@cache
def gradient_profile(method: str, seed: int, depth: int = 50, width: int = 32, samples: int = 256) -> Profile:
    """Give the gradients of one network at initialisation, in single precision as in the notebook."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, 10))
    y = (x @ rng.standard_normal(10) > 0).astype(np.float64)
    return _gradients(initial_weights(rng, depth, width, method), x, y, method, torch.float32)


def initial_weights(rng: np.random.Generator, depth: int, width: int, method: str) -> Weights:
    """Draw weights as PyTorch does by default: uniform in +-1 / sqrt(number of inputs), biases too."""
    weights: dict[str, Floats] = {}
    bound = 1.0
    for name, shape in shapes(depth, width, method).items():
        if ".norm." in name:
            weights[name] = np.full(shape, float(name.endswith("gamma")))
            continue
        bound = 1 / np.sqrt(shape[1]) if len(shape) == 2 else bound  # a bias follows its weight
        weights[name] = rng.uniform(-bound, bound, shape)
    return weights


@cache
def most_uniform_method(seeds: range = range(20)) -> str:
    """Give the method whose gradients are uniform and nowhere drop to zero.

    Raises
    ------
    ArithmeticError
        If that is not one and the same method for every seed.
    """
    found = {seed: uniform_methods(seed) for seed in seeds}
    winners = set(found.values())
    if len(winners) != 1 or len(first := winners.pop()) != 1:
        raise ArithmeticError(f"the most uniform method depends on the seed: {found}")
    return first[0]


def uniform_methods(seed: int) -> tuple[str, ...]:
    """Give the methods that pass both rules for this seed."""
    profiles = {method: gradient_profile(method, seed) for method in CANDIDATES}
    return tuple(method for method, p in profiles.items() if p.is_uniform and p.never_drops_to_zero)


def _tensors(weights: Weights, dtype: torch.dtype) -> dict[str, Tensor]:
    return {name: torch.tensor(value, dtype=dtype) for name, value in weights.items()}


def _forward(weights: Mapping[str, Tensor], x: Tensor, method: str) -> Tensor:
    depth = sum(name.endswith(".linear.weight") for name in weights)
    x = functional.linear(x, weights["first.weight"], weights["first.bias"])  # (n, width)
    for layer in range(depth):
        x = _hidden_layer(weights, f"hidden.{layer}", x, method)
    return functional.linear(x, weights["last.weight"], weights["last.bias"])[:, 0]  # (n,)


def _hidden_layer(weights: Mapping[str, Tensor], name: str, x: Tensor, method: str) -> Tensor:
    z = functional.linear(x, weights[f"{name}.linear.weight"], weights[f"{name}.linear.bias"])  # (n, width)
    if method == "batch_norm":
        gamma, beta = weights[f"{name}.norm.gamma"], weights[f"{name}.norm.beta"]
        z = functional.batch_norm(z, None, None, gamma, beta, training=True, eps=EPSILON)
    if method in ("relu", "elu"):
        return functional.relu(z) if method == "relu" else functional.elu(z)
    return torch.tanh(z) + x if method == "skip" else torch.tanh(z)


def _gradients(weights: Weights, x: Floats, y: Floats, method: str, dtype: torch.dtype) -> Profile:
    tensors = _tensors(weights, dtype)
    matrices = [tensors[name].requires_grad_() for name in tensors if name.endswith(".linear.weight")]
    logits = _forward(tensors, torch.tensor(x, dtype=dtype), method)
    loss = functional.binary_cross_entropy_with_logits(logits, torch.tensor(y, dtype=dtype))
    gradients = torch.stack(torch.autograd.grad(loss, matrices)).numpy()  # (depth, width, width)
    norms: Floats = np.sqrt((gradients.astype(np.float64) ** 2).sum(axis=(1, 2)))
    return Profile(norms, float((gradients == 0).mean()))
