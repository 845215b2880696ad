"""The linear rows: each operation beside its adjoint, ⟨g, A x⟩ = ⟨Aᵀ g, x⟩.

Adjoints come in pairs: sum ↔ expand, slice ↔ place, index ↔ index_add; reshape, permute and cast
are undone by themselves. An adjoint reads the operands' shapes and dtypes, never their values.
``sample(random, shape)`` draws arguments for the property tests.
"""

from __future__ import annotations

from builtins import slice as Slice
from builtins import sum as total
from math import prod

import numpy as np

from . import Linear


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
            sample=lambda r, shape: {"index": tuple(_slice(r, n) for n in shape)})
def slice(x, index: tuple):
    """Basic indexing: integers, slices, None and Ellipsis."""
    return x[index]


@Linear.row(lambda m, g, i, xs, index, shape: m.slice(g, index),
            sample=lambda r, shape: {"index": tuple(Slice(1, 1 + n) for n in shape),
                                     "shape": tuple(n + 3 for n in shape)})
def place(x, index: tuple, shape: tuple[int, ...]):
    """Zeros of a shape with x put at a basic index: padding, and the adjoint of slice."""
    y = np.zeros(shape, x.dtype)
    y[index] = x
    return y


@Linear.row(lambda m, g, i, xs, index: m.index_add(g, index, xs[0].shape),
            sample=lambda r, shape: {"index": _indices(r, shape)})
def index(x, index: tuple):
    """Advanced indexing: integer and boolean arrays; an element may be taken several times."""
    return x[index]


@Linear.row(lambda m, g, i, xs, index, shape: m.index(g, index))
def index_add(x, index: tuple, shape: tuple[int, ...]):
    """Zeros of a shape with x added at an advanced index: the adjoint of index."""
    y = np.zeros(shape, x.dtype)
    np.add.at(y, index, x)
    return y


@Linear.row(lambda m, g, i, xs, dim: m.slice(g, _span(xs, i, dim)),
            sample=lambda r, shape: {"dim": r.randrange(len(shape))})
def cat(*xs, dim: int):
    """Join along a dimension."""
    return np.concatenate(xs, axis=dim)


@Linear.row(lambda m, g, i, xs, dtype: m.cast(g, xs[0].dtype),
            sample=lambda r, shape: {"dtype": np.dtype("float64")})
def cast(x, dtype):
    """The same numbers with another dtype."""
    return x.astype(dtype)


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

def _some(r, items):
    return tuple(i for i in items if r.random() < 0.6)


def _slice(r, n):
    return r.choice([Slice(None), Slice(None, None, -1), Slice(r.randint(-n, n), None),
                     Slice(None, None, 2), Slice(r.randint(0, n), r.randint(0, n), r.choice([1, -2]))])


def _indices(r, shape):
    if not prod(shape):
        return (Slice(None),) * len(shape)
    return tuple(np.array([r.randrange(n) for _ in range(4)]) for n in shape[:2])
