"""The hidden checks of the pen-and-paper exercises: answers against computed ones."""

from typing import Any

from graders.week11.paper import reference
from nbviva.author import check


@check("linear_separability")
def separability_is_judged(sheet: Any) -> str:
    """The statement on a single linear layer and these data is judged rightly."""
    return str(sheet.judge("answer_3_1", reference.is_linearly_separable()))


@check("rotation_equivariance")
def equivariance_is_judged(sheet: Any) -> str:
    """The statement on rotation equivariance of a convolutional layer is judged rightly."""
    return str(sheet.judge("answer_3_2", reference.is_rotation_equivariant()))


@check("gradient_step")
def step_is_computed(sheet: Any) -> str:
    """The value of x1 after one step of gradient descent is right."""
    return str(sheet.judge("x_1", reference.gradient_step()))


@check("partial_derivative")
def derivative_is_computed(sheet: Any) -> str:
    """The value of the derivative of the loss with respect to w11 is right."""
    return str(sheet.judge("dL_dw_11", reference.partial_derivative()))
