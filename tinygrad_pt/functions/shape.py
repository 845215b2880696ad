"""One tensor's elements in another shape or order. Views are views: they share x's memory."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_size, constant, wrap
from .common import as_dim, as_dims, as_int, as_tensors, plain
from .conversion import clone, contiguous
from .elementwise import where

# ── another shape ───────────────────────────────────────────────────────────────────────────────


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in row-major order with another shape; one size may be -1."""
    shape = _filled("reshape", x, as_size(shape), prod(x.shape))
    return apply(TABLE["reshape"], (x,), {"shape": shape})


def _filled(name: str, x: Tensor, shape: tuple[int, ...], n: int) -> tuple[int, ...]:
    """A shape for n of x's elements, with the one size of -1 worked out."""
    if shape.count(-1) == 1:
        known = -prod(shape)
        if known > 0 and n % known == 0:
            shape = tuple([n // known if size == -1 else size for size in shape])
    if prod(shape) != n or min(shape, default=0) < 0:
        raise ShapeError(f"{name}: shape {shape} does not fit the {n} elements of shape "
                         f"{x.array.shape}")
    return shape


def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions start_dim … end_dim joined into one."""
    a, b = as_dim(x, start_dim), as_dim(x, end_dim)
    if a > b:
        raise ShapeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in shape "
                         f"{x.array.shape}")
    return reshape(x, *x.shape[:a], prod(x.shape[a:b + 1]), *x.shape[b + 1:])


def ravel(x: Tensor) -> Tensor:
    """All dimensions joined into one, in row-major memory."""
    return flatten(contiguous(x))


def unflatten(x: Tensor, dim: int, sizes: Any) -> Tensor:
    """A dimension parted into several; one of their sizes may be -1."""
    if not x.ndim:
        raise IndexError("unflatten: a 0-d tensor has no dimension to part")
    d = as_dim(x, dim)
    return reshape(x, *x.shape[:d], *_filled("unflatten", x, as_size((sizes,)), x.shape[d]),
                   *x.shape[d + 1:])


def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1 at ``dim``."""
    d = dim + x.ndim + 1 if dim < 0 else dim
    if not 0 <= d <= x.ndim:
        raise IndexError(f"unsqueeze: dimension {dim} is out of range for shape {x.array.shape}")
    return apply(TABLE["reshape"], (x,), {"shape": (*x.shape[:d], 1, *x.shape[d:])})


def squeeze(x: Tensor, dim: Any = None) -> Tensor:
    """Without the dimensions of size 1, or without those in ``dim`` whose size is 1."""
    gone = as_dims(x, dim)
    shape = tuple([n for d, n in enumerate(x.shape) if n != 1 or d not in gone])
    return apply(TABLE["reshape"], (x,), {"shape": shape})


# ── another order ───────────────────────────────────────────────────────────────────────────────

def permute(x: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order: ``x.permute(2, 0, 1)``."""
    dims = tuple([as_dim(x, d) for d in as_size(dims)])
    if sorted(dims) != list(range(x.ndim)):
        raise ShapeError(f"permute: {dims} is no order of the {x.ndim} dimensions of shape "
                         f"{x.array.shape}")
    return apply(TABLE["permute"], (x,), {"dims": dims})


def transpose(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    dims = list(range(x.ndim))
    a, b = as_dim(x, dim0), as_dim(x, dim1)
    if dims:
        dims[a], dims[b] = b, a
    return apply(TABLE["permute"], (x,), {"dims": tuple(dims)})


swapdims = transpose


def swapaxes(x: Tensor, axis0: int, axis1: int) -> Tensor:
    """Two dimensions exchanged, in NumPy's words."""
    return transpose(x, axis0, axis1)


def t(x: Tensor) -> Tensor:
    """The transpose of a matrix; vectors stay as they are."""
    if x.ndim > 2:
        raise ShapeError(f"t: wants at most 2 dimensions, got shape {x.array.shape}")
    return x.T


def adjoint(x: Tensor) -> Tensor:
    """The last two dimensions exchanged; of real numbers the adjoint is the transpose."""
    return _matrix_transpose("adjoint", x)


def _matrix_transpose(name: str, x: Tensor) -> Tensor:
    if x.ndim < 2:
        raise ShapeError(f"{name}: wants a matrix or a batch of them, got shape {x.array.shape}")
    return transpose(x, -2, -1)


def _mT(x: Tensor) -> Tensor:
    """The last two dimensions exchanged."""
    return _matrix_transpose("mT", x)


def _H(x: Tensor) -> Tensor:
    """The transpose of a matrix."""
    if x.ndim not in (0, 2):
        raise ShapeError(f"H: wants a matrix, got shape {x.array.shape}; of a batch of them, take mH")
    return x.T


for _name, _f in (("mT", _mT), ("mH", _mT), ("H", _H)):
    setattr(Tensor, _name, property(_f))


def movedim(x: Tensor, source: Any, destination: Any) -> Tensor:
    """The dimensions in ``source`` at the places in ``destination``, the others in their order."""
    a, b = as_dims(x, source), as_dims(x, destination)
    if len(a) != len(b):
        raise ShapeError(f"movedim: {source} and {destination} are not equally many dimensions")
    order = [d for d in range(x.ndim) if d not in a]
    for to, d in sorted(zip(b, a, strict=True)):
        order.insert(to, d)
    return permute(x, *order)


moveaxis = movedim


def flip(x: Tensor, *dims: Any) -> Tensor:
    """A copy with the order of the elements reversed along some dimensions."""
    dims = as_dims(x, as_size(dims))
    return clone(x[tuple(slice(None, None, -1 if d in dims else 1) for d in range(x.ndim))])


def fliplr(x: Tensor) -> Tensor:
    """A copy with the columns in reverse order."""
    return _flipped("fliplr", x, 1)


def flipud(x: Tensor) -> Tensor:
    """A copy with the rows in reverse order."""
    return _flipped("flipud", x, 0)


def _flipped(name: str, x: Tensor, dim: int) -> Tensor:
    if x.ndim <= dim:
        raise ShapeError(f"{name}: wants at least {dim + 1} dimensions, got shape {x.array.shape}")
    return flip(x, dim)


def rot90(x: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A copy turned k times by 90° in the plane of two dimensions, from the first to the second."""
    if len(dims) != 2 or x.ndim < 2:
        raise ShapeError(f"rot90: wants two dimensions of a tensor, got {dims} and shape "
                         f"{x.array.shape}")
    a, b = as_dims(x, dims)
    k = as_int("rot90", k)
    if k % 4 in (0, 2):
        return flip(x, (a, b) if k % 4 else ())
    return transpose(flip(x, b if k % 4 == 1 else a), a, b)


# ── repeated ────────────────────────────────────────────────────────────────────────────────────

def expand(x: Tensor, *size: Any) -> Tensor:
    """Broadcast to a shape, without a copy; -1 keeps a size."""
    size = as_size(size)
    new = len(size) - x.ndim
    shape = tuple([x.shape[d - new] if n == -1 and d >= new else n for d, n in enumerate(size)])
    return apply(TABLE["expand"], (x,), {"shape": shape})


def broadcast_to(x: Tensor, size: Any) -> Tensor:
    """Broadcast to a shape, without a copy: `expand`."""
    return expand(x, size)


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape to which tensors of these shapes broadcast together."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"broadcast_shapes: {', '.join(map(str, shapes))} do not broadcast") from None


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Tensors broadcast to one shape, without copies."""
    tensors = as_tensors("broadcast_tensors", tensors[0] if len(tensors) == 1 and
                         isinstance(tensors[0], tuple | list) else tensors)
    shape = broadcast_shapes(*[x.shape for x in tensors])
    return tuple(expand(x, shape) for x in tensors)


def tile(x: Tensor, *dims: Any) -> Tensor:
    """A copy of x repeated ``dims[d]`` times along each dimension d, the last for the last."""
    times = as_size(dims)
    n = max(len(times), x.ndim)
    times, sizes = (1,) * (n - len(times)) + times, (1,) * (n - x.ndim) + x.shape
    if min(times, default=0) < 0:
        raise ShapeError(f"tile: cannot repeat a negative number of times, got {times}")
    y = expand(reshape(x, [m for size in sizes for m in (1, size)]),
               [m for pair in zip(times, sizes, strict=True) for m in pair])
    return reshape(clone(y), [k * size for k, size in zip(times, sizes, strict=True)])


def repeat_interleave(x: Tensor, repeats: Any = None, dim: int | None = None,
                      output_size: int | None = None) -> Tensor:
    """Each element along ``dim`` (None: of x flattened) ``repeats`` times, a number or one for each.

    ``repeat_interleave(repeats)`` gives the indices 0, 0, …, 1, … that do this.
    """
    if repeats is None:
        return _repeated_indices(x, None, output_size)
    if dim is None:
        x, dim = flatten(x), 0
    d = as_dim(x, dim)
    x = x if x.ndim else reshape(x, 1)
    if isinstance(repeats, Tensor):
        return x[(slice(None),) * d + (_repeated_indices(repeats, x.shape[d], output_size),)]
    repeats = as_int("repeat_interleave", repeats)
    if repeats < 0:
        raise ShapeError(f"repeat_interleave: repeats must not be negative, got {repeats}")
    y = expand(unsqueeze(x, d + 1), *x.shape[:d + 1], repeats, *x.shape[d + 1:])
    return flatten(clone(y), d, d + 1)


def _repeated_indices(repeats: Tensor, n: int | None, output_size: int | None) -> Tensor:
    """Each of 0 … n − 1 as often as ``repeats`` says."""
    if repeats.dtype.kind != "i":
        raise RuntimeError(f"repeat_interleave: repeats are integers, got {repeats.dtype}")
    if repeats.ndim > 1 or (n is not None and repeats.shape not in ((), (1,), (n,))):
        raise ShapeError(f"repeat_interleave: repeats of shape {repeats.array.shape} do not fit the "
                         f"dimension's {'' if n is None else n} elements")
    if plain(np.any, repeats < 0):
        raise ShapeError(f"repeat_interleave: repeats must not be negative, got {repeats.tolist()}")
    n = prod(repeats.shape) if n is None else n
    indices = plain(np.repeat, np.arange(n), repeats)
    if output_size is not None and output_size != len(indices):
        raise ShapeError(f"repeat_interleave: the result has {len(indices)} elements along the "
                         f"dimension, but output_size is {output_size}")
    return indices


# ── parts ───────────────────────────────────────────────────────────────────────────────────────

def narrow(x: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """The view of ``length`` elements along ``dim`` from ``start`` on."""
    if not x.ndim:
        raise ShapeError("narrow: a 0-d tensor has no parts")
    d = as_dim(x, dim)
    n, start, length = x.shape[d], as_int("narrow", start), as_int("narrow", length)
    if length < 0:
        raise ShapeError(f"narrow: length must not be negative, got {length}")
    if not -n <= start <= n:
        raise IndexError(f"narrow: start {start} is out of range for dimension {dim} of "
                         f"{x.array.shape}")
    start += n if start < 0 else 0
    if not 0 <= length <= n - start:
        raise ShapeError(f"narrow: {length} elements from {start} on are not in dimension {dim} of "
                         f"shape {x.array.shape}")
    return x[(slice(None),) * d + (slice(start, start + length),)]


def select(x: Tensor, dim: int, index: Any) -> Tensor:
    """The view x[…, index, …] at one index of ``dim``."""
    if not x.ndim:
        raise IndexError("select: a 0-d tensor has no parts")
    return x[(slice(None),) * as_dim(x, dim) + (as_int("select", index),)]


def diagonal(x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The view x[…, i, …, i + offset, …] for all i: dim1 and dim2 give way to one at the end."""
    a, b = as_dim(x, dim1), as_dim(x, dim2)
    if a == b:
        raise ShapeError(f"diagonal: dimensions {dim1} and {dim2} of shape {x.array.shape} are one")
    return apply(TABLE["diagonal"], (x,), {"offset": as_int("diagonal", offset), "dims": (a, b)})


def diag_embed(x: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Zeros with x's last dimension on a diagonal of two new dimensions, dim1 and dim2."""
    offset = as_int("diag_embed", offset)
    a, b = (d + x.ndim + 1 if d < 0 else d for d in (dim1, dim2))
    if not (0 <= a <= x.ndim and 0 <= b <= x.ndim):
        raise IndexError(f"diag_embed: no dimensions {dim1} and {dim2} among the {x.ndim + 1} of the "
                         "result")
    if a == b:
        raise ShapeError(f"diag_embed: dimensions {dim1} and {dim2} are one")
    shape = list(x.shape[:-1])
    for d in sorted((a, b)):
        shape.insert(d, x.shape[-1] + abs(offset))
    return apply(TABLE["on_diagonal"], (x,), {"offset": offset, "dims": (a, b), "shape": tuple(shape)})


def diag(x: Tensor, diagonal: int = 0) -> Tensor:
    """The square matrix with a vector on its diagonal; a copy of the diagonal of a matrix."""
    if x.ndim not in (1, 2):
        raise ShapeError(f"diag: wants a vector or a matrix, got shape {x.array.shape}")
    return diag_embed(x, diagonal) if x.ndim == 1 else clone(_diagonal(x, diagonal))


_diagonal = diagonal


def diagflat(x: Tensor, offset: int = 0) -> Tensor:
    """The square matrix with all elements of x on its diagonal."""
    return diag_embed(flatten(x), offset)


def tril(x: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and below a diagonal of the last two dimensions, the others 0."""
    return _triangle("tril", x, diagonal, True)


def triu(x: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and above a diagonal of the last two dimensions, the others 0."""
    return _triangle("triu", x, as_int("triu", diagonal) - 1, False)


def _triangle(name: str, x: Tensor, diagonal: int, below: bool) -> Tensor:
    if x.ndim < 2:
        raise ShapeError(f"{name}: wants at least 2 dimensions, got shape {x.array.shape}")
    kept = wrap(np.tri(*x.shape[-2:], as_int(name, diagonal), bool) == below)
    return where(kept, x, constant(0, x.dtype))
