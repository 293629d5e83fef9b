"""Wrong answers of the week with two notebooks."""

from graders.pair.checks import colour_is_red, fit_is_half, scale_doubles, steps_are_multiples

from nbviva.author import mutant


@mutant(scale_doubles)
def scale(x):
    """Squares instead of doubling."""
    return x * x


@mutant(fit_is_half)
def answer_fit():
    """Takes another number."""
    return 0.75


@mutant(steps_are_multiples)
def steps(n):
    """Begins with one."""
    return [3 * i for i in range(1, n + 1)]


@mutant(colour_is_red)
def answer_colour():
    """Takes the other colour."""
    return "blue"
