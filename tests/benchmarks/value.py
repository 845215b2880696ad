"""How fast is Value, against what is it measured, and what could be gained at most.

    python tests/benchmarks/value.py [rounds]

Two programs that know nothing of this library (programs/moons.py, programs/gpt.py) run on
  - the engine they were written for: micrograd itself where it is installed (else the same in
    programs/engines.py) for the half moons; the class of the scalar GPTs for the speller;
  - Value, compiled;
  - Value, the same source uncompiled;
  - the floor: an object, compiled, whose operators return itself. Its time is that of the program
    around the engine, which no engine can save.
Whole programs are timed, with the garbage collector on, engine after engine in each round; the
median of the rounds' ratios is printed, so that a busy machine slows all of them alike.
"""

import gc
import importlib
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from programs import engines, gpt, moons

import tinygrad_pt.value
from tinygrad_pt.value import Value

FLOOR = """
cdef class Floor:
    cdef public double data, grad
    def __init__(self, data=0.5): self.data = 0.5
    def __add__(self, other): return self
    def __radd__(self, other): return self
    def __sub__(self, other): return self
    def __rsub__(self, other): return self
    def __mul__(self, other): return self
    def __rmul__(self, other): return self
    def __truediv__(self, other): return self
    def __rtruediv__(self, other): return self
    def __pow__(self, other, modulo): return self
    def __neg__(self): return self
    def exp(self): return self
    def log(self): return self
    def relu(self): return self
    def backward(self): pass
"""


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def uncompiled():
    """The class Value of value.py as plain Python, next to the compiled one."""
    source = Path(tinygrad_pt.value.__file__).with_name("value.py")
    return load("tinygrad_pt.value_uncompiled", source).Value


def floor():
    """The null object, compiled for the occasion; None without Cython."""
    try:
        import pyximport
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "value_floor.pyx").write_text(FLOOR)
        pyximport.install(build_dir=folder, language_level=3)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("value_floor").Floor
        finally:
            sys.path.remove(folder)


def micrograd():
    try:
        from micrograd.engine import Value
    except ImportError:
        return engines.Closures
    return Value


def seconds(program, engine, **arguments):
    """Of one run of a program; of the best of five, where it is short and a hiccup would tell."""
    times = []
    while len(times) < (1 if sum(times) > 0.1 else 5):
        gc.collect()
        start = time.perf_counter()
        program.run(engine, **arguments)
        times.append(time.perf_counter() - start)
    return min(times)


def compare(program, contestants, rounds, **arguments):
    """Median over rounds of how many times faster than the first each is, and the last's times."""
    ratios = {name: [] for name in contestants}
    to_floor = []
    for _ in range(rounds):
        times = {name: seconds(program, engine, **arguments)
                 for name, engine in contestants.items()}
        first = next(iter(times.values()))
        for name in contestants:
            ratios[name].append(first / times[name])
        if "floor" in times:
            to_floor.append(times["compiled"] / times["floor"])
    print(f"{program.__name__}: the first took {first * 1e3:.0f} ms")
    for name, values in ratios.items():
        print(f"  {name:12} {statistics.median(values):7.1f} ×")
    if to_floor:
        print(f"  compiled takes {statistics.median(to_floor):.2f} × the floor")


def resident():
    gc.collect()
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def phases(engine, rows=500, width=64, rounds=15):
    """ns a node of building a layer's graph, of backward, of release; bytes a node."""
    ws = [engine(0.5 / (i + 1)) for i in range(width)]
    nodes = rows * (2 * width + 1)

    def build():
        return sum(sum(w * w for w in ws).relu() for _ in range(rows))

    size = "?"
    if os.path.exists("/proc/self/statm"):
        before = resident()
        kept = [build() for _ in range(10)]  # first: nothing given back that could be used again
        size = f"{(resident() - before) / (10 * nodes):.0f}"
        del kept
    times = []
    for _ in range(rounds):
        t0 = time.perf_counter()
        loss = build()
        t1 = time.perf_counter()
        loss.backward()
        t2 = time.perf_counter()
        del loss
        t3 = time.perf_counter()
        times.append((t1 - t0, t2 - t1, t3 - t2))
    build, backward, release = (statistics.median(t) / nodes * 1e9
                                for t in zip(*times, strict=True))
    print(f"  build {build:.0f}, backward {backward:.1f}, release {release:.1f} ns a node; "
          f"{size} bytes a node")


def main(rounds=5):
    pure, null = uncompiled(), floor()
    if tinygrad_pt.value.__file__.endswith(".py"):
        print("Value is not compiled here: both forms are the uncompiled one")
    for name, engine in (("compiled", Value), ("uncompiled", pure)):
        print(name)
        phases(engine)
    more = {"compiled": Value, "uncompiled": pure, **({"floor": null} if null else {})}
    compare(gpt, {"its own class": engines.Slopes, **more}, rounds, steps=4)
    compare(moons, {"micrograd": micrograd(), **more}, rounds, steps=4)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
