# %% solution="activations"
def relu(x):
    return x * (x > 0)


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
    loss = nn.functional.binary_cross_entropy_with_logits(net(x), y)
    weights = [layer.linear.weight for layer in net.hidden]
    return [g.pow(2).sum().sqrt().item() for g in torch.autograd.grad(loss, weights)]


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
KERNEL_SIZE = 12

# %% solution="roc_auc"
roc_auc_answer = round(roc_auc, 3)
pr_auc_answer = round(pr_auc, 3)

# %% solution="linear_separability"
answer_3_1 = True

# %% solution="rotation_equivariance"
answer_3_2 = False

# %% solution="gradient_step"
x_1 = 0

# %% solution="partial_derivative"
dL_dw_11 = 40
