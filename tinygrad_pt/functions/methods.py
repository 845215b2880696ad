"""What is a method of Tensor and no function."""

from __future__ import annotations

from builtins import bool as _bool
from builtins import int as _int
from builtins import type as _type
from math import prod
from mmap import mmap
from typing import Any

import numpy as np

from .. import dtypes
from ..devices import CPU
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_size, touch, wrap
from . import creation, elementwise, gammas
from .common import as_dim, as_int
from .conversion import numel, to
from .indexing import where as _where
from .shape import expand, reshape, tile


def where(x: Tensor, condition: Tensor, other: Any) -> Tensor:
    """x where the condition holds, else other."""
    return _where(condition, x, other)


def view(x: Tensor, *shape: Any) -> Tensor:
    """The same memory with another shape. ShapeError where that cannot be: `reshape` copies then."""
    if shape and isinstance(shape[0], str | _type | np.dtype | dtypes.dtype):
        raise TypeError(f"view: wants a shape, got {shape[0]}; to change the dtype, use to()")
    y = reshape(x, *shape)
    if y.origin is None and isinstance(x.array, np.ndarray) and x.array.size:
        raise ShapeError(f"view: shape {y.array.shape} is not compatible with the memory of this "
                         f"tensor of shape {x.array.shape}; use reshape(), which copies")
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
        raise ShapeError(f"repeat: wants a number for each dimension of shape {x.array.shape}, got "
                         f"{repeats}")
    return tile(x, *repeats)


def unfold(x: Tensor, dimension: _int, size: _int, step: _int) -> Tensor:
    """The windows of a size that slide along a dimension in steps, in a last dimension: a view."""
    if not x.ndim:
        return unfold(reshape(x, 1), dimension, size, step)[0]
    d = as_dim(x, dimension)
    size, step = as_int("unfold", size), as_int("unfold", step)
    if not 0 <= size <= x.shape[d] or step < 1:
        raise ShapeError(f"unfold: no windows of {size} elements in steps of {step} in dimension "
                         f"{dimension} of shape {x.array.shape}")
    return apply(TABLE["windows"], (x,), {"dims": (d,), "size": (size,), "step": (step,),
                                          "dilation": (1,)})


# ── sizes and memory ────────────────────────────────────────────────────────────────────────────

def size(x: Tensor, dim: _int | None = None) -> Any:
    """The shape, or one size of it."""
    return x.shape if dim is None else x.shape[as_dim(x, dim)]


def dim(x: Tensor) -> _int:
    """The number of dimensions."""
    return x.ndim


ndimension = dim


def nelement(x: Tensor) -> _int:
    """The number of elements."""
    return numel(x)


def element_size(x: Tensor) -> _int:
    """The bytes of one element."""
    return x.dtype.itemsize


def stride(x: Tensor, dim: _int | None = None) -> Any:
    """How many elements further in memory the next one of a dimension lies, for each or for one."""
    steps = tuple(n // x.dtype.itemsize for n in x.array.strides)
    return steps if dim is None else steps[as_dim(x, dim)]


def data_ptr(x: Tensor) -> _int:
    """The address of the first element."""
    return x.array.ctypes.data


def storage_offset(x: Tensor) -> _int:
    """How many elements lie before the first one in the memory that this is a view of."""
    whole = x.array
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    return (x.array.ctypes.data - whole.ctypes.data) // x.dtype.itemsize


def resize_(x: Tensor, *shape: Any, size: Any = None) -> Tensor:
    """Give x another shape: its elements in memory's order while there is room, then any numbers.

    RuntimeError if x requires grad: `reshape` is recorded.
    """
    if x.requires_grad:
        raise RuntimeError("resize_: this tensor requires grad, and is not recorded; use reshape()")
    sizes = as_size(shape if size is None else (size,))
    if sizes == x.shape:
        return x
    y, n = wrap(x.array.ravel("K")), prod(sizes)
    if n > numel(y):
        y = new_empty(x, n)
        y[:numel(x)] = x.array.ravel("K")
    touch(x, "resize_")
    x.data = reshape(y[:n], sizes)
    return x


def resize_as_(x: Tensor, other: Tensor) -> Tensor:
    """`resize_` to the shape of ``other``."""
    return resize_(x, other.shape)


def _lender(x: Tensor) -> Any:
    """Whose memory x's elements lie in, if NumPy did not allocate it; else None."""
    base = x.array
    while isinstance(base, np.ndarray):
        base = base.base
    return base.obj if isinstance(base, memoryview) else base


def is_shared(x: Tensor) -> _bool:
    """Whether x's elements lie in memory of `share_memory_`."""
    return isinstance(_lender(x), mmap)


def share_memory_(x: Tensor) -> Tensor:
    """Move x's elements to memory that processes forked from here on have in common with this one."""
    if not is_shared(x):
        memory = mmap(-1, max(1, x.nbytes))
        shared = wrap(np.frombuffer(memory, x.array.dtype, numel(x)).reshape(x.shape))
        x.data = shared.copy_(x.detach())
    return x


def _property(f: Any) -> None:
    """Make f a property of Tensor."""
    setattr(Tensor, f.__name__, property(f))


@_property
def device(x: Tensor) -> Any:
    """The CPU, where this library computes."""
    return CPU


@_property
def is_cuda(x: Tensor) -> _bool:
    """False: not on a graphics card."""
    return False


def _no(name: str) -> None:
    """A property that is False: there is one device, and one way for a tensor to lie in memory."""
    f = lambda x: False  # noqa: E731
    f.__name__ = name
    _property(f)


for _name in ("is_meta", "is_mkldnn", "is_mps", "is_nested", "is_quantized", "is_sparse", "is_vulkan",
              "is_xla", "is_xpu"):
    _no(_name)


@_property
def is_cpu(x: Tensor) -> _bool:
    """True: on the CPU."""
    return True


@_property
def itemsize(x: Tensor) -> _int:
    """The bytes of one element."""
    return x.dtype.itemsize


@_property
def nbytes(x: Tensor) -> _int:
    """The bytes of all elements."""
    return numel(x) * x.dtype.itemsize


# ── new tensors of the same dtype ───────────────────────────────────────────────────────────────

def new_tensor(x: Tensor, data: Any, *, dtype: Any = None, device: Any = None,
               requires_grad: _bool = False) -> Tensor:
    """`tensor(data)` with x's dtype."""
    return creation.tensor(data, dtype=x.dtype if dtype is None else dtype, device=device,
                           requires_grad=requires_grad)


def new(x: Tensor, *data: Any) -> Tensor:
    """A tensor of x's dtype: of data, or of sizes and uninitialised, as `FloatTensor` has it."""
    return getattr(creation, type(x).removeprefix("torch."))(*data)


def new_full(x: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
             requires_grad: _bool = False) -> Tensor:
    """`full(size, fill_value)` with x's dtype."""
    return creation.full(size, fill_value, dtype=x.dtype if dtype is None else dtype, device=device,
                         requires_grad=requires_grad)


def new_zeros(x: Tensor, *shape: Any, size: Any = None, **options: Any) -> Tensor:
    """`zeros(*shape)` with x's dtype."""
    return new_full(x, as_size(shape if size is None else (size,)), 0, **options)


def new_ones(x: Tensor, *shape: Any, size: Any = None, **options: Any) -> Tensor:
    """`ones(*shape)` with x's dtype."""
    return new_full(x, as_size(shape if size is None else (size,)), 1, **options)


def new_empty(x: Tensor, *shape: Any, size: Any = None, dtype: Any = None, **options: Any) -> Tensor:
    """`empty(*shape)` with x's dtype."""
    return creation.empty(*shape, size=size, dtype=x.dtype if dtype is None else dtype, **options)


# ── other dtypes and devices ────────────────────────────────────────────────────────────────────

def type(x: Tensor, dtype: Any = None, non_blocking: _bool = False) -> Any:
    """x with another dtype, also that of LongTensor or of its name "torch.LongTensor"; without, the
    name of x's own type.
    """
    if dtype is None:
        return next(f"torch.{name}Tensor" for name, d in dtypes.TYPES.items() if d == x.dtype)
    return to(x, dtype=dtypes.of_type("type", dtype))


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """x with the dtype of ``other``."""
    return to(x, other.dtype)


def cpu(x: Tensor) -> Tensor:
    """x itself: this library computes on the CPU."""
    return x


def cuda(x: Tensor, device: Any = None) -> Tensor:
    """RuntimeError: this library computes on the CPU."""
    raise RuntimeError("cuda: this library computes on the CPU; cuda.is_available() is False")


def pin_memory(x: Tensor, device: Any = None) -> Tensor:
    """x itself: there is no GPU to copy it to."""
    return x


def is_pinned(x: Tensor, device: Any = None) -> _bool:
    """False."""
    return False


def polygamma(x: Tensor, n: _int) -> Tensor:
    """The n-th derivative of `digamma`."""
    return gammas.polygamma(n, x)


def float_power(x: Tensor, exponent: Any) -> Tensor:
    """x to a power, in float64."""
    return elementwise.float_power(x, exponent)


def bfloat16(x: Tensor) -> Tensor:
    """x as bfloat16, which NumPy has not: TypeError."""
    return to(x, dtypes.bfloat16)


def get_device(x: Tensor) -> _int:
    """−1, which stands for the CPU."""
    return -1


def double(x: Tensor) -> Tensor:
    """x as float64."""
    return to(x, dtypes.float64)


def float(x: Tensor) -> Tensor:
    """x as float32."""
    return to(x, dtypes.float32)


def half(x: Tensor) -> Tensor:
    """x as float16."""
    return to(x, dtypes.float16)


def long(x: Tensor) -> Tensor:
    """x as int64."""
    return to(x, dtypes.int64)


def int(x: Tensor) -> Tensor:
    """x as int32."""
    return to(x, dtypes.int32)


def short(x: Tensor) -> Tensor:
    """x as int16."""
    return to(x, dtypes.int16)


def char(x: Tensor) -> Tensor:
    """x as int8."""
    return to(x, dtypes.int8)


def byte(x: Tensor) -> Tensor:
    """x as uint8."""
    return to(x, dtypes.uint8)


def bool(x: Tensor) -> Tensor:
    """x as bool."""
    return to(x, dtypes.bool)
