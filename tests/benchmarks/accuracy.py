"""How far the vectorised functions are from the correctly rounded value, in units of the last place.

    python tests/benchmarks/accuracy.py

Measured against mpmath, at points spread over all magnitudes and at points where functions are hard, on
each instruction set. How fast they are: `python tests/benchmarks Elementwise`.
"""

import mpmath
import numpy as np

import tinygrad_pt as tg
from tinygrad_pt.kernels import compiled

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


def main():
    available = compiled.available()
    head = "".join(f"{isa:>9}" for isa in available)
    print(f"{'':18}{head}")
    for dtype in np.float32, np.float64:
        for name in EXACT:
            line = f"{name:9}{dtype.__name__:9}"
            for isa in available:
                compiled.set_isa(isa)
                line += f"{float(worst(name, dtype)):9.2f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
