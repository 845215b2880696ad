"""The linear rows: each operation beside its adjoint, ⟨g, A x⟩ = ⟨Aᵀ g, x⟩.

Adjoints come in pairs: sum ↔ expand, slice ↔ place, index ↔ index_add; reshape, permute and cast
are undone by themselves. An adjoint reads the operands' shapes and dtypes, never their values.
``sample(random, shape)`` draws arguments for the property tests.
"""

from __future__ import annotations

from builtins import slice as Slice
from builtins import sum as total
from math import prod
from operator import iadd

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import kernels
from . import TABLE, Linear


@Linear.row(lambda m, g, i, xs, dims, keepdim: m.expand(
                m.reshape(g, _kept(xs[0].shape, dims)), xs[0].shape),
            sample=lambda r, shape: {"dims": _some(r, range(len(shape))),
                                     "keepdim": r.random() < 0.5})
def sum(x, dims: tuple[int, ...], keepdim: bool):
    """Sum over dimensions."""
    return x.sum(axis=dims, keepdims=keepdim)


@Linear.row(lambda m, g, i, xs, shape: m.sum_to(g, xs[0].shape),
            sample=lambda r, shape: {"shape": (r.randint(0, 3), *shape)})
def expand(x, shape: tuple[int, ...]):
    """Broadcast to a shape: repeat along new dimensions and those of size 1."""
    return np.broadcast_to(x, shape)


@Linear.row(lambda m, g, i, xs, shape: m.reshape(g, xs[0].shape),
            sample=lambda r, shape: {"shape": r.choice([(prod(shape),), shape[::-1],
                                                        (1, *shape, 1)])})
def reshape(x, shape: tuple[int, ...]):
    """The same elements in row-major order, with another shape."""
    return x.reshape(shape)


@Linear.row(lambda m, g, i, xs, dims: m.permute(g, tuple(sorted(range(len(dims)),
                                                                key=dims.__getitem__))),
            sample=lambda r, shape: {"dims": tuple(r.sample(range(len(shape)), len(shape)))})
def permute(x, dims: tuple[int, ...]):
    """Reorder the dimensions."""
    return x.transpose(dims)


@Linear.row(lambda m, g, i, xs, index: m.place(g, index, xs[0].shape),
            sample=lambda r, shape: {"index": tuple(_slice(r, n) for n in shape)},
            into=lambda total, g, index: iadd(slice.f(total, index), g))
def slice(x, index: tuple):
    """Basic indexing: integers, slices, None and Ellipsis; with this a view also of one element."""
    return x[index if Ellipsis in index else (*index, ...)]


@Linear.row(lambda m, g, i, xs, index, shape: m.slice(g, index),
            sample=lambda r, shape: {"index": tuple(Slice(1, 1 + n) for n in shape),
                                     "shape": tuple(n + 3 for n in shape)})
def place(x, index: tuple, shape: tuple[int, ...]):
    """Zeros of a shape with x put at a basic index: padding, and the adjoint of slice."""
    y = np.zeros(shape, x.dtype)
    y[index] = x
    return y


@Linear.row(lambda m, g, i, xs, index: m.index_add(g, index, xs[0].shape),
            sample=lambda r, shape: {"index": _indices(r, shape)},
            into=lambda total, g, index: kernels.add_at(total, index, g))
def index(x, index: tuple):
    """Advanced indexing: integer and boolean arrays; an element may be taken several times."""
    return x[index]


@Linear.row(lambda m, g, i, xs, index, shape: m.index(g, index))
def index_add(x, index: tuple, shape: tuple[int, ...]):
    """Zeros of a shape with x added at an advanced index: the adjoint of index."""
    y = np.zeros(shape, x.dtype)
    kernels.add_at(y, index, x)
    return y


@Linear.row(lambda m, g, i, xs, dim, at: m.scatter_add(g, dim, at, xs[0].shape),
            sample=lambda r, shape: _along(r, shape, r.randrange(len(shape))))
def gather(x, dim: int, at: np.ndarray):
    """y[…, j, …] = x[…, at[…, j, …], …] along a dimension: places of their own for all the others."""
    return kernels.gather(x, dim, at)


@Linear.row(lambda m, g, i, xs, dim, at, shape: m.gather(g, dim, at))
def scatter_add(x, dim: int, at: np.ndarray, shape: tuple[int, ...]):
    """Zeros of a shape with x added at the places that `gather`, whose adjoint this is, takes."""
    y = np.zeros(shape, x.dtype)
    kernels.scatter_add(y, dim, at, x)
    return y


@Linear.row(lambda m, g, i, xs, dim: m.slice(g, _span(xs, i, dim)),
            sample=lambda r, shape: {"dim": r.randrange(len(shape))})
def cat(*xs, dim: int):
    """Join along a dimension."""
    return np.concatenate(xs, axis=dim)


@Linear.row(lambda m, g, i, xs, dtype: m.cast(g, xs[0].dtype),
            sample=lambda r, shape: {"dtype": np.dtype("float64")})
def cast(x, dtype: np.dtype):
    """The same numbers with another dtype, in memory of their own, row-major."""
    return x.astype(dtype, order="C")


# ── views: diagonals, and windows that slide ────────────────────────────────────────────────────

@Linear.row(lambda m, g, i, xs, offset, dims: m.on_diagonal(g, offset, dims, xs[0].shape),
            sample=lambda r, shape: {"offset": r.randint(-2, 2),
                                     "dims": tuple(r.sample(range(len(shape)), 2))})
def diagonal(x, offset: int, dims: tuple[int, int]):
    """The elements at i of one dimension and i + offset of another; i is the last dimension of y."""
    y = np.diagonal(x, offset, *dims)
    y.flags.writeable = x.flags.writeable
    return y


@Linear.row(lambda m, g, i, xs, offset, dims, shape: m.diagonal(g, offset, dims))
def on_diagonal(x, offset: int, dims: tuple[int, int], shape: tuple[int, ...]):
    """Zeros of a shape with x on a diagonal: the adjoint of diagonal."""
    y = np.zeros(shape, x.dtype)
    diagonal.f(y, offset, dims)[...] = x
    return y


@Linear.row(lambda m, g, i, xs, dims, size, step, dilation:
                m.overlap_add(g, dims, size, step, dilation, xs[0].shape),
            sample=lambda r, shape: _sliding(r, shape))
def windows(x, dims: tuple, size: tuple, step: tuple, dilation: tuple):
    """A window slides along dimensions: y[…, i, …, u] = x[…, i·step + u·dilation, …].

    Along each of ``dims`` y counts the places of the window; its last dimensions are the window's.
    """
    shape, strides = list(x.shape), list(x.strides)
    for d, k, s, e in zip(dims, size, step, dilation, strict=True):
        shape[d] = (shape[d] - e * (k - 1) - 1) // s + 1
        strides[d] *= s
    inside = (x.strides[d] * e for d, e in zip(dims, dilation, strict=True))
    return as_strided(x, (*shape, *size), (*strides, *inside), writeable=x.flags.writeable)


@Linear.row(lambda m, g, i, xs, dims, size, step, dilation, shape:
                m.windows(g, dims, size, step, dilation))
def overlap_add(x, dims: tuple, size: tuple, step: tuple, dilation: tuple,
                shape: tuple[int, ...]):
    """Zeros of a shape with windows added where each lies: the adjoint of windows."""
    y = np.zeros(shape, x.dtype)
    place = [Slice(None)] * y.ndim
    for offset in np.ndindex(*size):  # one element of all the windows at once
        for d, u, s, e in zip(dims, offset, step, dilation, strict=True):
            place[d] = Slice(u * e, u * e + x.shape[d] * s, s)
        y[tuple(place)] += x[(..., *offset)]
    return y


# ── running sums ────────────────────────────────────────────────────────────────────────────────

@Linear.row(lambda m, g, i, xs, dim: m.slice(m.cumsum(m.slice(g, _back(dim)), dim), _back(dim)),
            sample=lambda r, shape: {"dim": r.randrange(len(shape))})
def cumsum(x, dim: int):
    """Running sums along a dimension; the adjoint runs from the end."""
    return x.cumsum(axis=dim)


def _back(dim):
    """The index that reverses a dimension."""
    return (Slice(None),) * dim + (Slice(None, None, -1),)


# ── changes in place ────────────────────────────────────────────────────────────────────────────

@Linear.row(lambda m, g, i, xs, path: m.overwrite(g, m.zeros_like(xs[1]), path) if i == 0 else
            _won(m, walk(m, g, path), xs[0].shape, path),
            sample=lambda r, shape: _paths(r, shape))
def overwrite(x, y, path: tuple):
    """x with y in the place that a path of views leads to: what a change in place is.

    ``path`` holds (row, arguments) of slice, reshape and their like; the last may be an index.
    """
    out = np.array(x, order="C")
    if path and path[-1][0] == "index":
        out.reshape(-1)[_places(x.shape, path[:-1])[path[-1][1]["index"]]] = y
    else:
        out.reshape(-1)[_places(x.shape, path)] = y
    return out


def walk(m, x, path):
    """The place in x that a path of views leads to."""
    for name, kw in path:
        x = getattr(m, name)(x, **kw)
    return x


def _places(shape, path):
    """The positions, in the order of memory, that a path of views leads to."""
    x = np.arange(prod(shape)).reshape(shape)
    for name, kw in path:
        x = TABLE[name].f(x, **kw)
    return x


def _won(m, g, shape, path):
    """g without what was overwritten at once by a later element of the same value."""
    if not path or path[-1][0] != "index":
        return g
    places = _places(shape, path)
    last = np.zeros(prod(shape), np.int64)
    last[places.reshape(-1)] = np.arange(places.size)
    won = last[places] == np.arange(places.size).reshape(places.shape)
    return g if won.all() else m.where(m.constant(won), g, 0)


def _kept(shape, dims):
    """The shape that a sum over ``dims`` has if it keeps them as 1."""
    return tuple(1 if d in dims else n for d, n in enumerate(shape))


def repeated(shape, original):
    """The dimensions along which broadcasting repeated ``original`` to give ``shape``."""
    new = len(shape) - len(original)
    return tuple(d for d, n in enumerate(shape) if d < new or (original[d - new] == 1 and n != 1))


def _span(xs, i, dim):
    """Where operand i lies in the concatenation of ``xs`` along ``dim``."""
    start = total(x.shape[dim] for x in xs[:i])
    return (Slice(None),) * dim + (Slice(start, start + xs[i].shape[dim]),)


# ── samples for the tests ───────────────────────────────────────────────────────────────────────

def _paths(r, shape):
    path, part = [], np.zeros(shape)
    for name in r.sample(["slice", "permute", "reshape"], r.randint(0, 3)):
        kw = TABLE[name].sample(r, part.shape)
        path.append((name, kw))
        part = TABLE[name].f(part, **kw)
    if part.ndim and part.size and r.random() < 0.3:
        path.append(("index", TABLE["index"].sample(r, part.shape)))
    return {"path": tuple(path)}


def _some(r, items):
    return tuple(i for i in items if r.random() < 0.6)


def _slice(r, n):
    return r.choice([Slice(None), Slice(None, None, -1), Slice(r.randint(-n, n), None),
                     Slice(None, None, 2), Slice(r.randint(0, n), r.randint(0, n), r.choice([1, -2]))])


def _sliding(r, shape):
    dims = tuple(d for d in _some(r, range(len(shape))) if shape[d])
    size, step, dilation = ([], [], [])
    for d in dims:
        dilation.append(r.choice([1, 1, 2]))
        size.append(r.randint(1, (shape[d] - 1) // dilation[-1] + 1))
        step.append(r.choice([1, 1, 2, 3]))
    return {"dims": dims, "size": tuple(size), "step": tuple(step), "dilation": tuple(dilation)}


def _indices(r, shape):
    if not prod(shape):
        return (Slice(None),) * len(shape)
    return tuple(np.array([r.randrange(n) for _ in range(4)]) for n in shape[:2])


def _along(r, shape, dim):
    small = (*shape[:dim], r.choice([1, 2, 5]) if shape[dim] else 0, *shape[dim + 1:])
    return {"dim": dim, "at": np.array([r.randrange(shape[dim]) for _ in range(prod(small))],
                                       np.int64).reshape(small)}
