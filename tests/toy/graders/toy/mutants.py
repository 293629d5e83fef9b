"""Wrong answers of the toy week."""

from graders.toy.checks import double_doubles, half_of_seven

from nbviva.author import mutant


@mutant(double_doubles)
def double(x):
    """Squares instead of doubling."""
    return x * x


@mutant(half_of_seven)
def answer_half():
    """Halves eight."""
    return 4.0
