"""Grows one file past the limit on a file's size, also without writing it."""

CELLS = [
    """
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
number = os.open("/tmp/large", os.O_RDWR | os.O_CREAT)
for grow in (lambda: os.ftruncate(number, 1 << 40), lambda: os.posix_fallocate(number, 0, 1 << 36),
             lambda: os.pwrite(number, b"x", 1 << 38)):
    try:
        grow()
        print("grown", os.fstat(number).st_size)
    except OSError as error:
        print(error.errno)
""",
]


def after(report, notebook, outside):
    assert "grown" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)
