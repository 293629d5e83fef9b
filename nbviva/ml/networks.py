"""Networks in the student's notebook whose weights the examiner sets, so that the expected answer is the examiner's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from nbviva.kernel.student import Raised, Remote, Student, hold, put
from nbviva.week.compare import as_numbers, assert_close, require

Floats = NDArray[np.float64]
# Names by which PyTorch has these ready-made, for `notebook.uses`.
READY_ACTIVATIONS = tuple(f"*.{name}" for name in (
    "relu", "relu_", "ReLU", "relu6", "ReLU6", "elu", "elu_", "ELU", "celu", "celu_", "CELU", "selu", "SELU",
    "leaky_relu", "leaky_relu_", "LeakyReLU", "prelu", "PReLU", "rrelu", "threshold", "threshold_", "Threshold",
    "hardtanh", "Hardtanh", "softplus", "Softplus",
))  # fmt: skip
READY_NORMALISATIONS = tuple(f"*.{name}" for name in (
    "batch_norm", "BatchNorm?d", "_BatchNorm", "LazyBatchNorm?d", "SyncBatchNorm", "native_batch_norm", "instance_norm",
    "InstanceNorm?d", "layer_norm", "LayerNorm", "group_norm", "GroupNorm",
))  # fmt: skip
_WRITTEN_OVER = (
    "PyTorch does so on the way back where a tensor was written over (`y += x`, `y[0] = ...`) that the gradient still "
    "needs: make a new one there."
)
_DTYPES = {"<f4": torch.float32, "<f8": torch.float64, "<f2": torch.float16}


def tensor(values: ArrayLike, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Give a tensor to ask with; in the dtype of the notebook's own parameters where it has any."""
    return torch.tensor(np.asarray(values), dtype=dtype)


def module_of(answer: object, what: str) -> Remote:
    """Give what has to be a module in the student's kernel, and refuse plain data."""
    require(isinstance(answer, Remote), f"{what} has to give a network, an `nn.Module`, and no plain data.")
    assert isinstance(answer, Remote)  # noqa: S101 - for mypy
    return answer


def state_of(net: object, what: str = "the network") -> dict[str, NDArray[Any]]:
    """Give the arrays of a network's `state_dict()` by their names."""
    require(isinstance(net, Remote), f"Plain data was given where {what} is expected.")
    assert isinstance(net, Remote)  # noqa: S101 - for mypy
    state = net.state_dict()
    require(type(state) is dict, f"`state_dict()` of {what} gives no weights.")
    return {name: value for name, value in state.items() if type(name) is str and isinstance(value, np.ndarray)}


def dtype_of(state: Mapping[str, NDArray[Any]]) -> torch.dtype:
    """Give the dtype of the first parameters that are no integers: the one that a network is asked in."""
    kinds = (_DTYPES.get(value.dtype.str) for value in state.values())
    return next((kind for kind in kinds if kind is not None), torch.float32)


def set_weights(net: object, weights: Mapping[str, Floats], what: str = "the network") -> torch.dtype:
    """Load weights of ours into a network of the student's, and give the dtype that it computes in.

    A shape such as (1, width) is taken for (width,). That they were loaded is not asked: an answer that disagrees with
    the reference says so.
    """
    state = state_of(net, what)
    for name, values in weights.items():
        require(name in state, f"There is no `{name}` in the `state_dict()` of {what}.")
        require(
            state[name].size == values.size,
            f"`{name}` of {what} has shape {state[name].shape} where {values.shape} is expected.",
        )
    dtype = dtype_of({name: state[name] for name in weights})
    sent = {name: tensor(values.reshape(state[name].shape), dtype) for name, values in weights.items()}
    assert isinstance(net, Remote)  # noqa: S101 - for mypy
    net.load_state_dict(sent, strict=False)
    return dtype


def require_weights(net: object, weights: Mapping[str, Floats], what: str = "the network") -> None:
    """Refuse a network whose weights are no longer those that were loaded."""
    state = state_of(net, what)
    for name, values in weights.items():
        require(name in state, f"There is no `{name}` in the `state_dict()` of {what} any more.")
        assert_close(state[name].reshape(values.shape), values, name=name, rtol=0.0)


def single(values: ArrayLike) -> Floats:
    """Round to single precision: exactly what a network of float32 gets."""
    return np.asarray(values).astype(np.float32).astype(np.float64)


def stir(net: object, rng: np.random.Generator, scale: float = 0.3, what: str = "the network") -> None:
    """Add noise of this standard deviation to all weights, so that nothing depends on how a network begins."""
    weights = {
        name: value + scale * rng.standard_normal(value.shape)
        for name, value in state_of(net, what).items()
        if value.ndim and value.dtype.kind == "f" and "running_" not in name and np.isfinite(value).all()
    }
    set_weights(net, weights, what)


def output_of(net: Remote, x: ArrayLike, shape: tuple[int, ...] | None = None, what: str = "the network") -> Floats:
    """Ask for what a network gives, in the dtype that it computes in."""
    return as_numbers(net(tensor(x, dtype_of(state_of(net, what)))), shape=shape, name=what)


def require_logits(net: Remote, x: NDArray[Any], what: str = "the network") -> Floats:
    """Refuse outputs that are not one number an item, the same each time, the item's own, and different ones; (n,).

    The network is asked in evaluation mode, into which it is put. That outputs are logits and no probabilities shows
    only in the smallest of many.
    """
    net.eval()
    logits, again, alone = (output_of(net, part, (len(part),), what) for part in (x, x, x[:3]))
    require(np.allclose(logits, again, atol=1e-5), "In evaluation mode the same items get other logits each time.")
    require(np.allclose(logits[:3], alone, atol=1e-4), "The logit of an item depends on the others in its batch.")
    require(np.ptp(logits) > 1e-5, f"Items that differ get the same logit, {logits[0]:.4g}.")
    return logits


def gradient_norms(
    loss: Callable[[Mapping[str, torch.Tensor]], torch.Tensor], weights: Mapping[str, Floats], of: Iterable[str],
    dtype: torch.dtype = torch.float64,
) -> Floats:  # fmt: skip
    """Give the L2 norm of a loss's gradient with respect to each of the weights `of`, by PyTorch in this process."""
    tensors = {name: torch.tensor(values, dtype=dtype) for name, values in weights.items()}
    chosen = [tensors[name].requires_grad_() for name in of]
    gradients = torch.autograd.grad(loss(tensors), chosen)
    return np.array([np.sqrt((g.numpy().astype(np.float64) ** 2).sum()) for g in gradients])


def vector_jacobian_product(
    student: Student, function: Remote, x: Floats, upstream: Floats, dtype: torch.dtype = torch.float32
) -> tuple[object, object]:
    """Give a function's output at x, and the gradient of `sum(upstream * function(x))` there, both as it answers."""
    try:
        answer = hold(student, "torch").autograd.functional.vjp(function, tensor(x, dtype), tensor(upstream, dtype))
    except Raised as error:
        if not str(error).endswith(" raised RuntimeError."):  # in the function itself a line of it would follow
            raise
        raise Raised(f"{error} {_WRITTEN_OVER}") from None
    require(type(answer) is tuple and len(answer) == 2, "The function does not give one tensor.")
    output, gradient = answer
    return output, gradient


def require_unchanged(student: Student, function: Callable[[Remote], object], x: Floats, name: str) -> None:
    """Call a function of one tensor and refuse one that writes into its input."""
    given = put(student, tensor(x))
    function(given)
    after = as_numbers(given.clone(), shape=x.shape, name="x")
    unchanged = np.array_equal(after, np.asarray(x, np.float32))
    require(unchanged, f"`{name}` writes into its input: leave x as it is, and give a new tensor.")


def require_close(
    found: object, expected: ArrayLike, *, rtol: float, atol: float = 0.0, name: str, least: float = 0.0
) -> None:
    """Compare with a reference; one that is constant or as good as zero would ask nothing, and is our own fault.

    Parameters
    ----------
    least
        The spread that the expected values must have.
    """
    values = np.asarray(expected, np.float64)
    if values.size > 1 and not np.ptp(values) > least:
        raise ArithmeticError(f"the expected {name} is trivial ({values.reshape(-1)[0]:.3g} everywhere): draw another")
    assert_close(found, values, rtol=rtol, atol=atol, name=name)
