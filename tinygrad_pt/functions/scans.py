"""Running results along a dimension, and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import default, int64
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply
from .common import as_dim, as_dims, plain
from .conversion import clone, to
from .creation import full
from .elementwise import logaddexp
from .joining import cat
from .reductions import sum
from .shape import narrow, reshape


def cumsum(x: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """x₀, x₀ + x₁, x₀ + x₁ + x₂, … along ``dim``. Bools and integers give int64."""
    d, x = as_dim(x, dim), _counted(x, dtype)
    return apply(TABLE["cumsum"], (x,), {"dim": d}) if x.ndim else clone(x)


def cumprod(x: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """x₀, x₀ x₁, x₀ x₁ x₂, … along ``dim``. Bools and integers give int64."""
    return _scan(lambda a, b: a * b, _counted(x, dtype), dim)


def logcumsumexp(x: Tensor, dim: int) -> Tensor:
    """log of the running Σ exp(xᵢ) along ``dim``, without overflow."""
    if x.dtype.kind != "f":
        raise NotImplementedError(f"logcumsumexp: wants floating point numbers, got {x.dtype}")
    return _scan(logaddexp, x, dim)


def _counted(x: Tensor, dtype: Any) -> Tensor:
    return to(x, dtype or (x.dtype if x.dtype.kind == "f" else int64))


def _scan(f: Callable, x: Tensor, dim: int) -> Tensor:
    """x₀, f(x₀, x₁), f(f(x₀, x₁), x₂), … of an associative f, in log₂ n steps.

    Hillis & Steele, Data parallel algorithms, 1986: after step k, each is f of the last 2ᵏ.
    """
    d, step = as_dim(x, dim), 1
    if not x.ndim or x.shape[d] < 2:
        return clone(x)
    before = (slice(None),) * d
    while step < x.shape[d]:
        first, last, rest = (x[(*before, s)] for s in (slice(step), slice(-step), slice(step, None)))
        x = cat([first, f(last, rest)], d)
        step *= 2
    return x


# ── differences and areas ───────────────────────────────────────────────────────────────────────

def diff(x: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
         append: Tensor | None = None) -> Tensor:
    """xᵢ₊₁ − xᵢ along ``dim``, n times over; of bools, whether they differ."""
    if not x.ndim:
        raise ShapeError("diff: wants at least one dimension")
    if n < 0:
        raise ShapeError(f"diff: n is not negative, got {n}")
    d = as_dim(x, dim)
    parts = [y for y in (prepend, x, append) if y is not None]
    x = cat(parts, d) if len(parts) > 1 else x
    x = x if n else clone(x)
    before = (slice(None),) * d
    for _ in range(min(n, x.shape[d])):
        b, a = x[(*before, slice(1, None))], x[(*before, slice(-1))]
        x = plain(np.not_equal, b, a) if x.dtype.kind == "b" else b - a
    return x


def gradient(x: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple:
    """The derivatives along dimensions (default: all), from differences between neighbours.

    ``spacing``: a distance, one for each dimension, or tensors of places. In the middle those of a
    parabola through three points; at the ends of a line, or with edge_order=2 of that parabola.
    """
    dims = as_dims(x, dim)
    steps = list(spacing) if isinstance(spacing, list | tuple) else [spacing] * len(dims)
    if len(steps) != len(dims) or edge_order not in (1, 2):
        raise RuntimeError(f"gradient: wants a spacing for each of {len(dims)} dimensions and "
                           f"edge_order 1 or 2, got {len(steps)} and {edge_order}")
    return tuple(_slopes(x, d, h, edge_order) for d, h in zip(dims, steps, strict=True))


def _slopes(x, d, h, edge_order):
    n = x.shape[d]
    if n < edge_order + 1:
        raise RuntimeError(f"gradient: wants at least {edge_order + 1} elements in dimension {d}, got "
                           f"shape {x.array.shape}")
    if isinstance(h, Tensor):
        if h.shape != (n,):
            raise ShapeError(f"gradient: wants {n} places for dimension {d}, got shape {h.array.shape}")
        h = reshape(diff(h), n - 1, *[1] * (x.ndim - d - 1))
    else:
        h = full((n - 1, *[1] * (x.ndim - d - 1)), h, dtype=x.dtype)
    slopes, (a, b) = diff(x, dim=d) / h, (h[:-1], h[1:])
    at = [narrow(slopes, d, *place) for place in ((0, n - 2), (1, n - 2), (0, 1), (n - 2, 1))]
    before, after, first, last = at
    bends = (after - before) / (a + b)
    if edge_order == 2:
        first = first - h[:1] * narrow(bends, d, 0, 1)
        last = last + h[-1:] * narrow(bends, d, n - 3, 1)
    return cat([first, before + a * bends, last], d)


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """The area under y by the trapezoidal rule, at points x or at distances dx."""
    return sum(_areas("trapezoid", y, x, dx, dim), dim)


def trapz(y: Tensor, x: Tensor | None = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """`trapezoid`."""
    return trapezoid(y, x, dx=dx, dim=dim)


def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1,
                         dim: int = -1) -> Tensor:
    """The running area under y by the trapezoidal rule."""
    return cumsum(_areas("cumulative_trapezoid", y, x, dx, dim), dim)


def _areas(name: str, y: Tensor, x: Tensor | None, dx: float, dim: int) -> Tensor:
    """(yᵢ + yᵢ₊₁) / 2 · (xᵢ₊₁ − xᵢ)."""
    d = as_dim(y, dim)
    if not y.ndim:
        raise ShapeError(f"{name}: wants at least one dimension")
    y = y if y.dtype.kind == "f" else to(y, default)
    if x is not None:
        x = reshape(x, [-1 if k == d else 1 for k in range(y.ndim)]) if x.ndim == 1 else x
        dx = diff(x, dim=d)
    before = (slice(None),) * d
    return (y[(*before, slice(1, None))] + y[(*before, slice(-1))]) * dx / 2
