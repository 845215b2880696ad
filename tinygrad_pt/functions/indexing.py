"""Elements picked, set and searched by index.

Whatever the kind of an index, it is first made into *places*: positions in x's row-major order. Three
things can be done at places: read what is there, put something else there (`_put`), add to what is
there (`_add`). Reading is the table's row `index`, adding its adjoint; and putting is reading again,
from x and the new elements laid end to end. So every function here has derivatives of any order.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..indices import as_index
from ..kernels import in_range
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_dtype, wrap
from . import elementwise
from .choice import OutOfRange, evenly
from .common import as_dim, plain
from .conversion import clone, to
from .joining import cat
from .shape import expand, reshape

GATHER = TABLE["gather"]


# ── places ──────────────────────────────────────────────────────────────────────────────────────

def _flat(x: Tensor) -> Tensor:
    return reshape(x, (prod(x.shape),))


def _along(dim: int, index: Any) -> tuple:
    """An index of one dimension as an index of the whole."""
    return (slice(None),) * dim + (index,)


def _indices(name: str, index: Tensor, dim: int, size: int, least: int = 0) -> Tensor:
    """The index, of integers in ``least`` … size − 1. RuntimeError (IndexError) if it is not."""
    if not isinstance(index, Tensor):
        raise TypeError(f"{name}: wants a Tensor as index, got {type(index).__name__}")
    if index.dtype.kind != "i":
        raise RuntimeError(f"{name}: wants an index of integers, got {index.dtype}")

    def check(i):
        if (least or not in_range(i, size)) and i.size and not least <= i.min() <= i.max() < size:
            wrong = i[(i < least) | (i >= size)][0]
            raise OutOfRange(f"{name}: index {wrong} is out of range for dimension {dim} of size "
                             f"{size}")
        return i

    return plain(check, index)


def _places(name: str, x: Tensor, dim: int, index: Tensor) -> Tensor:
    """The places x[…, index[i, j, k], k] of an index that stands for dimension ``dim`` only."""
    d, shape = as_dim(x, dim), tuple(x.shape) or (1,)
    index = _indices(name, index, d, shape[d])
    small = tuple(index.shape) or (1,)
    if not prod(small):
        return index
    if len(small) != len(shape) or any(n > m for k, (n, m) in enumerate(zip(small, shape, strict=True))
                                       if k != d):
        raise ShapeError(f"{name}: wants an index of as many dimensions as x and nowhere larger, apart "
                         f"from dimension {d}, got {tuple(index.shape)} for {tuple(x.shape)}")

    def f(i):
        place, step = 0, 1
        for k in reversed(range(len(shape))):
            along = i if k == d else np.arange(small[k]).reshape(-1, *(1,) * (len(shape) - 1 - k))
            place, step = place + along * step, step * shape[k]
        return place

    return plain(f, index)


def _places_of(x: Tensor, index: Any) -> Tensor:
    """The places that x[index] reads."""
    return wrap(np.arange(prod(x.shape)).reshape(x.shape))[index]


def _repeated(dim: int, index: Tensor, shape: tuple) -> Tensor:
    """A vector of indices of ``dim`` as an index that is the same for all others, as scatter wants."""
    return expand(reshape(index, [-1 if k == dim else 1 for k in range(len(shape))]), shape)


def _read(x: Tensor, places: Tensor) -> Tensor:
    """The elements of x at places, in memory of their own."""
    y = _flat(x)[places]
    return y if places.ndim else clone(y)


def _put(x: Tensor, places: Tensor, src: Tensor) -> Tensor:
    """x with src at places: each element is read from x or from src. Of two for one place the later
    wins, and the gradient is the winner's alone.
    """
    n = prod(x.shape)

    def origin(p):
        found = np.arange(n)
        found[p.reshape(-1)] = n + np.arange(p.size)
        return found.reshape(x.shape)

    return cat([_flat(x), _flat(src)])[plain(origin, places)]


def _gather_sums(src: Tensor, places: Tensor, n: int) -> Tensor:
    """n sums, of those elements of src that have the same place."""
    return apply(TABLE["index_add"], (_flat(src),), {"index": as_index(_flat(places)), "shape": (n,)})


def _add(x: Tensor, places: Tensor, src: Tensor) -> Tensor:
    """x with src added at places."""
    return x + reshape(_gather_sums(src, places, prod(x.shape)), x.shape)


def _source(name: str, x: Tensor, index: Tensor, src: Any) -> Tensor:
    """As much of src as there is index; a number stands for as many as are wanted."""
    if not isinstance(src, Tensor):
        return expand(as_dtype(src, x.dtype), index.shape)
    _same_dtype(name, x, src)
    if not prod(index.shape):
        return reshape(_flat(src)[:0], index.shape)
    small, large = tuple(index.shape) or (1,), tuple(src.shape) or (1,)
    if len(small) != len(large) or any(n > m for n, m in zip(small, large, strict=True)):
        raise ShapeError(f"{name}: wants a src of as many dimensions as the index and nowhere smaller, "
                         f"got {tuple(src.shape)} for {tuple(index.shape)}")
    return reshape(reshape(src, large)[tuple(slice(n) for n in small)], index.shape)


def _same_dtype(name: str, x: Tensor, src: Tensor) -> None:
    if not isinstance(src, Tensor):
        raise TypeError(f"{name}: wants a Tensor as source, got {type(src).__name__}")
    if x.dtype != src.dtype:
        raise RuntimeError(f"{name}: wants one dtype, got {x.dtype} and {src.dtype}")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────

def gather(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """y[i][j][k] = x[i][index[i][j][k]][k] for dim = 1, and so on for others; shape of the index."""
    if isinstance(index, Tensor) and x.ndim and type(x.array) is type(index.array) is np.ndarray:
        d, small, shape = as_dim(x, dim), index.array.shape, x.array.shape
        if len(small) == len(shape) and small[:d] == shape[:d] and small[d + 1:] == shape[d + 1:]:
            at = np.array(_indices("gather", index, d, shape[d]).array, np.int64)
            return apply(GATHER, (x,), {"dim": d, "at": at})
    return _read(x, _places("gather", x, dim, index))


def take(x: Tensor, index: Tensor) -> Tensor:
    """y[i] = the element at place index[i] of x in row-major order; negative: from the end."""
    n = prod(x.shape)
    return _read(x, _indices("take", index, 0, n, -n))


def take_along_dim(x: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather` with x and indices broadcast to each other, apart from ``dim``; None: x flattened."""
    if dim is None:
        return take(x, _flat(indices))
    if indices.ndim != x.ndim:
        raise ShapeError(f"take_along_dim: wants indices of as many dimensions as x, got "
                         f"{tuple(indices.shape)} for {tuple(x.shape)}")
    d = as_dim(x, dim)
    common = list(np.broadcast_shapes(*[(*y.shape[:d], 1, *y.shape[d + 1:]) for y in (x, indices)]))
    size = x.shape[d]
    x, indices = (expand(y, (*common[:d], y.shape[d], *common[d + 1:])) for y in (x, indices))
    indices = _indices("take_along_dim", indices, d, size, -size)
    return gather(x, d, plain(lambda i: i % max(size, 1), indices))


def index_select(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices x[…, index[i], …] along ``dim``, for a vector of indices."""
    d = as_dim(x, dim)
    if index.ndim > 1:
        raise IndexError(f"index_select: wants a vector as index, got shape {tuple(index.shape)}")
    index = reshape(_indices("index_select", index, d, x.shape[d] if x.ndim else 1), -1)
    return x[_along(d, index)] if x.ndim else reshape(_flat(x)[index], ())


def masked_select(x: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask, broadcast with x, is True: a vector."""
    shape = _with_mask("masked_select", x, mask)
    return expand(x, shape)[expand(mask, shape)]


def _with_mask(name: str, x: Tensor, mask: Tensor) -> tuple[int, ...]:
    """The shape that x and a mask of bools broadcast to."""
    if not isinstance(mask, Tensor) or mask.dtype.kind != "b":
        raise RuntimeError(f"{name}: wants a mask of bools, got {getattr(mask, 'dtype', mask)}")
    try:
        return np.broadcast_shapes(x.shape, mask.shape)
    except ValueError:
        raise ShapeError(f"{name}: a mask of shape {tuple(mask.shape)} does not broadcast with "
                         f"{tuple(x.shape)}") from None


# ── writing ─────────────────────────────────────────────────────────────────────────────────────

def scatter(x: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
            reduce: str | None = None) -> Tensor:
    """x with y[i][index[i][j][k]][k] = src[i][j][k] for dim = 1, and so on; src may be a number.

    ``reduce`` "add" or "multiply" combines with what is there. Of indices that come twice the last
    one wins, and has the gradient.
    """
    src = value if src is None else src
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError(f"scatter: reduce is 'add' or 'multiply', got {reduce!r}")
        src = _source("scatter", x, index, src)
        return scatter_reduce(x, dim, index, src, "sum" if reduce == "add" else "prod")
    return _put(x, _places("scatter", x, dim, index), _source("scatter", x, index, src))


def scatter_add(x: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """x with y[i][index[i][j][k]][k] += src[i][j][k] for dim = 1, and so on: the adjoint of gather."""
    _same_dtype("scatter_add", x, src)
    return _add(x, _places("scatter_add", x, dim, index), _source("scatter_add", x, index, src))


def scatter_reduce(x: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *,
                   include_self: bool = True) -> Tensor:
    """At each place the sum, prod, mean, amax or amin of what `scatter` brings there.

    What x has there takes part too, unless include_self is False and something else comes.
    """
    _same_dtype("scatter_reduce", x, src)
    return _reduce_at("scatter_reduce", x, _places("scatter_reduce", x, dim, index),
                      _source("scatter_reduce", x, index, src), reduce, include_self)


def index_add(x: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """x with y[…, index[i], …] += alpha·source[…, i, …]."""
    d, index, source = _slices("index_add", x, dim, index, source)
    return _add(x, _places("index_add", x, d, index), source if alpha == 1 else source * alpha)


def index_copy(x: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """x with y[…, index[i], …] = source[…, i, …]; of indices that come twice the last wins."""
    d, index, source = _slices("index_copy", x, dim, index, source)
    return _put(x, _places("index_copy", x, d, index), source)


def index_reduce(x: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
                 include_self: bool = True) -> Tensor:
    """`scatter_reduce` of slices: prod, mean, amax or amin."""
    d, index, source = _slices("index_reduce", x, dim, index, source)
    return _reduce_at("index_reduce", x, _places("index_reduce", x, d, index), source, reduce,
                      include_self)


def _slices(name: str, x: Tensor, dim: int, index: Tensor, source: Tensor) -> tuple:
    """The dimension, and the index of scatter that puts the slices of ``source`` at ``index``."""
    d = as_dim(x, dim)
    _same_dtype(name, x, source)
    fits = index.ndim < 2 and source.ndim == x.ndim and all(
        n == (prod(index.shape) if k == d else x.shape[k]) for k, n in enumerate(source.shape))
    if not fits:
        raise OutOfRange(f"{name}: a vector of indices of shape {tuple(index.shape)} for dimension {d} "
                         f"of {tuple(x.shape)} does not fit a source of {tuple(source.shape)}")
    return d, _repeated(d, index, source.shape), source


def index_fill(x: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """x with y[…, index[i], …] = value, a number or a 0-d Tensor."""
    d = as_dim(x, dim)
    size = x.shape[d] if x.ndim else 1
    index = plain(lambda i: i.reshape(-1) % max(size, 1),
                  _indices("index_fill", index, d, size, -size))
    shape = (*x.shape[:d], len(index), *x.shape[d + 1:])
    return _put(x, _places("index_fill", x, d, _repeated(d, index, shape)),
                expand(_number("index_fill", x, value), shape))


def _number(name: str, x: Tensor, value: Any) -> Tensor:
    """A number or 0-d Tensor with x's dtype."""
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"{name}: wants a number or 0-d Tensor as value, got shape "
                           f"{tuple(value.shape)}")
    return as_dtype(value, x.dtype)


def index_put(x: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """x with y[indices] = values (or +=: accumulate), for a tuple of indices; values broadcast."""
    _same_dtype("index_put", x, values)
    places = _places_of(x, tuple(indices))
    try:
        values = expand(values, places.shape)
    except ValueError:
        raise ShapeError(f"index_put: values of shape {tuple(values.shape)} do not broadcast to the "
                         f"{tuple(places.shape)} of the indices") from None
    return (_add if accumulate else _put)(x, places, values)


def masked_fill(x: Tensor, mask: Tensor, value: Any) -> Tensor:
    """x with a number (or 0-d Tensor) where the mask, broadcast with x, is True."""
    _with_mask("masked_fill", x, mask)
    return elementwise.where(mask, _number("masked_fill", x, value), x)


def masked_scatter(x: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """x with the elements of source, in order, where the mask, broadcast with x, is True."""
    _same_dtype("masked_scatter", x, source)
    shape = _with_mask("masked_scatter", x, mask)
    x = expand(x, shape)
    places = _places_of(x, expand(mask, shape))
    if prod(source.shape) < prod(places.shape):
        raise ShapeError(f"masked_scatter: {prod(places.shape)} elements to be set, and a source of "
                         f"{prod(source.shape)}")
    return _put(x, places, _flat(source)[:prod(places.shape)])


def select_scatter(x: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """x with src for the slice x.select(dim, index)."""
    d = as_dim(x, dim)
    if not -x.shape[d] <= index < x.shape[d]:
        raise IndexError(f"select_scatter: index {index} is out of range for dimension {d} of shape "
                         f"{tuple(x.shape)}")
    return _put_at("select_scatter", x, _places_of(x, _along(d, index)), src)


def slice_scatter(x: Tensor, src: Tensor, dim: int = 0, start: int | None = None,
                  end: int | None = None, step: int = 1) -> Tensor:
    """x with src for the slice start:end:step of ``dim``."""
    if step < 1:
        raise ShapeError(f"slice_scatter: step is at least 1, got {step}")
    places = _places_of(x, _along(as_dim(x, dim), slice(start, end, step)))
    return _put_at("slice_scatter", x, places, src)


def diagonal_scatter(x: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """x with src for its diagonal x.diagonal(offset, dim1, dim2)."""
    d1, d2 = as_dim(x, dim1), as_dim(x, dim2)
    places = plain(lambda p: p.diagonal(offset, d1, d2), _places_of(x, ...))
    return _put_at("diagonal_scatter", x, places, src)


def _put_at(name: str, x: Tensor, places: Tensor, src: Tensor) -> Tensor:
    """`_put`, where src must have the very shape of the places."""
    if places.shape != src.shape:
        raise ShapeError(f"{name}: wants a src of shape {tuple(places.shape)}, got {tuple(src.shape)}")
    return _put(x, places, to(src, x.dtype))


# ── many for one place ──────────────────────────────────────────────────────────────────────────

def _reduce_at(name: str, x: Tensor, places: Tensor, src: Tensor, reduce: str,
               include_self: bool) -> Tensor:
    """Each place of x gets a list of elements, x's own and those of src, and is their reduction."""
    if reduce not in _REDUCE:
        raise RuntimeError(f"{name}: reduce is one of {', '.join(_REDUCE)}, got {reduce!r}")
    n = prod(x.shape)

    def own(p):
        there = np.ones(n, np.bool_)
        if not include_self:
            there[p.reshape(-1)] = False
        return np.flatnonzero(there)

    mine = plain(own, places)
    y = _REDUCE[reduce](cat([_flat(x)[mine], _flat(src)]), cat([mine, _flat(places)]), n)
    return reshape(y, x.shape)


def _means(e: Tensor, places: Tensor, n: int) -> Tensor:
    total, count = _gather_sums(e, places, n), plain(lambda p: np.bincount(p, minlength=n), places)
    return total / count if e.dtype.kind == "f" else plain(np.floor_divide, total, to(count, e.dtype))


def _products(e: Tensor, places: Tensor, n: int) -> Tensor:
    """Products of those with the same place, in log₂ steps: right also with zeros, at any order."""
    order = plain(lambda p: np.argsort(p, kind="stable"), places)
    e, places, step = e[order], places[order], 1
    while step < len(places) and plain(np.any, same := places[step:] == places[:-step]).item():
        e = cat([e[:step], elementwise.where(same, e[step:] * e[:-step], e[step:])])
        step *= 2
    return e[plain(lambda p: np.searchsorted(p, np.arange(n), "right") - 1, places)]


def _extremes(f: np.ufunc) -> Any:
    """The largest or smallest of those with the same place, ties sharing the gradient evenly."""
    def reduced(e: Tensor, places: Tensor, n: int) -> Tensor:
        def top(e, p):
            order = np.argsort(p, kind="stable")
            return f.reduceat(e[order], np.searchsorted(p[order], np.arange(n))) if n else e

        return evenly(e, plain(top, e, places), lambda y: y[places],
                      lambda e: _gather_sums(e, places, n))
    return reduced


_REDUCE = {"sum": _gather_sums, "prod": _products, "mean": _means, "amax": _extremes(np.maximum),
           "amin": _extremes(np.minimum)}


# ── searching ───────────────────────────────────────────────────────────────────────────────────

def nonzero(x: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0: a matrix of a row each, or a vector per dimension."""
    if as_tuple:
        found = nonzero(x if x.ndim else reshape(x, 1))
        return tuple(found[:, d] for d in range(max(x.ndim, 1)))
    return plain(np.argwhere, x)


def argwhere(x: Tensor) -> Tensor:
    """The indices of the elements that are not 0, a row each."""
    return nonzero(x)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """input where the condition holds, else other; of the condition alone, where it holds."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where: wants a condition alone, or two things to choose from, got one")
    if isinstance(condition, Tensor) and condition.dtype.kind not in "bu":
        raise RuntimeError(f"where: wants a condition of bools, got {condition.dtype}")
    return elementwise.where(condition, input, other)


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """int64 of shape (…, num_classes), 1 at each class and 0 elsewhere; -1: as many as there are."""
    if tensor.dtype != np.int64:
        raise RuntimeError(f"one_hot: wants classes of int64, got {tensor.dtype}")
    if num_classes < 1 and not (num_classes == -1 and prod(tensor.shape)):
        raise RuntimeError(f"one_hot: cannot have {num_classes} classes of shape "
                           f"{tuple(tensor.shape)}")

    def f(i):
        n = int(i.max()) + 1 if num_classes == -1 else num_classes
        if i.size and not 0 <= i.min() <= i.max() < n:
            raise RuntimeError(f"one_hot: classes lie in 0 … {n - 1}, got {i.min()} … {i.max()}")
        return (i[..., None] == np.arange(n)).astype(np.int64)

    return plain(f, tensor)
