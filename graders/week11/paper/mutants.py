"""Wrong answers to Exercise 3, one sentence each, and the checks that must catch them."""

import math

from graders.week11.paper.checks import (
    derivative_is_computed,
    equivariance_is_judged,
    separability_is_judged,
    step_is_computed,
)
from nbviva.author import mutant


@mutant(separability_is_judged, replaces="answer_3_1")
def takes_xor_for_separable():
    """Believes that a sigmoid makes the classes separable."""
    return True


@mutant(separability_is_judged, replaces="answer_3_1")
def writes_correct():
    """Writes the word for the wrong answer."""
    return "Correct"


@mutant(separability_is_judged, replaces="answer_3_1")
def leaves_3_1_open():
    """Leaves the answer open."""
    return


@mutant(equivariance_is_judged, replaces="answer_3_2")
def takes_translation_for_rotation():
    """Mistakes translation equivariance for rotation equivariance."""
    return True


@mutant(equivariance_is_judged, replaces="answer_3_2")
def hedges():
    """Answers that it depends on the kernel."""
    return "only for symmetric kernels"


@mutant(equivariance_is_judged, replaces="answer_3_2")
def writes_a_number():
    """Writes 0 where a truth value is asked for."""
    return 0


@mutant(step_is_computed, replaces="x_1")
def step_uphill():
    """Adds the gradient instead of subtracting it."""
    return 1 + 0.5 * 2


@mutant(step_is_computed, replaces="x_1")
def step_without_step_size():
    """Forgets the step size."""
    return 1 - 2


@mutant(step_is_computed, replaces="x_1")
def step_without_the_two():
    """Differentiates x^2 to x."""
    return 1 - 0.5 * 1


@mutant(step_is_computed, replaces="x_1")
def step_by_the_value():
    """Subtracts the function's value instead of its derivative."""
    return 1 - 0.5 * 4


@mutant(step_is_computed, replaces="x_1")
def step_as_a_list():
    """Gives the whole path of the iteration."""
    return [1.0, 0.0]


@mutant(step_is_computed, replaces="x_1")
def step_as_code():
    """Gives the formula as a text and leaves the sum to the reader."""
    return "1 - 0.5 * 2"


@mutant(step_is_computed, replaces="x_1")
def step_to_nowhere():
    """Gives NaN."""
    return math.nan


@mutant(derivative_is_computed, replaces="dL_dw_11")
def derivative_with_transposed_weights():
    """Transposes W: hidden (7, 14), f = 21."""
    return 2 * (21 - 1) * 1


@mutant(derivative_is_computed, replaces="dL_dw_11")
def derivative_with_wrong_sign():
    """Loses the sign of the inner derivative."""
    return -2 * (22 - 1)


@mutant(derivative_is_computed, replaces="dL_dw_11")
def derivative_without_the_two():
    """Loses the factor 2 of the square."""
    return 22 - 1


@mutant(derivative_is_computed, replaces="dL_dw_11")
def derivative_of_w_21():
    """Multiplies by the second input, which belongs to w21."""
    return 2 * (22 - 1) * 2


@mutant(derivative_is_computed, replaces="dL_dw_11")
def derivative_of_the_output():
    """Differentiates the network's output and leaves the loss out."""
    return 1


@mutant(derivative_is_computed, replaces="dL_dw_11")
def loss_itself():
    """Gives the loss instead of its derivative."""
    return (1 - 22) ** 2
