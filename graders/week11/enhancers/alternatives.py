"""Right answers to Exercise 2, written differently from the notebook's: every check has to accept them."""

from collections.abc import Sequence
from typing import Any

import lightning
import logomaker
import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

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
from nbviva.author import alternative


def fit(
    net: nn.Module, sequences: Sequence[str], labels: Any, *, epochs: int = 12, batch: int = 32, rate: float = 5e-3
) -> nn.Module:
    """Train a network in a plain loop; also the mutants' way."""
    x, y = torch.from_numpy(one_hot(sequences)), torch.as_tensor(np.array(labels)).float()
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    net.train()
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(batch):
            optimiser.zero_grad()
            functional.binary_cross_entropy_with_logits(net(x[index]), y[index]).backward()
            optimiser.step()
    return net.eval()


@torch.no_grad()
def score(net: nn.Module, sequences: Sequence[str]) -> Tensor:
    """Give the logits of a trained network, (n,)."""
    logits: Tensor = net(torch.from_numpy(one_hot(sequences)))
    return logits


class PlainCNN(nn.Module):
    """Convolution, ReLU, maximum, linear; without padding or dropout."""

    def __init__(self, kernel_size: int = 12, n_kernels: int = 32) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, n_kernels, kernel_size)
        self.last = nn.Linear(n_kernels, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(functional.relu(self.first(x)).max(dim=2).values)
        return logits[:, 0]


@alternative(
    cnn_begins_with_a_convolution,
    cnn_gives_logits,
    kernel_sizes_are_compared,
    classifier_learns,
    code_is_learnt,
    replaces="CNN",
)
class Sequential(nn.Module):
    """All layers in one `nn.Sequential`, a pooling layer, and no bias in the convolution."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__()
        pool = (nn.AdaptiveMaxPool1d(1), nn.Flatten())
        convolution = nn.Conv1d(4, n_kernels, kernel_size, bias=False)
        self.layers = nn.Sequential(convolution, nn.ReLU(), *pool, nn.Linear(n_kernels, 1), nn.Flatten(0))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits


@alternative(
    cnn_begins_with_a_convolution,
    cnn_gives_logits,
    classifier_learns,
    code_is_learnt,
    motifs_are_those_of_the_kernels,
    replaces="CNN",
)
class TwoConvolutions(nn.Module):
    """A second convolution, after batch normalisation, sees three neighbouring positions."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, n_kernels, kernel_size)
        self.norm = nn.BatchNorm1d(n_kernels)
        self.second = nn.Conv1d(n_kernels, n_kernels, 3, padding=1)
        self.linear = nn.Linear(n_kernels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.norm(self.first(x)))
        logits: Tensor = self.linear(functional.relu(self.second(x)).amax(dim=2))
        return logits.squeeze(1)


@alternative(cnn_begins_with_a_convolution, cnn_gives_logits, kernel_sizes_are_compared, replaces="CNN")
class WideSecondConvolution(nn.Module):
    """A second convolution of seven positions reads words even where the first one's kernels have one letter."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, n_kernels, kernel_size)
        self.norm = nn.BatchNorm1d(n_kernels)
        self.second = nn.Conv1d(n_kernels, n_kernels, 7, padding=3)
        self.linear = nn.Linear(n_kernels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.norm(self.first(x)))
        logits: Tensor = self.linear(functional.relu(self.second(x)).amax(dim=2))
        return logits.squeeze(1)


@alternative(
    cnn_begins_with_a_convolution, cnn_gives_logits, classifier_learns, motifs_are_those_of_the_kernels, replaces="CNN"
)
class Normalised(nn.Module):
    """The convolution's weights are normalised, and the last layer begins with zeros, so that every logit is 0."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__()
        self.first = weight_norm(nn.Conv1d(4, n_kernels, kernel_size, padding="same"))
        self.last = nn.Linear(n_kernels, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(functional.relu(self.first(x)).amax(dim=2))
        return logits.flatten()


@alternative(
    cnn_begins_with_a_convolution,
    cnn_gives_logits,
    classifier_learns,
    code_is_learnt,
    motifs_are_those_of_the_kernels,
    replaces="CNN",
)
class BothStrands(nn.Module):
    """Reads each sequence and its reverse complement with the same kernels and takes the larger activation."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__()
        self.linear = nn.Linear(n_kernels, 1)
        self.motifs = nn.Conv1d(4, n_kernels, kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        strands = [functional.elu(self.motifs(strand)).amax(dim=2) for strand in (x, x.flip(1, 2))]
        logits: Tensor = self.linear(torch.maximum(*strands))
        return logits.view(-1)


@alternative(cnn_begins_with_a_convolution, cnn_gives_logits, motifs_are_those_of_the_kernels, replaces="CNN")
class Recurrent(nn.Module):
    """A recurrent network reads what the convolution found, and the logit is a difference of two outputs."""

    def __init__(self, kernel_size: int, n_kernels: int = 32) -> None:
        super().__init__()
        self.scan = nn.ModuleList([nn.Conv1d(4, n_kernels, kernel_size)])
        self.memory = nn.LSTM(n_kernels, 16, batch_first=True, bidirectional=True)
        self.classes = nn.LazyLinear(2)

    def forward(self, x: Tensor) -> Tensor:
        found = functional.max_pool1d(functional.gelu(self.scan[0](x)), 4).transpose(1, 2)  # (n, positions, kernels)
        scores: Tensor = self.classes(self.memory(found)[0].amax(dim=1))
        return scores[:, 1] - scores[:, 0]


CNN: Any = PlainCNN  # the notebook's own takes its place
LEARNS = (
    classifier_learns, scores_come_from_the_sequence, code_is_learnt, network_is_used, calls_are_independent,
)  # fmt: skip


@alternative(*LEARNS, report_is_supported, reported_numbers_agree, replaces="fit_predict", uses=("CNN",))
def plain_loop(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> list[float]:
    """Trains in a loop of its own, without Lightning, and gives a list of probabilities."""
    torch.manual_seed(1)
    probabilities: list[float] = score(fit(CNN(12), train_sequences, train_labels), test_sequences).sigmoid().tolist()
    return probabilities


@alternative(*LEARNS, replaces="fit_predict", uses=("CNN",))
def augmented(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Tensor:
    """Trains on the reverse complements too, wide kernels, and gives a tensor of logits."""
    backwards = [sequence[::-1].translate(str.maketrans("ACGT", "TGCA")) for sequence in train_sequences]
    net = fit(CNN(16, 24), [*train_sequences, *backwards], [*train_labels, *train_labels])
    return score(net, test_sequences)


@alternative(*LEARNS, report_is_supported, replaces="fit_predict", uses=("CNN",))
def ensemble(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Any:
    """Averages two networks and gives a column of scores, (n, 1)."""
    nets = [fit(CNN(size), train_sequences, train_labels, rate=1e-2) for size in (8, 20)]
    return torch.stack([score(net, test_sequences) for net in nets], dim=1).mean(dim=1, keepdim=True).numpy()


@alternative(*LEARNS, reported_numbers_agree, replaces="EnhancerClassifier")
class FasterClassifier(lightning.LightningModule):
    """Another optimiser and twice the learning rate."""

    def __init__(self, cnn: nn.Module) -> None:
        super().__init__()
        self.cnn = cnn

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.cnn(x)
        return logits

    def training_step(self, batch: Any, _: int) -> Tensor:
        return functional.binary_cross_entropy_with_logits(self.cnn(batch[0]), batch[1])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.cnn.parameters(), lr=1e-2)


@alternative(kernel_sizes_are_compared)
def compare_kernel_sizes(sequences: list[str], labels: Any, kernel_sizes: Sequence[int]) -> Any:
    """Splits with scikit-learn's splitter, trains in a plain loop, and gives a numpy array."""
    splitter = StratifiedShuffleSplit(1, test_size=0.3, random_state=3)
    train, test = next(splitter.split(np.zeros(len(labels)), labels))
    scores = np.zeros(len(kernel_sizes))
    for i, kernel_size in enumerate(kernel_sizes):
        net = fit(PlainCNN(kernel_size), [sequences[j] for j in train], labels[train])
        scores[i] = roc_auc_score(labels[test], score(net, [sequences[j] for j in test]))
    return scores


@alternative(report_is_supported, reported_numbers_agree, uses=("CNN",))
def cross_validate(sequences: list[str], labels: Any) -> list[tuple[Any, Any]]:
    """Deals the classes out to the folds by hand."""
    folds = []
    order = np.argsort(labels, kind="stable")  # dealt out like cards, so that each fold has its share
    for part in range(5):
        train, test = np.delete(order, np.s_[part::5]), order[part::5]
        net = fit(CNN(12), [sequences[i] for i in train], labels[train])
        folds.append((labels[test], score(net, [sequences[i] for i in test]).numpy()))
    return folds


@alternative(*LEARNS, replaces="fit_predict", uses=("CNN",))
def ranks_of_a_subclass(train_sequences: list[str], train_labels: Any, test_sequences: list[str]) -> Any:
    """Derives a class from `CNN`, holds a part back to stop early, and gives ranks as scores."""

    class Smoothed(CNN):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) / 2

    held_back = len(train_sequences) // 10
    net = fit(Smoothed(12), train_sequences[held_back:], train_labels[held_back:], epochs=14)
    logits = score(net, test_sequences).numpy()
    return logits.argsort().argsort()


def _first_convolution(model: nn.Module) -> nn.Conv1d:
    return next(module for module in model.modules() if isinstance(module, nn.Conv1d))


@alternative(motifs_are_those_of_the_kernels, replaces="first_layer_motifs")
def letter_by_letter(model: nn.Module, sequences: list[str]) -> list[Any]:
    """Cuts the windows as strings and counts their letters, kernel by kernel."""
    first = _first_convolution(model)
    (width,) = first.kernel_size
    windows = np.array([s[i : i + width] for s in sequences for i in range(len(s) - width + 1)])
    x = torch.from_numpy(one_hot(windows.tolist()))  # (windows, 4, width)
    with torch.no_grad():
        activations = functional.conv1d(x, first.weight, first.bias)[:, :, 0].relu().numpy()
    matrices = []
    for column in activations.T:
        chosen = windows[column > 0.5 * column.max()]
        letters = np.array([list(window) for window in chosen])
        shares = [[(column == letter).mean() for letter in "ACGT"] for column in letters.T]
        matrices.append(np.array(shares) if len(chosen) else np.full((width, 4), 0.25))
    return matrices


@alternative(motifs_are_those_of_the_kernels, replaces="first_layer_motifs")
def correlated(model: nn.Module, sequences: list[str]) -> Tensor:
    """Counts letters with one product of activity and one-hot code for each position of the kernel; gives a tensor."""
    first = _first_convolution(model)
    x = torch.from_numpy(one_hot(sequences)).double()
    bias = None if first.bias is None else first.bias.detach().double()
    activity = functional.conv1d(x, first.weight.detach().double(), bias).clamp(min=0)  # (n, kernels, positions)
    active = (activity > activity.amax(dim=(0, 2), keepdim=True) / 2).double()
    positions = active.shape[2]
    counts = torch.stack(
        [
            torch.einsum("nkp,ncp->kc", active, x[:, :, start : start + positions])
            for start in range(first.kernel_size[0])
        ],
        dim=1,
    )  # (kernels, width, 4)
    return torch.where(counts.sum(2, keepdim=True) > 0, counts / counts.sum(2, keepdim=True).clamp(min=1), 0.25)


@alternative(motifs_are_those_of_the_kernels, replaces="first_layer_motifs")
def aligned_by_logomaker(model: nn.Module, sequences: list[str]) -> Any:
    """Lets logomaker count the letters of the windows, a table a kernel."""
    first = _first_convolution(model)
    (width,) = first.kernel_size
    with torch.no_grad():
        active = functional.conv1d(torch.from_numpy(one_hot(sequences)), first.weight, first.bias).relu().numpy()
    tables = []
    for kernel in range(len(first.weight)):
        places = np.argwhere(active[:, kernel] > active[:, kernel].max() / 2)
        windows = [sequences[i][start : start + width] for i, start in places]
        if windows:
            maker: Any = logomaker  # it names no exports
            table = maker.alignment_to_matrix(windows, to_type="probability", pseudocount=0)
            tables.append(table.reindex(columns=list("ACGT"), fill_value=0.0).to_numpy())
        else:
            tables.append(np.full((width, 4), 0.25))
    return np.stack(tables)
