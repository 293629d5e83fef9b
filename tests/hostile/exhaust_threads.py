"""Starts threads until it may not, and lets them sleep."""

CELLS = [
    """
import threading, time
for _ in range(5000):
    try:
        threading.Thread(target=time.sleep, args=(1000,)).start()
    except RuntimeError:
        break
print(threading.active_count())
""",
]
