"""Measure how much CPU an honest hand-in keeps beside a hostile one, and beside another honest one, in the same run.

Two kernels run side by side. The honest one computes in as many processes as there are cores; the other one does the
same, or starts forty that ask for sessions of their own. Printed is what the honest one got, and the ratio; below 0.8
this ends with 1. Run it as root, where each kernel is a control group, and as an ordinary user, where none is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from nbviva.sandbox.cgroup import make_cgroup
from nbviva.sandbox.limits import Limits
from nbviva.sandbox.self_check import KINDS, side_by_side

LEAST = 0.8
PROCESSES = {"honest": os.cpu_count() or 1, "hostile": 40}
CODE = """
import os, time
end, children = time.monotonic() + {seconds}, []
for _ in range({processes}):
    child = os.fork()
    if not child:
        os.setsid()
        while time.monotonic() < end:
            pass
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
print(sum(os.times()[2:4]))
"""


SENDS = """
import os, time
for number, bit in enumerate({bits}):
    begins = {start} + number * {slot}
    time.sleep(max(0, begins - time.time()))
    if bit:
        for _ in range({processes}):
            if os.fork() == 0:
                while time.time() < begins + {slot} * 0.9: pass
                os._exit(0)
time.sleep({slot})
"""
HEARS = """
import time
heard = []
for number in range({number}):
    begins, turns = {start} + number * {slot}, 0
    time.sleep(max(0, begins + {slot} * 0.2 - time.time()))
    while time.time() < begins + {slot} * 0.9: turns += 1
    heard.append(turns)
print(heard)
"""


def bits_told(kind: str, number: int, rate: float) -> int:
    """Let one kernel compute or rest, so many times a second, and the other guess which by its own speed."""
    bits = [int(bit) for bit in random.Random(0).choices((0, 1), k=number)]  # noqa: S311 - no secrets
    with side_by_side(kind) as (first, second), ThreadPoolExecutor(1) as pool:
        about = {"start": time.time() + 2, "slot": 1 / rate, "number": number, "bits": bits, "processes": 8}
        sending = pool.submit(second.run, SENDS.format(**about))
        heard = json.loads(first.run(HEARS.format(**about)))
        sending.result()
    middle = statistics.median(heard)
    return sum((turns < middle) == bool(bit) for turns, bit in zip(heard, bits, strict=True))


def seconds_beside(kind: str, other: str, seconds: float) -> float:
    """Give the CPU seconds that an honest kernel gets in so many seconds beside another kernel."""
    with side_by_side(kind) as (first, second), ThreadPoolExecutor(1) as pool:
        beside = pool.submit(second.run, CODE.format(seconds=seconds + 1, processes=PROCESSES[other]))
        got = first.run(CODE.format(seconds=seconds, processes=PROCESSES["honest"]))
        beside.result()
    return float(got)


def row(kind: str, seconds: float, times: int) -> float:
    """Measure in turns, print a row, and give the ratio."""
    found: dict[str, list[float]] = {other: [] for other in PROCESSES}
    for _ in range(times):
        for other, got in found.items():
            got.append(seconds_beside(kind, other, seconds))
    honest, hostile = (statistics.median(got) for got in found.values())
    sys.stdout.write(f"{kind:10} {honest:14.2f} {hostile:15.2f} {hostile / honest:7.2f}\n")
    sys.stdout.flush()
    return hostile / honest


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--bits", type=int, help="tell so many bits by being busy instead, and say how many arrive")
    parser.add_argument("--rate", type=float, default=5, help="bits a second")
    parser.add_argument("--times", type=int, default=3)
    wanted = parser.parse_args()
    group = make_cgroup(Limits())
    group.remove()
    sys.stdout.write(f"user {os.getuid()}, held by: {group.kind}; CPU seconds of {wanted.seconds:g}\n")
    sys.stdout.write(f"{'kernel':10} {'beside honest':>14} {'beside hostile':>15} {'ratio':>7}\n")
    if wanted.bits:
        for kind in KINDS:
            right = bits_told(kind, wanted.bits, wanted.rate)
            sys.stdout.write(f"{kind:10} {right} of {wanted.bits} bits right at {wanted.rate:g} a second\n")
        return
    ratios = [row(kind, wanted.seconds, wanted.times) for kind in KINDS]
    raise SystemExit(min(ratios) < LEAST)


if __name__ == "__main__":
    main()
