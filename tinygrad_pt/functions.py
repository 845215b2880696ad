"""The functions of the library, in PyTorch's names, and the methods of `Tensor`.

The pointwise functions come straight from the table. The others bring their arguments (dimensions
counted from the end, sizes of -1) into the form that a row of the table wants, or are composed of
other functions: one expression each. Every function whose name stands in ``METHODS`` is also a
method of `Tensor`, with the tensor as its first argument.
"""

from __future__ import annotations

from builtins import float as Float
from builtins import int as Int
from builtins import max as largest
from math import pi, prod  # torch.pi
from typing import Any

import numpy as np

from . import dtypes, primitives
from .autograd import enable_grad, is_grad_enabled, no_grad
from .dtypes import bool, double, float, float32, float64, int, int32, int64, long, uint8
from .ops import TABLE, Op, Pointwise, follow
from .random import manual_seed, rand, randint, randn, randperm
from .tensors import ShapeError, Tensor, apply, as_array, as_dtype, as_size, attach, wrap

inf, nan = Float("inf"), Float("nan")

# ── pointwise: from the table ───────────────────────────────────────────────────────────────────

def _pointwise(op: Pointwise) -> Any:
    """The function of a pointwise row: of Tensors, or of Values."""
    name, of_tensors = op.name, getattr(primitives, op.name)

    def f(*operands: Any) -> Any:
        if len(operands) != len(op.operands):
            raise TypeError(f"{name}({', '.join(op.operands)}): wants {len(op.operands)} operands, "
                            f"got {len(operands)}")
        for x in operands:
            if isinstance(x, Tensor):
                return of_tensors(*operands)
        return _of_values(op, operands)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = op.describe()
    return f


def _of_values(op, operands):
    from . import value
    if any(isinstance(x, value.Value) for x in operands):
        return getattr(value.Value, op.name)(*operands)
    kinds = ", ".join(type(x).__name__ for x in operands)
    raise TypeError(f"{op.name}: wants a Tensor or a Value, got {kinds}")


_TAKEN = {*dir(Tensor)}


def _add(op: Op) -> None:
    """A pointwise row's function, here and as a method of `Tensor`."""
    if not isinstance(op, Pointwise) or op.name == "chain":
        return
    if op.name in _TAKEN:
        raise ValueError(f"{op.name}: Tensor has an attribute of this name that is no operation")
    f = globals()[op.name] = _pointwise(op)
    attach(Tensor, op.name, f)


follow(_add)


def clamp(x: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """x kept within [min, max]; a bound that is None does not bind. Slope 1 on the bounds."""
    if min is None and max is None:
        raise ValueError("clamp: at least one of min and max must be given")
    if min is None:
        return minimum(x, max) if isinstance(max, Tensor) else clip(x, -inf, max)
    if max is None:
        return maximum(x, min) if isinstance(min, Tensor) else clip(x, min, inf)
    return clip(x, min, max)


# ── making tensors ──────────────────────────────────────────────────────────────────────────────

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
    whole = all(isinstance(x, Int) for x in (start, end, step))
    return wrap(np.arange(start, end, step, dtype=dtypes.check(dtype or (int64 if whole
                                                                         else dtypes.default))))


def eye(n: Int, m: Int | None = None, dtype: Any = None) -> Tensor:
    """The n×m identity matrix."""
    return wrap(np.eye(n, m, dtype=dtypes.check(dtype or dtypes.default)))


# ── shape ───────────────────────────────────────────────────────────────────────────────────────

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


def flatten(x: Tensor, start_dim: Int = 0, end_dim: Int = -1) -> Tensor:
    """Dimensions start_dim … end_dim joined into one."""
    if not x.ndim:
        return reshape(x, 1)
    a, b = _dim(x, start_dim), _dim(x, end_dim)
    return reshape(x, *x.shape[:a], prod(x.shape[a:b + 1]), *x.shape[b + 1:])


def permute(x: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order: ``x.permute(2, 0, 1)``."""
    dims = tuple(_dim(x, d) for d in as_size(dims))
    if sorted(dims) != list(range(x.ndim)):
        raise ShapeError(f"permute: {dims} is no order of the {x.ndim} dimensions of shape {x.shape}")
    return apply(TABLE["permute"], (x,), {"dims": dims})


def transpose(x: Tensor, dim0: Int, dim1: Int) -> Tensor:
    """Two dimensions exchanged."""
    dims = list(range(x.ndim))
    a, b = _dim(x, dim0), _dim(x, dim1)
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


def unsqueeze(x: Tensor, dim: Int) -> Tensor:
    """A new dimension of size 1 at ``dim``."""
    d = dim + x.ndim + 1 if dim < 0 else dim
    if not 0 <= d <= x.ndim:
        raise IndexError(f"unsqueeze: dimension {dim} is out of range for shape {x.shape}")
    return reshape(x, *x.shape[:d], 1, *x.shape[d:])


def squeeze(x: Tensor, dim: Int | None = None) -> Tensor:
    """Without the dimensions of size 1, or without ``dim`` if its size is 1."""
    gone = range(x.ndim) if dim is None else (_dim(x, dim),)
    return reshape(x, tuple(n for d, n in enumerate(x.shape) if n != 1 or d not in gone))


def cat(tensors: Any, dim: Int = 0) -> Tensor:
    """Tensors joined along an existing dimension."""
    tensors = _tensors("cat", tensors)
    common = dtypes.result_type(*{(2, x.dtype) for x in tensors})
    return apply(TABLE["cat"], tuple(to(x, common) for x in tensors), {"dim": _dim(tensors[0], dim)})


def stack(tensors: Any, dim: Int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    return cat([unsqueeze(x, dim) for x in _tensors("stack", tensors)], dim)


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
    x = x[tuple(slice(largest(-a, 0), n - largest(-b, 0))
                for n, (a, b) in zip(x.shape, widths, strict=True))]
    if not any(a > 0 or b > 0 for a, b in widths):
        return x
    kw = {"index": tuple(slice(largest(a, 0), largest(a, 0) + n)
                         for n, (a, _) in zip(x.shape, widths, strict=True)),
          "shape": tuple(n + largest(a, 0) + largest(b, 0)
                         for n, (a, b) in zip(x.shape, widths, strict=True))}
    y = apply(TABLE["place"], (x,), kw)
    if value == 0:
        return y
    inside = np.zeros(kw["shape"], np.bool_)
    inside[kw["index"]] = True
    return where(wrap(inside), y, value)


def gather(x: Tensor, dim: Int, index: Tensor) -> Tensor:
    """y[i][j][k] = x[i][index[i][j][k]][k] for dim = 1, and so on for others."""
    d = _dim(x, dim)
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


# ── reductions ──────────────────────────────────────────────────────────────────────────────────

def sum(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Sum over all dimensions, or over those in ``dim``. Bools and integers give int64."""
    return apply(TABLE["sum"], (x,), {"dims": _dims(x, dim), "keepdim": keepdim})


def mean(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """(Σᵢ xᵢ) / n over all dimensions, or over those in ``dim``."""
    if x.dtype.kind != "f":
        raise RuntimeError(f"mean: wants floating point numbers, got {x.dtype}")
    return sum(x, dim, keepdim) / prod(x.shape[d] for d in _dims(x, dim))


def argmax(x: Tensor, dim: Int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the (first) largest element, of all or along ``dim``."""
    if dim is not None:
        dim = _dim(x, dim)
    return wrap(x.array.argmax(axis=dim, keepdims=keepdim))


def logsumexp(x: Tensor, dim: Int, keepdim: bool = False) -> Tensor:
    """log Σᵢ exp(xᵢ) along ``dim``, computed from x − max x so that nothing overflows."""
    top = wrap(x.array.max(axis=dim, keepdims=True))
    top = where(wrap(np.isfinite(top.array)), top, 0.0)
    y = log(sum(exp(x - top), dim, True)) + top
    return y if keepdim else squeeze(y, dim)


def log_softmax(x: Tensor, dim: Int) -> Tensor:
    """xᵢ − log Σⱼ exp(xⱼ) along ``dim``."""
    return x - logsumexp(x, dim, keepdim=True)


def softmax(x: Tensor, dim: Int) -> Tensor:
    """exp(xᵢ) / Σⱼ exp(xⱼ) along ``dim``."""
    return exp(log_softmax(x, dim))


# ── linear algebra ──────────────────────────────────────────────────────────────────────────────

def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product, PyTorch's rules: vectors lend themselves a dimension, batches broadcast."""
    for x in (a, b):
        if not isinstance(x, Tensor):
            raise TypeError(f"matmul: wants Tensors, got {type(x).__name__}")
    if not (a.ndim and b.ndim) or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ShapeError(f"matmul: shapes {a.shape} and {b.shape} do not fit: the last dimension of "
                         "the first must equal the last but one of the second")
    if a.dtype != b.dtype:
        raise RuntimeError(f"matmul: wants one dtype, got {a.dtype} and {b.dtype}")
    y = apply(TABLE["matmul"], (unsqueeze(a, 0) if a.ndim == 1 else a,
                                unsqueeze(b, 1) if b.ndim == 1 else b), {})
    if a.ndim == 1:
        y = squeeze(y, -2)
    return squeeze(y, -1) if b.ndim == 1 else y


# ── dtype, memory, comparison ───────────────────────────────────────────────────────────────────

def to(x: Tensor, dtype: Any) -> Tensor:
    """x with another dtype, or x itself if it has that dtype (or if ``dtype`` is the device "cpu")."""
    if isinstance(dtype, str) and dtype == "cpu":
        return x
    return as_dtype(x, dtypes.check(dtype))


def clone(x: Tensor) -> Tensor:
    """A copy in memory of its own, in the graph."""
    return apply(TABLE["cast"], (x,), {"dtype": x.dtype})


def contiguous(x: Tensor) -> Tensor:
    """x in row-major memory."""
    return x if x.array.flags.c_contiguous else clone(x)


def allclose(a: Tensor, b: Tensor, rtol: Float = 1e-5, atol: Float = 1e-8) -> bool:
    """Whether |a − b| ≤ atol + rtol·|b| everywhere."""
    return np.allclose(a.array, b.array, rtol, atol).__bool__()


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, Tensor)


# ── helpers ─────────────────────────────────────────────────────────────────────────────────────

def _dim(x: Tensor, dim: Int) -> Int:
    """A dimension counted from the start. IndexError if x has no such dimension."""
    if not -x.ndim <= dim < largest(x.ndim, 1):
        raise IndexError(f"dimension {dim} is out of range for a tensor of shape {x.shape}")
    return dim % x.ndim if x.ndim else 0


def _dims(x: Tensor, dim: Any) -> tuple[Int, ...]:
    """Dimensions to reduce, counted from the start; None is all of them."""
    if dim is None:
        return tuple(range(x.ndim))
    dims = tuple(_dim(x, d) for d in (dim if isinstance(dim, tuple | list) else (dim,)))
    if len(set(dims)) < len(dims):
        raise ShapeError(f"dimensions {dim} name one of shape {x.shape} twice")
    return dims if x.ndim else ()


def _tensors(name: str, tensors: Any) -> tuple[Tensor, ...]:
    tensors = tuple(tensors)
    if not tensors or not all(isinstance(x, Tensor) for x in tensors):
        raise TypeError(f"{name}: wants a sequence of one or more Tensors, got "
                        f"{[type(x).__name__ for x in tensors]}")
    return tensors


METHODS = {name: globals()[name] for name in [
    "allclose", "argmax", "clamp", "clone", "contiguous", "expand", "flatten", "gather",
    "log_softmax", "logsumexp", "matmul", "mean", "permute", "reshape", "softmax", "squeeze", "sum",
    "t", "to", "transpose", "unsqueeze"]} | {
    "where": lambda x, condition, other: where(condition, x, other),
    "view": reshape,
    "size": lambda x, dim=None: x.shape if dim is None else x.shape[dim],
    "dim": lambda x: x.ndim,
    "numel": lambda x: x.array.size,
    "cpu": lambda x: x,
    "double": lambda x: to(x, float64),
    "float": lambda x: to(x, float32),
    "long": lambda x: to(x, int64),
    "int": lambda x: to(x, int32),
    "bool": lambda x: to(x, bool),
}
for _name, _function in METHODS.items():
    attach(Tensor, _name, _function)
_TAKEN.update(METHODS)

_OURS = {"Any", "Float", "Int", "METHODS", "Op", "Pointwise", "TABLE", "annotations", "apply",
         "as_array", "as_dtype", "as_size", "attach", "dtypes", "follow", "largest", "np", "primitives",
         "prod", "wrap"}
__all__ = [name for name in globals() if not name.startswith("_") and name not in _OURS]
