"""Forks the kernel: parent and child both answer, and when one ends the other goes on."""

CELLS = ["import os\nos.fork()\nos.fork()"]
