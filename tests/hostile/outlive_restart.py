"""Replaces the kernel's process by another program that holds its sockets open."""

CELLS = ["import os\nos.execv('/bin/sh', ['sh', '-c', 'while true; do sleep 1; done'])"]
SECONDS = 20
