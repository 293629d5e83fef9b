"""Ends its kernel at once: in a cell by a fault of memory, in a fork by an ordinary exit."""

CELLS = ["import os\nif not os.fork():\n    os._exit(0)", "import ctypes\nctypes.string_at(0)"]
SECONDS = 10


def after(report, notebook, outside):
    assert "ended the kernel" in str(report.notes)
