"""Right answers to Exercise 1 written in other ways, which every check must accept."""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from graders.week11.gradients.checks import (
    activations_are_written_out,
    activations_keep_their_input,
    activations_pass_the_gradient,
    batch_norm_adds_epsilon,
    batch_norm_is_written_out,
    batch_norm_learns_scale_and_shift,
    batch_norm_lies_between,
    batch_norm_passes_the_gradient,
    batch_norm_uses_the_batch,
    elu_matches,
    gradient_norms_match,
    gradient_norms_match_for_every_method,
    gradient_norms_start_afresh,
    gradients_vanish,
    most_uniform_is_named,
    networks_match,
    relu_matches,
    skip_connection_adds_the_input,
    skip_connection_passes_the_gradient,
    skip_keeps_the_gradient,
)
from nbviva.author import alternative

ACTIVATION = (
    activations_pass_the_gradient,
    activations_keep_their_input,
    activations_are_written_out,
    networks_match,
    gradient_norms_match_for_every_method,
    gradients_vanish,
)
RELU, ELU = (relu_matches, *ACTIVATION), (elu_matches, *ACTIVATION)
SKIP = (
    skip_connection_adds_the_input,
    skip_connection_passes_the_gradient,
    networks_match,
    gradient_norms_match_for_every_method,
    skip_keeps_the_gradient,
)
BATCH_NORM = (
    batch_norm_uses_the_batch,
    batch_norm_adds_epsilon,
    batch_norm_learns_scale_and_shift,
    batch_norm_passes_the_gradient,
    batch_norm_is_written_out,
    networks_match,
    gradient_norms_match_for_every_method,
    batch_norm_lies_between,
)
GRADIENT_NORMS = (
    gradient_norms_match,
    gradient_norms_start_afresh,
    gradient_norms_match_for_every_method,
    gradients_vanish,
    skip_keeps_the_gradient,
    batch_norm_lies_between,
    most_uniform_is_named,
)

# ---------------------------------------------------------------- activations


@alternative(*RELU, replaces="relu")
def relu_by_mask(x):
    """Multiplies by a mask."""
    return x * (x > 0)


@alternative(*RELU, replaces="relu")
def relu_by_absolute_value(x):
    """Takes half the sum of x and its absolute value."""
    return (x + x.abs()) / 2


@alternative(*RELU, replaces="relu")
def relu_in_place(x):
    """Sets the negative entries of a copy to zero."""
    result = x.clone()
    result[result < 0] = 0
    return result


@alternative(*RELU, replaces="relu")
def relu_by_maximum(x):
    """Takes the larger of x and a tensor of zeros."""
    return torch.maximum(x, torch.zeros_like(x))


@alternative(*ELU, replaces="elu")
def elu_by_where(x, alpha=1):
    """Writes the two cases down, with the plain exponential of large inputs too."""
    return torch.where(x <= 0, alpha * (x.exp() - 1), x)


@alternative(*ELU, replaces="elu")
def elu_by_masks(x, alpha=1.0):
    """Adds the two sides, each times its mask."""
    return (x > 0) * x + (x <= 0) * alpha * (torch.exp(x) - 1)


@alternative(*ELU, replaces="elu")
def elu_by_two_parts(x, alpha=1.0):
    """Adds the positive part to the exponential of the negative part."""
    return x.clamp(min=0) + alpha * (torch.exp(x.clamp(max=0)) - 1)


@alternative(*ELU, replaces="elu")
def elu_in_place(x, alpha=1.0):
    """Overwrites the negative entries of a copy."""
    result = x.clone()
    negative = x < 0
    result[negative] = alpha * torch.expm1(x[negative])
    return result


# ---------------------------------------------------------------- skip connection


class _Elu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.save_for_backward(x)
        ctx.alpha = alpha
        return torch.where(x > 0, x, alpha * torch.expm1(x))

    @staticmethod
    def backward(ctx, *upstream):
        (x,) = ctx.saved_tensors
        return upstream[0] * torch.where(x > 0, torch.ones_like(x), ctx.alpha * torch.exp(x)), None


@alternative(*ELU, replaces="elu")
def elu_with_a_backward_of_its_own(x, alpha=1.0):
    """Says how the gradient is computed, too."""
    return _Elu.apply(x, alpha)


@alternative(*SKIP, replaces="skip_connection")
def skip_in_a_sum(x, linear, activation):
    """Sums both paths with Python's sum."""
    return sum(path(x) for path in (lambda x: x, lambda x: activation(linear(x))))


@alternative(*SKIP, replaces="skip_connection")
def skip_by_torch_add(x, linear, activation):
    """Names each step and adds with a function."""
    z = linear(x)
    sigma = activation(z)
    return torch.add(x, sigma)


@alternative(*SKIP, replaces="skip_connection")
def skip_by_stacking(x, linear, activation):
    """Stacks both paths and sums over them."""
    return torch.stack([x, activation(linear(x))]).sum(dim=0)


# ---------------------------------------------------------------- batch normalisation


@alternative(*BATCH_NORM, replaces="BatchNorm")
class RowParameters(nn.Module):
    """Keeps scale and shift as rows of a matrix, and the dimensions of the statistics."""

    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, width))
        self.beta = nn.Parameter(torch.zeros(1, width))

    def forward(self, x):
        variance, mean = torch.var_mean(x, dim=0, correction=0, keepdim=True)
        return self.gamma * (x - mean) * torch.rsqrt(variance + 1e-5) + self.beta


@alternative(*BATCH_NORM, replaces="BatchNorm")
class BatchNormWithBookkeeping(nn.Module):
    """Also keeps running averages and never uses them."""

    def __init__(self, width):
        super().__init__()
        self.register_parameter("gamma", nn.Parameter(torch.ones(width)))
        self.register_parameter("beta", nn.Parameter(torch.zeros(width)))
        self.register_buffer("running_mean", torch.zeros(width))

    def forward(self, x):
        mu = x.sum(0) / len(x)
        v = ((x - mu) ** 2).sum(0) / len(x)
        with torch.no_grad():
            self.running_mean.lerp_(mu, 0.1)
        return self.gamma * ((x - mu) / (v + 1e-5) ** 0.5) + self.beta


# ---------------------------------------------------------------- gradient norms


@alternative(*GRADIENT_NORMS, replaces="gradient_norms")
def norms_by_backward(net, x, y):
    """Clears the gradients, goes backward and reads them."""
    net.zero_grad()
    criterion = nn.BCEWithLogitsLoss()
    loss = criterion(net(x), y)
    loss.backward()
    norms = []
    for layer in net.hidden:
        norms.append(layer.linear.weight.grad.norm(2).item())  # noqa: PERF401 - as a student would write it
    return norms


@alternative(*GRADIENT_NORMS, replaces="gradient_norms")
def norms_as_an_array(net, x, y):
    """Squares, sums and takes the root in numpy, in single precision, where small squares underflow."""
    net.zero_grad(set_to_none=False)
    functional.binary_cross_entropy_with_logits(net(x), y).backward()
    return np.array([np.sqrt((layer.linear.weight.grad.numpy() ** 2).sum()) for layer in net.hidden])


@alternative(*GRADIENT_NORMS, replaces="gradient_norms")
def norms_as_a_tensor(net, x, y):
    """Stacks the gradients and gives one tensor."""
    loss = functional.binary_cross_entropy_with_logits(net(x), y)
    gradients = torch.autograd.grad(loss, [layer.linear.weight for layer in net.hidden])
    return torch.stack(gradients).flatten(1).norm(dim=1)


@alternative(*GRADIENT_NORMS, replaces="gradient_norms")
def norms_as_scalars(net, x, y):
    """Finds the matrices by their names and gives a tuple of scalar tensors that still carry a graph."""
    weights = [p for name, p in net.named_parameters() if name.startswith("hidden") and name.endswith("linear.weight")]
    loss = functional.softplus(net(x)).mean() - (y * net(x)).mean()
    gradients = torch.autograd.grad(loss, weights, create_graph=True)
    return tuple((gradient**2).sum().sqrt() for gradient in gradients)


@alternative(*GRADIENT_NORMS, replaces="gradient_norms")
def norms_by_probabilities(net, x, y):
    """Works on a copy of the network, with the sigmoid written out."""
    net = copy.deepcopy(net)
    net.zero_grad()
    probability = torch.sigmoid(net(x))
    nn.BCELoss()(probability, y).backward()
    return [float(torch.linalg.norm(layer.linear.weight.grad)) for layer in net.hidden]


@alternative(*GRADIENT_NORMS, replaces="gradient_norms")
def norms_by_function_transform(net, x, y):
    """Differentiates a function of the weights."""

    def loss(weights):
        logits = torch.func.functional_call(net, weights, (x,))
        return functional.binary_cross_entropy_with_logits(logits, y)

    gradients = torch.func.grad(loss)({name: p.detach() for name, p in net.named_parameters()})
    return [gradients[f"hidden.{i}.linear.weight"].norm().item() for i in range(len(net.hidden))]


@alternative(*GRADIENT_NORMS, replaces="gradient_norms")
def norms_by_hooks(net, x, y):
    """Catches each gradient on its way, last layer first, and turns the list round."""
    caught = []
    hooks = [layer.linear.weight.register_hook(lambda g: caught.append(g.norm().item())) for layer in net.hidden]
    functional.binary_cross_entropy_with_logits(net(x), y).backward()
    for hook in hooks:
        hook.remove()
    net.zero_grad()
    return caught[::-1]


# ---------------------------------------------------------------- answers


def _norms(forward, seed=0, depth=50, width=32):
    """Gradient norms of plain weights, one tensor (depth, width, width + 1) whose last column is the bias."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(256, width, generator=generator) / 3
    weights = torch.empty(depth, width, width + 1).uniform_(-1, 1, generator=generator) / width**0.5
    weights.requires_grad_()
    for w in weights:
        x = forward(x, x @ w[:, :-1].T + w[:, -1])
    loss = functional.softplus(x.mean(dim=1)).mean() - x[::2].mean() / 2  # every second sample belongs to class 1
    (gradient,) = torch.autograd.grad(loss, weights)
    return gradient[..., :-1].flatten(1).norm(dim=1)  # (depth,)


_LAYERS = {
    "skip": lambda x, z: z.tanh() + x,
    "batch_norm": lambda _, z: ((z - z.mean(0)) / (z.var(0, correction=0) + 1e-5).sqrt()).tanh(),
    "relu": lambda _, z: z.relu(),
    "elu": lambda _, z: functional.elu(z),
}


@alternative(most_uniform_is_named, replaces="answer_1_2")
def method_by_smallest_ratio():
    """Decides by the ratio of the largest to the smallest norm, in an experiment of its own."""
    ratios = {name: float(norms.max() / norms.min()) for name, norms in _all_norms()}
    return min(ratios, key=ratios.__getitem__)


@alternative(most_uniform_is_named, replaces="answer_1_2")
def method_by_spread_of_logarithms():
    """Decides by the spread of the logarithms, and writes the label of the sheet."""
    spreads = {name: float(norms.clamp(min=1e-30).log().std()) for name, norms in _all_norms()}
    labels = {
        "skip": "Skip Connections",
        "batch_norm": "Batch Norm",
        "relu": "ReLU Activation",
        "elu": "ELU Activation",
    }
    return labels[min(spreads, key=spreads.__getitem__)]


def _all_norms():
    return [(name, _norms(layer)) for name, layer in _LAYERS.items()]
