"""Tensors made from numbers, lists and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import int64
from ..tensors import Tensor, as_array, as_size, wrap


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A new tensor with a copy of ``data``: a number, nested lists, an array.

    Python floats become float32, integers int64; arrays keep their dtype unless ``dtype`` is given.
    """
    array = as_array(data, dtype)
    return wrap(array.copy() if isinstance(data, np.ndarray | Tensor) else array
                ).requires_grad_(requires_grad)


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """``data`` as a tensor, without a copy where that can be."""
    return data if isinstance(data, Tensor) and dtype is None else wrap(as_array(data, dtype))


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares the array's memory."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: wants a numpy.ndarray, got {type(array).__name__}")
    return wrap(as_array(array))


def full(size: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of a shape, filled with a number."""
    dtype = dtypes.of_number(fill_value) if dtype is None else dtypes.check(dtype)
    return wrap(np.full(as_size((size,)), fill_value, dtype)).requires_grad_(requires_grad)


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros: ``zeros(2, 3)`` or ``zeros((2, 3))``."""
    return full(as_size(size), 0.0, dtype, requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones: ``ones(2, 3)`` or ``ones((2, 3))``."""
    return full(as_size(size), 1.0, dtype, requires_grad)


def zeros_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Zeros of x's shape and dtype."""
    return wrap(np.zeros(x.shape, dtype or x.dtype))


def ones_like(x: Tensor, dtype: Any = None) -> Tensor:
    """Ones of x's shape and dtype."""
    return wrap(np.ones(x.shape, dtype or x.dtype))


def arange(start: Any, end: Any = None, step: Any = 1, dtype: Any = None) -> Tensor:
    """start, start + step, … below end. Integers give int64, floats float32."""
    start, end = (0, start) if end is None else (start, end)
    whole = all(isinstance(x, int) for x in (start, end, step))
    return wrap(np.arange(start, end, step, dtype=dtypes.check(dtype or (int64 if whole
                                                                         else dtypes.default))))


def eye(n: int, m: int | None = None, dtype: Any = None) -> Tensor:
    """The n×m identity matrix."""
    return wrap(np.eye(n, m, dtype=dtypes.check(dtype or dtypes.default)))
