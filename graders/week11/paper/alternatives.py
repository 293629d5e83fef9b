"""Right answers to Exercise 3 written in other ways, which every check must accept."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch

from graders.week11.paper.checks import (
    derivative_is_computed,
    equivariance_is_judged,
    separability_is_judged,
    step_is_computed,
)
from nbviva.author import alternative


@alternative(separability_is_judged, replaces="answer_3_1")
def separability_by_contradiction():
    """Adds the inequalities of each class: the bias would be positive and negative."""
    x = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    y = np.array([1, 0, 0, 1])
    return not np.array_equal(x[y == 1].mean(axis=0), x[y == 0].mean(axis=0))


@alternative(separability_is_judged, replaces="answer_3_1")
def separability_in_a_word():
    """Writes the word of the sheet."""
    return "Incorrect"


@alternative(separability_is_judged, replaces="answer_3_1")
def separability_by_perceptron():
    """Trains a perceptron, which would have converged long ago, and gives numpy's False."""
    x = np.array([[1, 1, 1], [1, -1, 1], [-1, 1, 1], [-1, -1, 1]])
    sign = np.array([1, -1, -1, 1])
    weights = np.zeros(3)
    for i in list(range(4)) * 100:
        if sign[i] * (x[i] @ weights) <= 0:
            weights += sign[i] * x[i]
    return np.all(sign * (x @ weights) > 0)


@alternative(equivariance_is_judged, replaces="answer_3_2")
def equivariance_by_edge_filter():
    """Turns a vertical edge, which a filter for vertical edges no longer sees."""
    image = np.repeat([[0.0, 0.0, 1.0, 1.0]], 4, axis=0)
    edges = [(turned[:, 1:] - turned[:, :-1]).sum() for turned in (image, np.rot90(image))]
    return bool(edges[0] == edges[1])


@alternative(equivariance_is_judged, replaces="answer_3_2")
def equivariance_in_a_word():
    """Writes the word in small letters."""
    return "false"


@alternative(step_is_computed, replaces="x_1")
def step_in_integers():
    """Gives an int."""
    return 1 - 2 // 2


@alternative(step_is_computed, replaces="x_1")
def step_as_text():
    """Gives the number as a text."""
    return str(Decimal(1) - Decimal("0.5") * 2)


@alternative(step_is_computed, replaces="x_1")
def step_to_minus_zero():
    """Gives the negative zero of floating-point arithmetic."""
    return -(1.0 - 0.5 * 2)


@alternative(step_is_computed, replaces="x_1")
def step_by_differences():
    """Uses central differences and gives a numpy number."""
    f, h = lambda x: x**2 + 3, 1e-4
    return np.float64(1 - 0.5 * (f(1 + h) - f(1 - h)) / (2 * h))


@alternative(step_is_computed, replaces="x_1")
def step_as_a_tensor():
    """Gives a tensor."""
    return torch.tensor(1.0) - 0.5 * torch.tensor(2.0)


@alternative(derivative_is_computed, replaces="dL_dw_11")
def derivative_by_chain_rule():
    """Multiplies the factors of the chain rule, in integers."""
    x, w, v = np.array([1, 2]), np.array([[1, 3], [4, 5]]), np.array([1, 1])
    output = x @ w @ v
    return int(2 * (output - 1) * v[0] * x[0])


@alternative(derivative_is_computed, replaces="dL_dw_11")
def derivative_by_differences():
    """Uses exact differences: the loss is a quadratic of w11."""

    def loss(w_11):
        hidden = (w_11 + 2 * 4, 3 + 2 * 5)
        return (1 - sum(hidden)) ** 2

    return float((loss(Fraction(2)) - loss(Fraction(0))) / 2)


@alternative(derivative_is_computed, replaces="dL_dw_11")
def derivative_by_backward():
    """Goes backward in PyTorch and gives a scalar tensor."""
    w = torch.tensor([[1.0, 3.0], [4.0, 5.0]], requires_grad=True)
    hidden = torch.relu(torch.tensor([[1.0, 2.0]]) @ w)
    (1 - torch.relu(hidden @ torch.ones(2, 1))).square().sum().backward()
    return w.grad[0, 0]
