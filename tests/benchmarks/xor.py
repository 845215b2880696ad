"""A training step of the smallest net, 2-2-1 on XOR: what an operation costs beside its arithmetic.

    python tests/benchmarks/xor.py

Ours and torch's (if installed) take turns in one process; the losses must agree. One thread.
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


def steps(m):
    m.manual_seed(0)
    nn = m.nn
    x = m.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = m.tensor([[0.0], [1.0], [1.0], [0.0]])
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    optimizer, loss_of = m.optim.SGD(model.parameters(), lr=1.0), nn.MSELoss()
    while True:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        yield loss.item()


def main(rounds=15, n=300):
    runs = {m.__name__: steps(m) for m in (tinygrad_pt, torch) if m}
    times = {name: [] for name in runs}
    for _ in range(rounds):
        losses = []
        for name, run in runs.items():
            start = time.perf_counter()
            for _ in range(n):
                loss = next(run)
            times[name].append((time.perf_counter() - start) / n * 1e6)
            losses.append(loss)
        assert max(losses) - min(losses) < 1e-4, losses
    for name, t in times.items():
        print(f"{name:12} {statistics.median(t):7.1f} µs a step ({min(t):.1f} … {max(t):.1f})")
    if torch:
        ratios = [b / a for a, b in zip(*times.values(), strict=True)]
        print(f"torch / tinygrad_pt: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
