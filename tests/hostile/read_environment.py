"""Reads the environment of every process that it can see, and its own."""

from forge import LOOK

CELLS = [LOOK, "look('/proc/*/environ', '/proc/*/task/*/environ', '/proc/thread-self/environ')", "print(os.environ)"]
