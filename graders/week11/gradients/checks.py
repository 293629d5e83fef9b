"""The hidden checks: fresh inputs and weights for each group, asked of the student and compared with the reference."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graders.week11.gradients import plots, reference
from graders.week11.gradients.asking import (
    RTOL,
    Floats,
    activation_inputs,
    array,
    batch_norm,
    check_gradient_norms,
    check_outputs,
    features,
    flow,
    largest_over_smallest,
    make_network,
    set_scale_and_shift,
    tensor,
    weights,
)
from nbviva.author import Findings, Mismatch, NoAnswer, Remote, Student, assert_close, check, fixture, hold, require

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
    for x in activation_inputs(rng):
        assert_close(student.elu(tensor(x)), reference.elu(x), rtol=RTOL, atol=1e-6, name="elu(x)")
        alpha = float(rng.uniform(1.5, 3.0))
        found = student.elu(tensor(x), alpha=alpha)
        assert_close(found, reference.elu(x, alpha), rtol=RTOL, atol=1e-6, name="elu(x, alpha)")
    return "Right for negative, zero, small and large inputs, with the default alpha and another."


@check("gradient_flow")
def activation_networks_match(student: Student, rng: np.random.Generator) -> str:
    """Networks with tanh, ReLU and ELU compute what their weights say."""
    for method in ("baseline", "relu", "elu"):
        check_outputs(student, rng, method)
    return "The outputs agree with the reference."


@check("skip_connection")
def skip_connection_adds_the_input(student: Student, rng: np.random.Generator) -> str:
    """`skip_connection` gives activation(linear(x)) + x, for whatever layer and activation it is handed."""
    width = int(rng.integers(3, 9))
    layers = hold(student, "torch").nn
    activations: dict[str, Any] = {"Tanh": np.tanh, "Softplus": lambda z: np.logaddexp(0, z), "ReLU": reference.relu}
    for name, activation in activations.items():
        linear = layers.Linear(width, width)
        require(isinstance(linear, Remote), "`torch.nn.Linear` is no longer what it was; do not overwrite `torch`.")
        state = linear.state_dict()
        weight, bias = array(state, "weight", (width, width)), array(state, "bias", (width,))
        x = 2 * rng.standard_normal((int(rng.integers(2, 6)), width))
        found = student.skip_connection(tensor(x), linear, getattr(layers, name)())
        expected = activation(x @ weight.T + bias) + x
        assert_close(found, expected, rtol=RTOL, atol=1e-5, name="skip_connection(x, linear, activation)")
    return "Right with three activations."


@check("gradient_flow")
def skip_network_matches(student: Student, rng: np.random.Generator) -> str:
    """A network with skip connections computes what its weights say."""
    check_outputs(student, rng, "skip")
    return "The outputs agree with the reference."


@check("batch_norm")
def batch_norm_uses_the_batch(student: Student, rng: np.random.Generator) -> str:
    """`BatchNorm` normalises each feature by mean and biased variance of the batch at hand, also after `eval()`."""
    norm, width = batch_norm(student, rng)
    for mode in (norm.train, norm.train, norm.eval):
        mode()
        x = features(rng, width)
        expected = reference.batch_norm(x, np.ones(width), np.zeros(width))
        assert_close(norm(tensor(x)), expected, rtol=RTOL, atol=1e-3, name="BatchNorm(width)(x)")
    return "Right for small batches of features with other means and variances."


@check("batch_norm")
def batch_norm_learns_scale_and_shift(student: Student, rng: np.random.Generator) -> str:
    """`BatchNorm` scales by `gamma` and shifts by `beta`, learnable parameters with one entry a feature."""
    norm, width = batch_norm(student, rng)
    gamma, beta = rng.uniform(0.5, 2.0, width), rng.uniform(1.0, 2.0, width)
    set_scale_and_shift(norm, gamma, beta)
    x = features(rng, width)
    assert_close(
        norm(tensor(x)), reference.batch_norm(x, gamma, beta), rtol=RTOL, atol=2e-3, name="BatchNorm(width)(x)"
    )
    norm.gamma.retain_grad()  # raises for what does not learn
    norm.beta.retain_grad()
    return "Right with another scale and shift."


@check("batch_norm")
def batch_norm_passes_the_gradient(student: Student, rng: np.random.Generator) -> str:
    """The gradient flows through `BatchNorm` to its input, also through the mean and the variance."""
    norm, width = batch_norm(student, rng)
    x, upstream = rng.standard_normal((2, int(rng.integers(4, 9)), width))
    answer = hold(student, "torch").autograd.functional.vjp(norm, tensor(x), tensor(upstream))
    require(type(answer) is tuple and len(answer) == 2, "`BatchNorm` does not give one tensor.")
    expected = reference.batch_norm_gradient(x, np.ones(width), upstream)
    assert_close(answer[1], expected, rtol=RTOL, atol=1e-3, name="gradient of BatchNorm(width)(x)")
    return "The gradient agrees with the reference."


@check("gradient_flow")
def batch_norm_network_matches(student: Student, rng: np.random.Generator) -> str:
    """A network with batch normalisation computes what its weights, scales and shifts say."""
    check_outputs(student, rng, "batch_norm")
    return "The outputs agree with the reference."


@check("gradient_norms")
def gradient_norms_match(student: Student, rng: np.random.Generator) -> str:
    """`gradient_norms` gives the L2 norm of the loss gradient for each hidden weight matrix, first layer first."""
    for depth in (1, int(rng.integers(3, 7)), int(rng.integers(12, 21))):
        check_gradient_norms(student, make_network(student, rng, "baseline", depth), rng)
    return "Right at three depths."


@check("gradient_norms")
def gradient_norms_start_afresh(student: Student, rng: np.random.Generator) -> str:
    """`gradient_norms` counts no gradients that were left in the network, and leaves the weights as they are."""
    network = make_network(student, rng, "baseline", depth=4)
    for _ in range(2):
        check_gradient_norms(student, network, rng)
    for layer in range(network.depth):  # as a training step would: `backward` of a leaf adds to its gradient
        left = tensor(rng.normal(size=(network.width, network.width)))
        getattr(network.handle.hidden, str(layer)).linear.weight.backward(left)
    check_gradient_norms(student, network, rng)
    after = network._replace(weights=weights(network.handle, network.depth, network.width, network.method))
    for name, values in network.weights.items():
        assert_close(after.weights[name], values, rtol=0.0, name=name)
    return "Right three times in a row on one network, at last with gradients of a training step in it."


@check(
    "gradient_norms",
    needs=(activation_networks_match, skip_network_matches, batch_norm_network_matches, gradient_norms_match),
)
def gradient_norms_match_for_every_method(student: Student, rng: np.random.Generator) -> str:
    """`gradient_norms` is right for networks of every method."""
    for method in reference.CANDIDATES:
        check_gradient_norms(student, make_network(student, rng, method, int(rng.integers(3, 9))), rng)
    return "Right for skip connections, batch normalisation, ReLU and ELU."


@dataclass(frozen=True)
class Flows:
    """Gradient norms of a deep network of each method, or why there are none."""

    found: Mapping[str, Floats | NoAnswer | Mismatch]

    def of(self, method: str) -> Floats:
        norms = self.found[method]
        if isinstance(norms, Exception):
            raise norms
        return norms


@fixture()
def flows(student: Student, rng: np.random.Generator, findings: Findings) -> Flows:
    """Ask for the gradient norms of all five methods once; a method without an answer costs only its own check."""
    found = {method: _flow(student, rng, method) for method in reference.METHODS}
    findings.plot(plots.gradient_flow({m: norms for m, norms in found.items() if not isinstance(norms, Exception)}))
    return Flows(found)


def _flow(student: Student, rng: np.random.Generator, method: str) -> Floats | NoAnswer | Mismatch:
    try:
        return flow(student, rng, method)
    except (NoAnswer, Mismatch) as error:
        return error


def decades(ratio: float) -> float:
    """Give the decimal logarithm; no number where there is none, which is then not noted."""
    return math.log10(ratio) if ratio > 0 else math.nan


@check("gradient_flow")
def gradients_vanish(flows: Flows, findings: Findings) -> str:
    """Through 50 layers of tanh, ReLU or ELU alone the gradient vanishes by at least six orders of magnitude."""
    measured = []
    for method, least in VANISHED.items():
        ratio = largest_over_smallest(flows.of(method))
        findings.value(f"log10_{method}_norm_ratio", decades(ratio), bound=decades(least))
        require(
            ratio > least, f"{method}: largest / smallest norm is {ratio:.1e}, where more than {least:.0e} is expected."
        )
        measured.append(f"{method} {ratio:.0e} (more than {least:.0e})")
    return f"Largest / smallest norm: {', '.join(measured)}."


@check("gradient_flow")
def skip_keeps_the_gradient(flows: Flows, findings: Findings) -> str:
    """With skip connections no layer's gradient norm falls below a thirtieth of the largest."""
    norms = flows.of("skip")
    share = float(norms.min() / norms.max()) if norms.max() > 0 else 0.0
    findings.value("skip_norm_share", share, bound=SKIP_SHARE)
    require(
        share > SKIP_SHARE, f"The smallest norm is {share:.2g} of the largest; more than {SKIP_SHARE:.2g} is expected."
    )
    return f"The smallest norm is {share:.2f} of the largest (more than {SKIP_SHARE:.2f})."


@check("gradient_flow")
def batch_norm_lies_between(flows: Flows, findings: Findings) -> str:
    """With batch normalisation the gradient grows towards the input, less evenly than with skip connections."""
    norms = flows.of("batch_norm")
    ratio, (least, most) = largest_over_smallest(norms), BATCH_NORM_BETWEEN
    findings.value("log10_batch_norm_norm_ratio", decades(ratio), bound=decades(most))
    require(least < ratio < most, f"Largest / smallest norm is {ratio:.1e}; {least:.0e} to {most:.0e} is expected.")
    require(norms[0] > 10 * norms[-1], f"First / last norm is {norms[0] / norms[-1]:.1e}; more than 10 is expected.")
    return f"Largest / smallest norm: {ratio:.0f} ({least:.0f} to {most:.0f})."


@check(
    "most_uniform",
    needs=(
        relu_matches,
        elu_matches,
        activation_networks_match,
        skip_connection_adds_the_input,
        skip_network_matches,
        batch_norm_uses_the_batch,
        batch_norm_learns_scale_and_shift,
        batch_norm_passes_the_gradient,
        batch_norm_network_matches,
        gradient_norms_match,
        gradient_norms_start_afresh,
        gradient_norms_match_for_every_method,
        gradients_vanish,
        skip_keeps_the_gradient,
        batch_norm_lies_between,
    ),
)
def most_uniform_is_named(sheet: Any) -> str:
    """The method with uniform gradients that nowhere drop to zero is named, and part 1 of the notebook supports it."""
    return str(sheet.judge("answer_1_2", reference.most_uniform_method()))
