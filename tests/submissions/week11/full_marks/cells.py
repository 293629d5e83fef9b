# %% solution="activations"
def relu(x):
    return torch.maximum(x, torch.zeros_like(x))


def elu(x, alpha=1.0):
    negative = alpha * (torch.exp(torch.minimum(x, torch.zeros_like(x))) - 1)
    return torch.where(x > 0, x, negative)


# %% solution="skip_connection"
def skip_connection(x, linear, activation):
    out = linear(x)
    out = activation(out)
    return x + out


# %% solution="batch_norm"
class BatchNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        mean = x.mean(0, keepdim=True)
        var = x.var(0, unbiased=False, keepdim=True)
        x_hat = (x - mean) / (var + 1e-5) ** 0.5
        return x_hat * self.gamma + self.beta


# %% solution="gradient_norms"
def gradient_norms(net, x, y):
    net.zero_grad()
    loss = nn.BCEWithLogitsLoss()(net(x), y)
    loss.backward()
    norms = []
    for layer in net.hidden:
        norms.append(float(torch.sqrt((layer.linear.weight.grad**2).sum())))
    return norms


# %% solution="most_uniform"
answer_1_2 = "skip"


# %% solution="cnn"
class CNN(nn.Module):
    def __init__(self, kernel_size, n_kernels=32):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(4, n_kernels, kernel_size, padding="same"),
            nn.ReLU(),
            nn.AdaptiveMaxPool1d(1),
            nn.Flatten(),
            nn.Dropout(0.2),
        )
        self.classifier = nn.Linear(n_kernels, 1)

    def forward(self, x):
        return self.classifier(self.features(x))[:, 0]


# %% solution="kernel_sizes"
def compare_kernel_sizes(sequences, labels, kernel_sizes):
    labels = np.asarray(labels)
    train_ids, test_ids = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=1)
    scores = []
    for size in kernel_sizes:
        model = train([sequences[i] for i in train_ids], labels[train_ids], size)
        predicted = predict(model, [sequences[i] for i in test_ids])
        scores.append(roc_auc_score(labels[test_ids], predicted))
    return scores


# %% solution="kernel_size"
KERNEL_SIZE = 16

# %% solution="roc_auc"
roc_auc_answer = round(roc_auc, 2)
pr_auc_answer = round(pr_auc, 2)


# %% solution="motifs"
def first_layer_motifs(model, sequences):
    conv = [m for m in model.modules() if isinstance(m, nn.Conv1d)][0]
    size = conv.kernel_size[0]
    x = one_hot(sequences)
    with torch.no_grad():
        act = nn.functional.conv1d(x, conv.weight, conv.bias).relu().numpy()
    x = x.numpy()
    result = np.full((act.shape[1], size, 4), 0.25)
    for k in range(act.shape[1]):
        n, start = np.nonzero(act[:, k] > 0.5 * act[:, k].max())
        if len(n):
            counts = sum(x[i, :, s : s + size] for i, s in zip(n, start))
            result[k] = (counts / len(n)).T
    return result


# %% solution="linear_separability"
answer_3_1 = False

# %% solution="rotation_equivariance"
answer_3_2 = False

# %% solution="gradient_step"
x_1 = 0

# %% solution="partial_derivative"
dL_dw_11 = 42
