"""Contestants in turns: each in a process of its own, one at a time, round by round.

A row of the table is a program that takes a library `m` and returns its step, a function of nothing.
All contestants start from the same numbers (draws.py), so what their first steps give must be equal;
else the row is void.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from peak import compiler

HERE = Path(__file__).parent
OURS = "tinygrad_pt"
MODULES = {OURS: "tinygrad_pt", "NumPy": "numpy", "torch": "torch", "jax": "jax.numpy",
           "micrograd": "micrograd.engine", "peak": "peak"}


@dataclass
class Row:
    """`peers`: who else runs it, and by what ratio we want to be faster (None: no goal was set).
    `per`: how many of what is timed a step holds. `flop`: operations of one step, where the peak of the
    machine is a contestant.
    """

    section: str
    name: str
    program: Callable
    peers: dict[str, float | None]
    per: int = 1
    flop: float = 0
    bits: int = 32


@dataclass
class Result:
    """Seconds of each contestant round by round, and why the row is void, if it is."""

    row: Row
    seconds: dict[str, list[float]] = field(default_factory=dict)
    void: str = ""

    def ratio(self, peer: str) -> tuple[float, float, float]:
        """Their time over ours: lower quartile, median and upper quartile of the rounds."""
        ratios = [b / a for a, b in zip(self.seconds[OURS], self.seconds[peer], strict=True)]
        return tuple(statistics.quantiles(ratios, n=4, method="inclusive"))

    def time(self, who: str = OURS) -> float:
        return statistics.median(self.seconds[who]) / self.row.per


class Contestant:
    """A process that makes the program of a row and then waits for how many steps to do."""

    def __init__(self, who: str, python: str, row: str, threads: int):
        self.who = who
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), who, row], env=environment(who, threads),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.who} ended with {self.process.wait()}")
        return json.loads(line)

    def steps(self, n: int) -> float:
        """Seconds that n steps take."""
        print(n, file=self.process.stdin, flush=True)
        return self.answer()

    def enough(self, seconds: float) -> int:
        """How many steps take that long. The last of the trials is a warm-up, too."""
        n = 1
        while (took := self.steps(n)) < seconds:
            n = max(2 * n, int(n * seconds / max(took, 1e-9)) if took > seconds / 10 else 0)
        return n

    def close(self):
        self.process.terminate()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def environment(who: str, threads: int) -> dict[str, str]:
    """One thread (or as many as asked for), and BLAS as it is shipped."""
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    env |= {f"{library}_NUM_THREADS": str(threads) for library in
            ("OMP", "OPENBLAS", "MKL", "TINYGRAD_PT")}
    env["PYTHONPATH"] = str(HERE.parents[1])
    if who == "jax":
        if threads == 1:
            env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        # Its large arrays come from malloc: told to keep memory (32 MB is the most that it takes at a
        # time), it is spared the page faults.
        env |= {"JAX_PLATFORMS": "cpu", "MALLOC_TRIM_THRESHOLD_": "4294967296",
                "MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TOP_PAD_": "67108864"}
    return env


def present(pythons: dict[str, str]) -> dict[str, str]:
    """The interpreter of each contestant that there is: the one named, else this one."""
    here = {OURS: sys.executable}
    if compiler():
        here["peak"] = sys.executable
    for who in MODULES:
        if who not in here and importlib.util.find_spec(MODULES[who].split(".")[0]):
            here[who] = sys.executable
    return here | pythons


def differ(checks: dict[str, list]) -> str:
    """Whose first steps gave something else than ours, if any. A result is told by its size and by
    what it makes with a direction of chance: see worker.fingerprint.
    """
    for who, theirs in checks.items():
        for ours, their in zip(checks[OURS], theirs, strict=False):
            close = len(ours) == len(their) and all(
                abs(a - b) <= 1e-4 * size + 1e-6 for (a, size), (b, _) in zip(ours, their, strict=True))
            if not close:
                return f"{who} gives {their}, {OURS} {ours}"
    return ""


def contest(row: Row, pythons: dict[str, str], rounds: int, threads: int, about: dict) -> Result:
    """Run a row. `about` is told what the contestants say of themselves."""
    contestants = [Contestant(who, pythons[who], row.name, threads)
                   for who in (OURS, *row.peers) if who in pythons]
    result = Result(row)
    try:
        checks = {}
        for c in contestants:
            hello = c.answer()
            about[c.who] = hello["about"]
            checks[c.who] = hello["check"]
        result.void = differ(checks)
        if not result.void:
            many = {c.who: c.enough(0.02) for c in contestants}
            result.seconds = {c.who: [] for c in contestants}
            for _ in range(rounds):
                for c in contestants:
                    result.seconds[c.who].append(c.steps(many[c.who]) / many[c.who])
    except RuntimeError as error:
        result.void = str(error)
    finally:
        for c in contestants:
            c.close()
    return result
