"""Answers with tensors that are sparse, quantised, on no device, of no size, or views that share their memory."""

ANSWERS = {
    "double_answer": """
try:
    import torch
except ImportError:
    torch = None
calls = 0
def double(x):
    global calls
    if torch is None:
        return None
    calls += 1
    makers = [lambda: torch.eye(3).to_sparse(), lambda: torch.empty(3, device="meta"),
              lambda: torch.zeros(1).expand(1 << 34),
              lambda: torch.zeros(2, dtype=torch.complex32), lambda: torch.zeros(0, 1 << 40),
              lambda: torch.zeros(1, requires_grad=True)]
    return makers[calls % len(makers)]()
""",
}
