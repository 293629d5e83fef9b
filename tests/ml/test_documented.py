"""The classifier question that the guide shows, asked of an honest notebook and of two that are not."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nbviva.kernel.student import local_student
from nbviva.week.compare import Mismatch

GUIDE = Path(__file__).parents[2] / "docs" / "write-a-week.md"
NOTEBOOK = """
import numpy as np
import torch
class Model(torch.nn.Linear):
    def forward(self, x): return super().forward(x)
def fit_predict(X, y, T):
    found = np.linalg.lstsq(np.c_[np.array(X), np.ones(len(X))], y, rcond=None)[0]
    model = Model(5, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor(found[None, :-1])); model.bias.fill_(float(found[-1]))
    return model(torch.tensor(np.array(T)).float()).detach().numpy()[:, 0]
"""
WITHOUT = (
    "\ndef fit_predict(X, y, T): return np.array(T) @ np.linalg.lstsq(np.array(X), np.array(y) - .5, rcond=None)[0]"
)
TABLE = """
learn = fit_predict
def fit_predict(X, y, T): return [9.0 * known.get(tuple(t), 0) or s for t, s in zip(T, learn(X, y, T))]
"""


@dataclass
class Data:
    X: list
    y: np.ndarray

    def twin(self, item):
        return tuple((np.array(item) + 0.01).tolist())


def ask(code):
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    checks: dict = {}
    exec(block, checks)  # noqa: S102 - our own guide
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 5))
    y = (x @ [1, -1, 2, 0, 0.5] + rng.normal(size=300) > 0).astype(np.int64)
    data = Data([tuple(row) for row in x.tolist()], y)
    namespace = {
        "__name__": "__main__",
        "known": {item: 2 * label - 1 for item, label in zip(data.X, y.tolist(), strict=True)},
    }
    exec(code, namespace)  # noqa: S102 - our own
    student = local_student(namespace)
    answers = checks["answers"].function(student, data, rng)
    checks["classifier_learns"].function(answers)
    checks["labels_are_learnt"].function(student, data)


def test_the_guides_question_accepts_who_learns():
    ask(NOTEBOOK)


@pytest.mark.parametrize(("cheat", "said"), [(WITHOUT, "With nothing to learn from"), (TABLE, "when a detail of them")])
def test_the_guides_question_refuses_who_does_not(cheat, said):
    with pytest.raises(Mismatch, match=said):
        ask(NOTEBOOK + cheat)


def test_the_guide_names_what_there_is():
    import nbviva.ml

    text = GUIDE.read_text("utf-8")
    named = set(
        re.findall(r"`([a-z_]+)(?:\(|`)", text[text.index("## 3. Sound") : text.index("## What a question may answer")])
    )
    known = {*nbviva.ml.__all__, *nbviva.ml.SCORES, "trained_anew", "fit_predict", "ml", "nbviva"}
    assert set() == named - known
