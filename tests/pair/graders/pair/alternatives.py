"""Right answers of the week with two notebooks, written differently."""

from graders.pair.checks import colour_is_red, fit_is_half, scale_doubles, steps_are_multiples

from nbviva.author import alternative


@alternative(scale_doubles)
def scale(x):
    """Adds."""
    return x + x


@alternative(fit_is_half)
def answer_fit():
    """Rounds."""
    return 0.50


@alternative(steps_are_multiples)
def steps(n):
    """Counts in threes."""
    return list(range(0, 3 * n, 3))


@alternative(colour_is_red)
def answer_colour():
    """Says it."""
    return "red"
