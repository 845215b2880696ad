"""The numbers that all contestants begin with and learn from."""

import numpy as np


def uniform(*shape, low=0.0, high=1.0, seed=1, dtype=np.float32):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


def classes(many, *shape):
    return np.random.default_rng(2).integers(0, many, shape)


def parameters(*shapes):
    """One array for each shape; the more inputs a neuron has, the smaller its weights."""
    random = np.random.default_rng(0)
    return [(random.uniform(-1, 1, shape) / max(4, np.prod(shape[1:])) ** 0.5).astype(np.float32)
            for shape in shapes]
