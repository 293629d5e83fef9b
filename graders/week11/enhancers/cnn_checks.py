"""The hidden checks of the CNN: its layers, its kernel sizes, and the motifs of its first layer's kernels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from graders.week11.data import invented_code
from graders.week11.enhancers import plots
from graders.week11.enhancers.motifs import FirstLayer, best_matches, clear_cut, convolution, first_layer_motifs
from graders.week11.enhancers.sequences import Enhancers, decode, one_hot
from nbviva.author import Findings, Remote, Student, as_numbers, check, fixture, hold, require

Floats = NDArray[np.float64]

SIZES = (1, 2, 4, 8, 12, 16, 20)  # those of the notebook's figure

# Each bound with its reason in docs/week11-numbers.md.
GUESSING_BOUND = 0.75
LEAST_BEST = 0.65
FOUND = 0.9  # correlation from which on a JASPAR motif counts as found
MOTIF_ERROR = 1e-3
MARGINS = (1e-4, 1e-5, 1e-6)  # the later ones where a layer has so many kernels that no sequence is clear of the first
MAX_KERNELS, MAX_WIDTH = 4096, 1000  # letters
FEW = 0.2  # share of positives where there is no rule: whoever always says no is right for 80 %, at a ROC-AUC of 0.5
STIRRED = 0.3  # standard deviation of what is added to each weight
MAX_ACTIVATIONS = 20_000_000  # windows x kernels in one question
_WEIGHT = re.compile(r"((?P<module>.*)\.)?(?P<suffix>weight|weight_v|parametrizations\.weight\.original1?)")


@dataclass(frozen=True)
class Comparison:
    """The student's ROC-AUC for each of `SIZES`, and for one size on sequences without any rule.

    `order_blind`: with a kernel of one letter the network gives a sequence and its letters in another order one logit.
    """

    scores: tuple[float, ...]
    ruleless: float
    order_blind: bool
    names: Mapping[str, list[float]] = field(default_factory=dict)


@fixture()
def short_code(rng: np.random.Generator) -> Enhancers:
    """A few short sequences with a regulatory code of this group's own."""
    return invented_code(rng, n_train=600, n_test=0, length=100)[0]


@fixture(stands_in="kernel_size_comparison", seconds=300)
def comparison(student: Student, short_code: Enhancers, rng: np.random.Generator) -> Comparison:
    """Ask `compare_kernel_sizes` about a few sequences, in the place of the notebook's own comparison."""
    sequences, order = list(short_code.sequences), rng.permutation(len(SIZES))
    asked = [SIZES[i] for i in order]
    answer = student.compare_kernel_sizes(sequences, short_code.labels, asked)
    scores = as_numbers(answer, shape=(len(SIZES),), name="compare_kernel_sizes(...)")[np.argsort(order)]
    ruleless = _ruleless(student, short_code, rng)
    if ruleless >= GUESSING_BOUND:  # a small validation set may be lucky once; scores on the training set stay
        ruleless = _ruleless(student, short_code, rng)
    names = {"kernel_sizes": list(SIZES), "kernel_size_scores": scores.tolist()}
    return Comparison(tuple(scores.tolist()), ruleless, _is_order_blind(student, rng), names)


def _ruleless(student: Student, short_code: Enhancers, rng: np.random.Generator) -> float:
    labels = (rng.permutation(len(short_code)) < FEW * len(short_code)).astype(np.int64)
    sequences = _random_sequences(rng, len(labels), len(short_code.sequences[0]))
    answer = student.compare_kernel_sizes(sequences, labels, [12])
    return float(as_numbers(answer, shape=(1,), name="compare_kernel_sizes(...)")[0])


def _is_order_blind(student: Student, rng: np.random.Generator) -> bool:
    """Whether nothing behind a kernel of one letter looks at neighbours, such as a second convolution would."""
    net = student.CNN(kernel_size=1)
    net.eval()
    x = one_hot(_random_sequences(rng, 8, 100))  # (8, 4, 100)
    shuffled = x[:, :, rng.permutation(x.shape[2])]
    logits, again = (as_numbers(net(torch.from_numpy(part)), shape=(8,), name="CNN(...)(x)") for part in (x, shuffled))
    return bool(np.allclose(logits, again, rtol=1e-3, atol=1e-4))


@check("cnn")
def cnn_reads_sequences(student: Student, rng: np.random.Generator) -> str:
    """`CNN(kernel_size, n_kernels)` begins with `nn.Conv1d(4, n_kernels, kernel_size)` and gives a logit a sequence."""
    lowest = np.inf
    for i in range(12):
        kernel_size, n_kernels = int(rng.integers(6, 21)), int(rng.integers(6, 41))
        net = student.CNN(kernel_size=kernel_size, n_kernels=n_kernels)
        found = first_layer(net).weight.shape
        wanted = (n_kernels, 4, kernel_size)
        require(found == wanted, f"The first convolution's weight has shape {found} where {wanted} was asked for.")
        net.eval()
        _stir(net, rng)
        for length in (50, 120) if i < 3 else (80,):
            lowest = min(lowest, _judge_logits(net, _random_sequences(rng, 16, length)))
        if i < 3:
            _judge_first_layer(net, rng)
    require(lowest < 0, f"The smallest of all outputs is {lowest:.3g}: a logit can be negative. Leave out the sigmoid.")
    return "12 networks with random kernel sizes, on sequences of lengths 50 to 120: shapes and logits are right."


def _stir(net: Any, rng: np.random.Generator, only: str = "") -> None:
    """Change all weights (or `only` one) at random, so that nothing depends on how a network begins."""
    weights = {
        name: value
        for name, value in _state(net).items()
        if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind == "f" and "running_" not in str(name)
    }
    chosen = {only: weights[only]} if only else weights
    stirred = {name: value + STIRRED * rng.standard_normal(value.shape) for name, value in chosen.items()}
    net.load_state_dict({n: torch.tensor(v, dtype=torch.float32) for n, v in stirred.items()}, strict=False)


def _judge_first_layer(net: Any, rng: np.random.Generator) -> None:
    sequences = _random_sequences(rng, 16, 80)
    x = torch.from_numpy(one_hot(sequences))
    name, module, _ = _first_weight(_state(net))
    if module:
        layer = first_layer(net)
        found = as_numbers(net.get_submodule(module)(x[:2]), shape=(2, len(layer.weight), -1), name=module)
        _judge_windows(found.transpose(0, 2, 1), convolution(layer, sequences[:2]))
    before = as_numbers(net(x), name="CNN(...)(x)")
    _stir(net, rng, only=name)
    after = as_numbers(net(x), name="CNN(...)(x)")
    changed = bool(np.abs(after - before).max() > 1e-5)
    require(
        changed, "Other weights of the first `nn.Conv1d` change no logit: let it be the one that reads the sequence."
    )


def _judge_windows(found: Floats, inner: Floats) -> None:
    """Look in a convolution's output for what it gives at the windows inside of a sequence, (n, positions, kernels)."""
    places = range(max(0, found.shape[1] - inner.shape[1] + 1))
    same = any(np.allclose(found[:, i : i + inner.shape[1]], inner, rtol=1e-3, atol=1e-3) for i in places)
    require(same, "The first convolution has to be applied at every position: leave `stride` and `dilation` at 1.")


def _judge_logits(net: Any, sequences: list[str]) -> float:
    x = torch.from_numpy(one_hot(sequences))  # (n, 4, length)
    logits = as_numbers(net(x), shape=(len(sequences),), name="CNN(...)(x)")
    again, alone = (as_numbers(net(part), shape=(len(part),), name="CNN(...)(x)") for part in (x, x[:3]))
    require(np.allclose(logits, again, atol=1e-5), "In evaluation mode the same sequences get other logits each time.")
    require(np.allclose(logits[:3], alone, atol=1e-4), "The logit of a sequence depends on the others in its batch.")
    require(np.ptp(logits) > 1e-5, f"Sequences that differ get the same logit, {logits[0]:.4g}.")
    return float(logits.min())


@check("kernel_sizes", seconds=300)
def kernel_sizes_are_compared(comparison: Comparison, notebook: Any, findings: Findings) -> str:
    """`compare_kernel_sizes` gives the ROC-AUC on held-out sequences for each kernel size, and it is drawn."""
    single, best = comparison.scores[0], max(comparison.scores[SIZES.index(8) :])
    findings.plot(plots.kernel_sizes(SIZES, comparison.scores))
    for size, score in zip(SIZES, comparison.scores, strict=True):
        findings.value(f"kernel_size_roc_auc[{size}]", score)
    findings.value("best_kernel_size_roc_auc", best, bound=LEAST_BEST)
    findings.value("ruleless_roc_auc", comparison.ruleless, bound=GUESSING_BOUND)
    said = f"Kernel size 1: {single:.2f}; the best of sizes 8 to 20: {best:.2f}"
    if comparison.order_blind:
        findings.value("single_letter_roc_auc", single, bound=GUESSING_BOUND)
        require(
            single < GUESSING_BOUND,
            f"{said}. A kernel of one letter cannot tell these apart: expect about 0.5, in the place of size 1.",
        )
    require(best > LEAST_BEST, f"{said}. More than {LEAST_BEST} is expected of the best.")
    same = len(set(comparison.scores)) == 1 and best < 1
    require(not same, f"{said}. Each kernel size got the same ROC-AUC: train a new network with each of them.")
    said += f"; random sequences with random labels: {comparison.ruleless:.2f}"
    why = (
        f"Less than {GUESSING_BOUND} is expected where there is nothing to learn: leave validation out of training, "
        "and give the ROC-AUC, not the share of right classes."
    )
    require(comparison.ruleless < GUESSING_BOUND, f"{said}. {why}")
    drawn = notebook.figures("kernel_size_comparison")
    require(drawn, "The notebook shows no figure of the kernel sizes: run that cell and hand in its output.")
    return f"{said}."


@check("motifs", needs=(cnn_reads_sequences,), seconds=120)
def motifs_are_those_of_the_kernels(
    student: Student, data: Enhancers, notebook: Any, rng: np.random.Generator, findings: Findings
) -> str:
    """`first_layer_motifs` gives each kernel's probability matrix, and the notebook shows them as sequence logos."""
    net = student.CNN(kernel_size=9, n_kernels=24)
    _judge_motifs(student, net, _too_few_sequences(rng, first_layer(net)))
    _judge_motifs(student, student.CNN(kernel_size=6, n_kernels=24), _random_sequences(rng, 80, 60))
    model = hold(student, "model")
    kernels, _, width = first_layer(model).weight.shape
    number = min(300, MAX_ACTIVATIONS // (kernels * len(data.sequences[0])))
    chosen = [data.sequences[i] for i in rng.permutation(len(data))[:number]]
    matrices = _judge_motifs(student, model, chosen)
    matches = best_matches(matrices)
    findings.plot(plots.logos(matrices, matches))
    findings.value("kernel_size", width)
    for match in matches:
        findings.value(f"{match.motif}_correlation", match.correlation, bound=FOUND)
    require(notebook.figures("motif_logos"), "The notebook shows no sequence logos: run that cell, hand in its output.")
    found = [match.motif for match in matches if match.correlation >= FOUND]
    listed = ", ".join(f"{match.motif} {match.correlation:.2f}" for match in matches)
    return f"{kernels} kernels of {width}. JASPAR motifs found: {', '.join(found) or 'none'} (correlations: {listed})."


def _judge_motifs(student: Student, net: Any, sequences: list[str]) -> Floats:
    layer = first_layer(net)
    length = len(sequences[0])
    require(layer.kernel_size <= length, f"A kernel of {layer.kernel_size} letters does not fit into {length}.")
    clear = (clear_cut(layer, sequences, margin) for margin in MARGINS)
    sequences = next((kept for kept in clear if kept), sequences)
    answer = student.first_layer_motifs(net, sequences)
    expected = first_layer_motifs(layer, sequences)
    found = as_numbers(answer, shape=expected.shape, name="first_layer_motifs(...)")
    sums = found.sum(axis=2)
    worst = float(sums.flat[np.abs(sums - 1).argmax()])
    require(abs(worst - 1) < MOTIF_ERROR, f"A row of a probability matrix sums to {worst:.4g}, not to 1.")
    errors = np.abs(found - expected).max(axis=(1, 2))  # (n_kernels,)
    require(
        errors.max() < MOTIF_ERROR,
        f"{(errors >= MOTIF_ERROR).sum()} of {len(errors)} matrices differ from those of the windows that activate the "
        f"kernels, by up to {errors.max():.2g} where {MOTIF_ERROR:g} is allowed.",
    )
    return expected


def first_layer(net: Any) -> FirstLayer:
    """Read the first convolution over four channels from the weights of a student's network.

    Where the weight is made of parameters of its own (such as by weight normalisation), it is asked for as it is used.
    """
    require(isinstance(net, Remote), "`CNN(...)` has to give a network, an `nn.Module`.")
    state = _state(net)
    name, module, suffix = _first_weight(state)
    used = state[name] if suffix == "weight" else net.get_submodule(module).weight.clone()
    shape = getattr(used, "shape", ())
    fits = len(shape) == 3 and 0 < shape[0] <= MAX_KERNELS and 0 < shape[2] <= MAX_WIDTH
    require(fits, f"`{name}` has the shape {shape}.")
    weight = as_numbers(used, shape=(-1, 4, -1), name=name)
    bias = state.get(name.removesuffix(suffix) + "bias", np.zeros(len(weight)))
    return FirstLayer(weight, as_numbers(bias, shape=(len(weight),), name="bias"))


def _state(net: Any) -> Mapping[str, Any]:
    state = net.state_dict()
    require(isinstance(state, dict), "`state_dict()` of the network gives no weights.")
    return dict(state)


def _first_weight(state: Mapping[str, Any]) -> tuple[str, str, str]:
    """Give the first convolution's weight over four channels: its name, its module, and the rest of the name."""
    for name, value in state.items():
        found = _WEIGHT.fullmatch(name) if isinstance(name, str) else None
        if found and isinstance(value, np.ndarray) and value.ndim == 3 and value.shape[1] == 4:
            return name, found["module"] or "", found["suffix"]
    require(False, "The network has no `nn.Conv1d` over the four channels A, C, G, T.")
    raise AssertionError


def _too_few_sequences(rng: np.random.Generator, layer: FirstLayer) -> list[str]:
    """Draw a sequence with so few windows that some kernel is never active, and no window near a kernel's half."""
    for _ in range(100):
        sequences = _random_sequences(rng, 1, max(12, layer.kernel_size))
        silent = (first_layer_motifs(layer, sequences) == 0.25).all(axis=(1, 2))  # (n_kernels,)
        if silent.any() and clear_cut(layer, sequences):
            break
    return sequences


def _random_sequences(rng: np.random.Generator, number: int, length: int) -> list[str]:
    return list(decode(rng.integers(0, 4, (number, length)).astype(np.int8)))
