"""The hidden checks of the CNN: its layers, its kernel sizes, and the motifs of its first layer's kernels.

The examiner sets the weights that an expected answer depends on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders.week11.enhancers import plots
from graders.week11.enhancers.invented import invented_code
from graders.week11.enhancers.motifs import liver_motifs, looking_for
from graders.week11.enhancers.sequences import Enhancers, decode, one_hot
from nbviva.author import Findings, Remote, Student, check, fixture, require
from nbviva.ml import (
    FirstLayer,
    Validation,
    ask_contradicted,
    ask_known,
    ask_ruleless,
    best_matches,
    clear_cut,
    clearest,
    first_layer,
    kernel_motifs,
    module_of,
    output_of,
    require_known,
    require_logits,
    require_motifs,
    require_reads_first,
    set_first_layer,
    silent,
    stir,
)

Floats = NDArray[np.float64]

SIZES = (1, 4, 8, 12, 20)  # of the notebook's figure

# Each bound with its reason in docs/week11-numbers.md.
GUESSING_BOUND = 0.75
LEAST_BEST = 0.65
LEAST_LOST = 0.01  # by kernels of four letters; measured .12 to .31
FOUND = 0.8  # correlation with a JASPAR motif from which on it is found
ENHANCERS = 300  # in the question on these motifs

KNOWN_SIZES = (6, 9, 12, 15)
KNOWN_TOLERANCE, KNOWN_SAME = 0.04, 0.005
CONTRADICTED = 0.5
SHORT = 60  # letters, where a ROC-AUC is known whatever is learnt


@dataclass(frozen=True)
class Comparison:
    """What `compare_kernel_sizes` gave for several sets of sequences.

    Attributes
    ----------
    scores
        For each of `SIZES`, on a code that was invented for the group.
    ruleless
        For one size, on sequences without any rule.
    known
        For each of `KNOWN_SIZES`, on copies of two sequences, where the ROC-AUC is known and the same for all.
    contradicted
        For one size, on sequences that each occur twice, with both labels: the twin of a held-out one misleads.
    order_blind
        With a kernel of one letter the network gives a sequence and its letters in another order one logit.
    """

    scores: tuple[float, ...]
    ruleless: float
    known: NDArray[np.float64]
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
    asked = Validation(student.compare_kernel_sizes, "compare_kernel_sizes")
    scores = asked.scores(short_code.sequences, short_code.labels, SIZES, rng).tolist()
    letters = random_sequences(rng, len(short_code), len(short_code.sequences[0]))
    ruleless = ask_ruleless(asked, letters, 12, rng, bound=GUESSING_BOUND)
    one, other, *half = random_sequences(rng, 252, SHORT)
    known = ask_known(asked, one, other, KNOWN_SIZES, rng, KNOWN_TOLERANCE, KNOWN_SAME)
    contradicted = ask_contradicted(asked, half, 12, rng, CONTRADICTED)
    names = {"kernel_sizes": list(SIZES), "kernel_size_scores": scores}
    return Comparison(tuple(scores), ruleless, known, contradicted, _is_order_blind(student, rng), names)


def _is_order_blind(student: Student, rng: np.random.Generator) -> bool:
    """Whether nothing behind a kernel of one letter looks at neighbours, such as a second convolution would."""
    net = _make_cnn(student, 1)
    net.eval()
    x = one_hot(random_sequences(rng, 8, 100))  # (8, 4, 100)
    logits, again = (output_of(net, part, (8,), "CNN(...)(x)") for part in (x, x[:, :, rng.permutation(x.shape[2])]))
    return bool(np.allclose(logits, again, rtol=1e-3, atol=1e-4))


def _make_cnn(student: Student, kernel_size: int, n_kernels: int = 32) -> Remote:
    """Let the notebook make a network, and refuse one whose first convolution is not of the shape asked for."""
    net = module_of(student.CNN(kernel_size=kernel_size, n_kernels=n_kernels), "`CNN(...)`")
    found, wanted = first_layer(net).weight.shape, (n_kernels, 4, kernel_size)
    require(found == wanted, f"The first convolution's weight has shape {found} where {wanted} was asked for.")
    return net


def _random_cnn(student: Student, rng: np.random.Generator) -> Remote:
    """Let it make one of random size, in evaluation mode, with weights that are nobody's choice."""
    net = _make_cnn(student, int(rng.integers(6, 21)), int(rng.integers(6, 41)))
    net.eval()
    stir(net, rng, what="`CNN(...)`")
    return net


@check("cnn")
def cnn_begins_with_a_convolution(student: Student, rng: np.random.Generator) -> str:
    """`CNN(kernel_size, n_kernels)` begins with `nn.Conv1d(4, n_kernels, kernel_size)`, which reads the sequence."""
    for _ in range(3):
        require_reads_first(_random_cnn(student, rng), one_hot(random_sequences(rng, 16, 200)), rng)
    return "3 networks with random kernel sizes: the first layer is as asked for."


@check("cnn", needs=(cnn_begins_with_a_convolution,))
def cnn_gives_logits(student: Student, rng: np.random.Generator) -> str:
    """`CNN` gives one logit a sequence of any length; after `eval()` it depends on nothing but the sequence."""
    lowest = np.inf
    for i in range(12):
        net = _random_cnn(student, rng)
        for length in (50, 120) if i < 3 else (80,):
            logits = require_logits(net, one_hot(random_sequences(rng, 16, length)), "CNN(...)(x)")
            lowest = min(lowest, float(logits.min()))
    require(lowest < 0, f"The smallest of all outputs is {lowest:.3g}: a logit can be negative. Leave out the sigmoid.")
    return "12 networks with random kernel sizes, on sequences of lengths 50 to 120: shapes and logits are right."


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
        short = comparison.scores[SIZES.index(4)]
        findings.value("lost_by_short_kernels", best - short, bound=LEAST_LOST)
        require(
            best - short > LEAST_LOST,
            f"{said}; size 4: {short:.2f}. Kernels of four letters see less: train a network with each size.",
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
    findings.value("known_roc_auc", float(comparison.known.mean()))
    require_known(comparison.known, KNOWN_TOLERANCE, KNOWN_SAME)
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
    _judge_motifs(student, net, set_first_layer(net, rng), random_sequences(rng, 80, 60))
    matrices = _factors_motifs(student, data, rng)
    matches = best_matches(matrices, liver_motifs())
    findings.plot(plots.logos(matrices, matches))
    for match in matches:
        findings.value(f"{match.motif}_correlation", match.correlation, bound=FOUND)
    require(notebook.figures("motif_logos"), "The notebook shows no sequence logos: run that cell, hand in its output.")
    listed = ", ".join(f"{match.motif} {match.correlation:.2f}" for match in matches)
    return f"Kernels that look for JASPAR's motifs of liver factors; what they find correlates with these: {listed}."


def _factors_motifs(student: Student, data: Enhancers, rng: np.random.Generator) -> Floats:
    """Ask what kernels that look for liver factors find in enhancers; (n_kernels, width, 4)."""
    weight = looking_for(liver_motifs().values(), rng)
    net = _make_cnn(student, weight.shape[2], len(weight))
    layer = set_first_layer(net, rng, weight=weight)
    return _judge_motifs(student, net, layer, [data.sequences[i] for i in rng.permutation(len(data))[:ENHANCERS]])


def _judge_motifs(student: Student, net: Remote, layer: FirstLayer, sequences: list[str]) -> Floats:
    clear = [sequences[i] for i in clearest(layer, one_hot(sequences))]
    answer = student.first_layer_motifs(net, clear)
    return require_motifs(answer, layer, one_hot(clear), "first_layer_motifs")


def _too_few_sequences(rng: np.random.Generator, layer: FirstLayer) -> list[str]:
    """Draw a sequence with so few windows that some kernel is never active, and no window near a kernel's half."""
    for _ in range(100):
        sequences = random_sequences(rng, 1, max(12, layer.kernel_size))
        asleep = silent(kernel_motifs(layer, one_hot(sequences)))  # (n_kernels,)
        if asleep.any() and not asleep.all() and len(clear_cut(layer, one_hot(sequences))):
            break
    return sequences


def random_sequences(rng: np.random.Generator, number: int, length: int) -> list[str]:
    """Draw sequences of letters that follow no rule."""
    return list(decode(rng.integers(0, 4, (number, length)).astype(np.int8)))
