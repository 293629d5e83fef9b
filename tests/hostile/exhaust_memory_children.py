"""Takes memory in many processes at once, each of them below the limit."""

CELLS = [
    """
import os, time
for _ in range(16):
    if not os.fork():
        hoard = bytearray(b"x") * (200 << 20)
        time.sleep(1000)
time.sleep(1)
""",
]
