"""Wrong answers to Exercise 1, one sentence each, and the checks that must catch them."""

import math
from typing import Any

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
from nbviva.author import mutant

# ---------------------------------------------------------------- activations


@mutant(relu_matches, replaces="relu")
def leaky_relu(x):
    """Lets one per cent of a negative input through (leaky ReLU)."""
    return torch.where(x > 0, x, 0.01 * x)


@mutant(relu_matches, replaces="relu")
def relu_6(x):
    """Also cuts large inputs off (ReLU6)."""
    return x.clamp(0, 6)


@mutant(relu_matches, replaces="relu")
def absolute_value(x):
    """Turns negative inputs positive."""
    return x.abs()


@mutant(relu_matches, replaces="relu")
def negative_part(x):
    """Keeps the negative inputs instead of the positive ones."""
    return x.clamp(max=0)


@mutant(relu_matches, replaces="relu")
def softplus(x):
    """Takes the smooth softplus for ReLU."""
    return functional.softplus(x)


@mutant(relu_matches, replaces="relu")
def relu_of_the_largest(x):
    """Compares 0 with the largest entry only, as Python's max would."""
    return max(torch.zeros(()), x.max()) * torch.ones_like(x)


@mutant(relu_matches, replaces="relu")
def scaled_relu(x):
    """Builds a gain of 2.4 into ReLU, which keeps the gradient up."""
    return 2.4 * x.clamp(min=0)


@mutant(activations_pass_the_gradient, replaces="relu")
def relu_outside_torch(x):
    """Computes ReLU with numpy, so that no gradient flows through it."""
    return torch.tensor(np.maximum(x.detach().numpy(), 0))


@mutant(
    elu_matches,
    replaces="elu",
    tell="alpha is taken and not used",
)
def elu_without_alpha(x, alpha=1.0):
    """Takes alpha and forgets it."""
    del alpha
    return torch.where(x > 0, x, torch.exp(x) - 1)


@mutant(
    elu_matches,
    replaces="elu",
    tell="alpha is multiplied in the exponent, and not outside of it",
)
def elu_with_alpha_inside(x, alpha=1.0):
    """Multiplies alpha in the exponent."""
    return torch.where(x > 0, x, torch.exp(alpha * x) - 1)


@mutant(
    elu_matches,
    replaces="elu",
    tell="the positive side is multiplied by alpha, too",
)
def elu_with_alpha_on_both_sides(x, alpha=1.0):
    """Multiplies the positive side by alpha as well."""
    return alpha * torch.where(x > 0, x, torch.exp(x) - 1)


@mutant(
    elu_matches,
    replaces="elu",
    tell="it computes alpha exp(x) - 1, and not alpha (exp(x) - 1)",
)
def elu_with_misplaced_bracket(x, alpha=1.0):
    """Computes alpha exp(x) - 1."""
    return torch.where(x > 0, x, alpha * torch.exp(x) - 1)


@mutant(
    elu_matches,
    replaces="elu",
    tell="the 1 is not subtracted",
)
def elu_without_minus_one(x, alpha=1.0):
    """Forgets to subtract 1, so that it jumps at zero."""
    return torch.where(x > 0, x, alpha * torch.exp(x))


@mutant(elu_matches, replaces="elu")
def elu_with_wrong_sign(x, alpha=1.0):
    """Has the negative side upside down."""
    return torch.where(x > 0, x, alpha * (1 - torch.exp(x)))


@mutant(elu_matches, replaces="elu")
def elu_that_is_relu(x, alpha=1.0):
    """Gives 0 for negative inputs."""
    return alpha * x.clamp(min=0) / alpha


@mutant(activations_pass_the_gradient, replaces="elu")
def elu_with_detached_side(x, alpha=1.0):
    """Cuts the gradient of the negative side off."""
    return torch.where(x > 0, x, alpha * (torch.exp(x.detach()) - 1))


@mutant(activations_keep_their_input, replaces="relu")
def relu_into_its_input(x):
    """Overwrites the tensor that it is given."""
    return x.clamp_(min=0.0)


@mutant(activations_keep_their_input, replaces="elu")
def elu_into_its_input(x, alpha=1.0):
    """Overwrites the negative entries of the tensor that it is given."""
    negative = x < 0
    x[negative] = alpha * torch.expm1(x[negative])
    return x


@mutant(activations_are_written_out, replaces="relu")
def relu_of_pytorch(x):
    """Calls PyTorch's own, which the text forbids."""
    return functional.relu(x)


@mutant(activations_are_written_out, replaces="relu")
def relu_of_the_tensor(x):
    """Calls the tensor's own method."""
    return x.relu()


@mutant(activations_are_written_out, replaces="relu")
def relu_by_a_steep_softplus(x):
    """Takes a ready-made softplus that is so steep that nothing tells it from ReLU."""
    return functional.softplus(x, beta=1e6)


@mutant(activations_are_written_out, replaces="relu")
def relu_by_its_name(x):
    """Fetches PyTorch's own by its name in quotation marks."""
    return getattr(torch, "relu")(x)  # noqa: B009 - that is the point


@mutant(activations_are_written_out, replaces="elu")
def elu_of_pytorch(x, alpha=1.0):
    """Calls PyTorch's own, which the text forbids."""
    return functional.elu(x, alpha)


@mutant(activations_are_written_out, replaces="elu")
def elu_by_a_fetched_function(x, alpha=1.0):
    """Fetches PyTorch's own under another name."""
    fetched = getattr(functional, "elu")  # noqa: B009 - so that it is found all the same
    return fetched(x, alpha)


# ---------------------------------------------------------------- skip connection


@mutant(
    skip_connection_adds_the_input,
    replaces="skip_connection",
    tell="the input is added before the activation, and not behind it",
)
def skip_inside_the_activation(x, linear, activation):
    """Adds the input before the activation."""
    return activation(linear(x) + x)


@mutant(
    skip_connection_adds_the_input,
    replaces="skip_connection",
    tell="the input is not added",
)
def skip_left_out(x, linear, activation):
    """Forgets to add the input."""
    return activation(linear(x))


@mutant(
    skip_connection_adds_the_input,
    replaces="skip_connection",
    tell="the activation is not applied",
)
def skip_without_activation(x, linear, activation):
    """Forgets the activation."""
    del activation
    return linear(x) + x


@mutant(skip_connection_adds_the_input, replaces="skip_connection")
def skip_around_the_activation_only(x, linear, activation):
    """Leads the skip around the activation instead of around the whole layer."""
    z = linear(x)
    return activation(z) + z


@mutant(skip_connection_adds_the_input, replaces="skip_connection")
def skip_around_nothing(x, linear, activation):
    """Adds the layer's output to itself."""
    return activation(linear(x)) + activation(linear(x))


@mutant(skip_connection_adds_the_input, replaces="skip_connection")
def skip_through_the_activation(x, linear, activation):
    """Sends the input through the activation too."""
    return activation(linear(x)) + activation(x)


@mutant(skip_connection_adds_the_input, replaces="skip_connection")
def skip_with_tanh(x, linear, activation):
    """Always uses tanh, whatever activation it is handed."""
    del activation
    return torch.tanh(linear(x)) + x


@mutant(skip_connection_adds_the_input, replaces="skip_connection")
def averaged_skip(x, linear, activation):
    """Takes the mean of input and output instead of their sum."""
    return (activation(linear(x)) + x) / 2


@mutant(skip_connection_passes_the_gradient, replaces="skip_connection")
def detached_skip(x, linear, activation):
    """Adds a copy of the input that no gradient flows through."""
    return activation(linear(x)) + x.detach()


@mutant(skip_connection_passes_the_gradient, replaces="skip_connection")
def skip_added_in_place(x, linear, activation):
    """Overwrites the activation's output, which the backward pass still needs."""
    output = activation(linear(x))
    output += x
    return output


# ---------------------------------------------------------------- batch normalisation


class _BatchNorm(nn.Module):
    """A right one, from which the wrong ones are made."""

    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))

    def unit(self, x):
        return (x - x.mean(dim=0)) / torch.sqrt(x.var(dim=0, correction=0) + 1e-5)

    def forward(self, x):
        return self.gamma * self.unit(x) + self.beta


@mutant(
    batch_norm_uses_the_batch,
    replaces="BatchNorm",
    tell="the variance is divided by n - 1, as torch.var does unless it is told otherwise",
)
class UnbiasedVariance(_BatchNorm):
    """Divides the variance by n - 1, as torch.var does by default."""

    def unit(self, x):
        return (x - x.mean(dim=0)) / torch.sqrt(x.var(dim=0) + 1e-5)


@mutant(
    batch_norm_uses_the_batch,
    replaces="BatchNorm",
    tell="each sample is normalised over its features, and not each feature over the batch",
)
class OverFeatures(_BatchNorm):
    """Normalises each sample over its features (layer normalisation)."""

    def unit(self, x):
        centred = x - x.mean(dim=1, keepdim=True)
        return centred / torch.sqrt(x.var(dim=1, correction=0, keepdim=True) + 1e-5)


@mutant(
    batch_norm_uses_the_batch,
    replaces="BatchNorm",
    tell="all features share one mean and one variance",
)
class OverEverything(_BatchNorm):
    """Uses one mean and one variance for all features."""

    def unit(self, x):
        return (x - x.mean()) / torch.sqrt(x.var(correction=0) + 1e-5)


@mutant(batch_norm_uses_the_batch, replaces="BatchNorm")
class RunningStatistics(_BatchNorm):
    """Uses running averages after `eval()`."""

    def __init__(self, width):
        super().__init__(width)
        self.running = nn.BatchNorm1d(width, affine=False)

    def unit(self, x):
        return self.running(x)


@mutant(batch_norm_uses_the_batch, replaces="BatchNorm")
class RunningStatisticsOnly(_BatchNorm):
    """Normalises by running averages while training, too."""

    def __init__(self, width):
        super().__init__(width)
        self.mean, self.variance = torch.zeros(width), torch.ones(width)

    def unit(self, x):
        self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(dim=0)
        self.variance = 0.9 * self.variance + 0.1 * x.detach().var(dim=0, correction=0)
        return (x - self.mean) / torch.sqrt(self.variance + 1e-5)


@mutant(batch_norm_uses_the_batch, replaces="BatchNorm")
class FirstBatchOnly(_BatchNorm):
    """Keeps the statistics of the first batch that it ever saw."""

    first = None

    def unit(self, x):
        self.first = x.detach() if self.first is None else self.first
        return (x - self.first.mean(dim=0)) / torch.sqrt(self.first.var(dim=0, correction=0) + 1e-5)


@mutant(
    batch_norm_adds_epsilon,
    replaces="BatchNorm",
    tell="epsilon is missing",
)
class WithoutEpsilon(_BatchNorm):
    """Forgets epsilon."""

    def unit(self, x):
        return (x - x.mean(dim=0)) / x.std(dim=0, correction=0)


@mutant(
    batch_norm_adds_epsilon,
    replaces="BatchNorm",
    tell="epsilon is added to the standard deviation, and not to the variance",
)
class EpsilonOutsideTheRoot(_BatchNorm):
    """Adds epsilon to the standard deviation instead of the variance."""

    def unit(self, x):
        return (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + 1e-5)


@mutant(
    batch_norm_uses_the_batch,
    replaces="BatchNorm",
    tell="it divides by the variance, and not by its root",
)
class DividesByVariance(_BatchNorm):
    """Forgets the root."""

    def unit(self, x):
        return (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + 1e-5)


@mutant(batch_norm_uses_the_batch, replaces="BatchNorm")
class CentresOnly(_BatchNorm):
    """Subtracts the mean and does not divide."""

    def unit(self, x):
        return x - x.mean(dim=0)


@mutant(batch_norm_uses_the_batch, replaces="BatchNorm")
class ScaleStartsAtZero(_BatchNorm):
    """Starts with a scale of zero, through which no gradient flows."""

    def __init__(self, width):
        super().__init__(width)
        self.gamma = nn.Parameter(torch.zeros(width))


@mutant(batch_norm_learns_scale_and_shift, replaces="BatchNorm")
class WithoutScaleAndShift(nn.BatchNorm1d):
    """Normalises and has neither scale nor shift."""

    def __init__(self, width):
        super().__init__(width, affine=False, track_running_stats=False)


@mutant(batch_norm_learns_scale_and_shift, replaces="BatchNorm")
class PlainTensors(_BatchNorm):
    """Keeps scale and shift as tensors that no optimiser finds."""

    def __init__(self, width):
        super().__init__(width)
        del self.gamma, self.beta
        self.gamma, self.beta = torch.ones(width), torch.zeros(width)


@mutant(batch_norm_learns_scale_and_shift, replaces="BatchNorm")
class FrozenParameters(_BatchNorm):
    """Has parameters that do not learn."""

    def __init__(self, width):
        super().__init__(width)
        self.requires_grad_(False)


@mutant(batch_norm_learns_scale_and_shift, replaces="BatchNorm")
class OneScaleForAll(_BatchNorm):
    """Has a single scale and shift for all features."""

    def __init__(self, width):
        super().__init__(width)
        self.gamma, self.beta = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))


@mutant(batch_norm_learns_scale_and_shift, replaces="BatchNorm")
class ForgetsTheShift(_BatchNorm):
    """Has a shift and does not add it."""

    def forward(self, x):
        return self.gamma * self.unit(x)


@mutant(batch_norm_learns_scale_and_shift, replaces="BatchNorm")
class ShiftsBeforeItScales(_BatchNorm):
    """Multiplies the shift by the scale."""

    def forward(self, x):
        return self.gamma * (self.unit(x) + self.beta)


@mutant(batch_norm_passes_the_gradient, replaces="BatchNorm")
class DetachedStatistics(_BatchNorm):
    """Takes mean and variance for constants."""

    def unit(self, x):
        fixed = x.detach()
        return (x - fixed.mean(dim=0)) / torch.sqrt(fixed.var(dim=0, correction=0) + 1e-5)


@mutant(batch_norm_passes_the_gradient, replaces="BatchNorm")
class DetachedVariance(_BatchNorm):
    """Takes the variance for a constant."""

    def unit(self, x):
        return (x - x.mean(dim=0)) / torch.sqrt(x.detach().var(dim=0, correction=0) + 1e-5)


@mutant(batch_norm_is_written_out, replaces="BatchNorm")
class FunctionalBatchNorm(_BatchNorm):
    """Calls PyTorch's function, which the text forbids."""

    def unit(self, x):
        return functional.batch_norm(x, None, None, training=True, eps=1e-5)


@mutant(batch_norm_is_written_out, replaces="BatchNorm")
class WrappedBatchNorm(_BatchNorm):
    """Wraps PyTorch's module."""

    def __init__(self, width):
        super().__init__(width)
        self.unit = nn.BatchNorm1d(width, affine=False, track_running_stats=False)


# ---------------------------------------------------------------- networks


class _Layer(nn.Module):
    """A right hidden layer, from which the wrong ones are made."""

    def __init__(self, width, method):
        super().__init__()
        self.method, self.linear = method, nn.Linear(width, width)
        self.norm = _BatchNorm(width) if method == "batch_norm" else nn.Identity()

    def forward(self, x):
        activation = {"relu": torch.relu, "elu": functional.elu}.get(self.method, torch.tanh)
        z = activation(self.norm(self.linear(x)))
        return z + x if self.method == "skip" else z


@mutant(networks_match, replaces="HiddenLayer")
class NormAfterTheActivation(_Layer):
    """Defines the layer again, with the normalisation behind the activation."""

    def forward(self, x):
        return self.norm(torch.tanh(self.linear(x))) if self.method == "batch_norm" else super().forward(x)


@mutant(networks_match, replaces="HiddenLayer")
class SilentLayer(_Layer):
    """Defines the layer again, so that nothing arrives and every norm is zero, but with skip connections."""

    def forward(self, x):
        return super().forward(x) * (self.method == "skip")


@mutant(networks_match, replaces="build_network", uses=("Network",))
def network_without_output(depth=50, width=32, method="baseline", n_inputs=10):
    """Builds networks whose last layer gives zero, whatever weights are loaded into it, but with skip connections."""
    net = Network(depth, width, method, n_inputs)
    if method != "skip":
        net.last.register_forward_hook(lambda _module, _inputs, output: 0 * output)
    return net


Network: Any = object  # the notebook's own stands in its place


# ---------------------------------------------------------------- gradient norms


def _gradients(net, x, y, loss=functional.binary_cross_entropy_with_logits):
    return torch.autograd.grad(loss(net(x), y), [layer.linear.weight for layer in net.hidden])


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="it is the mean of the absolute values, and not the L2 norm",
)
def mean_of_absolute_values(net, x, y):
    """Takes the mean of the absolute values instead of the L2 norm."""
    return [g.abs().mean().item() for g in _gradients(net, x, y)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="it is divided by the number of weights",
)
def root_mean_square(net, x, y):
    """Divides by the number of weights under the root."""
    return [g.square().mean().sqrt().item() for g in _gradients(net, x, y)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="the root is missing",
)
def squared_norm(net, x, y):
    """Forgets the root."""
    return [g.square().sum().item() for g in _gradients(net, x, y)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="it is the L1 norm, and not the L2 norm",
)
def sum_of_absolute_values(net, x, y):
    """Takes the L1 norm."""
    return [g.abs().sum().item() for g in _gradients(net, x, y)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="it is the largest entry, and not the L2 norm",
)
def largest_entry(net, x, y):
    """Takes the largest absolute value."""
    return [g.abs().max().item() for g in _gradients(net, x, y)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="it is the largest singular value, and not the L2 norm of all entries",
)
def spectral_norm(net, x, y):
    """Takes the largest singular value, the matrix norm of the same name."""
    return [torch.linalg.matrix_norm(g, 2).item() for g in _gradients(net, x, y)]


@mutant(gradient_norms_match, replaces="gradient_norms")
def of_the_output(net, x, y):
    """Takes the gradient of the summed outputs instead of the loss."""
    return [g.norm().item() for g in _gradients(net, x, y, lambda output, _: output.sum())]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="the losses of the samples are added up, and not averaged",
)
def of_the_summed_loss(net, x, y):
    """Adds the losses of the samples up instead of averaging them."""
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    return [g.norm().item() for g in _gradients(net, x, y, loss)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="the loss is the mean squared error",
)
def of_the_squared_error(net, x, y):
    """Uses the mean squared error."""
    return [g.norm().item() for g in _gradients(net, x, y, functional.mse_loss)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="the loss expects logits and gets probabilities",
)
def with_sigmoid_twice(net, x, y):
    """Hands probabilities to a loss that expects logits."""
    return [g.norm().item() for g in _gradients(net, x, y, lambda z, y: nn.BCEWithLogitsLoss()(z.sigmoid(), y))]


@mutant(gradient_norms_match, replaces="gradient_norms")
def of_the_first_sample(net, x, y):
    """Looks at the first sample only."""
    return [g.norm().item() for g in _gradients(net, x[:1], y[:1])]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="the layers are listed last layer first",
)
def last_layer_first(net, x, y):
    """Lists the layers in the order of the backward pass."""
    return [g.norm().item() for g in _gradients(net, x, y)][::-1]


@mutant(gradient_norms_match, replaces="gradient_norms")
def summed_over_layers(net, x, y):
    """Adds the norms of all earlier layers up."""
    return np.cumsum([g.norm().item() for g in _gradients(net, x, y)])


@mutant(gradient_norms_match, replaces="gradient_norms")
def one_norm_for_all(net, x, y):
    """Gives the norm of all gradients together."""
    return math.hypot(*(g.norm().item() for g in _gradients(net, x, y)))


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="the gradient of the bias is counted, too",
)
def with_the_bias(net, x, y):
    """Counts the gradient of the bias as well."""
    functional.binary_cross_entropy_with_logits(net(x), y).backward()
    norms = [math.hypot(*(p.grad.norm().item() for p in layer.linear.parameters())) for layer in net.hidden]
    net.zero_grad()
    return norms


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="the first and the last layer are listed, too",
)
def with_first_and_last_layer(net, x, y):
    """Lists all weight matrices, not only those of the hidden layers."""
    matrices = [p for p in net.parameters() if p.ndim == 2]
    loss = functional.binary_cross_entropy_with_logits(net(x), y)
    return [g.norm().item() for g in torch.autograd.grad(loss, matrices)]


@mutant(
    gradient_norms_match,
    replaces="gradient_norms",
    tell="it is the norm of the weights, and not of their gradients",
)
def of_the_weights(net, x, y):
    """Gives the norms of the weights, not of their gradients."""
    del x, y
    return [layer.linear.weight.norm().item() for layer in net.hidden]


@mutant(gradient_norms_match, replaces="gradient_norms")
def never_below_a_millionth(net, x, y):
    """Lifts small norms, so that nothing vanishes."""
    return [g.norm().item() + 1e-6 for g in _gradients(net, x, y)]


@mutant(gradient_norms_match, replaces="gradient_norms")
def clipped(net, x, y):
    """Rescales each layer's gradient to norm 1, as gradient clipping would."""
    return [(g / (g.norm() + 1e-30)).norm().item() for g in _gradients(net, x, y)]


@mutant(gradient_norms_match, replaces="gradient_norms")
def logarithms(net, x, y):
    """Gives the logarithms of the norms."""
    return [math.log10(g.norm().item() + 1e-30) for g in _gradients(net, x, y)]


@mutant(
    gradient_norms_start_afresh,
    replaces="gradient_norms",
    tell="gradients of the previous call are not cleared",
)
def forgets_to_clear(net, x, y):
    """Forgets to clear the gradients of the previous batch."""
    functional.binary_cross_entropy_with_logits(net(x), y).backward()
    return [layer.linear.weight.grad.norm().item() for layer in net.hidden]


@mutant(gradient_norms_start_afresh, replaces="gradient_norms")
def clears_afterwards(net, x, y):
    """Clears its own gradients, but counts those that a training step left."""
    functional.binary_cross_entropy_with_logits(net(x), y).backward()
    norms = [layer.linear.weight.grad.norm().item() for layer in net.hidden]
    net.zero_grad()
    return norms


@mutant(gradient_norms_start_afresh, replaces="gradient_norms")
def takes_a_step(net, x, y):
    """Takes a training step afterwards, so that the next call sees other weights."""
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    optimiser.zero_grad()
    functional.binary_cross_entropy_with_logits(net(x), y).backward()
    optimiser.step()
    return [layer.linear.weight.grad.norm().item() for layer in net.hidden]


@mutant(gradient_norms_match_for_every_method, replaces="gradient_norms")
def every_second_parameter(net, x, y):
    """Takes every second parameter for a weight matrix, which batch normalisation's scale and shift upset."""
    matrices = list(net.parameters())[2:-2:2]
    loss = functional.binary_cross_entropy_with_logits(net(x), y)
    return [g.norm().item() for g in torch.autograd.grad(loss, matrices)]


@mutant(gradients_vanish, skip_keeps_the_gradient, batch_norm_lies_between, replaces="gradient_norms")
def typed_at_full_depth(net, x, y):
    """Is right up to 20 layers, and gives typed numbers at the depth of the figure."""
    found = [g.norm().item() for g in _gradients(net, x, y)]
    first, last = {"skip": (1.0, 0.6), "batch_norm": (20.0, 0.1)}.get(net.hidden[0].method, (1e-13, 0.1))
    return np.geomspace(first, last, 50) if len(found) == 50 else found


@mutant(gradients_vanish, skip_keeps_the_gradient, batch_norm_lies_between, replaces="gradient_norms")
def first_twenty_layers(net, x, y):
    """Stops at 20 layers and repeats the last norm."""
    found = [g.norm().item() for g in _gradients(net, x, y)]
    return found[:20] + found[19:20] * (len(found) - 20)


@mutant(gradient_norms_match, replaces="gradient_norms")
def zeros(net, x, y):
    """Gives zeros."""
    del x, y
    return [0.0] * len(net.hidden)


@mutant(gradient_norms_match_for_every_method, replaces="gradient_norms")
def of_the_same_weights_with_tanh(net, x, y):
    """Writes the network's layers out again, with tanh whatever its method."""
    z = net.first(x)
    for layer in net.hidden:
        z = torch.tanh(layer.linear(z))
    loss = functional.binary_cross_entropy_with_logits(net.last(z).squeeze(-1), y)
    return [g.norm().item() for g in torch.autograd.grad(loss, [layer.linear.weight for layer in net.hidden])]


# ---------------------------------------------------------------- answers


@mutant(most_uniform_is_named, replaces="answer_1_2")
def names_batch_norm():
    """Takes batch normalisation, whose gradients do not vanish but grow a hundredfold."""
    return "batch_norm"


@mutant(most_uniform_is_named, replaces="answer_1_2")
def names_relu():
    """Takes ReLU, since it does not saturate for high inputs."""
    return "relu"


@mutant(most_uniform_is_named, replaces="answer_1_2")
def names_elu():
    """Takes ELU, since its gradient is nowhere exactly zero."""
    return "elu"


@mutant(most_uniform_is_named, replaces="answer_1_2")
def names_two_methods():
    """Names two methods to be on the safe side."""
    return ["skip", "batch_norm"]


@mutant(most_uniform_is_named, replaces="answer_1_2")
def names_nothing():
    """Leaves the answer open."""
    return
