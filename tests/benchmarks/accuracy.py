"""How far the vectorised functions are from the correctly rounded value, in units of the last place.

    python tests/benchmarks/accuracy.py

Measured against mpmath, at points spread over all magnitudes and at points where functions are hard, on
each instruction set. The time is that of 10⁶ numbers, beside NumPy's and torch's (if installed); their
ratios to ours follow.
"""

import statistics
import time

import alone
import mpmath
import numpy as np

import tinygrad_pt as tg
from tinygrad_pt.kernels import compiled

torch = alone.torch

mpmath.mp.prec = 200

EXACT = {name: getattr(mpmath, name)
         for name in ("exp", "expm1", "log", "tanh", "sin", "cos", "erf", "erfc")}
EXACT["log1p"] = lambda x: mpmath.log(1 + x)
EXACT["sigmoid"] = lambda x: 1 / (1 + mpmath.exp(-x))
EXACT["gelu"] = lambda x: x * mpmath.ncdf(x)
RANGE = {"exp": (-87, 88), "expm1": (-20, 80), "sigmoid": (-87, 20), "tanh": (-20, 20), "log": (0, 1e4),
         "log1p": (-0.999, 1e3), "sin": (-1e3, 1e3), "cos": (-1e3, 1e3), "erf": (-4, 4),
         "erfc": (-4, 9), "gelu": (-5, 9)}


def points(name, dtype, n=4000):
    """Numbers within the range of a function, evenly and by magnitude."""
    lo, hi = RANGE[name]
    random = np.random.default_rng(0)
    small = np.exp(random.uniform(-30, np.log(hi), n)) * random.choice([-1, 1] if lo < 0 else [1], n)
    return np.concatenate([random.uniform(lo, hi, n), small[small > lo]]).astype(dtype)


def worst(name, dtype):
    """The largest error in ulp."""
    x = points(name, dtype)
    y = (tg.nn.functional.gelu if name == "gelu" else getattr(tg, name))(tg.from_numpy(x)).numpy()
    exact = [EXACT[name](mpmath.mpf(float(v))) for v in x]
    ulps = np.abs(np.spacing(np.array([float(e) for e in exact], dtype)).astype(float))
    return max(abs(mpmath.mpf(float(a)) - e) / mpmath.mpf(u)
               for a, e, u in zip(y, exact, ulps, strict=True))


def times(name, dtype, rounds=11):
    """The median time for 10⁶ numbers, in µs: ours, NumPy's, torch's."""
    lo, hi = RANGE[name]
    x = np.random.default_rng(0).uniform(max(lo, -8), min(hi, 8), 1_000_000).astype(dtype)
    ours, runs = tg.from_numpy(x), {}
    if name == "gelu":
        runs["ours"] = lambda: tg.nn.functional.gelu(ours)
    else:
        runs["ours"] = lambda: getattr(tg, name)(ours)
    if hasattr(np, name):
        runs["NumPy"] = lambda: getattr(np, name)(x)
    if torch:
        theirs = torch.from_numpy(x)
        f = torch.nn.functional.gelu if name == "gelu" else getattr(torch, name)
        runs["torch"] = lambda: f(theirs)
    taken = {who: [] for who in runs}
    for _ in range(rounds):
        for who, run in runs.items():
            start = time.process_time()
            run()
            taken[who].append(time.process_time() - start)
    return {who: statistics.median(t) * 1e6 for who, t in taken.items()}


def main():
    available = compiled.available()
    head = "".join(f"{isa:>9}" for isa in available)
    print(f"{'':18}{head}{'µs, 10⁶':>10}{'NumPy':>9}{'torch':>9}")
    for dtype in np.float32, np.float64:
        for name in EXACT:
            line = f"{name:9}{dtype.__name__:9}"
            for isa in available:
                compiled.set_isa(isa)
                line += f"{float(worst(name, dtype)):9.2f}"
            compiled.set_isa()
            took = times(name, dtype)
            ours = took.pop("ours")
            line += f"{ours:10.0f}" + "".join(f"{took[who] / ours:8.2f}×" if who in took else f"{'':9}"
                                              for who in ("NumPy", "torch"))
            print(line, flush=True)


if __name__ == "__main__":
    main()
