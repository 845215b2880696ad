"""What an operation costs at 64 floats, where its arithmetic is nothing: the graph recorded, and a
backward.

    python tests/benchmarks/overhead.py

Ours and torch's (if installed) take turns in one process, one thread; medians.
"""

import os

os.environ.pop("OPENBLAS_CORETYPE", None)  # a setting that would slow NumPy down
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import statistics
import time

import tinygrad_pt

try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    torch = None

OPERATIONS = {
    "add": lambda m, x, w: x + w,
    "mul": lambda m, x, w: x * w,
    "tanh": lambda m, x, w: m.tanh(x),
    "relu": lambda m, x, w: m.relu(x),
    "matmul 8×8": lambda m, x, w: x @ w,
    "sum": lambda m, x, w: x.sum(),
}


def chain(m, x, w):
    """Five nodes and the way back: ∂ Σ tanh(x w + x) / ∂x, ∂w."""
    m.autograd.grad((m.tanh(x @ w + x) * w).sum(), [x, w])


def programs(m):
    m.manual_seed(0)
    x, w = m.randn(8, 8).requires_grad_(), m.randn(8, 8).requires_grad_()
    return {**{name: lambda f=f: f(m, x, w) for name, f in OPERATIONS.items()},
            "5 operations and backward": lambda: chain(m, x, w)}


def nanoseconds(f, n):
    start = time.perf_counter()
    for _ in range(n):
        f()
    return (time.perf_counter() - start) / n * 1e9


def main(rounds=21, n=1000):
    runs = {m.__name__: programs(m) for m in (tinygrad_pt, torch) if m}
    print(f"{'ns':26}" + "".join(f"{name:>13}" for name in runs)
          + ("  torch / tinygrad_pt" if torch else ""))
    for name in runs["tinygrad_pt"]:
        times = {who: [] for who in runs}
        for _ in range(rounds):
            for who, run in runs.items():
                times[who].append(nanoseconds(run[name], n))
        line = f"{name:26}" + "".join(f"{statistics.median(t):13.0f}" for t in times.values())
        if torch:
            ratios = [b / a for a, b in zip(*times.values(), strict=True)]
            line += f"{statistics.median(ratios):21.2f}"
        print(line)


if __name__ == "__main__":
    main()
