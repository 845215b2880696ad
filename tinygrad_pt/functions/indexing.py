"""Elements picked, set and searched by index."""

from __future__ import annotations

import numpy as np

from ..tensors import ShapeError, Tensor
from .common import as_dim


def gather(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """y[i][j][k] = x[i][index[i][j][k]][k] for dim = 1, and so on for others."""
    d = as_dim(x, dim)
    if index.ndim != x.ndim:
        raise ShapeError(f"gather: index needs as many dimensions as x, got {index.shape} for "
                         f"{x.shape}")
    i = index.array
    if i.dtype.kind != "i":
        raise TypeError(f"gather: wants an index of integers, got {i.dtype}")
    grid = [np.arange(n).reshape([-1 if e == k else 1 for e in range(x.ndim)])
            for k, n in enumerate(i.shape)]
    grid[d] = i
    return x[tuple(grid)]
