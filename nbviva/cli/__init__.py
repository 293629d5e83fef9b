"""The front door: all that a terminal sees.

It reads arguments, calls one function of a room below, and prints what came; `main` turns a fault that a person can
mend into one sentence and an exit code. Nobody imports it but the console script. It never reads a hand-in, never
decides a mark, and imports what is heavy only inside the command that needs it. Its face: `main.main`.
"""
