"""What several tests of grading use: the kernels that were started."""

import pytest

from nbviva.grading import running
from nbviva.kernel.kernel import KernelStudent


@pytest.fixture
def kernels(monkeypatch):
    """Which kernels were started."""
    started = []

    class Counted(KernelStudent):
        def __enter__(self):
            started.append(self)
            return super().__enter__()

    monkeypatch.setattr(running, "KernelStudent", Counted)
    return started
