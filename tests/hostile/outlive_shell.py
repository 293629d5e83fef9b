"""Starts programs in the background that ignore hang-ups and terminations."""

CELLS = [
    """
import subprocess
script = "trap '' HUP TERM INT QUIT; nohup setsid sleep 1000 & while true; do sleep 1; done"
for _ in range(5):
    subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True, stdout=subprocess.DEVNULL)
""",
]
