"""The hidden checks: fresh inputs and weights for each group, asked of the student and compared with the reference."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.week11.gradients import plots, reference
from graders.week11.gradients.asking import (
    DEEP_RTOL,
    LOST,
    RTOL,
    Flow,
    activation_inputs,
    batch_norm,
    check_gradient_norms,
    check_network,
    features,
    flat_features,
    flow,
    make_network,
    set_scale_and_shift,
)
from nbviva.author import Findings, Mismatch, NoAnswer, Student, assert_close, check, fixture, hold, require
from nbviva.ml import (
    READY_ACTIVATIONS,
    READY_NORMALISATIONS,
    module_of,
    require_close,
    require_unchanged,
    require_weights,
    set_weights,
    single,
    tensor,
    vector_jacobian_product,
)

Floats = NDArray[np.float64]

# Norms over 50 layers, measured on 400 to 1,500 networks of each method:
VANISHED = {"baseline": 1e6, "relu": 1e10, "elu": 1e6}  # max / min; at least 6e10, 7e17, 3e11
SKIP_SHARE = 1 / 30  # min / max; at least 1/7
BATCH_NORM_BETWEEN = (30.0, 1e5)  # max / min; 64 to 720, with other data to 16,000


@check("activations")
def relu_matches(student: Student, rng: np.random.Generator) -> str:
    """`relu` keeps what is positive and gives 0 for the rest, in tensors of any shape."""
    for x in activation_inputs(rng):
        assert_close(student.relu(tensor(x)), reference.relu(x), rtol=RTOL, atol=1e-6, name="relu(x)")
    return "Right for negative, zero, small and large inputs."


@check("activations")
def elu_matches(student: Student, rng: np.random.Generator) -> str:
    """`elu` keeps what is positive and gives alpha (exp(x) - 1) for the rest, with alpha = 1 unless told otherwise."""
    try:
        for x in activation_inputs(rng):
            assert_close(student.elu(tensor(x)), reference.elu(x), rtol=RTOL, atol=1e-6, name="elu(x)")
            alpha = float(rng.uniform(1.5, 3.0))
            found = student.elu(tensor(x), alpha=alpha)
            assert_close(found, reference.elu(x, alpha), rtol=RTOL, atol=1e-6, name="elu(x, alpha)")
    except Mismatch as error:
        raise Mismatch(f"{error}{_elu_example(student)}") from None
    return "Right for negative, zero, small and large inputs, with the default alpha and another."


def _elu_example(student: Student) -> str:
    """Tell what comes out for an input that is no secret, where that is wrong, too."""
    for x, alpha in ((-1.0, 2.0), (2.0, 2.0), (-1.0, 1.0)):
        expected = float(reference.elu(x, alpha))
        try:
            assert_close(student.elu(tensor([x]), alpha=alpha), [expected], rtol=RTOL, name=f"elu({x:g}, {alpha:g})")
        except Mismatch as error:
            return f" For example: elu({x:g}, alpha={alpha:g}) has to be {expected:.4f}. {error}"
    return ""


@check("activations")
def activations_pass_the_gradient(student: Student, rng: np.random.Generator) -> str:
    """The gradient flows through `relu` and `elu`."""
    slopes: dict[str, Callable[[Any], Any]] = {"relu": reference.relu_slope, "elu": reference.elu_slope}
    for x in activation_inputs(rng)[1:]:
        for name, slope in slopes.items():
            upstream = single(rng.uniform(0.5, 2.0, x.shape))
            _, gradient = vector_jacobian_product(student, hold(student, name), x, upstream)
            assert_close(gradient, slope(x) * upstream, rtol=RTOL, atol=1e-6, name=f"gradient of {name}(x)")
    return "The gradients agree with the derivatives."


@check("activations")
def activations_keep_their_input(student: Student, rng: np.random.Generator) -> str:
    """`relu` and `elu` leave the tensor that they are given as it is."""
    for name in ("relu", "elu"):
        for x in activation_inputs(rng):
            require_unchanged(student, getattr(student, name), x, name)
    return "The inputs are the same afterwards."


@check("activations", needs=(relu_matches, elu_matches))
def activations_are_written_out(notebook: Any) -> str:
    """`relu` and `elu` are written with operations of PyTorch, and not with its ready-made activations."""
    found = notebook.uses("activations", *READY_ACTIVATIONS)
    require(not found, f"Your cell uses {', '.join(found)}: write the formula with other operations of PyTorch.")
    return "No ready-made activation is used."


@check("skip_connection")
def skip_connection_adds_the_input(student: Student, rng: np.random.Generator) -> str:
    """`skip_connection` gives activation(linear(x)) + x, for whatever layer and activation it is handed."""
    width = int(rng.integers(3, 9))
    layers = hold(student, "torch").nn
    activations: dict[str, Any] = {"Tanh": np.tanh, "Softplus": lambda z: np.logaddexp(0, z), "ReLU": reference.relu}
    for name, activation in activations.items():
        linear = module_of(layers.Linear(width, width), "`torch.nn.Linear`")
        weight, bias = single(rng.normal(0, 0.5, (width, width))), single(rng.normal(size=width))
        dtype = set_weights(linear, {"weight": weight, "bias": bias}, "`nn.Linear`")
        x = single(2 * rng.standard_normal((int(rng.integers(2, 6)), width)))
        found = student.skip_connection(tensor(x, dtype), linear, getattr(layers, name)())
        expected = activation(x @ weight.T + bias) + x
        require_close(found, expected, rtol=RTOL, atol=1e-5, name="skip_connection(x, linear, activation)")
    return "Right with three activations."


@check("skip_connection", needs=(skip_connection_adds_the_input,))
def skip_connection_passes_the_gradient(student: Student, rng: np.random.Generator) -> str:
    """The gradient flows through `skip_connection` along both paths: the layer and the input that is added."""
    check_network(student, rng, "skip")
    return "The gradient that arrives at the input of a network agrees with the reference."


@check("batch_norm")
def batch_norm_uses_the_batch(student: Student, rng: np.random.Generator) -> str:
    """`BatchNorm` normalises each feature by mean and biased variance of the batch at hand, also after `eval()`."""
    norm, width, dtype = batch_norm(student, rng)
    for mode in (norm.train, norm.train, norm.eval):
        mode()
        x = features(rng, width)
        expected = reference.batch_norm(x, np.ones(width), np.zeros(width))
        require_close(norm(tensor(x, dtype)), expected, rtol=RTOL, atol=1e-3, name="BatchNorm(width)(x)")
    return "Right for small batches of features with other means and variances."


@check("batch_norm", needs=(batch_norm_uses_the_batch,))
def batch_norm_adds_epsilon(student: Student, rng: np.random.Generator) -> str:
    """`BatchNorm` adds epsilon = 1e-5 to the variance, under the root: it shows where a feature hardly varies."""
    norm, width, dtype = batch_norm(student, rng)
    x = flat_features(rng, width)
    expected = reference.batch_norm(x, np.ones(width), np.zeros(width))
    require_close(norm(tensor(x, dtype)), expected, rtol=5e-3, atol=2e-3, name="BatchNorm(width)(x)")
    return "Right for features with a variance of about epsilon."


@check("batch_norm", needs=(batch_norm_uses_the_batch,))
def batch_norm_learns_scale_and_shift(student: Student, rng: np.random.Generator) -> str:
    """`BatchNorm` scales by `gamma` and shifts by `beta`, learnable parameters with one entry a feature."""
    norm, width, dtype = batch_norm(student, rng)
    gamma, beta = single(rng.uniform(0.5, 2.0, width)), single(rng.uniform(1.0, 2.0, width))
    set_scale_and_shift(norm, gamma, beta)
    x = features(rng, width)
    expected = reference.batch_norm(x, gamma, beta)
    require_close(norm(tensor(x, dtype)), expected, rtol=RTOL, atol=2e-3, name="BatchNorm(width)(x)")
    norm.gamma.retain_grad()  # raises for what does not learn
    norm.beta.retain_grad()
    return "Right with another scale and shift."


@check("batch_norm", needs=(batch_norm_uses_the_batch,))
def batch_norm_passes_the_gradient(student: Student, rng: np.random.Generator) -> str:
    """The gradient flows through `BatchNorm` to its input, also through the mean and the variance."""
    norm, width, dtype = batch_norm(student, rng)
    x, upstream = single(rng.standard_normal((2, int(rng.integers(4, 9)), width)))
    _, gradient = vector_jacobian_product(student, norm, x, upstream, dtype)
    expected = reference.batch_norm_gradient(x, np.ones(width), upstream)
    require_close(gradient, expected, rtol=RTOL, atol=1e-3, name="gradient of BatchNorm(width)(x)")
    return "The gradient agrees with the reference."


@check("batch_norm", needs=(batch_norm_uses_the_batch,))
def batch_norm_is_written_out(notebook: Any) -> str:
    """`BatchNorm` is written from the formula, and not with a ready-made normalisation of PyTorch."""
    found = notebook.uses("batch_norm", *READY_NORMALISATIONS)
    require(not found, f"Your cell uses {', '.join(found)}: write mean, variance and the rest yourself.")
    return "No ready-made normalisation is used."


def _declared() -> tuple[Any, ...]:
    """Give the checks that stand above."""
    return tuple(item for item in globals().values() if isinstance(item, type(relu_matches)))


@check("gradient_flow", needs=[item for item in _declared() if "written" not in item.name])
def networks_match(student: Student, rng: np.random.Generator) -> str:
    """Networks of all methods compute what their weights say, and pass the gradient on."""
    for method in reference.METHODS:
        check_network(student, rng, method)
    return "Outputs and gradients of all five methods agree with the reference."


@check("gradient_norms")
def gradient_norms_match(student: Student, rng: np.random.Generator) -> str:
    """`gradient_norms` gives the L2 norm of the loss gradient for each hidden weight matrix, first layer first."""
    for depth in (1, int(rng.integers(3, 7)), int(rng.integers(12, 21))):
        check_gradient_norms(student, make_network(student, rng, "baseline", depth), rng)
    return "Right at three depths."


@check("gradient_norms", needs=(gradient_norms_match,))
def gradient_norms_start_afresh(student: Student, rng: np.random.Generator) -> str:
    """`gradient_norms` counts no gradients that were left in the network, and leaves the weights as they are."""
    network = make_network(student, rng, "baseline", depth=4)
    for _ in range(2):
        check_gradient_norms(student, network, rng)
    for layer in range(network.depth):  # as a training step would: `backward` of a leaf adds to its gradient
        left = tensor(rng.normal(size=(network.width, network.width)), network.dtype)
        getattr(network.handle.hidden, str(layer)).linear.weight.backward(left)
    check_gradient_norms(student, network, rng)
    require_weights(network.handle, network.weights)
    return "Right three times in a row on one network, at last with gradients of a training step in it."


@check("gradient_norms", needs=(networks_match, gradient_norms_match))
def gradient_norms_match_for_every_method(student: Student, rng: np.random.Generator) -> str:
    """`gradient_norms` is right for networks of every method."""
    for method in reference.CANDIDATES:
        check_gradient_norms(student, make_network(student, rng, method, int(rng.integers(3, 9))), rng)
    return "Right for skip connections, batch normalisation, ReLU and ELU."


@dataclass(frozen=True)
class Flows:
    """Gradient norms of a deep network of each method, or why there are none."""

    asked: Mapping[str, Flow | NoAnswer | Mismatch]

    def of(self, method: str) -> Flow:
        """Give those of a method, once they agree with the reference."""
        flow = self.asked[method]
        if isinstance(flow, Exception):
            raise flow
        name = f"gradient_norms(net, x, y) for {method} at depth {len(flow.expected)}"
        assert_close(flow.found, flow.expected, rtol=DEEP_RTOL, atol=LOST, name=name)
        return flow


@fixture()
def flows(student: Student, rng: np.random.Generator, findings: Findings) -> Flows:
    """Ask for the gradient norms of all five methods once; a method without an answer costs only its own check."""
    asked = {method: flow(student, rng, method) for method in reference.METHODS}
    norms = {method: item.found for method, item in asked.items() if not isinstance(item, Exception)}
    findings.plot(plots.gradient_flow(norms))
    return Flows(asked)


def decades(ratio: float) -> float:
    """Give the decimal logarithm; no number where there is none, which is then not noted."""
    return math.log10(ratio) if ratio > 0 else math.nan


@check("gradient_flow", needs=(gradient_norms_match_for_every_method,))
def gradients_vanish(flows: Flows, findings: Findings) -> str:
    """Through 50 layers of tanh, ReLU or ELU alone the gradient vanishes by at least six orders of magnitude."""
    measured = []
    for method, least in VANISHED.items():
        ratio = flows.of(method).ratio
        findings.value(f"log10_{method}_norm_ratio", decades(ratio), bound=decades(least))
        require(
            ratio > least, f"{method}: largest / smallest norm is {ratio:.1e}, where more than {least:.0e} is expected."
        )
        measured.append(f"{method} {ratio:.0e} (more than {least:.0e})")
    return f"Largest / smallest norm: {', '.join(measured)}; every norm agrees with the reference."


@check("gradient_flow", needs=(gradient_norms_match_for_every_method,))
def skip_keeps_the_gradient(flows: Flows, findings: Findings) -> str:
    """With skip connections no layer's gradient norm falls below a thirtieth of the largest."""
    ratio = flows.of("skip").ratio
    share = 1 / ratio
    findings.value("log10_skip_norm_ratio", decades(ratio), bound=decades(1 / SKIP_SHARE))
    require(
        share > SKIP_SHARE, f"The smallest norm is {share:.2g} of the largest; more than {SKIP_SHARE:.2g} is expected."
    )
    return (
        f"The smallest norm is {share:.2f} of the largest (more than {SKIP_SHARE:.2f}); all agree with the reference."
    )


@check("gradient_flow", needs=(gradient_norms_match_for_every_method,))
def batch_norm_lies_between(flows: Flows, findings: Findings) -> str:
    """With batch normalisation the gradient grows towards the input, less evenly than with skip connections."""
    flow, (least, most) = flows.of("batch_norm"), BATCH_NORM_BETWEEN
    findings.value("log10_batch_norm_norm_ratio", decades(flow.ratio), bound=decades(most))
    require(
        least < flow.ratio < most, f"Largest / smallest norm: {flow.ratio:.1e}; {least:.0e} to {most:.0e} expected."
    )
    require(flow.found[0] > 10 * flow.found[-1], "The first norm is not ten times the last, as is expected.")
    return f"Largest / smallest norm: {flow.ratio:.0f} ({least:.0f} to {most:.0f}); all agree with the reference."


@check("most_uniform", needs=_declared())
def most_uniform_is_named(sheet: Any) -> str:
    """The method with uniform gradients that nowhere drop to zero is named, and part 1 of the notebook supports it."""
    return str(sheet.judge("answer_1_2", reference.most_uniform_method()))
