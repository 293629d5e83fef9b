"""Networks whose weights the examiner sets, functions of tensors, and kernels read as motifs: right and wrong ones."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from nbviva.kernel.student import Raised, hold, local_student
from nbviva.ml import (
    FirstLayer,
    align,
    best_matches,
    clear_cut,
    clearest,
    correlation,
    dtype_of,
    first_layer,
    gradient_norms,
    kernel_motifs,
    module_of,
    output_of,
    require_close,
    require_logits,
    require_motifs,
    require_reads_first,
    require_unchanged,
    require_weights,
    set_first_layer,
    set_weights,
    silent,
    single,
    state_of,
    stir,
    vector_jacobian_product,
)
from nbviva.week.compare import Mismatch, asking_on, assert_close

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
class Scan(nn.Module):
    def __init__(self, stride=1, used=True, dtype=torch.float32):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 3, stride=stride, padding=1, dtype=dtype)
        self.other, self.last, self.used = nn.Conv1d(4, 6, 3), nn.Linear(6, 1, dtype=dtype), used
    def forward(self, x): return self.last((self.first if self.used else self.other)(x).relu().amax(2))[:, 0]
class Noisy(Scan):
    def forward(self, x): return super().forward(x) + torch.rand(len(x))
class OfTheBatch(Scan):
    def forward(self, x): return super().forward(x) - super().forward(x).mean()
class Same(Scan):
    def forward(self, x): return 0 * super().forward(x) + 3.0
class Column(Scan):
    def forward(self, x): return super().forward(x)[:, None]
def wide(): return Scan(dtype=torch.float64)
def strided(): return Scan(stride=2)
def unused(): return Scan(used=False)
def square(x): return x * x
def half_detached(x): return x * x.detach()
def in_place(x): return x.clamp_(min=0)
def written_over(x): y = torch.tanh(x); y += x; return y
def refusing(x): raise ValueError
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


@pytest.mark.parametrize(("name", "blamed"), [("written_over", True), ("refusing", False)])
def test_who_writes_over_what_the_gradient_needs_is_told_so(student, name, blamed):
    with pytest.raises(Raised, match=" raised ") as raised:
        vector_jacobian_product(student, hold(student, name), np.ones(4), np.ones(4))
    assert ("was written over" in str(raised.value)) is blamed


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


@pytest.mark.parametrize("maker", ["plain", "bare"])
def test_the_first_layer_takes_a_weight_that_is_given(student, maker):
    net = getattr(student, maker)()
    wanted = np.random.default_rng(2).standard_normal(first_layer(net).weight.shape)
    ours = set_first_layer(net, np.random.default_rng(1), weight=wanted)
    assert np.allclose(wanted, ours.weight, atol=1e-6)
    assert np.allclose(wanted, first_layer(net).weight, atol=1e-6)
    assert (maker == "bare") == (ours.bias.std() == 0)


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


LETTERS = np.eye(4)[RNG.integers(0, 4, (40, 30))].transpose(0, 2, 1)  # (40, 4, 30)


@pytest.mark.parametrize("maker", ["Scan", "wide"])
def test_an_honest_network_reads_first_and_gives_logits(student, maker):
    net = module_of(getattr(student, maker)(), "`Scan()`")
    stir(net, np.random.default_rng(0))
    require_reads_first(net, LETTERS, np.random.default_rng(0))
    assert (40,) == require_logits(net, LETTERS).shape
    assert_close(output_of(net, LETTERS, (40,)), require_logits(net, LETTERS), rtol=1e-5)


@pytest.mark.parametrize(("maker", "said"), [("strided", "every position"), ("unused", "change no output")])
def test_a_first_layer_that_does_not_read_everything_is_refused(student, maker, said):
    with pytest.raises(Mismatch, match=said):
        require_reads_first(getattr(student, maker)(), LETTERS, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("maker", "said"),
    [
        ("Noisy", "other logits each time"),
        ("OfTheBatch", "others in its batch"),
        ("Same", "same logit"),
        ("Column", "shape"),
    ],
)
def test_what_is_no_logit_an_item_is_refused(student, maker, said):
    with pytest.raises(Mismatch, match=said):
        require_logits(getattr(student, maker)(), LETTERS)


def test_stirring_changes_all_weights(student):
    net = student.Net()
    before = state_of(net)
    stir(net, np.random.default_rng(0), 0.5)
    assert all(np.abs(state_of(net)[name] - value).min() > 0 for name, value in before.items())


def test_weights_that_changed_are_refused(student):
    net = student.Net()
    set_weights(net, WEIGHTS)
    require_weights(net, {name: single(value) for name, value in WEIGHTS.items()})
    stir(net, np.random.default_rng(0))
    with pytest.raises(Mismatch):
        require_weights(net, WEIGHTS)
    with pytest.raises(Mismatch, match="any more"):
        require_weights(net, {"c": np.zeros(2)})


@pytest.mark.parametrize("answer", [None, 3, np.zeros(3)])
def test_plain_data_is_no_module(answer):
    with pytest.raises(Mismatch, match=r"`Net\(\)` has to give a network"):
        module_of(answer, "`Net()`")


def test_single_precision_is_what_a_network_gets():
    assert single([0.1]).tolist() == [float(np.float32(0.1))]


def layer_of(seed):
    rng = np.random.default_rng(seed)
    return FirstLayer(rng.normal(size=(5, 4, 3)), rng.normal(size=5))


def test_motifs_are_compared_row_by_row():
    layer = layer_of(0)
    right = kernel_motifs(layer, LETTERS)
    assert np.array_equal(right, require_motifs(right.tolist(), layer, LETTERS, "motifs"))
    for wrong, said in (
        (right * 40, "sums to 40"),
        (right[:, :, ::-1], "5 of 5 matrices differ"),
        (right[:4], "shape"),
    ):
        with pytest.raises(Mismatch, match=said):
            require_motifs(wrong, layer, LETTERS, "motifs")
    with asking_on():
        require_motifs(right * 40, layer, LETTERS, "motifs")


def test_a_kernel_that_is_never_active_is_silent():
    layer = FirstLayer(np.ones((2, 4, 3)), np.array([0.0, -9.0]))
    assert [False, True] == silent(kernel_motifs(layer, np.eye(4)[[[0, 0, 1, 2]]].transpose(0, 2, 1))).tolist()


def test_the_clearest_items_are_taken_and_all_where_none_is_clear():
    layer = layer_of(1)
    few = clear_cut(layer, LETTERS, 2e-3)
    assert 0 < len(few) < 40
    assert few.tolist() == clearest(layer, LETTERS, [2e-3, 1e-4]).tolist()
    assert few.tolist() == clearest(layer, LETTERS, [9.0, 2e-3]).tolist()
    assert list(range(40)) == clearest(layer, LETTERS, [9.0]).tolist()


def test_a_motif_is_found_where_it_is_shifted_or_on_the_other_strand():
    motif = np.random.default_rng(5).dirichlet(np.ones(4) / 4, 10)
    shifted = np.vstack([np.full((2, 4), 0.25), motif[:9]])
    place = align(shifted, motif)
    assert (2, True) == (place.offset, place.motif is motif)
    assert correlation(motif[::-1, ::-1], motif) == pytest.approx(1.0)
    others = {"other": np.random.default_rng(6).dirichlet(np.ones(4), 10), "motif": motif}
    best = best_matches(np.array([np.full((10, 4), 0.25), motif]), others)
    assert ("motif", 1) == (best[0].motif, best[0].kernel)
