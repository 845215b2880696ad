# ruff: noqa: B905  (written as one writes it when learning)
"""Two half moons told apart by a small perceptron, a number at a time.

Written against micrograd's names: runs on any class that has its operators, `relu`, `data`,
`grad` and `backward`.
"""

import math
import random
from itertools import pairwise


def half_moons(n, noise, rng):
    """n points on two interleaved half circles, and on which each lies: -1 or 1."""
    points = []
    for i in range(n):
        t, upper = math.pi * rng.random(), i % 2 == 0
        x, y = (math.cos(t), math.sin(t)) if upper else (1 - math.cos(t), 0.5 - math.sin(t))
        points.append(((x + rng.gauss(0, noise), y + rng.gauss(0, noise)), 1 if upper else -1))
    return points


def run(Value, steps=3, n=100, widths=(2, 16, 16, 1), seed=7):
    """Train; return the losses and the share of points on the right side."""
    rng = random.Random(seed)
    points = half_moons(n, 0.1, rng)
    layers = [[([Value(rng.uniform(-1, 1)) for _ in range(inputs)], Value(0.0))
               for _ in range(outputs)]
              for inputs, outputs in pairwise(widths)]
    parameters = [p for layer in layers for ws, b in layer for p in (*ws, b)]

    def score(x):
        for layer in layers:
            x = [sum((w * xi for w, xi in zip(ws, x)), b) for ws, b in layer]
            if layer is not layers[-1]:
                x = [h.relu() for h in x]
        return x[0]

    losses = []
    for step in range(steps):
        scores = [score([Value(u) for u in point]) for point, _ in points]
        margins = [(1 + -side * s).relu() for (_, side), s in zip(points, scores)]
        loss = sum(margins) * (1.0 / n) + 1e-4 * sum(p * p for p in parameters)
        right = sum((s.data > 0) == (side > 0) for (_, side), s in zip(points, scores)) / n

        for p in parameters:
            p.grad = 0
        loss.backward()
        rate = 1.0 - 0.9 * step / steps
        for p in parameters:
            p.data -= rate * p.grad
        losses.append(float(loss.data))
    return losses, right
