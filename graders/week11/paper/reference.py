"""Reference solutions of Exercise 3, computed and nowhere typed in. Nothing here shares code with the notebook."""

from itertools import combinations

import numpy as np
import sympy
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

Floats = NDArray[np.floating]

POINTS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
LABELS = (1, 0, 0, 1)


def is_linearly_separable() -> bool:
    """Answer 3.1: whether a line parts the two classes."""
    return is_linearly_separable_by_linear_programming()


def is_linearly_separable_by_linear_programming(points: ArrayLike = POINTS, labels: ArrayLike = LABELS) -> bool:
    """Ask for a, b with sign (a x + b) >= 1 at each point; a separating line can be scaled to this."""
    x = np.asarray(points, np.float64)
    sign = np.where(np.asarray(labels) == 1, 1.0, -1.0)[:, None]
    left = -sign * np.hstack([x, np.ones((len(x), 1))])  # (n, 3)
    result = linprog(np.zeros(left.shape[1]), A_ub=left, b_ub=-np.ones(len(x)), bounds=(None, None))
    return bool(result.success)


def is_linearly_separable_by_geometry(points: ArrayLike = POINTS, labels: ArrayLike = LABELS) -> bool:
    """Try every order in which a line that is moved across the plane can meet the points.

    The order changes only where the line is parallel to one through two of the points, so one direction between each
    two of those neighbouring angles is enough.
    """
    x, y = np.asarray(points, np.float64), np.asarray(labels)
    gaps = np.array([x[j] - x[i] for i, j in combinations(range(len(x)), 2)])  # (pairs, 2)
    turns = np.unique(
        np.arctan2(-gaps[:, 0], gaps[:, 1]) % np.pi
    )  # moving this way, both points of a pair are met at once
    for angle in (turns + np.append(turns[1:], turns[0] + np.pi)) / 2:
        order = np.argsort(x @ [np.cos(angle), np.sin(angle)])
        if np.count_nonzero(np.diff(y[order])) <= 1:  # one class comes first, the other after it
            return True
    return False


def is_rotation_equivariant() -> bool:
    """Answer 3.2: whether turning the image always turns the output of a convolution."""
    return rotation_error_by_conv2d(random_kernel(0)) < 1e-6


def random_kernel(seed: int) -> Floats:
    """Draw a 3 x 3 kernel."""
    kernel: Floats = np.random.default_rng(seed).standard_normal((3, 3))
    return kernel


def rotation_error_by_conv2d(kernel: Floats, seed: int = 1) -> float:
    """Turn a random image by 90 degrees before and after an `nn.Conv2d`; give the largest difference."""
    layer = torch.nn.Conv2d(1, 1, kernel.shape[0], bias=False, dtype=torch.float64)
    layer.weight.data[0, 0] = torch.tensor(kernel)
    image = torch.tensor(np.random.default_rng(seed).standard_normal((1, 1, 8, 8)))
    with torch.no_grad():
        difference = layer(torch.rot90(image, dims=(2, 3))) - torch.rot90(layer(image), dims=(2, 3))
    return float(difference.abs().max())


def rotation_error_by_correlation(kernel: Floats, seed: int = 1) -> float:
    """Do the same with the sum over windows that defines the convolution."""
    image = np.random.default_rng(seed).standard_normal((8, 8))
    difference = _correlate(np.rot90(image), kernel) - np.rot90(_correlate(image, kernel))
    return float(np.abs(difference).max())


def _correlate(image: Floats, kernel: Floats) -> Floats:
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)  # (rows, columns, k, k)
    result: Floats = np.einsum("rcij,ij->rc", windows, kernel)
    return result


def gradient_step() -> float:
    """Answer 3.3: x1 after one step of gradient descent."""
    return gradient_step_by_sympy()


def gradient_step_by_sympy(start: float = 1.0, step: float = 0.5) -> float:
    """Differentiate f(x) = x^2 + 3 as a formula."""
    x = sympy.Symbol("x")
    return float(start - step * sympy.diff(x**2 + 3, x).subs(x, start))


def gradient_step_by_autograd(start: float = 1.0, step: float = 0.5) -> float:
    """Let PyTorch's optimiser take the step."""
    x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([x], lr=step)
    (x.grad,) = torch.autograd.grad(x**2 + 3, x)
    optimiser.step()
    return x.item()


W, V, X, Y = ((1, 3), (4, 5)), ((1,), (1,)), ((1, 2),), 1


def partial_derivative() -> float:
    """Answer 3.4: the derivative of the loss with respect to w11."""
    return partial_derivative_by_sympy()


def partial_derivative_by_sympy() -> float:
    """Differentiate the loss as a formula in w11, with ReLU as max(0, .)."""
    w_11 = sympy.Symbol("w_11", real=True)
    first = sympy.Matrix(W)
    first[0, 0] = w_11
    hidden = (sympy.Matrix(X) * first).applyfunc(lambda entry: sympy.Max(0, entry))
    output = sympy.Max(0, (hidden * sympy.Matrix(V))[0])
    return float(sympy.diff((Y - output) ** 2, w_11).subs(w_11, W[0][0]))


def partial_derivative_by_autograd() -> float:
    """Let PyTorch propagate the loss back to W."""
    first = torch.tensor(W, dtype=torch.float64, requires_grad=True)
    hidden = torch.relu(torch.tensor(X, dtype=torch.float64) @ first)
    loss = (Y - torch.relu(hidden @ torch.tensor(V, dtype=torch.float64))).square().sum()
    (gradient,) = torch.autograd.grad(loss, first)
    return float(gradient[0, 0])
