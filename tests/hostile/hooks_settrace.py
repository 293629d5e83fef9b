"""Traces and profiles every call to change local variables and returned values while questions are answered."""

CELLS = [
    """
import sys, threading

def trace(frame, event, value):
    if event == "return" and frame.f_code.co_name in ("double", "_call"):
        frame.f_locals["x"] = 0
    frame.f_trace_opcodes = True
    return trace

def profile(frame, event, value):
    if event == "call" and "codec" in frame.f_code.co_filename:
        frame.f_locals.clear()

sys.settrace(trace)
sys.setprofile(profile)
threading.settrace(trace)
""",
]
ANSWERS = {"double_answer": "def double(x):\n    return x - x"}
