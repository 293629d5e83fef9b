"""What the checks of this exercise show: gradient norms by layer. Only aggregates; no hidden input or weight."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from graders.week11.gradients import reference
from nbviva.author import Plot, PlotKind, Series

Floats = NDArray[np.float64]


def gradient_flow(norms: Mapping[str, Floats]) -> Plot:
    """Gradient norms by layer of the student's networks, and dashed those of the reference's own."""
    series = []
    for method, found in norms.items():
        layers, name = range(1, len(found) + 1), method.replace("_", " ")
        expected = reference.gradient_profile(method, seed=0).norms
        series += [
            Series(name, tuple(layers), tuple(found)),
            Series("reference", tuple(layers), tuple(expected), dashed=True),
        ]
    return Plot(
        PlotKind.LINE,
        "Gradient norms through 50 layers",
        "Towards the input (left) tanh, ReLU and ELU fall; skip connections stay level, batch normalisation rises.",
        f"Gradient norm by layer for {', '.join(norms)}, measured and from the reference.",
        "hidden layer (1 is nearest to the input)",
        "L2 norm of the weight gradient",
        tuple(series),
        log_y=True,
    )
