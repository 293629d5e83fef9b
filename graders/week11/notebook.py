# %% [markdown]
# # Week 11: Neural Network Architectures
#
# **Machine Learning for Bioinformatics**, Freie Universität Berlin, SoS 2024
#
# Assignment on {{issued}}. Submit until {{due}}, in groups of at most two.
#
# Please note that the jupyter notebook must be submitted along with the exercise sheet! No points are awarded if an
# answer is only partially correct. Answers must be supported by results from the jupyter notebook.

# %% [markdown]
# Name: &emsp;&emsp;&emsp;&emsp; Matriculation no.:
#
# Name: &emsp;&emsp;&emsp;&emsp; Matriculation no.:

# %% [markdown]
# Write your code where a cell says `YOUR CODE HERE` and remove the line below it, which raises an error. The cell after
# each task holds a few asserts: they catch slips early. After the deadline your functions are also asked for their
# answers on other inputs, as they stand at those asserts, so keep their names and arguments. Before you submit, run
# *Restart & Run All* once.
#
# Marking happens on a CPU, without a GPU, without the network, with some gigabytes of memory, and with the versions of
# Python (3.11) and of the libraries that `requirements.txt` lists. A call of `fit_predict` or `compare_kernel_sizes` has
# five minutes, any other call one or two. So leave `accelerator="cpu"` as it is, also where you work on Colab.
#
# Hand in this notebook, saved with its outputs, and `exercise_sheet.pdf`, filled in; where both answer a question, the
# sheet counts. A number on the sheet counts only if the notebook printed it. Where nbviva is installed, `nbviva check`
# in this folder says before you hand in what is missing.

# %% [markdown]
# ## Assignment 1. Vanishing Gradient Problem
#
# The vanishing gradient problem can substantially impede the training of neural networks. There are several
# countermeasures that help to stabilize the gradient. This includes, for instance, activation functions that do not
# saturate at both very low and very high input values. Another strategy is to normalize the inputs of each layer, or to
# use skip connections.
#
# You write each of these countermeasures, and a function that measures the gradient at every layer. Then a deep network
# is built with one of them at a time, and a figure shows how far down the gradient comes.
#
# Why does it vanish at all? By the chain rule the gradient at a layer is a product with one factor for each layer above
# it: the weights of that layer times the derivative of its activation. Fifty factors of about one half make
# $2^{-50} \approx 10^{-15}$. A step along such a gradient is lost in the rounding of single precision, so the layers
# next to the input learn nothing, while those next to the output already do. Factors above 1 have the opposite effect:
# the gradient explodes. What we want are layers whose factors are close to 1.

# %% given="setup"
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
colours = ["#0072B2", "#D55E00", "#009E73", "#E69F00", "#000000", "#CC79A7"]  # Okabe and Ito's
plt.rcParams.update({"axes.prop_cycle": plt.cycler(color=colours), "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False})

# %% [markdown]
# All figures use one set of colours that readers with any colour vision can tell apart.
#
# ### 1. ({{points activations skip_connection batch_norm gradient_norms gradient_flow}})
#
# Go through the first part of the notebook and complete the implementations.
#
# #### Activation functions
#
# The derivative of tanh is nearly zero for inputs far from 0 on either side. Two activation functions without this
# saturation for high inputs are
#
# $$\mathrm{ReLU}(x) = \max(0, x), \qquad
# \mathrm{ELU}(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^{x} - 1) & x \le 0. \end{cases}$$
#
# Both take a tensor of any shape and return one of the same shape, entry by entry. Use operations of PyTorch, so that
# gradients can flow through, but not its ready-made activations (`torch.relu`, `nn.ELU`, `x.relu()` and the like), and
# leave x itself as it is.


# %% solution="activations"
def relu(x):
    """Give max(0, x) for each entry of the tensor x."""
    ### BEGIN SOLUTION
    return x.clamp(min=0.0)
    ### END SOLUTION


def elu(x, alpha=1.0):
    """Give x where it is positive and alpha * (exp(x) - 1) elsewhere."""
    ### BEGIN SOLUTION
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0.0)))
    ### END SOLUTION


# %% test="activations"
three = torch.tensor([-1.0, 0.0, 2.0])
assert torch.equal(relu(three), torch.tensor([0.0, 0.0, 2.0])), "ReLU replaces what is negative by 0."
assert torch.allclose(elu(three)[1:], three[1:]), "ELU does not change inputs that are 0 or positive."
assert -1.0 < elu(three)[0] < 0.0, "For a negative input ELU lies between -alpha and 0."

# %% [markdown]
# #### Skip connection
#
# A skip connection hands the input of a layer past the layer. As in the lecture, it is added *after* the activation:
#
# $$X^{(l+1)} = \sigma\left(X^{(l)} W^{(l)}\right) + X^{(l)}.$$
#
# The derivative of such a layer is that of $\sigma(X W)$ plus the identity. So whatever the first term does to it, the
# gradient of the layer above also arrives here directly.
#
# `linear` and `activation` are functions of one tensor. The linear layer may have a bias; that is its own affair.


# %% solution="skip_connection"
def skip_connection(x, linear, activation):
    """Apply `linear`, then `activation`, and add the input x (n, width)."""
    ### BEGIN SOLUTION
    return activation(linear(x)) + x
    ### END SOLUTION


# %% test="skip_connection"
unchanged = skip_connection(three, nn.Identity(), torch.zeros_like)
assert torch.equal(unchanged, three), "If the activation gives 0, only the input is left."
plus_one = skip_connection(three, torch.zeros_like, torch.exp)
assert torch.equal(plus_one, three + 1), "The activation acts on the output of the linear layer, not on the sum."

# %% [markdown]
# #### Batch normalisation
#
# Batch normalisation shifts and scales each feature $j$, so that over the $n$ samples of the batch it has mean 0 and
# variance 1. A learnable scale $\gamma_j$ and shift $\beta_j$ follow:
#
# $$\mu_j = \frac1n \sum_{i=1}^n x_{ij}, \qquad
# v_j = \frac1n \sum_{i=1}^n (x_{ij} - \mu_j)^2, \qquad
# \mathrm{BN}(x)_{ij} = \gamma_j\, \frac{x_{ij} - \mu_j}{\sqrt{v_j + \varepsilon}} + \beta_j .$$
#
# However small the outputs of a layer have become, the next layer sees them at the same scale again. The constant
# $\varepsilon$ keeps the division finite for a feature that hardly varies within the batch.
#
# Write it from the formula, without PyTorch's ready-made normalisations (`nn.BatchNorm1d`, `batch_norm`), with
# $\varepsilon = 10^{-5}$. Keep the parameters as `self.gamma` (ones at first) and
# `self.beta` (zeros at first), each an `nn.Parameter` with one entry a feature. The mean and the variance are always
# those of the batch at hand, also after `eval()`: there are no running averages here. Both depend on the input, so the
# gradient flows through them.


# %% solution="batch_norm"
class BatchNorm(nn.Module):
    """Normalise each feature over the batch, then scale it by `gamma` and shift it by `beta`."""

    def __init__(self, width):
        super().__init__()
        ### BEGIN SOLUTION
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))
        ### END SOLUTION

    def forward(self, x):  # (n, width)
        ### BEGIN SOLUTION
        centred = x - x.mean(dim=0)
        variance = centred.square().mean(dim=0)  # (width,)
        return self.gamma * centred / torch.sqrt(variance + 1e-5) + self.beta
        ### END SOLUTION


# %% test="batch_norm"
norm = BatchNorm(3)
normalised = norm(5 + 2 * torch.randn(100, 3))
assert normalised.shape == (100, 3), "The shape stays what it was."
assert torch.allclose(normalised.mean(dim=0), torch.zeros(3), atol=1e-4), "Each feature has mean 0 over the batch."
assert torch.allclose(normalised.var(dim=0, correction=0), torch.ones(3), atol=1e-3), "Each feature has variance 1."
assert {name for name, _ in norm.named_parameters()} == {"gamma", "beta"}, "The parameters are called gamma and beta."

# %% [markdown]
# #### The network
#
# The answer depends on the set-up, so here is ours. All networks are multilayer perceptrons with **50** hidden layers
# of width 32 and the weights that PyTorch draws **by default** for `nn.Linear`. The **baseline activation is tanh**.
# Each other method changes one thing: skip connections around every hidden layer (still with tanh), **batch
# normalisation between the linear layer and the activation** (still with tanh), or ReLU or ELU in the place of tanh.
# Gradients are measured at initialisation, before any training.

# %% given="hidden_layer"
METHODS = ("baseline", "skip", "batch_norm", "relu", "elu")


class HiddenLayer(nn.Module):
    def __init__(self, width, method):
        super().__init__()
        self.method = method
        self.linear = nn.Linear(width, width)
        self.norm = BatchNorm(width) if method == "batch_norm" else nn.Identity()

    def forward(self, x):  # (n, width)
        activation = {"relu": relu, "elu": elu}.get(self.method, torch.tanh)
        if self.method == "skip":
            return skip_connection(x, self.linear, activation)
        return activation(self.norm(self.linear(x)))  # (n, width)


# %% [markdown]
# A first linear layer brings the inputs to the width of the network, a last one makes a single number of it: the logit
# of belonging to class 1. The hidden layers are in `net.hidden`, and `net.hidden[l].linear.weight` is the weight matrix
# of one.


# %% given="network"
class Network(nn.Module):
    def __init__(self, depth, width, method, n_inputs):
        super().__init__()
        self.first = nn.Linear(n_inputs, width)
        self.hidden = nn.ModuleList(HiddenLayer(width, method) for _ in range(depth))
        self.last = nn.Linear(width, 1)

    def forward(self, x):  # (n, n_inputs)
        x = self.first(x)  # (n, width)
        for layer in self.hidden:
            x = layer(x)
        return self.last(x).squeeze(-1)  # (n,)


# %% given="build_network"
def build_network(depth=50, width=32, method="baseline", n_inputs=10):
    """Give a network with `depth` hidden layers, its weights as PyTorch draws them by default."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}")
    return Network(depth, width, method, n_inputs)


# %% [markdown]
# #### Gradient norms
#
# The loss $L$ is the binary cross-entropy of the logits, averaged over the samples (in PyTorch
# `binary_cross_entropy_with_logits`, as a function or as the class `BCEWithLogitsLoss`). For each hidden layer $l$
# compute the L2 norm of its gradient with respect to the weight matrix of the layer, without the bias:
#
# $$g_l = \left\lVert \frac{\partial L}{\partial W^{(l)}} \right\rVert_2
# = \sqrt{\sum_{i,j} \left(\frac{\partial L}{\partial W^{(l)}_{ij}}\right)^{2}}.$$
#
# The inputs `x` have shape (n, 10), the labels `y` shape (n,) and are floats 0 or 1, and `net(x)` has shape (n,).
# Return a list of floats, one a hidden layer, the first layer first. Each call starts afresh: gradients that an earlier
# call or a training step left in the network do not count, and the weights stay as they are. (Remember that PyTorch's
# `backward()` *adds* to what stands in `.grad`.)


# %% solution="gradient_norms"
def gradient_norms(net, x, y):
    """Give the L2 norm of the loss gradient for each hidden layer's weight matrix, first layer first."""
    ### BEGIN SOLUTION
    loss = nn.functional.binary_cross_entropy_with_logits(net(x), y)
    matrices = [layer.linear.weight for layer in net.hidden]
    return [gradient.norm().item() for gradient in torch.autograd.grad(loss, matrices)]
    ### END SOLUTION


# %% [markdown]
# Our toy data are 256 samples with ten normally distributed features; a sample belongs to class 1 where their sum is
# positive.

# %% given="toy_data"
generator = torch.Generator().manual_seed(11)
toy_inputs = torch.randn(256, 10, generator=generator)
toy_labels = (toy_inputs.sum(dim=1) > 0).float()  # (256,)

# %% test="gradient_norms"
net = build_network(depth=4)
norms = gradient_norms(net, toy_inputs, toy_labels)
assert len(norms) == 4, "There is one norm for each hidden layer; the first and the last linear layer do not count."
assert all(float(norm) > 0 for norm in norms), "None of the norms is zero in a network with four layers."
again = gradient_norms(net, toy_inputs, toy_labels)
assert np.allclose([float(n) for n in norms], [float(n) for n in again]), "A second call gives the same."

# %% [markdown]
# #### How far down does the gradient come?
#
# Now all five methods at the full depth, each in a network with fresh random weights. A table gives the largest norm,
# the smallest, and their ratio: 1 would mean that all layers receive gradients of the same magnitude.

# %% given="gradient_flow_experiment" tags=["experiment"]
torch.manual_seed(0)
flow = {}
for method in METHODS:
    norms = gradient_norms(build_network(method=method), toy_inputs, toy_labels)
    flow[method] = np.array([float(norm) for norm in norms])  # (50,)
print(f"{'method':12}{'largest':>10}{'smallest':>10}{'ratio':>10}")
for method, norms in flow.items():
    ratio = norms.max() / norms.min() if norms.min() > 0 else np.inf
    print(f"{method:12}{norms.max():10.1e}{norms.min():10.1e}{ratio:10.1e}")

# %% [markdown]
# The figure shows the norm at every layer, on a logarithmic scale: a straight line that falls towards the left loses
# the same factor at each layer on the way from the output back to the input. Some lines stay up. Compare their two
# ends, and then their ratios in the table.

# %% given="gradient_flow_figure" tags=["experiment"]
styles = {"skip": "-", "relu": "-.", "elu": (0, (1, 1)), "batch_norm": "--", "baseline": ":"}
figure, axes = plt.subplots(figsize=(7, 4))
for method, style in styles.items():
    axes.plot(range(1, 51), flow[method], linestyle=style, linewidth=2, label=method.replace("_", " "))
axes.set(yscale="log", xlabel="hidden layer (1 is nearest to the input)", ylabel="L2 norm of the weight gradient")
axes.legend()
plt.show()

# %% [markdown]
# *Figure 1. Gradient norms of the five methods at initialisation, depth 50. Where a line ends on its way to the left,
# the norm has become exactly 0 in single precision.* Change the seed or the depth in a cell of your own and see which of the
# lines keep their shape.

# %% test="gradient_flow"
for method in METHODS:
    norms = gradient_norms(build_network(depth=10, method=method), toy_inputs, toy_labels)
    assert len(norms) == 10, f"{method}: there is one norm for each of the ten hidden layers."
    assert all(0 <= float(norm) < np.inf for norm in norms), f"{method}: a norm is negative, infinite or no number."

# %% [markdown]
# ### 2. ({{points most_uniform}})
#
# Which of the methods seems most efficient to obtain uniformly distributed magnitudes of the gradient, where at no
# point the gradient magnitudes drop to zero?
#
# Skip Connections: `"skip"` &emsp; Batch Norm: `"batch_norm"` &emsp; ReLU Activation: `"relu"` &emsp; ELU Activation:
# `"elu"`
#
# Your answer must be supported by your implementations: it counts only if those of part 1 are right.

# %% solution="most_uniform"
answer_1_2 = None  # "skip", "batch_norm", "relu" or "elu"
### BEGIN SOLUTION


def spread(method):
    """Give the ratio of the largest to the smallest gradient norm of a network at full depth."""
    sizes = gradient_norms(build_network(method=method), toy_inputs, toy_labels)  # one for each of 50 layers
    return max(sizes) / min(sizes) if min(sizes) > 0 else float("inf")


answer_1_2 = min(("skip", "batch_norm", "relu", "elu"), key=spread)
### END SOLUTION

# %% test="most_uniform"
assert answer_1_2 is not None, "Choose one of the four methods."
assert answer_1_2 in ("skip", "batch_norm", "relu", "elu"), "Write the short name, in quotation marks."

# %% [markdown]
# ## Assignment 2. Enhancer Sequence Classification
#
# Enhancers are regulatory elements in the genome that are responsible for cell type-specific gene expression. A major
# challenge is to understand in which cell type an enhancer becomes active. We would like to study if the activity of an
# enhancer can be predicted from only the enhancer DNA sequence. It is believed that enhancers become active through
# transcription factors that bind to the DNA sequence. These proteins have binding subdomains that recognize specific
# short DNA subsequences within the enhancer. By constructing a classifier that predicts the activity from DNA sequence,
# we might be able to identify the DNA subsequences recognized by transcription factors. We restrict our attention to
# enhancers that are active in liver (positive set) and try to discriminate them from those active in other tissues
# (negative set).

# %%
import logging
import warnings

import logomaker
import pandas as pd
from IPython.display import ProgressBar
from lightning import LightningDataModule, LightningModule, Trainer
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # no line on GPUs for each fit
warnings.filterwarnings("ignore", message=".*does not have many workers.*")
warnings.filterwarnings("ignore", message=".*LeafSpec.*is deprecated")

# %% [markdown]
# ### 1.-3. Read and understand the Lightning implementations.
#
# #### 1. The data
#
# The file `data/enhancers.tsv` has one sequence a line, 200 letters long, with its label: 1 if it is active in the
# liver, 0 if in other cells. Both classes have the same share of G and C, so that counting letters is of no use. There
# are fewer positives than negatives; keep the share of positives in mind when you read a PR-AUC below, because it is
# the PR-AUC of a classifier that guesses.

# %% given="enhancers" tags=["experiment"]
table = pd.read_csv("data/enhancers.tsv", sep="\t")
sequences = table["sequence"].tolist()
labels = table["label"].to_numpy()
print(f"{len(sequences)} sequences, {labels.mean():.0%} of them active in the liver")

# %% [markdown]
# A network needs numbers. The one-hot code has one channel for each letter, A, C, G and T in this order, and a single 1
# at each position. A convolution over it reads DNA as a convolution over an image reads colours.


# %%
def one_hot(sequences):
    """Turn n sequences of one length into a tensor (n, 4, length) with the channels A, C, G, T."""
    letters = np.array(sequences).view("U1").reshape(len(sequences), -1)  # (n, length)
    channels = letters[:, None, :] == np.array(list("ACGT"))[:, None]  # (n, 4, length)
    return torch.from_numpy(channels).float()


print(one_hot(["AACGT"])[0])

# %% [markdown]
# A `LightningDataModule` says where the batches come from, and nothing else. Lightning asks it for a data loader when
# the training begins. Ours shuffles the sequences anew in each epoch and hands them out 64 at a time.


# %%
class EnhancerData(LightningDataModule):
    """Training batches of one-hot sequences (64, 4, length) and labels (64,)."""

    def __init__(self, sequences, labels, batch_size=64):
        super().__init__()
        self.dataset = TensorDataset(one_hot(sequences), torch.tensor(labels, dtype=torch.float32))
        self.batch_size = batch_size

    def train_dataloader(self):
        batches = BatchSampler(RandomSampler(self.dataset), self.batch_size, drop_last=False)
        return DataLoader(self.dataset, sampler=batches, batch_size=None)  # the sampler gives whole batches


# %% [markdown]
# #### 2. The classifier
#
# A `LightningModule` puts together what belongs to one training: the network, the loss of a batch, and the optimiser.
# The loop over epochs and batches, the backward pass and the optimiser's steps are Lightning's. The network itself,
# `cnn`, is handed in from outside: you write it in the fourth task. It gives a logit for each sequence; the sigmoid is
# inside the loss.


# %%
class EnhancerClassifier(LightningModule):
    """Trains a CNN that turns one-hot sequences (n, 4, length) into logits (n,)."""

    def __init__(self, cnn, learning_rate=5e-3):
        super().__init__()
        self.cnn = cnn
        self.learning_rate = learning_rate

    def forward(self, x):
        return self.cnn(x)

    def training_step(self, batch, batch_index):
        x, y = batch
        return nn.functional.binary_cross_entropy_with_logits(self(x), y)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=1e-4)


# %% [markdown]
# The `Trainer` gets the two and does the work. Its log files, checkpoints, progress bar and summary are switched off,
# because a fit takes two seconds here; where several models are trained, one bar of ours tells how many are done. The
# seed makes a fit repeatable: the same sequences and the same seed give the same model.
#
# You may change the optimiser, the learning rate, the batch size or the number of epochs. What to expect: 5e-3 and 1e-2
# work well. With a learning rate of 1e-3 and no more than 10 epochs the training is cut short, and for one seed in
# eight the ROC-AUC falls below 0.75.


# %%
def train(sequences, labels, kernel_size, seed=0):
    """Train a new CNN with this kernel size and give the trained model."""
    torch.manual_seed(seed)
    model = EnhancerClassifier(CNN(kernel_size))
    quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    trainer = Trainer(max_epochs=10, accelerator="cpu", devices=1, **quiet)
    trainer.fit(model, datamodule=EnhancerData(sequences, labels))
    return model.eval()


def predict(model, sequences):
    """Give one score a sequence, (n,); the larger, the more likely it is active in the liver."""
    with torch.no_grad():
        return model(one_hot(sequences)).numpy()


# %%
def progress(items):
    """Give the items one by one, and show a bar of how many are done."""
    bar = ProgressBar(len(items))
    bar.display()
    for item in items:
        yield item
        bar.progress += 1


# %% [markdown]
# #### 3. Cross-validation
#
# `fit_predict` is the whole experiment in one function: train on some sequences, score others. Your solution is asked
# through it, also with sequences and labels that you do not have. Change it if you like, but let it train
# your `CNN`, keep its arguments, and let it return one score for each test sequence, not a class. What it knows about
# the labels must come from its arguments, so each call trains a new model: one that goes on from the last fold has seen
# the test sequences.


# %%
def fit_predict(train_sequences, train_labels, test_sequences):
    """Train on the first two arguments and give one score for each test sequence, (n,)."""
    model = train(train_sequences, train_labels, KERNEL_SIZE)
    return predict(model, test_sequences)


# %% [markdown]
# In 5-fold cross-validation each sequence is scored once, by a model that was trained on the other four fifths. The
# folds are stratified: each has the same share of positives. Both scores are computed in each fold and then averaged
# over the folds, because the logits of two different models need not share a scale.


# %%
def cross_validate(sequences, labels, seed=0):
    """Give five pairs, one a fold: the labels of its test sequences, and the scores of the model that never saw them."""
    folds = []
    splitter = StratifiedKFold(n_splits=5, shuffle=True, random_state=seed)
    for train_index, test_index in progress(list(splitter.split(sequences, labels))):
        train_sequences = [sequences[i] for i in train_index]
        test_sequences = [sequences[i] for i in test_index]
        scores = fit_predict(train_sequences, labels[train_index], test_sequences)
        folds.append((labels[test_index], np.asarray(scores)))
    return folds


# %%
def draw_curves(folds):
    """Draw the ROC curve and the precision-recall curve of each fold."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    for y_true, y_score in folds:
        false_positives, true_positives, _ = roc_curve(y_true, y_score)
        left.plot(false_positives, true_positives, color="C0", alpha=0.6)
        precision, recall, _ = precision_recall_curve(y_true, y_score)
        right.plot(recall, precision, color="C0", alpha=0.6)
    left.plot([0, 1], [0, 1], "k:", label="guessing")
    right.axhline(np.mean(folds[0][0]), color="k", linestyle=":", label="guessing")
    left.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
    right.set(xlabel="recall", ylabel="precision", title="Precision and recall")
    left.legend(), right.legend()
    plt.show()


# %% [markdown]
# ### 4. Complete the implementation of the CNN. Test different kernel sizes. ({{points cnn kernel_sizes}})
#
# `CNN(kernel_size, n_kernels)` takes one-hot sequences (n, 4, length) and gives one logit for each, (n,).
#
# - The first layer is `nn.Conv1d(4, n_kernels, kernel_size)`, with or without padding. Its kernels are what you look at
#   in the last task: the first `nn.Conv1d` that the model defines has to be the one that reads the sequence.
# - The rest is yours. A ReLU, the maximum over all positions, dropout and a linear layer are enough. The maximum asks
#   "does this subsequence occur anywhere?"; an average over positions would drown the one place where it does.
# - The same network must accept sequences of any length from 50 letters on.
# - After `eval()` the logit of a sequence does not depend on the others in its batch. So your `BatchNorm` is of no use
#   here; `nn.BatchNorm1d` is, which keeps running averages.


# %% solution="cnn"
class CNN(nn.Module):
    """Turns one-hot sequences (n, 4, length) into logits (n,)."""

    def __init__(self, kernel_size, n_kernels=32):
        super().__init__()
        ### BEGIN SOLUTION
        self.convolution = nn.Conv1d(4, n_kernels, kernel_size, padding=kernel_size // 2)
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(n_kernels, 1)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        activation = torch.relu(self.convolution(x))  # (n, n_kernels, positions)
        return self.output(self.dropout(activation.amax(dim=2))).squeeze(1)
        ### END SOLUTION


# %% test="cnn"
for length in (50, 200):
    assert CNN(kernel_size=8)(torch.zeros(3, 4, length)).shape == (3,), "one logit for each sequence of any length"
first_layer = next(module for module in CNN(kernel_size=8, n_kernels=5).modules() if isinstance(module, nn.Conv1d))
assert first_layer.weight.shape == (5, 4, 8), "the first layer has n_kernels kernels of the size asked for"

# %% [markdown]
# Now test different kernel sizes. `compare_kernel_sizes` splits the sequences once, stratified, into a training and a
# validation set. For each kernel size it trains a model on the first and gives its ROC-AUC on the second, as a list of
# numbers in the order of `kernel_sizes`. `train`, `predict`, `train_test_split` and `roc_auc_score` are at hand, and a
# loop over `progress(kernel_sizes)` shows how far it is.


# %% solution="kernel_sizes"
def compare_kernel_sizes(sequences, labels, kernel_sizes):
    """Give one validation ROC-AUC for each kernel size, all on the same stratified split."""
    ### BEGIN SOLUTION
    train_sequences, test_sequences, train_labels, test_labels = train_test_split(
        sequences, labels, test_size=0.25, stratify=labels, random_state=0
    )
    models = [train(train_sequences, train_labels, kernel_size) for kernel_size in progress(kernel_sizes)]
    return [roc_auc_score(test_labels, predict(model, test_sequences)) for model in models]
    ### END SOLUTION


# %% [markdown]
# The figure shows what a kernel has to see. A kernel of one or two letters knows only which letters occur, and both
# classes have the same: its ROC-AUC is that of guessing, the dotted line. The curve climbs until a kernel is about as
# wide as the subsequence that a transcription factor recognises, and is flat from there on.

# %% given="kernel_size_comparison" tags=["training"]
kernel_sizes = [1, 2, 4, 8, 12, 16, 20]
kernel_size_scores = compare_kernel_sizes(sequences, labels, kernel_sizes)
figure, axes = plt.subplots(figsize=(7, 3.5))
axes.plot(kernel_sizes, kernel_size_scores, "o-")
axes.axhline(0.5, color="k", linestyle=":", label="guessing")
axes.set(xlabel="kernel size", ylabel="ROC-AUC on the validation set", xticks=kernel_sizes)
axes.legend()
plt.show()

# %% [markdown]
# *Figure 2. ROC-AUC on the validation set by kernel size. One split decides each point, so differences of two hundredths
# are chance.*

# %% test="kernel_sizes"
assert len(kernel_size_scores) == len(kernel_sizes), "one ROC-AUC for each kernel size"
assert all(0 <= score <= 1 for score in kernel_size_scores), "a ROC-AUC lies between 0 and 1"

# %% [markdown]
# Choose the kernel size of your classifier. `fit_predict` uses it.

# %% solution="kernel_size"
KERNEL_SIZE = None  # the size that you choose from the figure
### BEGIN SOLUTION
KERNEL_SIZE = 12
### END SOLUTION

# %% [markdown]
# ### What is the ROC-AUC of your classifier evaluated with 5-fold CV? You should get above 0.75. ({{points roc_auc}})
#
# The next cell runs your `fit_predict` five times, prints both numbers and draws one curve for each fold. The five
# curves of a panel should lie close together: how far they are apart is how much the number owes to chance. The more
# a curve bends away from the dotted line, the better.

# %% given="cross_validation" tags=["training"]
folds = cross_validate(sequences, labels)
roc_auc = float(np.mean([roc_auc_score(y_true, y_score) for y_true, y_score in folds]))
pr_auc = float(np.mean([average_precision_score(y_true, y_score) for y_true, y_score in folds]))
print(f"ROC-AUC: {roc_auc:.4f}")
print(f"PR-AUC: {pr_auc:.4f}")
draw_curves(folds)

# %% [markdown]
# *Figure 3. Left the ROC curve, right precision and recall, one line for each of the five folds.*
#
# Report the two numbers that your notebook printed, here and on the sheet, with at least two decimals, such as 0.84.
# Hand the notebook in with its outputs, because the printed numbers are what supports your answer. Your classifier is
# also cross-validated on enhancers of other chromosomes; what you report has to agree with what comes out there.

# %% solution="roc_auc"
roc_auc_answer = None
pr_auc_answer = None
### BEGIN SOLUTION
roc_auc_answer = round(roc_auc, 3)
pr_auc_answer = round(pr_auc, 3)
### END SOLUTION

# %% test="roc_auc"
assert 0 < roc_auc_answer <= 1 and 0 < pr_auc_answer <= 1, "both are shares of one, not percent"
assert roc_auc_answer > 0.75, "you should get above 0.75"

# %% [markdown]
# ### Visualize the kernels of the first layer of your CNN model to obtain the identified DNA subsequences (optional). ({{points motifs}})
#
# What does a kernel of the first layer look for? The weights alone are hard to read. Collect the subsequences that
# activate the kernel instead, and count the letters at each position.
#
# `first_layer_motifs(model, sequences)` gives an array (n_kernels, kernel_size, 4): for each kernel one probability
# matrix, with a row for each position and the columns A, C, G, T. So that everybody means the same matrix:
#
# - The windows are all subsequences of the length of the kernel, at every position where the kernel lies wholly inside
#   the sequence: no padding, even if your CNN pads.
# - The activation of a window is the ReLU of the first layer's output there, with its bias.
# - A window counts for a kernel if its activation is larger than half of the kernel's largest activation over all
#   windows of all `sequences`.
# - The matrix holds the share of each letter among the windows that count, without pseudocounts: each row sums to 1. A
#   kernel that no window activates gets 0.25 everywhere.
#
# The first `nn.Conv1d` among `model.modules()` is the first layer; `tensor.unfold(2, kernel_size, 1)` cuts windows.


# %% solution="motifs"
def first_layer_motifs(model, sequences):
    """Give one probability matrix for each kernel of the first layer, (n_kernels, kernel_size, 4)."""
    ### BEGIN SOLUTION
    first = next(module for module in model.modules() if isinstance(module, nn.Conv1d))
    x = one_hot(sequences)  # (n, 4, length)
    with torch.no_grad():
        activations = torch.relu(nn.functional.conv1d(x, first.weight, first.bias))  # (n, n_kernels, positions)
    windows = x.unfold(2, first.kernel_size[0], 1).permute(0, 2, 3, 1)  # (n, positions, kernel_size, 4)
    motifs = torch.full((first.out_channels, *windows.shape[2:]), 0.25)
    for motif, activation in zip(motifs, activations.transpose(0, 1)):
        active = activation > activation.max() / 2  # (n, positions)
        if active.any():
            motif[:] = windows[active].mean(dim=0)
    return motifs.numpy()
    ### END SOLUTION


# %% test="motifs"
small_motifs = first_layer_motifs(CNN(kernel_size=6, n_kernels=3), sequences[:20])
assert small_motifs.shape == (3, 6, 4), "a matrix (kernel_size, 4) for each kernel"
assert np.allclose(small_motifs.sum(axis=2), 1, atol=1e-5), "each row sums to 1"

# %% [markdown]
# The next cell trains one model on all sequences and draws what its kernels find. A sequence logo draws a matrix: the
# height of a position is its information in bits, 0 if all letters are equally frequent and 2 if there is only one,
# shared out among the letters by their frequency. The figure shows the six kernels with the most information. Look for
# `CAAAGTCCA` or its reverse complement `TGGACTTTG`: HNF4A binds it, the master regulator of the liver, and several
# kernels find it. Distrust a logo of two bits from end to end; so few windows stand behind it that they are copies of
# one sequence.

# %% given="motif_logos" tags=["experiment", "shown"]
model = train(sequences, labels, KERNEL_SIZE)
motifs = first_layer_motifs(model, sequences)
information = motifs * np.log2(np.maximum(motifs, 1e-9) / 0.25)  # (n_kernels, kernel_size, 4)
information = motifs * information.sum(axis=2, keepdims=True)  # bits of each letter
best = np.argsort(-information.sum(axis=(1, 2)))[:6]
letters = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"}
figure, panels = plt.subplots(3, 2, figsize=(9, 5))
for panel, kernel in zip(panels.flat, best):
    logomaker.Logo(pd.DataFrame(information[kernel], columns=list("ACGT")), ax=panel, color_scheme=letters)
    panel.set(title=f"kernel {kernel}", ylabel="bits", ylim=(0, 2))
plt.show()

# %% [markdown]
# *Figure 4. Sequence logos of the six kernels with the most information, by their index in the first layer.*

# %% [markdown]
# ## Assignment 3. Pen&Paper Exercises
#
# Work these out on paper and write only the result into the cell, in the place of `None`. A number may be an integer or
# a decimal; a statement is judged with `True` or `False`.

# %% [markdown]
# ### 1. ({{points linear_separability}})
#
# The data
#
# $$X = \begin{bmatrix} 1 & 1 \\ 1 & -1 \\ -1 & 1 \\ -1 & -1 \end{bmatrix}, \quad
# y = \begin{bmatrix} 1 \\ 0 \\ 0 \\ 1 \end{bmatrix}$$
#
# can be perfectly classified by a neural network with a single linear layer (including bias) and a sigmoid activation
# function to compute the output of the network.
#
# Correct: write `True` &emsp; Incorrect: write `False`

# %% solution="linear_separability"
answer_3_1 = None  # True or False
### BEGIN SOLUTION
from scipy.optimize import linprog

points = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
signs = np.array([1, -1, -1, 1])
# A line separates the classes if there are w and b with sign * (w x + b) >= 1 for every point: a linear program.
sides = -signs[:, None] * np.column_stack([points, np.ones(4)])  # (4, 3)
answer_3_1 = bool(linprog(np.zeros(3), A_ub=sides, b_ub=-np.ones(4), bounds=[(None, None)] * 3).success)
### END SOLUTION

# %% test="linear_separability"
assert answer_3_1 is not None, "Decide between True and False."
assert isinstance(answer_3_1, bool), "Write True or False, without quotation marks."

# %% [markdown]
# ### 2. ({{points rotation_equivariance}})
#
# The output of a convolutional layer on images is rotation equivariant
#
# Correct: write `True` &emsp; Incorrect: write `False`

# %% solution="rotation_equivariance"
answer_3_2 = None  # True or False
### BEGIN SOLUTION
torch.manual_seed(0)
image, kernel = torch.randn(1, 1, 8, 8), torch.randn(1, 1, 3, 3)
turned_before = nn.functional.conv2d(torch.rot90(image, dims=(2, 3)), kernel)
turned_after = torch.rot90(nn.functional.conv2d(image, kernel), dims=(2, 3))
answer_3_2 = torch.allclose(turned_before, turned_after, atol=1e-5)
### END SOLUTION

# %% test="rotation_equivariance"
assert answer_3_2 is not None, "Decide between True and False."
assert isinstance(answer_3_2, bool), "Write True or False, without quotation marks."

# %% [markdown]
# ### 3. ({{points gradient_step}})
#
# Gradient descent is an iterative algorithm for computing the minimizer $x^*$ of an objective function $f$. At each
# iteration $t$ it computes a value $x_t$ based on the value $x_{t-1}$ at the previous step $t-1$. Consider the
# objective function
#
# $$f(x) = x^2 + 3.$$
#
# Perform one iteration of the gradient descent algorithm with initial condition $x_0 = 1$ and step size $\gamma = 0.5$.
# What is the value of $x_1$?

# %% solution="gradient_step"
x_1 = None  # a number
### BEGIN SOLUTION
x = torch.tensor(1.0, requires_grad=True)
(slope,) = torch.autograd.grad(x**2 + 3, x)
x_1 = (x - 0.5 * slope).item()
### END SOLUTION

# %% test="gradient_step"
assert x_1 is not None, "Write the value of x1."
assert abs(float(x_1)) < float("inf"), "The value is one finite number."

# %% [markdown]
# ### 4. ({{points partial_derivative}})
#
# Assume we have a neural network with two layers and ReLU activation function. The first layer has weights
#
# $$W = \begin{bmatrix} w_{11} & w_{12} \\ w_{21} & w_{22} \end{bmatrix}
# = \begin{bmatrix} 1 & 3 \\ 4 & 5 \end{bmatrix}$$
#
# while the second layer uses the weight matrix
#
# $$V = \begin{bmatrix} v_{11} \\ v_{21} \end{bmatrix} = \begin{bmatrix} 1 \\ 1 \end{bmatrix} .$$
#
# The output of the neural network is given by
#
# $$f(X) = \sigma(\sigma(XW)V)$$
#
# where $X$ denotes the input and $\sigma$ the ReLU activation function. Assume furthermore that our data is given by
# $X = \begin{bmatrix} 1 & 2 \end{bmatrix}$ and $y = \begin{bmatrix} 1 \end{bmatrix}$.
#
# Compute the value of the partial derivative of the loss function $L = (y-f(X))^2$ with respect to $w_{11}$.
#
# $$\frac{\partial}{\partial w_{11}}L =$$

# %% solution="partial_derivative"
dL_dw_11 = None  # a number
### BEGIN SOLUTION
W = torch.tensor([[1.0, 3.0], [4.0, 5.0]], requires_grad=True)
V, X, y = torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0, 2.0]]), 1.0
loss = (y - torch.relu(torch.relu(X @ W) @ V)).square().sum()
(gradient,) = torch.autograd.grad(loss, W)
dL_dw_11 = gradient[0, 0].item()
### END SOLUTION

# %% test="partial_derivative"
assert dL_dw_11 is not None, "Write the value of the derivative."
assert abs(float(dL_dw_11)) < float("inf"), "The value is one finite number."
