"""Writes garbage into every socket that the kernel has open, below all protocols."""

CELLS = [
    """
import os, stat
for number in range(3, 200):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            os.set_blocking(number, False)
            os.write(number, b"\\x00\\xff\\x01\\x7f" * 4000)
    except OSError:
        pass
""",
]
