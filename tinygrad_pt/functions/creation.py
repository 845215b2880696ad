"""Tensors made from numbers, lists and arrays.

Everywhere ``dtype`` is None for the default, ``device`` may be "cpu", and ``requires_grad`` asks for
a gradient.
"""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any

import numpy as np

from .. import dtypes
from ..devices import check_device
from ..tensors import ShapeError, Size, Tensor, as_array, as_size, wrap
from .conversion import to

# ── from data ───────────────────────────────────────────────────────────────────────────────────

def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new tensor with a copy of ``data``: a number, nested lists, an array.

    Python floats become float32, integers int64; arrays keep their dtype unless ``dtype`` is given.
    """
    array = as_array(data, dtype)
    copied = array.copy() if isinstance(data, np.ndarray | Tensor) else array
    return _leaf(copied, device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """``data`` as a tensor: itself if it is one, of an array's own memory, if no dtype forbids it."""
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else to(data, dtype)
    return wrap(as_array(data, dtype))


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool = False) -> Tensor:
    """`as_tensor`, or `tensor` if ``copy`` is True; if it is False, ValueError where one is needed."""
    if copy:
        return tensor(obj, dtype=dtype, device=device, requires_grad=requires_grad)
    y = as_tensor(obj, dtype, device)
    if copy is False and not np.shares_memory(y.array, getattr(obj, "array", obj)):
        raise ValueError(f"asarray: this {type(obj).__name__} needs a copy")
    return y.requires_grad_() if requires_grad else y


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares the array's memory."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: wants a numpy.ndarray, got {type(array).__name__}")
    return wrap(as_array(array))


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None,
                  requires_grad: bool = False) -> Tensor:
    """A 0-d tensor of a number, of the default dtype also if that is an integer."""
    return _leaf(as_array(s, dtype or dtypes.default), device, requires_grad)


def _leaf(array: np.ndarray, device: Any = None, requires_grad: bool = False) -> Tensor:
    check_device(device)
    return wrap(array).requires_grad_(requires_grad)


# ── of a shape ──────────────────────────────────────────────────────────────────────────────────

def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    """A tensor of a shape, filled with a number."""
    value = as_array(fill_value, dtype)
    return _leaf(np.full(_size("full", (size,), None), value, value.dtype), device, requires_grad)


def zeros(*shape: Any, size: Any = None, dtype: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:
    """Zeros: ``zeros(2, 3)`` or ``zeros((2, 3))``."""
    return full(_size("zeros", shape, size), 0.0, dtype=dtype, device=device,
                requires_grad=requires_grad)


def ones(*shape: Any, size: Any = None, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    """Ones: ``ones(2, 3)`` or ``ones((2, 3))``."""
    return full(_size("ones", shape, size), 1.0, dtype=dtype, device=device,
                requires_grad=requires_grad)


def empty(*shape: Any, size: Any = None, dtype: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:
    """Whatever the memory holds: ``empty(2, 3)`` or ``empty((2, 3))``."""
    dtype = dtypes.default if dtype is None else dtypes.check(dtype)
    return _leaf(np.empty(_size("empty", shape, size), dtype), device, requires_grad)


def _size(name: str, shape: tuple, size: Any) -> tuple[int, ...]:
    shape = as_size(shape if size is None else (size,))
    if min(shape, default=0) < 0:
        raise ShapeError(f"{name}: sizes must not be negative, got {shape}")
    return shape


def full_like(x: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None,
              requires_grad: bool = False) -> Tensor:
    """A tensor of x's shape and dtype, filled with a number."""
    return full(x.shape, fill_value, dtype=x.dtype if dtype is None else dtype, device=device,
                requires_grad=requires_grad)


def zeros_like(x: Tensor, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:
    """Zeros of x's shape and dtype."""
    return full_like(x, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(x: Tensor, *, dtype: Any = None, device: Any = None,
              requires_grad: bool = False) -> Tensor:
    """Ones of x's shape and dtype."""
    return full_like(x, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def empty_like(x: Tensor, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:
    """Whatever the memory holds, of x's shape and dtype."""
    return empty(x.shape, dtype=x.dtype if dtype is None else dtype, device=device,
                 requires_grad=requires_grad)


# ── sequences and patterns ──────────────────────────────────────────────────────────────────────

def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:
    """start + step·i for i = 0, 1, … below end. Integers give int64, floats float32."""
    start, end = (0, start) if end is None else (start, end)
    start, end, step = numbers = [x.item() if isinstance(x, Tensor) else x for x in (start, end, step)]
    if dtype is not None and dtype == np.int64:
        start, end, step = numbers = [*map(int, numbers)]
    whole = all(isinstance(x, int | np.integer) for x in numbers)
    if step == 0 or not all(map(isfinite, numbers)) or (end - start) * step < 0:
        raise RuntimeError(f"arange: cannot go from {start} to {end} in steps of {step}")
    n = -((start - end) // step) if whole else ceil((end - start) / step)
    dtype = np.dtype(np.int64) if dtype is None and whole else dtypes.check(dtype or dtypes.default)
    return _leaf((start + step * np.arange(n)).astype(dtype), device, requires_grad)


def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:
    """Numbers in equal distances from start to end, both included; exact at both."""
    dtype = dtypes.check(dtype or dtypes.default)
    return _leaf(_line(start, end, steps, dtype).astype(dtype), device, requires_grad)


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None,
             device: Any = None, requires_grad: bool = False) -> Tensor:
    """base to the powers linspace(start, end, steps)."""
    dtype = dtypes.check(dtype or dtypes.default)
    return _leaf((base ** _line(start, end, steps, dtypes.float64)).astype(dtype), device,
                 requires_grad)


def _line(start, end, steps, dtype):
    """From start upwards in the first half, from end downwards in the second."""
    if steps < 0:
        raise RuntimeError(f"linspace: steps must not be negative, got {steps}")
    number = dtype.type if dtype.kind == "f" else float
    start, end = (number(dtype.type(x.item() if isinstance(x, Tensor) else x)) for x in (start, end))
    step = (end - start) / number(max(steps - 1, 1))
    i = np.arange(steps, dtype=number)
    return np.where(i < steps / 2, start + step * i, end - step * (number(steps - 1) - i))


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None,
        requires_grad: bool = False) -> Tensor:
    """The n×m identity matrix."""
    shape = _size("eye", (n, n if m is None else m), None)
    return _leaf(np.eye(*shape, dtype=dtypes.check(dtype or dtypes.default)), device, requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None,
                 device: Any = None) -> Tensor:
    """The indices (2, n) of a row×col matrix's elements on and below a diagonal."""
    return tensor(np.stack(np.tril_indices(row, offset, col)), dtype=dtype, device=device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None,
                 device: Any = None) -> Tensor:
    """The indices (2, n) of a row×col matrix's elements on and above a diagonal."""
    return tensor(np.stack(np.triu_indices(row, offset, col)), dtype=dtype, device=device)


# ── by the name of their type ───────────────────────────────────────────────────────────────────

def _typed(name: str) -> Any:
    dtype = dtypes.TYPES[name]

    def make(*data: Any) -> Tensor:
        if data and isinstance(data[0], Size):
            data = data[0]
        sizes = all(isinstance(n, int) for n in data)
        return empty(*data or (0,), dtype=dtype) if sizes else wrap(as_array(*data, dtype))

    make.__name__ = make.__qualname__ = f"{name}Tensor"
    make.__doc__ = f"A {dtype} tensor of data, or of sizes and uninitialised."
    return make


DoubleTensor, FloatTensor, HalfTensor = map(_typed, ("Double", "Float", "Half"))
LongTensor, IntTensor, ShortTensor = map(_typed, ("Long", "Int", "Short"))
CharTensor, ByteTensor, BoolTensor = map(_typed, ("Char", "Byte", "Bool"))
