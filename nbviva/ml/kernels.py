"""Kernels read as motifs: the first convolution of a network over one-hot sequences, set and read by the examiner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nbviva.kernel.student import Remote
from nbviva.ml.networks import dtype_of, output_of, set_weights, state_of, tensor
from nbviva.week.compare import as_numbers, require, require_near

Floats = NDArray[np.float64]
MAX_KERNELS = 4096
_WEIGHT = re.compile(r"((?P<module>.*)\.)?(?P<suffix>weight|weight_v|parametrizations\.weight\.original1?)")


@dataclass(frozen=True)
class FirstLayer:
    """The weights (n_kernels, channels, kernel_size) and biases (n_kernels,) of a convolution; `module` is its name."""

    weight: Floats
    bias: Floats
    module: str = ""

    @property
    def kernel_size(self) -> int:
        """The length of a window."""
        return int(self.weight.shape[2])


def first_layer(net: object, channels: int = 4) -> FirstLayer:
    """Read the first convolution over so many channels from a student's network.

    Where the weight is made of parameters of its own (such as by weight normalisation), it is asked for as it is used.
    """
    state = state_of(net, "`CNN(...)`")
    name, module, suffix = _first_weight(state, channels)
    assert isinstance(net, Remote)  # noqa: S101 - for mypy
    used = state[name] if suffix == "weight" else net.get_submodule(module).weight.clone()
    weight = as_numbers(used, shape=(-1, channels, -1), name=name)
    require(0 < len(weight) <= MAX_KERNELS and weight.shape[2], f"`{name}` has the shape {weight.shape}.")
    bias = state.get(name.removesuffix(suffix) + "bias", np.zeros(len(weight)))
    return FirstLayer(weight, as_numbers(bias, shape=(len(weight),), name="bias"), module)


def set_first_layer(
    net: object, rng: np.random.Generator, scale: float = 0.3, channels: int = 4, weight: Floats | None = None
) -> FirstLayer:
    """Give the first convolution weights of ours, and what they are: drawn ones, or `weight` with drawn biases.

    Of a weight that is made of parameters these are set, and the weight is asked for as it is used.
    """
    state = state_of(net, "`CNN(...)`")
    name, module, suffix = _first_weight(state, channels)
    weights = {name: scale * rng.standard_normal(state[name].shape) if weight is None else weight}
    bias = name.removesuffix(suffix) + "bias"
    if bias in state:
        weights[bias] = scale * rng.standard_normal(state[bias].shape)
    set_weights(net, weights, "`CNN(...)`")
    if suffix != "weight":
        found = first_layer(net, channels)
        require(bool(found.weight.std() > 1e-3), "The weights of the first convolution are all the same.")
        return found
    single = {key: values.astype(np.float32).astype(np.float64) for key, values in weights.items()}
    return FirstLayer(single[name], single.get(bias, np.zeros(len(single[name]))), module)


def _first_weight(state: dict[str, NDArray[Any]], channels: int) -> tuple[str, str, str]:
    """Give the first convolution's weight: its name, its module, and the rest of the name."""
    for name, value in state.items():
        found = _WEIGHT.fullmatch(name)
        if found and value.ndim == 3 and value.shape[1] == channels and value.dtype.kind == "f":
            return name, found["module"] or "", found["suffix"]
    require(False, f"The network has no `nn.Conv1d` over {channels} channels.")
    raise AssertionError


def require_reads_first(net: Remote, x: NDArray[Any], rng: np.random.Generator) -> None:
    """Refuse a network whose first convolution does not read x (n, channels, length) at every position.

    Its weights are set: what the layer gives is compared with ours, and with other weights all has to give another
    output. The network stays with weights of ours in that layer.
    """
    layer = set_first_layer(net, rng, channels=x.shape[1])
    if layer.module:
        given = net.get_submodule(layer.module)(tensor(x[:2], dtype_of(state_of(net))))
        found = as_numbers(given, shape=(2, len(layer.weight), -1), name=layer.module).transpose(0, 2, 1)
        inner = convolution(layer, x[:2])  # the windows that lie inside are among those of a padded layer
        places = range(max(0, found.shape[1] - inner.shape[1] + 1))
        same = any(np.allclose(found[:, i : i + inner.shape[1]], inner, rtol=1e-3, atol=1e-3) for i in places)
        require(same, "The first convolution has to be applied at every position: leave `stride` and `dilation` at 1.")
    before = output_of(net, x)
    set_first_layer(net, rng, channels=x.shape[1])
    after = output_of(net, x)
    changed = before.shape != after.shape or bool(np.abs(after - before).max(initial=0.0) > 1e-5)
    require(changed, "Other weights of the first convolution change no output: let it be the one that reads the input.")


def convolution(layer: FirstLayer, x: Floats) -> Floats:
    """Give the output for x (n, c, length) without padding and before the activation, (n, positions, n_kernels)."""
    products: Floats = np.tensordot(_windows(layer, x), layer.weight, axes=([2, 3], [1, 2])) + layer.bias
    return products


def kernel_motifs(layer: FirstLayer, x: Floats) -> Floats:
    """Give each kernel's probability matrix, (n_kernels, kernel_size, channels), from the windows that activate it.

    A window of x (n, channels, length) counts if its activation is larger than half of the kernel's largest; without
    one all channels get the same.
    """
    activations = np.maximum(convolution(layer, x), 0.0)  # (n, positions, n_kernels)
    counted = (activations > activations.max(axis=(0, 1)) / 2).astype(np.float64)
    counts: Floats = np.tensordot(counted, _windows(layer, x), axes=([0, 1], [0, 1]))  # (n_kernels, channels, width)
    counts = counts.transpose(0, 2, 1)
    totals = counts.sum(axis=2, keepdims=True)
    motifs: Floats = np.where(totals > 0, counts / np.maximum(totals, 1), 1 / counts.shape[2])
    return motifs


def silent(motifs: Floats) -> NDArray[np.bool_]:
    """Whether each kernel has the same everywhere, since no window activates it; (n_kernels,)."""
    return np.asarray((motifs == motifs.mean(axis=2, keepdims=True)).all(axis=(1, 2)))


def require_motifs(answer: object, layer: FirstLayer, x: Floats, name: str, tolerance: float = 1e-3) -> Floats:
    """Refuse probability matrices that are not those of `kernel_motifs`, which are given."""
    expected = kernel_motifs(layer, x)
    found = as_numbers(answer, shape=expected.shape, name=f"{name}(...)")
    sums = found.sum(axis=2)
    worst = float(sums.flat[np.abs(sums - 1).argmax()])
    require_near(abs(worst - 1) < tolerance, f"A row of a probability matrix sums to {worst:.4g}, not to 1.")
    errors = np.abs(found - expected).max(axis=(1, 2))  # (n_kernels,)
    require_near(
        errors.max() < tolerance,
        f"{(errors >= tolerance).sum()} of {len(errors)} matrices differ from those of the windows that activate the "
        f"kernels, by up to {errors.max():.2g} where {tolerance:g} is allowed.",
    )
    return expected


def clear_cut(layer: FirstLayer, x: Floats, margin: float = 1e-4) -> NDArray[np.int64]:
    """Give the indices of the items without a window so near half of a kernel's maximum that rounding decides.

    `margin` is a share of the largest activation that the kernel's weights allow.
    """
    scale = np.abs(layer.weight).max(axis=1).sum(axis=1) + np.abs(layer.bias)  # (n_kernels,)
    kept = np.arange(len(x))
    values = convolution(layer, x)  # (n, positions, n_kernels)
    while len(kept):
        half = np.maximum(values.max(axis=(0, 1)), 0.0) / 2  # 0 for a kernel that is never active
        bad = (np.abs(values - half) < margin * scale).any(axis=(1, 2))
        if not bad.any():
            break
        kept, values = kept[~bad], values[~bad]
    return kept


def clearest(layer: FirstLayer, x: Floats, margins: Sequence[float] = (1e-4, 1e-5, 1e-6)) -> NDArray[np.int64]:
    """Give the clear-cut items by the first margin that leaves any, since many kernels leave none; else all of them."""
    found = (clear_cut(layer, x, margin) for margin in margins)
    return next((kept for kept in found if len(kept)), np.arange(len(x)))


def _windows(layer: FirstLayer, x: Floats) -> Floats:
    """Cut (n, positions, channels, kernel_size): every window that lies wholly inside its item."""
    cut: Floats = sliding_window_view(x, layer.kernel_size, axis=2).transpose(0, 2, 1, 3).astype(np.float64)
    return cut
