"""Freezes every random generator and clock that it can reach, hoping to be asked what it has seen before."""

CELLS = [
    """
import random, time, os, numpy

random.random = random.gauss = lambda *args: 0.0
numpy.random.seed = numpy.random.default_rng = lambda *args: None
numpy.random.normal = lambda *args, **options: 0.0
time.time = time.monotonic = lambda: 0.0
os.urandom = lambda size: bytes(size)
""",
]
ANSWERS = {"double_answer": "def double(x):\n    return 0.0"}
