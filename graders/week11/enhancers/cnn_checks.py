"""The hidden checks of the CNN: its layers, its kernel sizes, and the motifs of its first layer's kernels.

The examiner sets the weights that an expected answer depends on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.week11.enhancers import plots
from graders.week11.enhancers.motifs import best_matches, clear_cut, convolution, first_layer_motifs
from graders.week11.enhancers.sequences import Enhancers, decode, one_hot
from graders.week11.enhancers.synthetic import invented_code
from nbviva.author import Findings, Remote, Student, as_numbers, check, fixture, hold, require
from nbviva.ml import FirstLayer, dtype_of, first_layer, set_first_layer, set_weights, state_of, tensor

Floats = NDArray[np.float64]

SIZES = (1, 2, 4, 8, 12, 16, 20)  # those of the notebook's figure

# Each bound with its reason in docs/week11-numbers.md.
GUESSING_BOUND = 0.75
LEAST_BEST = 0.65
FOUND = 0.9  # correlation from which on a JASPAR motif counts as found
MOTIF_ERROR = 1e-3
MARGINS = (1e-4, 1e-5, 1e-6)  # the later ones where a layer has so many kernels that no sequence is clear of the first
FEW = 0.2  # share of positives where there is no rule: whoever always says no is right for 80 %, at a ROC-AUC of 0.5
STIRRED = 0.3  # standard deviation of what is added to each weight
MAX_ACTIVATIONS = 20_000_000  # windows x kernels in one question
LEAST_AWAKE = 0.1  # share of a trained layer's kernels that some window activates

TWO_SIZES = (6, 8, 10, 12, 14, 16)
TWO_NUMBER, TWO_POSITIVE, TWO_ALIKE = 1000, 0.1, 0.3
TWO_ROC_AUC = 1 - TWO_ALIKE / 2
TWO_TOLERANCE, TWO_SAME = 0.04, 0.005
CONTRADICTED, TRIES = 0.5, 4


@dataclass(frozen=True)
class Comparison:
    """What `compare_kernel_sizes` gave for several sets of sequences.

    Attributes
    ----------
    scores
        For each of `SIZES`, on a code that was invented for the group.
    ruleless
        For one size, on sequences without any rule.
    two
        For each of `TWO_SIZES`, on copies of two sequences, where the ROC-AUC is `TWO_ROC_AUC` and the same for all.
    contradicted
        For one size, on sequences that each occur twice, with both labels: the twin of a held-out one misleads.
    order_blind
        With a kernel of one letter the network gives a sequence and its letters in another order one logit.
    """

    scores: tuple[float, ...]
    ruleless: float
    two: tuple[float, ...]
    contradicted: float
    order_blind: bool
    names: Mapping[str, list[float]] = field(default_factory=dict)


@fixture()
def short_code(rng: np.random.Generator) -> Enhancers:
    """A few short sequences with a regulatory code of this group's own."""
    return invented_code(rng, n_train=600, n_test=0, length=100).train


@fixture(stands_in="kernel_size_comparison", seconds=300)
def comparison(student: Student, short_code: Enhancers, rng: np.random.Generator) -> Comparison:
    """Ask `compare_kernel_sizes` about a few sequences, in the place of the notebook's own comparison."""
    order = rng.permutation(len(SIZES))
    asked = _compare(student, short_code.sequences, short_code.labels, [SIZES[i] for i in order])
    scores = asked[np.argsort(order)].tolist()
    ruleless = _ruleless(student, short_code, rng)
    if ruleless >= GUESSING_BOUND:  # a small validation set may be lucky once; scores on the training set stay
        ruleless = _ruleless(student, short_code, rng)
    two = _two(student, rng)
    if abs(two.mean() - TWO_ROC_AUC) > TWO_TOLERANCE:
        two = _two(student, rng)
    contradicted = np.inf
    for _ in range(TRIES):  # what hardly learns by heart is misled by little
        contradicted = min(contradicted, _contradicted(student, rng))
        if contradicted < CONTRADICTED:
            break
    names = {"kernel_sizes": list(SIZES), "kernel_size_scores": scores}
    blind = _is_order_blind(student, rng)
    return Comparison(tuple(scores), ruleless, tuple(two.tolist()), contradicted, blind, names)


def _compare(student: Student, sequences: Any, labels: NDArray[np.int64], sizes: list[int]) -> Floats:
    answer = student.compare_kernel_sizes(list(sequences), labels, sizes)
    return as_numbers(answer, shape=(len(sizes),), name="compare_kernel_sizes(...)")


def _ruleless(student: Student, short_code: Enhancers, rng: np.random.Generator) -> float:
    labels = (rng.permutation(len(short_code)) < FEW * len(short_code)).astype(np.int64)
    sequences = _random_sequences(rng, len(labels), len(short_code.sequences[0]))
    return float(_compare(student, sequences, labels, [12])[0])


def _two(student: Student, rng: np.random.Generator) -> Floats:
    """Ask about copies of two sequences: all positives are the first, of the negatives a known share.

    What a network learns is the same at every size, so the ROC-AUC depends on the split alone.
    """
    labels = np.arange(TWO_NUMBER) < TWO_POSITIVE * TWO_NUMBER
    alike = labels | (np.arange(TWO_NUMBER) >= (1 - TWO_ALIKE * (1 - TWO_POSITIVE)) * TWO_NUMBER)
    order = rng.permutation(TWO_NUMBER)
    other, first = _random_sequences(rng, 2, 60)
    sequences = [first if alike[i] else other for i in order]
    return _compare(student, sequences, labels[order].astype(np.int64), list(TWO_SIZES))


def _contradicted(student: Student, rng: np.random.Generator) -> float:
    half = _random_sequences(rng, 250, 60)
    order = rng.permutation(2 * len(half))
    labels = (order < len(half)).astype(np.int64)
    return float(_compare(student, [(half + half)[i] for i in order], labels, [12])[0])


def _is_order_blind(student: Student, rng: np.random.Generator) -> bool:
    """Whether nothing behind a kernel of one letter looks at neighbours, such as a second convolution would."""
    net = _make_cnn(student, 1)
    net.eval()
    x = one_hot(_random_sequences(rng, 8, 100))  # (8, 4, 100)
    logits, again = (_logits(net, part) for part in (x, x[:, :, rng.permutation(x.shape[2])]))
    return bool(np.allclose(logits, again, rtol=1e-3, atol=1e-4))


def _make_cnn(student: Student, kernel_size: int, n_kernels: int = 32) -> Remote:
    """Let the notebook make a network, and refuse one whose first convolution is not of the shape asked for."""
    net = student.CNN(kernel_size=kernel_size, n_kernels=n_kernels)
    require(isinstance(net, Remote), "`CNN(...)` has to give a network, an `nn.Module`.")
    found, wanted = first_layer(net).weight.shape, (n_kernels, 4, kernel_size)
    require(found == wanted, f"The first convolution's weight has shape {found} where {wanted} was asked for.")
    assert isinstance(net, Remote)
    return net


def _logits(net: Remote, x: NDArray[Any]) -> Floats:
    """Ask for the logits (n,) of one-hot sequences (n, 4, length)."""
    return _output(net, x, shape=(len(x),))


def _output(net: Remote, x: NDArray[Any], shape: tuple[int, ...] | None = None) -> Floats:
    """Ask for what a network gives for one-hot sequences, in the dtype that it computes in."""
    return as_numbers(net(tensor(x, dtype_of(state_of(net)))), shape=shape, name="CNN(...)(x)")


@check("cnn")
def cnn_begins_with_a_convolution(student: Student, rng: np.random.Generator) -> str:
    """`CNN(kernel_size, n_kernels)` begins with `nn.Conv1d(4, n_kernels, kernel_size)`, which reads the sequence."""
    for _ in range(3):
        net = _make_cnn(student, int(rng.integers(6, 21)), int(rng.integers(6, 41)))
        net.eval()
        _stir(net, rng)
        _judge_first_layer(net, rng)
    return "3 networks with random kernel sizes: the first layer is as asked for."


@check("cnn", needs=(cnn_begins_with_a_convolution,))
def cnn_gives_logits(student: Student, rng: np.random.Generator) -> str:
    """`CNN` gives one logit a sequence of any length; after `eval()` it depends on nothing but the sequence."""
    lowest = np.inf
    for i in range(12):
        net = _make_cnn(student, int(rng.integers(6, 21)), int(rng.integers(6, 41)))
        net.eval()
        _stir(net, rng)
        for length in (50, 120) if i < 3 else (80,):
            lowest = min(lowest, _judge_logits(net, _random_sequences(rng, 16, length)))
    require(lowest < 0, f"The smallest of all outputs is {lowest:.3g}: a logit can be negative. Leave out the sigmoid.")
    return "12 networks with random kernel sizes, on sequences of lengths 50 to 120: shapes and logits are right."


def _stir(net: Remote, rng: np.random.Generator) -> None:
    """Change all weights at random, so that nothing depends on how a network begins."""
    weights = {
        name: value + STIRRED * rng.standard_normal(value.shape)
        for name, value in state_of(net).items()
        if value.ndim and value.dtype.kind == "f" and "running_" not in name and np.isfinite(value).all()
    }
    set_weights(net, weights, "`CNN(...)`")


def _judge_first_layer(net: Remote, rng: np.random.Generator) -> None:
    """Look at the first layer alone, with sequences as long as the data's; the form of logits is another check's."""
    sequences = _random_sequences(rng, 16, 200)
    x = one_hot(sequences)
    layer = set_first_layer(net, rng, STIRRED)
    if layer.module:
        given = net.get_submodule(layer.module)(tensor(x[:2], dtype_of(state_of(net))))
        found = as_numbers(given, shape=(2, len(layer.weight), -1), name=layer.module)
        _judge_windows(found.transpose(0, 2, 1), convolution(layer, sequences[:2]))
    before = _output(net, x)
    set_first_layer(net, rng, STIRRED)
    after = _output(net, x)
    changed = before.shape != after.shape or bool(np.abs(after - before).max(initial=0.0) > 1e-5)
    require(
        changed, "Other weights of the first `nn.Conv1d` change no logit: let it be the one that reads the sequence."
    )


def _judge_windows(found: Floats, inner: Floats) -> None:
    """Look in a convolution's output for what it gives at the windows inside of a sequence, (n, positions, kernels)."""
    places = range(max(0, found.shape[1] - inner.shape[1] + 1))
    same = any(np.allclose(found[:, i : i + inner.shape[1]], inner, rtol=1e-3, atol=1e-3) for i in places)
    require(same, "The first convolution has to be applied at every position: leave `stride` and `dilation` at 1.")


def _judge_logits(net: Remote, sequences: list[str]) -> float:
    x = one_hot(sequences)  # (n, 4, length)
    logits, again, alone = (_logits(net, part) for part in (x, x, x[:3]))
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
    _judge_known(comparison, findings)
    drawn = notebook.figures("kernel_size_comparison")
    require(drawn, "The notebook shows no figure of the kernel sizes: run that cell and hand in its output.")
    return f"{said}."


def _judge_known(comparison: Comparison, findings: Findings) -> None:
    """Hold the scores against those that follow from how the sequences were made."""
    two = np.array(comparison.two)
    findings.value("two_sequences_roc_auc", float(two.mean()))
    said = f"Where the ROC-AUC is known to be {TWO_ROC_AUC:.2f}, you give {two.min():.2f} to {two.max():.2f}"
    require(
        np.abs(two - TWO_ROC_AUC).max() < 2 * TWO_TOLERANCE and abs(two.mean() - TWO_ROC_AUC) <= TWO_TOLERANCE,
        f"{said}. Give the ROC-AUC of the scores, not of classes, and not the share of right classes.",
    )
    require(np.ptp(two) <= TWO_SAME, f"{said}. It depends on the split alone: use the same for all kernel sizes.")
    findings.value("contradicted_roc_auc", comparison.contradicted, bound=CONTRADICTED)
    require(
        comparison.contradicted < CONTRADICTED,
        f"Where the training set misleads, a ROC-AUC is below 0.5; you give {comparison.contradicted:.2f}. Give it as "
        "it is.",
    )


@check("motifs", needs=(cnn_begins_with_a_convolution,), seconds=120)
def motifs_are_those_of_the_kernels(
    student: Student, data: Enhancers, notebook: Any, rng: np.random.Generator, findings: Findings
) -> str:
    """`first_layer_motifs` gives each kernel's probability matrix, and the notebook shows them as sequence logos."""
    net = _make_cnn(student, 9, 24)
    layer = set_first_layer(net, rng)
    _judge_motifs(student, net, layer, _too_few_sequences(rng, layer))
    net = _make_cnn(student, 6, 24)
    _judge_motifs(student, net, set_first_layer(net, rng), _random_sequences(rng, 80, 60))
    matrices, width = _trained_motifs(student, data, rng)
    matches = best_matches(matrices)
    findings.plot(plots.logos(matrices, matches))
    findings.value("kernel_size", width)
    for match in matches:
        findings.value(f"{match.motif}_correlation", match.correlation, bound=FOUND)
    require(notebook.figures("motif_logos"), "The notebook shows no sequence logos: run that cell, hand in its output.")
    found = [match.motif for match in matches if match.correlation >= FOUND]
    listed = ", ".join(f"{match.motif} {match.correlation:.2f}" for match in matches)
    return f"{len(matrices)} kernels of {width}. JASPAR motifs found: {', '.join(found) or 'none'} ({listed})."


def _trained_motifs(student: Student, data: Enhancers, rng: np.random.Generator) -> tuple[Floats, int]:
    """Ask for the motifs of the trained `model`, whose kernels have to be activated by something."""
    model = hold(student, "model")
    layer = first_layer(model)
    kernels, _, width = layer.weight.shape
    number = min(300, MAX_ACTIVATIONS // (kernels * len(data.sequences[0])))
    chosen = [data.sequences[i] for i in rng.permutation(len(data))[:number]]
    require(width <= len(chosen[0]), f"A kernel of {width} letters does not fit into {len(chosen[0])}.")
    awake = (first_layer_motifs(layer, chosen) != 0.25).any(axis=(1, 2)).mean()  # share of the kernels
    require(awake > LEAST_AWAKE, "No window activates the kernels of your `model`: train it, and show what they find.")
    return _judge_motifs(student, model, layer, chosen), width


def _judge_motifs(student: Student, net: Remote, layer: FirstLayer, sequences: list[str]) -> Floats:
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


def _too_few_sequences(rng: np.random.Generator, layer: FirstLayer) -> list[str]:
    """Draw a sequence with so few windows that some kernel is never active, and no window near a kernel's half."""
    for _ in range(100):
        sequences = _random_sequences(rng, 1, max(12, layer.kernel_size))
        silent = (first_layer_motifs(layer, sequences) == 0.25).all(axis=(1, 2))  # (n_kernels,)
        if silent.any() and not silent.all() and clear_cut(layer, sequences):
            break
    return sequences


def _random_sequences(rng: np.random.Generator, number: int, length: int) -> list[str]:
    return list(decode(rng.integers(0, 4, (number, length)).astype(np.int8)))
