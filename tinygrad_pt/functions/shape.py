"""The same elements in other shapes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import dtypes
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_size, wrap
from .common import as_dim, as_tensors
from .conversion import to
from .elementwise import where


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in row-major order with another shape; one size may be -1."""
    shape = as_size(shape)
    if -1 in shape:
        known = -prod(shape)
        if shape.count(-1) > 1 or known == 0 or x.array.size % known:
            raise ShapeError(f"reshape: shape {shape} does not fit the {x.array.size} elements of "
                             f"shape {x.shape}")
        shape = tuple(x.array.size // known if n == -1 else n for n in shape)
    return apply(TABLE["reshape"], (x,), {"shape": shape})


def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions start_dim … end_dim joined into one."""
    if not x.ndim:
        return reshape(x, 1)
    a, b = as_dim(x, start_dim), as_dim(x, end_dim)
    return reshape(x, *x.shape[:a], prod(x.shape[a:b + 1]), *x.shape[b + 1:])


def permute(x: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order: ``x.permute(2, 0, 1)``."""
    dims = tuple(as_dim(x, d) for d in as_size(dims))
    if sorted(dims) != list(range(x.ndim)):
        raise ShapeError(f"permute: {dims} is no order of the {x.ndim} dimensions of shape {x.shape}")
    return apply(TABLE["permute"], (x,), {"dims": dims})


def transpose(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    dims = list(range(x.ndim))
    a, b = as_dim(x, dim0), as_dim(x, dim1)
    dims[a], dims[b] = b, a
    return permute(x, *dims)


def t(x: Tensor) -> Tensor:
    """The transpose of a matrix; vectors stay as they are."""
    if x.ndim > 2:
        raise ShapeError(f"t: wants at most 2 dimensions, got shape {x.shape}")
    return x.T


def expand(x: Tensor, *shape: Any) -> Tensor:
    """Broadcast to a shape, without a copy; -1 keeps a size."""
    shape = as_size(shape)
    new = len(shape) - x.ndim
    shape = tuple(x.shape[d - new] if n == -1 and d >= new else n for d, n in enumerate(shape))
    return apply(TABLE["expand"], (x,), {"shape": shape})


def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1 at ``dim``."""
    d = dim + x.ndim + 1 if dim < 0 else dim
    if not 0 <= d <= x.ndim:
        raise IndexError(f"unsqueeze: dimension {dim} is out of range for shape {x.shape}")
    return reshape(x, *x.shape[:d], 1, *x.shape[d:])


def squeeze(x: Tensor, dim: int | None = None) -> Tensor:
    """Without the dimensions of size 1, or without ``dim`` if its size is 1."""
    gone = range(x.ndim) if dim is None else (as_dim(x, dim),)
    return reshape(x, tuple(n for d, n in enumerate(x.shape) if n != 1 or d not in gone))


def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors joined along an existing dimension."""
    tensors = as_tensors("cat", tensors)
    common = dtypes.result_type(*{(2, x.dtype) for x in tensors})
    return apply(TABLE["cat"], tuple(to(x, common) for x in tensors), {"dim": as_dim(tensors[0], dim)})


def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    return cat([unsqueeze(x, dim) for x in as_tensors("stack", tensors)], dim)


def pad(x: Tensor, pad: Any, value: Any = 0) -> Tensor:
    """``pad`` = (left, right) of the last dimension, then of the one before, …, filled with value.

    Negative widths crop.
    """
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ShapeError(f"pad: wants pairs for at most the {x.ndim} dimensions of shape {x.shape}, "
                         f"got {tuple(pad)}")
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    if any(n + a + b < 0 for n, (a, b) in zip(x.shape, widths, strict=True)):
        raise ShapeError(f"pad: {tuple(pad)} crops more than shape {x.shape} has")
    x = x[tuple(slice(max(-a, 0), n - max(-b, 0))
                for n, (a, b) in zip(x.shape, widths, strict=True))]
    if not any(a > 0 or b > 0 for a, b in widths):
        return x
    kw = {"index": tuple(slice(max(a, 0), max(a, 0) + n)
                         for n, (a, _) in zip(x.shape, widths, strict=True)),
          "shape": tuple(n + max(a, 0) + max(b, 0)
                         for n, (a, b) in zip(x.shape, widths, strict=True))}
    y = apply(TABLE["place"], (x,), kw)
    if value == 0:
        return y
    inside = np.zeros(kw["shape"], np.bool_)
    inside[kw["index"]] = True
    return where(wrap(inside), y, value)
