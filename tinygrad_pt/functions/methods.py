"""What is a method of Tensor and no function."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..tensors import Tensor
from .conversion import to
from .elementwise import where as _where
from .shape import reshape


def where(x: Tensor, condition: Tensor, other: Any) -> Tensor:
    """x where the condition holds, else other."""
    return _where(condition, x, other)


def view(x: Tensor, *shape: Any) -> Tensor:
    """The same memory with another shape: `reshape`."""
    return reshape(x, *shape)


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
