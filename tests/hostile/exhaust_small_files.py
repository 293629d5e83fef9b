"""Makes files without content until no more can be made: they take memory too."""

CELLS = [
    """
import os, time
end, number = time.monotonic() + 3, 0
try:
    while time.monotonic() < end:
        os.close(os.open(f"/tmp/{number}", os.O_CREAT))
        number += 1
except OSError as error:
    print(error.errno)
print(number)
""",
]
