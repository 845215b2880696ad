"""What an operation costs at 64 floats, where its arithmetic is nothing: the graph recorded, and a
backward.

    python tests/benchmarks/overhead.py

Ours and torch's (if installed) take turns in one process, one thread; medians.
"""

import statistics
from timeit import Timer

import alone

import tinygrad_pt

torch = alone.torch

STATEMENTS = ["x + w", "x * w", "m.tanh(x)", "m.relu(x)", "x @ w", "x.sum()",
              "m.autograd.grad((m.tanh(x @ w + x) * w).sum(), [x, w])"]  # five nodes and the way back


def timers(m):
    m.manual_seed(0)
    x, w = m.randn(8, 8).requires_grad_(), m.randn(8, 8).requires_grad_()
    return [Timer(s, "import gc; gc.enable()", globals={"m": m, "x": x, "w": w}) for s in STATEMENTS]


def main(rounds=21, n=2000):
    runs = {m.__name__: timers(m) for m in (tinygrad_pt, torch) if m}
    print(f"{'ns, 8×8 float32':58}" + "".join(f"{name:>12}" for name in runs)
          + ("  torch / tinygrad_pt" if torch else ""))
    for i, statement in enumerate(STATEMENTS):
        times = {who: [] for who in runs}
        for _ in range(rounds):
            for who, run in runs.items():
                times[who].append(run[i].timeit(n) / n * 1e9)
        line = f"{statement:58}" + "".join(f"{statistics.median(t):12.0f}" for t in times.values())
        if torch:
            ratios = [b / a for a, b in zip(*times.values(), strict=True)]
            line += f"{statistics.median(ratios):21.2f}"
        print(line)


if __name__ == "__main__":
    main()
