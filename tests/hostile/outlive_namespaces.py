"""Makes namespaces of its own, where its processes would be out of sight."""

CELLS = [
    """
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
for flags in (0x10000000, 0x20000000, 0x10000000 | 0x20000000, 0x00020000, 0x40000000):
    print("made" if libc.unshare(flags) == 0 else ctypes.get_errno())
for name in os.listdir("/proc/self/ns"):
    try:
        number = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
        print("made" if libc.setns(number, 0) == 0 else ctypes.get_errno())
    except OSError as error:
        print(error.errno)
""",
]


def after(report, notebook, outside):
    assert "made" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)
