"""What is a method of Tensor and no function."""

from __future__ import annotations

from builtins import int as _int
from typing import Any

import numpy as np

from .. import dtypes
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_size
from .common import as_dim
from .conversion import to
from .elementwise import where as _where
from .shape import expand, reshape, tile


def where(x: Tensor, condition: Tensor, other: Any) -> Tensor:
    """x where the condition holds, else other."""
    return _where(condition, x, other)


def view(x: Tensor, *shape: Any) -> Tensor:
    """The same memory with another shape. ShapeError where that cannot be: `reshape` copies then."""
    if shape and isinstance(shape[0], str | type | np.dtype):
        raise TypeError(f"view: wants a shape, got {shape[0]}; to change the dtype, use to()")
    y = reshape(x, *shape)
    if y.array.size and not np.may_share_memory(x.array, y.array):
        raise ShapeError(f"view: shape {y.shape} is not compatible with the memory of this tensor of "
                         f"shape {x.shape}; use reshape(), which copies")
    return y


def view_as(x: Tensor, other: Tensor) -> Tensor:
    """The same memory with the shape of ``other``: `view`."""
    return view(x, other.shape)


def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """The same elements with the shape of ``other``: `reshape`."""
    return reshape(x, other.shape)


def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """Broadcast to the shape of ``other``, without a copy: `expand`."""
    return expand(x, other.shape)


def repeat(x: Tensor, *repeats: Any) -> Tensor:
    """A copy of x repeated so many times along each dimension, the last for the last: `tile`."""
    if len(as_size(repeats)) < x.ndim:
        raise ShapeError(f"repeat: wants a number for each dimension of shape {x.shape}, got {repeats}")
    return tile(x, *repeats)


def unfold(x: Tensor, dimension: _int, size: _int, step: _int) -> Tensor:
    """The windows of a size that slide along a dimension in steps, in a last dimension: a view."""
    d = as_dim(x, dimension)
    x = x if x.ndim else reshape(x, 1)
    if not 0 <= size <= x.shape[d] or step < 1:
        raise ShapeError(f"unfold: no windows of {size} elements in steps of {step} in dimension "
                         f"{dimension} of shape {x.shape}")
    return apply(TABLE["windows"], (x,), {"dims": (d,), "size": (size,), "step": (step,),
                                          "dilation": (1,)})


def size(x: Tensor, dim: int | None = None) -> Any:
    """The shape, or one size of it."""
    return x.shape if dim is None else x.shape[dim]


def dim(x: Tensor) -> int:
    """The number of dimensions."""
    return x.ndim


def numel(x: Tensor) -> int:
    """The number of elements."""
    return x.array.size


def cpu(x: Tensor) -> Tensor:
    """x itself: this library computes on the CPU."""
    return x


def double(x: Tensor) -> Tensor:
    """x as float64."""
    return to(x, dtypes.float64)


def float(x: Tensor) -> Tensor:
    """x as float32."""
    return to(x, dtypes.float32)


def long(x: Tensor) -> Tensor:
    """x as int64."""
    return to(x, dtypes.int64)


def int(x: Tensor) -> Tensor:
    """x as int32."""
    return to(x, dtypes.int32)


def bool(x: Tensor) -> Tensor:
    """x as bool."""
    return to(x, dtypes.bool)
