"""Asking about networks: what several checks of Exercise 1 need to ask and to compare."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from graders.week11.gradients import reference
from nbviva.author import Remote, Student, as_numbers, assert_close, require

Floats = NDArray[np.float64]

RTOL = 1e-3  # single against double precision: measured at most a fiftieth of it
FEW = 0.2  # share of class 1; with half, the loss can start near its minimum, where gradients nearly cancel


class Asked(NamedTuple):
    """A network in the student's notebook, and its weights by value."""

    handle: Remote
    depth: int
    width: int
    method: str
    weights: dict[str, Floats]


def make_network(student: Student, rng: np.random.Generator, method: str, depth: int, width: int = 0) -> Asked:
    width = width or int(rng.integers(6, 15))
    handle = student.build_network(depth=depth, width=width, method=method)
    require(isinstance(handle, Remote), "`build_network` gives plain data where a network is expected.")
    if method == "batch_norm":
        for layer in range(depth):
            norm = getattr(handle.hidden, str(layer)).norm
            set_scale_and_shift(norm, rng.uniform(0.5, 1.5, width), rng.uniform(-0.5, 0.5, width))
    return Asked(handle, depth, width, method, weights(handle, depth, width, method))


def weights(handle: Remote, depth: int, width: int, method: str) -> dict[str, Floats]:
    state = handle.state_dict()
    return {name: array(state, name, shape) for name, shape in reference.shapes(depth, width, method).items()}


def array(state: Any, name: str, shape: tuple[int, ...]) -> Floats:
    """Give one weight of a `state_dict`; a shape such as (1, width) is taken for (width,)."""
    require(type(state) is dict and name in state, f"There is no `{name}` in the `state_dict()`.")
    values = as_numbers(state[name], name=name)
    require(values.size == np.prod(shape), f"`{name}` has shape {values.shape} where {shape} is expected.")
    return values.reshape(shape)


def check_outputs(student: Student, rng: np.random.Generator, method: str) -> None:
    network = make_network(student, rng, method, depth=int(rng.integers(2, 6)))
    x, _ = samples(rng)
    expected = reference.network_output(network.weights, x, method)
    assert_close(network.handle(tensor(x)), expected, rtol=RTOL, atol=1e-4, name=f"output of the {method} network")


def check_gradient_norms(student: Student, network: Asked, rng: np.random.Generator) -> None:
    x, y = samples(rng)
    found = student.gradient_norms(network.handle, tensor(x), tensor(y))
    expected = reference.gradient_norms(network.weights, x, y, network.method)
    name = f"gradient_norms(net, x, y) for {network.method}"
    assert_close(found, expected, rtol=RTOL, atol=1e-12, name=name)


def flow(student: Student, rng: np.random.Generator, method: str) -> Floats:
    handle = student.build_network(depth=50, width=32, method=method)
    x, y = samples(rng, 256)
    found = student.gradient_norms(handle, tensor(x), tensor(y))
    norms = as_numbers(found, shape=(50,), name=f"gradient_norms(net, x, y) for {method}")
    require((norms >= 0).all(), f"A gradient norm of the {method} network is negative.")
    return norms


def largest_over_smallest(norms: Floats) -> float:
    """Largest over smallest; infinite where a norm has underflown to zero."""
    return float(norms.max() / norms.min()) if norms.min() > 0 else float("inf")


def batch_norm(student: Student, rng: np.random.Generator) -> tuple[Remote, int]:
    width = int(rng.integers(3, 7))
    norm = student.BatchNorm(width)
    require(isinstance(norm, Remote), "`BatchNorm(width)` gives plain data where a module is expected.")
    return norm, width


def set_scale_and_shift(norm: Remote, gamma: Floats, beta: Floats) -> None:
    state = {}
    for name, values in {"gamma": gamma, "beta": beta}.items():
        held = as_numbers(norm.get_parameter(name), name=name)  # raises where it is no nn.Parameter
        require(held.size == values.size, f"`{name}` has shape {held.shape} where {values.shape} is expected.")
        state[name] = tensor(values.reshape(held.shape))
    norm.load_state_dict(state, strict=False)


def activation_inputs(rng: np.random.Generator) -> list[Floats]:
    edges = np.array([-40.0, -5.0, -1.0, -0.01, 0.0, 0.01, 1.0, 40.0])
    return [rng.permutation(edges), 3 * rng.standard_normal((4, 5)), -rng.uniform(0.5, 3.0, (2, 3, 2))]


def features(rng: np.random.Generator, width: int) -> Floats:
    """Few samples, so that the biased variance shows; the first feature hardly varies, so that epsilon shows."""
    scale = np.append(4e-3, rng.uniform(0.5, 3.0, width - 1))
    x = rng.standard_normal((int(rng.integers(4, 9)), width)) * scale + np.append(0.0, rng.uniform(1.0, 5.0, width - 1))
    single: NDArray[np.float32] = x.astype(np.float32)  # (n, width), exactly what the student gets
    return single.astype(np.float64)


def samples(rng: np.random.Generator, n: int = 40) -> tuple[Floats, Floats]:
    x = rng.standard_normal((n, 10))
    score = x @ rng.standard_normal(10) + rng.standard_normal(n)
    return x, (score > np.quantile(score, 1 - FEW)).astype(np.float64)


def tensor(values: ArrayLike) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)
