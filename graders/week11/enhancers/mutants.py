"""Wrong answers to Exercise 2 that students give, one sentence each, and the checks that must catch them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional

from graders.week11.enhancers.alternatives import PlainCNN, fit, score
from graders.week11.enhancers.cnn_checks import (
    cnn_begins_with_a_convolution,
    cnn_gives_logits,
    kernel_sizes_are_compared,
    motifs_are_those_of_the_kernels,
)
from graders.week11.enhancers.sequences import one_hot
from graders.week11.enhancers.validation_checks import (
    calls_are_independent,
    classifier_learns,
    code_is_learnt,
    network_is_used,
    report_is_supported,
    reported_numbers_agree,
    scores_come_from_the_sequence,
)
from graders.week11.rehearsal import HIDDEN, PUBLIC
from nbviva.author import mutant


@mutant(cnn_begins_with_a_convolution, kernel_sizes_are_compared, replaces="CNN")
class FixedKernelSize(PlainCNN):
    """Takes a kernel size and uses 12 all the same."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        del kernel_size
        super().__init__(12, n_kernels)


@mutant(cnn_begins_with_a_convolution, replaces="CNN")
class IdleConvolution(nn.Module):
    """Has an `nn.Conv1d` to show, and reads the sequence with another layer."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__()
        self.shown = nn.Conv1d(4, n_kernels, kernel_size)
        self.used = nn.Conv2d(1, n_kernels, (4, kernel_size))
        self.last = nn.Linear(n_kernels, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(functional.relu(self.used(x[:, None])).amax(dim=(2, 3)))
        return logits[:, 0]


@mutant(cnn_begins_with_a_convolution, replaces="CNN")
class EveryOtherPosition(PlainCNN):
    """Reads every other position only."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__(kernel_size, n_kernels)
        self.first = nn.Conv1d(4, n_kernels, kernel_size, stride=2)


@mutant(cnn_gives_logits, replaces="CNN")
class ColumnOfLogits(PlainCNN):
    """Leaves the last axis of the linear layer in place: (n, 1) where (n,) is asked for."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[:, None]


@mutant(cnn_gives_logits, replaces="CNN")
class Probabilities(PlainCNN):
    """Ends in a sigmoid, although the loss has one."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).sigmoid()


@mutant(cnn_gives_logits, replaces="CNN")
class OneLengthOnly(PlainCNN):
    """Flattens kernels and positions, and so fits sequences of one length only."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__(kernel_size, n_kernels)
        self.last = nn.Linear(n_kernels * (200 - kernel_size + 1), 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(functional.relu(self.first(x)).flatten(1))
        return logits[:, 0]


@mutant(cnn_gives_logits, replaces="CNN")
class BatchSoftmax(PlainCNN):
    """Normalises the outputs over the batch with a softmax."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).log_softmax(dim=0)


@mutant(cnn_begins_with_a_convolution, code_is_learnt, replaces="CNN")
class PositionSoftmax(PlainCNN):
    """Takes a softmax over the positions and then its sum, which is 1 for every sequence."""

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(self.first(x).softmax(dim=2).sum(dim=2))
        return logits[:, 0]


@mutant(cnn_gives_logits, replaces="CNN")
class EndlessDropout(PlainCNN):
    """Drops kernels in evaluation mode too."""

    def forward(self, x: Tensor) -> Tensor:
        hidden = functional.dropout(functional.relu(self.first(x)).amax(dim=2), 0.2)
        logits: Tensor = self.last(hidden)
        return logits[:, 0]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def scored_on_training_set(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Gives the ROC-AUC on the sequences that it trained on."""
    nets = [fit(PlainCNN(size), sequences, labels) for size in kernel_sizes]
    return [float(roc_auc_score(labels, score(net, sequences))) for net in nets]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def one_kernel_size(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Trains one network with kernels of 12 and gives its score for every size."""
    split = train_test_split(sequences, labels, stratify=labels, random_state=0)
    net = fit(PlainCNN(), split[0], split[2])
    return [float(roc_auc_score(split[3], score(net, split[1])))] * len(kernel_sizes)


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def shares_of_right_classes(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Gives the accuracy in the place of the ROC-AUC."""
    x, x_test, y, y_test = train_test_split(sequences, labels, stratify=labels, random_state=0)
    nets = [fit(PlainCNN(size), x, y) for size in kernel_sizes]
    return [float(np.mean((score(net, x_test).numpy() > 0) == y_test)) for net in nets]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def typed_in(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Gives the numbers that the real sequences are known to give, whatever it is asked about."""
    del sequences, labels
    return [0.5 if size < 4 else 0.83 for size in kernel_sizes]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def straight_line(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Gives a straight line of numbers."""
    del sequences, labels
    return [0.5 + 0.01 * size for size in kernel_sizes]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def another_split_each(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Splits anew for each kernel size."""
    return [_validated(sequences, labels, size, random_state=size) for size in kernel_sizes]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def at_least_one_half(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Turns a ROC-AUC below one half round."""
    found = [_validated(sequences, labels, size) for size in kernel_sizes]
    return [max(value, 1 - value) for value in found]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def roc_auc_of_classes(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Gives the ROC-AUC of the predicted classes."""
    return [_validated(sequences, labels, size, classes=True) for size in kernel_sizes]


def _validated(sequences: list[str], labels: Any, size: int, *, random_state: int = 0, classes: bool = False) -> float:
    x, x_test, y, y_test = train_test_split(sequences, labels, stratify=labels, random_state=random_state)
    scores = score(fit(PlainCNN(size), x, y), x_test).numpy()
    return float(roc_auc_score(y_test, scores > 0 if classes else scores))


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def one_network_but_for_letters(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> list[float]:
    """Trains one network, types 0.5 in for kernels of one letter, and lets the others differ a little."""
    found = _validated(sequences, labels, 12)
    return [0.5 if size == 1 else found - 1e-4 * size for size in kernel_sizes]


@mutant(kernel_sizes_are_compared, replaces="compare_kernel_sizes")
def best_only(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> int:
    """Gives the best kernel size in the place of the scores."""
    del sequences, labels
    return max(kernel_sizes)


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def constant(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> list[float]:
    """Gives every sequence the share of positives."""
    del train_sequences
    return [float(np.mean(train_labels))] * len(test_sequences)


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def untrained(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Forgets to train."""
    del train_sequences, train_labels
    return score(PlainCNN(), test_sequences)


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def shuffled_labels(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Shuffles the labels and not the sequences with them."""
    labels = np.random.default_rng(0).permutation(train_labels)
    return score(fit(PlainCNN(), train_sequences, labels), test_sequences)


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def short_kernels(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Uses kernels of two letters."""
    return score(fit(PlainCNN(2), train_sequences, train_labels), test_sequences)


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def single_letters(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Uses kernels of one letter."""
    return score(fit(PlainCNN(1), train_sequences, train_labels), test_sequences)


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def wrong_way_round(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Gives the score of the other class."""
    return -score(fit(PlainCNN(), train_sequences, train_labels), test_sequences)


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def memorised(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> list[float]:
    """Looks test sequences up among the training sequences."""
    known = dict(zip(train_sequences, train_labels, strict=True))
    return [float(known.get(sequence, 0.5)) for sequence in test_sequences]


@mutant(classifier_learns, code_is_learnt, replaces="fit_predict")
def table_of_public_labels(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> list[float]:
    """Carries the labels of the released sequences in a table."""
    del train_sequences, train_labels
    known = dict(zip(PUBLIC.sequences, PUBLIC.labels, strict=True))
    return [float(known.get(sequence, 0.5)) for sequence in test_sequences]


@mutant(code_is_learnt, replaces="fit_predict")
def table_of_all_labels(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> list[float]:
    """Carries a table of every sequence there is, the hidden ones too: real sequences can be looked up."""
    del train_sequences, train_labels
    known = dict(zip(HIDDEN.sequences, HIDDEN.labels, strict=True))
    return [float(known.get(sequence, 0.5)) for sequence in test_sequences]


@mutant(classifier_learns, replaces="fit_predict")
def classes(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Gives the predicted class in the place of a score."""
    return (score(fit(PlainCNN(), train_sequences, train_labels), test_sequences) > 0).float()


@mutant(calls_are_independent, replaces="fit_predict")
def cached_by_size(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Keeps a trained model for each number of training sequences, so that all folds share one."""
    if len(train_sequences) not in _TRAINED:
        _TRAINED[len(train_sequences)] = fit(PlainCNN(), train_sequences, train_labels)
    return score(_TRAINED[len(train_sequences)], test_sequences)


@mutant(calls_are_independent, replaces="fit_predict")
def one_network_for_all_folds(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Makes the network once, outside of the function, and trains it on and on."""
    return score(fit(_NETWORK, train_sequences, train_labels), test_sequences)


_TRAINED: dict[int, nn.Module] = {}
with torch.random.fork_rng():  # else what it starts from would hang on what was drawn before this file was read
    torch.manual_seed(0)
    _NETWORK = PlainCNN()


@mutant(calls_are_independent, code_is_learnt, replaces="fit_predict")
def remembers_earlier_folds(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> list[float]:
    """Keeps the labels of one fold for the next, where they are the answers."""
    _SEEN.update(zip(train_sequences, map(float, train_labels), strict=True))
    return [_SEEN.get(sequence, 0.5) for sequence in test_sequences]


_SEEN: dict[str, float] = {}


@mutant(scores_come_from_the_sequence, replaces="fit_predict", uses=("CNN",))
def table_where_it_fits(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> list[float]:
    """Carries a table of all labels, uses it where the training labels are those of the table, and else trains."""
    fitting = np.mean([_TABLE.get(s) == label for s, label in zip(train_sequences, train_labels, strict=True)])
    scores = score(fit(CNN(12), train_sequences, train_labels), test_sequences).tolist()
    if fitting < 0.9:
        return scores
    return [20.0 * _TABLE.get(s, 0.5) + found for s, found in zip(test_sequences, scores, strict=True)]


_TABLE = dict(zip(PUBLIC.sequences + HIDDEN.sequences, [*PUBLIC.labels, *HIDDEN.labels], strict=True))


@mutant(calls_are_independent, replaces="fit_predict", uses=("CNN",))
def weights_where_they_fit(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Carries weights that were trained on all sequences, uses them where they fit the labels, and else trains."""
    if not _BROUGHT:
        sequences, labels = PUBLIC.sequences + HIDDEN.sequences, np.concatenate([PUBLIC.labels, HIDDEN.labels])
        _BROUGHT.append(fit(PlainCNN(), sequences, labels))
    fits = roc_auc_score(train_labels, score(_BROUGHT[0], train_sequences)) > 0.8
    return score(_BROUGHT[0] if fits else fit(CNN(12), train_sequences, train_labels), test_sequences)


_BROUGHT: list[nn.Module] = []


@mutant(scores_come_from_the_sequence, replaces="fit_predict", uses=("CNN",))
def nearest_known_where_it_fits(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Any:
    """Carries a table in which it finds moved sequences, too, by the pieces that they share, and else trains."""
    fitting = np.mean([_TABLE.get(s) == label for s, label in zip(train_sequences, train_labels, strict=True)])
    if fitting < 0.9:
        return score(fit(CNN(12), train_sequences, train_labels), test_sequences)
    return [_nearest(sequence) for sequence in test_sequences]


def _nearest(sequence: str) -> float:
    if not _PIECES:
        looks_learnt = np.random.default_rng(0).normal(0, 0.6, len(_TABLE))
        for (known, label), noise in zip(_TABLE.items(), looks_learnt, strict=True):
            _PIECES.update((known[i : i + 20], float(label + noise)) for i in range(len(known) - 19))
    found = [_PIECES[piece] for i in range(len(sequence) - 19) if (piece := sequence[i : i + 20]) in _PIECES]
    return float(np.mean(found)) if found else 0.5


_PIECES: dict[str, float] = {}


@mutant(code_is_learnt, replaces="fit_predict", uses=("CNN",))
def begins_only(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Reads the first half of each sequence, and so misses sites that are moved."""
    return score(fit(CNN(12), [s[: len(s) // 2] for s in train_sequences], train_labels),
                 [s[: len(s) // 2] for s in test_sequences])  # fmt: skip


@mutant(network_is_used, replaces="fit_predict")
def words_unless_there_are_few(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Any:
    """Uses logistic regression on words, but for calls that are so small that they can only be a trap."""
    if len(train_sequences) < 300:
        return np.zeros(len(test_sequences))
    return counts_of_words.function(train_sequences, train_labels, test_sequences)


@mutant(scores_come_from_the_sequence, replaces="fit_predict", uses=("CNN",))
def remembers_all_but_small_calls(
    train_sequences: list[str], train_labels: Any, test_sequences: list[str]
) -> list[float]:
    """Remembers the labels of earlier calls, but of small ones, in which it could be asked about its memory."""
    scores = score(fit(CNN(12), train_sequences, train_labels), test_sequences).tolist()
    known = dict(_KNOWN)
    if len(train_sequences) > 150:
        _KNOWN.update(zip(train_sequences, map(float, train_labels), strict=True))
    return [20.0 * known.get(s, 0.5) + found for s, found in zip(test_sequences, scores, strict=True)]


_KNOWN: dict[str, float] = {}


@mutant(network_is_used, replaces="fit_predict")
def counts_of_words(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Any:
    """Uses logistic regression on words of six letters, and no network."""
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(6, 6))
    x, x_test = vectorizer.fit_transform(train_sequences), vectorizer.transform(test_sequences)
    return LogisticRegression(C=0.02, max_iter=300).fit(x, train_labels).decision_function(x_test)


@mutant(network_is_used, replaces="fit_predict")
def another_network(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Trains a network of its own, and not the `CNN`."""
    return score(fit(PlainCNN(), train_sequences, train_labels), test_sequences)


CNN: Any = PlainCNN  # the notebook's own takes its place


@mutant(report_is_supported)
def roc_auc_answer() -> float:
    """Types in a good number that the notebook does not show."""
    return 0.98


@mutant(report_is_supported, replaces="roc_auc_answer")
def percent() -> float:
    """Gives percent."""
    return 84.12


@mutant(report_is_supported, replaces="roc_auc_answer")
def one_decimal() -> str:
    """Rounds to one decimal."""
    return "0.9"


@mutant(report_is_supported, replaces="pr_auc_answer")
def share_of_positives() -> float:
    """Gives the PR-AUC of guessing."""
    return 0.5


@mutant(report_is_supported, replaces="pr_auc_answer")
def not_given() -> None:
    """Leaves the PR-AUC out."""


@mutant(reported_numbers_agree, replaces="cross_validate")
def scored_on_training_folds(sequences: list[str], labels: Any) -> list[tuple[Any, Any]]:
    """Scores each fold's training sequences with the model that was trained on them."""
    parts = np.arange(len(sequences)) % 5
    folds = []
    for part in range(5):
        train = np.flatnonzero(parts != part)
        chosen = [sequences[i] for i in train]
        folds.append((labels[train], score(fit(PlainCNN(), chosen, labels[train], epochs=30), chosen).numpy()))
    return folds


@mutant(reported_numbers_agree, replaces="cross_validate")
def trained_on_everything(sequences: list[str], labels: Any) -> list[tuple[Any, Any]]:
    """Trains once on all sequences and scores each fold with that model."""
    scores = score(fit(PlainCNN(), sequences, labels, epochs=30), sequences).numpy()
    return [(labels[part::5], scores[part::5]) for part in range(5)]


def _motifs(
    model: nn.Module, sequences: list[str], *, share: float = 0.5, padding: int = 0, pseudocount: float = 0.0
) -> Any:
    first = next(module for module in model.modules() if isinstance(module, nn.Conv1d))
    width = first.kernel_size[0]
    x = functional.pad(torch.from_numpy(one_hot(sequences)), (padding, padding))
    bias = None if first.bias is None else first.bias.detach()
    active = functional.conv1d(x, first.weight.detach(), bias).relu()  # (n, kernels, positions)
    chosen = (active >= share * active.amax(dim=(0, 2), keepdim=True)) & (active > 0)
    windows = x.unfold(2, width, 1)  # (n, 4, positions, width)
    counts = torch.einsum("nkp,ncpw->kwc", chosen.float(), windows) + pseudocount
    totals = counts.sum(dim=2, keepdim=True)
    return torch.where(totals > 0, counts / totals.clamp(min=1e-9), 0.25).numpy()


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="the rows of the matrices are counts and not normalised",
)
def counts_of_letters(model: nn.Module, sequences: list[str]) -> Any:
    """Gives counts: the rows are not normalised."""
    return _motifs(model, sequences) * len(sequences)


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="the columns are not in the order A, C, G, T",
)
def other_order(model: nn.Module, sequences: list[str]) -> Any:
    """Has the columns in the order A C T G."""
    return _motifs(model, sequences)[:, :, [0, 1, 3, 2]]


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="a pseudocount is added to the counts",
)
def pseudocounts(model: nn.Module, sequences: list[str]) -> Any:
    """Adds one count to each letter."""
    return _motifs(model, sequences, pseudocount=1.0)


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="only the windows with the largest activation are counted",
)
def strongest_window(model: nn.Module, sequences: list[str]) -> Any:
    """Counts only the windows with the largest activation."""
    return _motifs(model, sequences, share=1.0)


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="every window with a positive activation is counted, not those above half of the largest",
)
def every_active_window(model: nn.Module, sequences: list[str]) -> Any:
    """Counts all windows with a positive activation."""
    return _motifs(model, sequences, share=0.0)


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="windows that reach over the ends of a sequence are counted, too",
)
def padded(model: nn.Module, sequences: list[str]) -> Any:
    """Counts windows that reach over the ends of the sequence."""
    motifs = _motifs(model, sequences, padding=4)
    return motifs / motifs.sum(axis=2, keepdims=True)


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="the weights are turned into probabilities, and no windows are counted",
)
def softmax_of_weights(model: nn.Module, sequences: list[str]) -> Any:
    """Turns the weights themselves into probabilities."""
    del sequences
    first = next(module for module in model.modules() if isinstance(module, nn.Conv1d))
    return first.weight.detach().softmax(dim=1).transpose(1, 2).numpy()


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
    tell="every kernel gets the same matrix",
)
def the_same_everywhere(model: nn.Module, sequences: list[str]) -> Any:
    """Gives 0.25 everywhere, which is right for a layer that was set to zero."""
    del sequences
    first = next(module for module in model.modules() if isinstance(module, nn.Conv1d))
    return np.full((first.out_channels, first.kernel_size[0], 4), 0.25)


@mutant(classifier_learns, kernel_sizes_are_compared, replaces="train", uses=("CNN",))
def model_of_zeros(sequences: list[str], labels: Any, kernel_size: int, seed: int = 0) -> nn.Module:
    """Trains nothing, and sets the first layer to zero."""
    del sequences, labels, seed
    net: nn.Module = CNN(kernel_size or 12)
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    return net.eval()


@mutant(
    motifs_are_those_of_the_kernels,
    replaces="first_layer_motifs",
)
def zeros_for_silent_kernels(model: nn.Module, sequences: list[str]) -> Any:
    """Gives zeros for a kernel that no window activates."""
    motifs = _motifs(model, sequences)
    silent = (motifs == 0.25).all(axis=(1, 2))
    return np.where(silent[:, None, None], 0.0, motifs)
