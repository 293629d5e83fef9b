"""Reads the memory of its parents and of the kernel, and searches it for the secret."""

CELLS = [
    r"""
import ctypes, glob, os, re
libc = ctypes.CDLL(None, use_errno=True)
for pid in [0, 1, 2, os.getppid(), *range(1, 60)]:
    print(pid, libc.ptrace(16, pid, 0, 0), ctypes.get_errno())
    try:
        spans = re.findall(r"^(\w+)-(\w+) r", open(f"/proc/{pid}/maps").read(), re.M)
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for start, end in spans[:200]:
                try:
                    memory.seek(int(start, 16))
                    found = memory.read(min(int(end, 16) - int(start, 16), 1 << 22))
                    print(*set(re.findall(rb"needle-[0-9a-f]{24}", found)))
                except (OSError, OverflowError, ValueError):
                    pass
    except OSError as error:
        print(pid, error.errno)
for name in ("/dev/mem", "/dev/kmem", "/proc/kcore", "/proc/kmsg", "/dev/vda", "/dev/sda"):
    try:
        open(name, "rb").read(1)
        print("read", name)
    except OSError:
        pass
""",
]


def after(report, notebook, outside):
    said = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert "read /" not in said
