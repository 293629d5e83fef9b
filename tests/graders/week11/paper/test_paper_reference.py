"""The reference solutions of Exercise 3: each found in two ways, or against an oracle that shares no code."""

from itertools import product

import numpy as np
import pytest

from graders.week11.paper import reference


def test_xor_is_not_separable_in_either_way():
    assert not reference.is_linearly_separable_by_linear_programming()
    assert not reference.is_linearly_separable_by_geometry()


def test_both_ways_agree_on_every_labelling_of_the_square():
    separable = {
        labels: reference.is_linearly_separable_by_geometry(labels=labels) for labels in product((0, 1), repeat=4)
    }
    assert sum(separable.values()) == 14
    for labels, answer in separable.items():
        assert answer == reference.is_linearly_separable_by_linear_programming(labels=labels)


@pytest.mark.parametrize("seed", range(30))
def test_both_ways_agree_on_random_points(seed):
    rng = np.random.default_rng(seed)
    points, labels = rng.standard_normal((5, 2)), rng.integers(0, 2, 5)
    by_program = reference.is_linearly_separable_by_linear_programming(points, labels)
    assert reference.is_linearly_separable_by_geometry(points, labels) == by_program


@pytest.mark.parametrize("seed", range(5))
def test_both_convolutions_break_under_rotation(seed):
    kernel = reference.random_kernel(seed)
    error = reference.rotation_error_by_conv2d(kernel)
    assert error > 0.1
    assert reference.rotation_error_by_correlation(kernel) == pytest.approx(error)
    assert not reference.is_rotation_equivariant()


def test_a_rotation_symmetric_kernel_is_equivariant():
    kernel = sum(np.rot90(reference.random_kernel(0), turns) for turns in range(4))
    assert reference.rotation_error_by_conv2d(kernel) < 1e-12
    assert reference.rotation_error_by_correlation(kernel) < 1e-12


@pytest.mark.parametrize(("start", "step"), [(1.0, 0.5), (2.0, 0.1), (-3.0, 0.25)])
def test_gradient_step_is_the_same_both_ways(start, step):
    by_sympy = reference.gradient_step_by_sympy(start, step)
    assert reference.gradient_step_by_autograd(start, step) == pytest.approx(by_sympy, abs=1e-12)


def test_partial_derivative_is_the_same_both_ways():
    assert reference.partial_derivative_by_sympy() == reference.partial_derivative_by_autograd()


def test_pen_and_paper_answers():
    assert reference.gradient_step() == 0
    assert reference.partial_derivative() == 42
    assert not reference.is_linearly_separable()
    assert not reference.is_rotation_equivariant()
