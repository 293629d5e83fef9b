"""Small stand-ins, with which a rehearsal takes seconds: what the notebook reads, and what checks ask about.

The small public and hidden sets follow one invented code, with some labels wrong, so that memorising does not pay.
"""

import numpy as np

from graders.week11.enhancers.invented import invented_code
from graders.week11.enhancers.sequences import Enhancers

SIZE, LENGTH, LABEL_NOISE = 400, 60, 0.10

_rng = np.random.default_rng(11)


def _noisy(enhancers: Enhancers) -> Enhancers:
    wrong = _rng.random(len(enhancers)) < LABEL_NOISE
    return Enhancers(enhancers.sequences, np.where(wrong, 1 - enhancers.labels, enhancers.labels), enhancers.source)


_code = invented_code(_rng, n_train=SIZE, n_test=SIZE, length=LENGTH, motifs=1)
PUBLIC, HIDDEN = _noisy(_code.train), _noisy(_code.test)

NAMES = {"sequences": list(PUBLIC.sequences), "labels": PUBLIC.labels}
FIXTURES = {
    "data": HIDDEN,
    "public": PUBLIC,
    "known_motifs": _code.motifs,
    "invented": invented_code(_rng, n_train=SIZE * 4 // 5, n_test=300, length=LENGTH, motifs=1),
    "short_code": invented_code(_rng, n_train=500, n_test=0, length=LENGTH).train,
}
