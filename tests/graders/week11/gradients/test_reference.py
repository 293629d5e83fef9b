"""The reference solutions of Exercise 1: each found in two ways, or against an oracle that shares no code."""

import numpy as np
import pytest
import torch
from torch import nn

from graders.week11.gradients import reference

MODULES = {"baseline": nn.Tanh, "batch_norm": nn.Tanh, "relu": nn.ReLU, "elu": nn.ELU}


def arrays(module):
    """The weights of an `nn.Sequential` in order, by value."""
    return [p.detach().numpy().copy() for p in module.parameters()]


def sequential(method, depth, width):
    hidden = []
    for _ in range(depth):
        norm = [nn.BatchNorm1d(width)] if method == "batch_norm" else []
        hidden += [nn.Linear(width, width), *norm, MODULES[method]()]
    return nn.Sequential(nn.Linear(10, width), *hidden, nn.Linear(width, 1)).double()


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def samples(rng):
    return rng.standard_normal((30, 10)), rng.integers(0, 2, 30).astype(float)


def output(weights, x, method):
    """Give the logits (n,) alone."""
    return reference.network_output(weights, x, method, np.ones(len(x)))[0]


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0])
def test_activations_are_those_of_pytorch(rng, alpha):
    x = 3 * rng.standard_normal((5, 7))
    assert np.allclose(reference.relu(x), torch.relu(torch.tensor(x)).numpy())
    assert np.allclose(reference.elu(x, alpha), nn.ELU(alpha)(torch.tensor(x)).numpy())


def test_batch_norm_is_that_of_pytorch(rng):
    x, gamma, beta = 3 + 2 * rng.standard_normal((6, 4)), rng.uniform(1, 2, 4), rng.standard_normal(4)
    upstream = rng.standard_normal((6, 4))
    oracle = nn.BatchNorm1d(4, dtype=torch.float64)
    oracle.load_state_dict({"weight": torch.tensor(gamma), "bias": torch.tensor(beta)}, strict=False)
    inputs = torch.tensor(x, requires_grad=True)
    outputs = oracle(inputs)
    outputs.backward(torch.tensor(upstream))
    assert np.allclose(reference.batch_norm(x, gamma, beta), outputs.detach().numpy())
    assert np.allclose(reference.batch_norm_gradient(x, gamma, upstream), inputs.grad.numpy())


@pytest.mark.parametrize("method", MODULES)
def test_networks_are_those_of_pytorch(method, samples):
    torch.manual_seed(0)
    x, y = samples
    net = sequential(method, depth=4, width=6)
    names = reference.shapes(4, 6, method)
    weights = dict(zip(names, arrays(net), strict=True))
    assert names == {name: value.shape for name, value in weights.items()}
    logits = net(torch.tensor(x))[:, 0]
    nn.BCEWithLogitsLoss()(logits, torch.tensor(y)).backward()
    matrices = [module.weight for module in net if isinstance(module, nn.Linear)][1:-1]
    assert np.allclose(output(weights, x, method), logits.detach().numpy())
    norms = reference.gradient_norms(weights, x, y, method)
    assert np.allclose(norms, [np.linalg.norm(w.grad.numpy()) for w in matrices])


def test_skip_network_follows_the_lecture(rng, samples):
    x, _ = samples
    weights = reference.initial_weights(rng, 3, 6, "skip")
    state = x @ weights["first.weight"].T + weights["first.bias"]
    for layer in range(3):
        w, b = weights[f"hidden.{layer}.linear.weight"], weights[f"hidden.{layer}.linear.bias"]
        state = np.tanh(state @ w.T + b) + state
    expected = state @ weights["last.weight"][0] + weights["last.bias"]
    assert np.allclose(output(weights, x, "skip"), expected)


@pytest.mark.parametrize("method", reference.METHODS)
def test_gradient_norms_agree_with_differences(method, rng, samples):
    x, y = samples
    weights = dict(reference.initial_weights(rng, 2, 3, method))

    def loss():
        logits = output(weights, x, method)
        return np.mean(np.logaddexp(0, logits) - y * logits)

    matrix = weights["hidden.0.linear.weight"]
    slopes = np.zeros_like(matrix)
    for place in np.ndindex(matrix.shape):
        kept, values = matrix[place], []
        for step in (1e-5, -1e-5):
            matrix[place] = kept + step
            values.append(loss())
        matrix[place] = kept
        slopes[place] = (values[0] - values[1]) / 2e-5
    assert np.isclose(reference.gradient_norms(weights, x, y, method)[0], np.linalg.norm(slopes), rtol=1e-5)


def test_initial_weights_are_drawn_as_by_pytorch(rng):
    torch.manual_seed(0)
    drawn = reference.initial_weights(rng, 1, 400, "baseline")
    for name, layer in {"first": nn.Linear(10, 400), "hidden.0.linear": nn.Linear(400, 400)}.items():
        for kind, values in (("weight", layer.weight), ("bias", layer.bias)):
            oracle = values.detach().abs()
            assert np.abs(drawn[f"{name}.{kind}"]).max() == pytest.approx(float(oracle.max()), rel=0.02)
            assert np.abs(drawn[f"{name}.{kind}"]).mean() == pytest.approx(float(oracle.mean()), rel=0.1)


def test_most_uniform_method_does_not_move_with_the_seed():
    winners = {reference.uniform_methods(seed) for seed in range(40)}
    assert {("skip",)} == winners
    assert reference.most_uniform_method(range(20)) == reference.most_uniform_method(range(20, 40))


def test_most_uniform_method_refuses_to_choose_when_seeds_disagree(monkeypatch):
    monkeypatch.setattr(reference, "UNIFORM", 3.0)
    with pytest.raises(ArithmeticError, match="depends on the seed"):
        reference.most_uniform_method(range(39))


@pytest.mark.parametrize(
    ("method", "least", "most", "zeros"),
    [
        ("baseline", 1e6, np.inf, (0, 0)),
        ("skip", 1, 30, (0, 0)),
        ("batch_norm", 30, 1e5, (0, 0)),
        ("relu", 1e10, np.inf, (0.5, 0.9)),
        ("elu", 1e6, np.inf, (0, 0.01)),
    ],
)
def test_profiles_are_as_measured_beforehand(method, least, most, zeros):
    profiles = [reference.gradient_profile(method, seed) for seed in range(20)]
    assert all(least < profile.ratio <= most for profile in profiles)
    assert all(zeros[0] <= profile.zero_share <= zeros[1] for profile in profiles)
