# %% solution="activations"
def relu(x):
    return x * (x > 0)


def elu(x, alpha=1.0):
    negative = alpha * (torch.exp(torch.minimum(x, torch.zeros_like(x))) - 1)
    return torch.where(x > 0, x, negative)


# %% solution="gradient_norms"
def gradient_norms(net, x, y):
    loss = nn.functional.binary_cross_entropy_with_logits(net(x), y)
    weights = [layer.linear.weight for layer in net.hidden]
    return [g.pow(2).sum().sqrt().item() for g in torch.autograd.grad(loss, weights)]


# %% solution="kernel_size"
KERNEL_SIZE = 12

# %% solution="roc_auc"
roc_auc_answer = round(roc_auc, 3)
pr_auc_answer = round(pr_auc, 3)

# %% solution="linear_separability"
answer_3_1 = True

# %% solution="partial_derivative"
dL_dw_11 = 40
