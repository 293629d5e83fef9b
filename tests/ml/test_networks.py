"""Networks whose weights the examiner sets, functions of tensors, and kernels read as motifs: right and wrong ones."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from nbviva.kernel.student import hold, local_student
from nbviva.ml import (
    FirstLayer,
    clear_cut,
    dtype_of,
    first_layer,
    gradient_norms,
    kernel_motifs,
    require_unchanged,
    set_first_layer,
    set_weights,
    state_of,
    vector_jacobian_product,
)
from nbviva.ml.networks import require_close
from nbviva.week.compare import Mismatch, assert_close

NETS = """
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
class Net(nn.Module):
    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.a, self.b = nn.Linear(3, 2, dtype=dtype), nn.Linear(2, 1, dtype=dtype)
    def forward(self, x): return self.b(self.a(x).tanh())[:, 0]
def double(): return Net(torch.float64)
class Deaf(Net):
    def load_state_dict(self, *_, **__): pass
def norms(net, x, y):
    loss = nn.functional.mse_loss(net(x), y)
    return [g.norm() for g in torch.autograd.grad(loss, [net.a.weight, net.b.weight])]
def plain(): return nn.Sequential(nn.Conv1d(4, 5, 3), nn.ReLU())
def bare(): return nn.Sequential(nn.Conv1d(4, 5, 3, bias=False))
def normed(): return nn.Sequential(weight_norm(nn.Conv1d(4, 5, 3)))
def square(x): return x * x
def half_detached(x): return x * x.detach()
def in_place(x): return x.clamp_(min=0)
"""
RNG = np.random.default_rng(0)
WEIGHTS = {"a.weight": RNG.normal(size=(2, 3)), "a.bias": RNG.normal(size=2), "b.weight": RNG.normal(size=(1, 2)),
           "b.bias": RNG.normal(size=1)}  # fmt: skip
INPUT, TARGET = RNG.normal(size=(6, 3)), RNG.normal(size=6)


@pytest.fixture
def student():
    namespace = {"__name__": "__main__"}
    exec(NETS, namespace)  # noqa: S102 - our own
    return local_student(namespace)


def expected():
    def loss(w):
        hidden = functional.linear(torch.tensor(INPUT), w["a.weight"], w["a.bias"]).tanh()
        return functional.mse_loss(functional.linear(hidden, w["b.weight"], w["b.bias"])[:, 0], torch.tensor(TARGET))

    return gradient_norms(loss, WEIGHTS, ["a.weight", "b.weight"])


@pytest.mark.parametrize(("maker", "dtype"), [("Net", torch.float32), ("double", torch.float64)])
def test_norms_are_those_of_our_weights_in_the_notebooks_dtype(student, maker, dtype):
    net = getattr(student, maker)()
    assert dtype is set_weights(net, WEIGHTS) is dtype_of(state_of(net))
    x, y = torch.tensor(INPUT, dtype=dtype), torch.tensor(TARGET, dtype=dtype)
    assert_close(student.norms(net, x, y), expected(), rtol=1e-4)


def test_a_network_that_keeps_its_own_weights_gives_another_answer(student):
    net = student.Deaf()
    set_weights(net, WEIGHTS)
    with pytest.raises(Mismatch):
        assert_close(
            student.norms(net, torch.tensor(INPUT).float(), torch.tensor(TARGET).float()), expected(), rtol=1e-2
        )


@pytest.mark.parametrize("wrong", [{"c.weight": np.zeros(2)}, {"a.weight": np.zeros((3, 3))}])
def test_weights_that_do_not_fit_are_the_students_fault(student, wrong):
    with pytest.raises(Mismatch, match=r"There is no|has shape"):
        set_weights(student.Net(), wrong)


@pytest.mark.parametrize("net", [None, 3, "net", np.zeros(3), []])
def test_what_is_no_network_is_the_students_fault(net):
    for ask in (state_of, first_layer, lambda x: set_weights(x, WEIGHTS), lambda x: set_first_layer(x, RNG)):
        with pytest.raises(Mismatch):
            ask(net)


def test_forward_and_backward_of_a_function(student):
    x, upstream = RNG.normal(size=(2, 4))
    for name, right in (("square", True), ("half_detached", False)):
        output, gradient = vector_jacobian_product(student, hold(student, name), x, upstream)
        assert_close(output, x * x, rtol=1e-5)
        assert np.allclose(gradient, 2 * x * upstream, rtol=1e-4) is right


def test_a_function_that_writes_into_its_input_is_refused(student):
    require_unchanged(student, student.square, np.array([-1.0, 2.0]), "square")
    with pytest.raises(Mismatch, match="`in_place` writes into its input"):
        require_unchanged(student, student.in_place, np.array([-1.0, 2.0]), "in_place")


def test_a_trivial_reference_is_our_own_fault():
    with pytest.raises(ArithmeticError, match="trivial"):
        require_close(np.zeros(3), np.zeros(3), rtol=1e-3, name="norms")
    require_close([1.0, 2.0], [1.0, 2.0], rtol=1e-3, name="norms")


@pytest.mark.parametrize("maker", ["plain", "bare", "normed"])
def test_the_first_layer_is_the_one_that_was_set(student, maker):
    net = getattr(student, maker)()
    ours = set_first_layer(net, np.random.default_rng(1))
    read = first_layer(net)
    assert ours.weight.std() > 0.05
    assert np.allclose(ours.weight, read.weight, atol=1e-6)
    assert np.allclose(ours.bias, read.bias, atol=1e-6)
    assert ours.kernel_size == 3


def test_motifs_are_the_letters_of_the_active_windows():
    letters = np.array([[0, 1, 2, 3, 0, 1]])
    x = np.eye(4)[letters].transpose(0, 2, 1)
    weight = np.zeros((2, 4, 2))
    weight[0, 0, 0] = weight[0, 1, 1] = 1.0  # AC
    layer = FirstLayer(weight, np.array([0.0, -1.0]))
    found = kernel_motifs(layer, x)
    assert [[1, 0, 0, 0], [0, 1, 0, 0]] == found[0].tolist()
    assert {0.25} == set(found[1].ravel())


def test_items_with_a_window_at_half_are_left_out():
    x = np.eye(4)[[[0, 1, 3, 3], [3, 3, 3, 3], [0, 3, 3, 3]]].transpose(0, 2, 1)
    weight = np.zeros((1, 4, 2))
    weight[0, 0, 0] = weight[0, 1, 1] = 1.0
    assert [0, 1] == clear_cut(FirstLayer(weight, np.array([1e-9])), x).tolist()
