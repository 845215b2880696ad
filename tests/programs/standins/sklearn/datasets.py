"""Points in the plane, drawn by NumPy, a fifth as many as are asked for."""

import numpy as np


def make_moons(n_samples=100, *, noise=0.0, **_):
    """Two half circles, one in the other's bend."""
    n_samples //= 5
    label = np.arange(n_samples) % 2
    angle = np.linspace(0, np.pi, n_samples)
    x = np.where(label, 1 - np.cos(angle), np.cos(angle))
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle))
    return np.stack([x, y], 1) + np.random.normal(0, noise, (n_samples, 2)), label


def make_blobs(n_samples=100, n_features=2, *, centers=3, **_):
    """Round clouds around random centres."""
    n_samples //= 5
    label = np.arange(n_samples) % centers
    middle = np.random.uniform(-10, 10, (centers, n_features))
    return middle[label] + np.random.normal(size=(n_samples, n_features)), label
