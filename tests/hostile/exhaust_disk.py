"""Fills its working copy, its home, the temporary folders and the shared memory."""

CELLS = [
    """
import os
for place in ("/tmp", ".", os.path.expanduser("~"), "/dev/shm", "/run/nbviva", "/dev", "/"):
    written = 0
    try:
        for number in range(100):
            with open(f"{place}/fill{number}", "wb") as file:
                while file.tell() < 48 << 20:
                    file.write(bytes(1 << 20))
                    written += 1
    except OSError as error:
        print(place, written, error.errno)
    try:
        [os.unlink(f"{place}/fill{number}") for number in range(100)]
    except OSError:
        pass
""",
]


def after(report, notebook, outside):
    said = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    written = [int(line.split()[1]) for line in said.splitlines()]
    assert len(written) == 7
    assert max(written) <= 64
