"""Many elements to one: sums, means, spreads, products, extremes, norms."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from math import prod as count
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import int64
from ..ops import TABLE, Op
from ..tensors import ShapeError, Tensor, apply, sum_all
from .choice import evenly, how_many, named, reduced, some
from .common import as_dim, as_dims, plain
from .conversion import to
from .elementwise import abs, clip, exp, log, sign, sqrt, square, where
from .joining import cat
from .shape import reshape, squeeze, unsqueeze

SUM, SOFTMAX, LOG_SOFTMAX = TABLE["sum"], TABLE["softmax"], TABLE["log_softmax"]


def _floats(name: str, x: Tensor) -> None:
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: wants floating point numbers, got {x.dtype}")


# ── sums ────────────────────────────────────────────────────────────────────────────────────────

def sum(x: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum over all dimensions, or over those in ``dim``. Bools and integers give int64."""
    if dtype is not None:
        x = to(x, dtype)
    y = sum_all(x) if dim is None and not keepdim else None
    if y is not None:
        return y
    y = apply(SUM, (x,), {"dims": reduced(x, dim), "keepdim": keepdim})
    return y if x.dtype.kind == "f" else to(y, dtype or int64)


def nansum(x: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum of the elements that are not nan."""
    if x.dtype.kind == "f":
        x = where(plain(np.isnan, x), 0.0, x)
    return sum(x, dim, keepdim, dtype=dtype)


def mean(x: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """(Σᵢ xᵢ) / n over all dimensions, or over those in ``dim``."""
    y = sum_all(x) if dim is None and dtype is None and not keepdim else None
    if y is not None:
        return y / x.array.size
    if dtype is not None:
        x = to(x, dtype)
    _floats("mean", x)
    if dim is None:
        return sum(x, None, keepdim) / count(x.shape)
    dims = reduced(x, dim)
    return sum(x, dims, keepdim) / how_many(x, dims)


def nanmean(x: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Mean of the elements that are not nan."""
    if dtype is not None:
        x = to(x, dtype)
    _floats("nanmean", x)
    there = plain(lambda a: ~np.isnan(a), x)
    return nansum(x, dim, keepdim) / sum(there, dim, keepdim)


def count_nonzero(x: Tensor, dim: Any = None) -> Tensor:
    """How many elements are not 0, as int64."""
    return sum(plain(lambda a: a != 0, x), dim)


def any(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether some element is not 0: a bool (for uint8 a uint8)."""
    return _truth(np.logical_or, x, dim, keepdim)


def all(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether no element is 0: a bool (for uint8 a uint8)."""
    return _truth(np.logical_and, x, dim, keepdim)


def _truth(f, x, dim, keepdim):
    y = plain(lambda a: f.reduce(a != 0, axis=as_dims(x, dim), keepdims=keepdim), x)
    return to(y, x.dtype) if x.dtype == dtypes.uint8 else y


# ── spreads ─────────────────────────────────────────────────────────────────────────────────────

def var(x: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
        correction: float | None = None) -> Tensor:
    """Variance Σᵢ (xᵢ − mean)² / (n − correction); correction 1, or 0 if not ``unbiased``."""
    return var_mean(x, dim, unbiased, keepdim, correction=correction)[0]


def std(x: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
        correction: float | None = None) -> Tensor:
    """Standard deviation, the root of `var`; its slope is 0 where all elements are equal."""
    return sqrt(var(x, dim, unbiased, keepdim, correction=correction))


def var_mean(x: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
             correction: float | None = None) -> tuple[Tensor, Tensor]:
    """The variance and the mean."""
    _floats("var", x)
    if isinstance(dim, bool):  # var(x, unbiased)
        dim, unbiased = None, dim
    if correction is None:
        correction = 0 if unbiased is False else 1
    elif unbiased is not None:
        raise TypeError("var: takes unbiased or correction, not both")
    dims = reduced(x, dim)
    center = mean(x, dims, True)
    free = how_many(x, dims) - correction
    spread = sum(square(x - center), dims, keepdim) / (free if free > 0 else 0)
    return spread, center if keepdim else _drop(center, dims)


def std_mean(x: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
             correction: float | None = None) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean."""
    v, m = var_mean(x, dim, unbiased, keepdim, correction=correction)
    return sqrt(v), m


def _drop(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """x without the dimensions that a reduction kept as 1."""
    return reshape(x, tuple([n for d, n in enumerate(x.shape) if d not in dims]))


def cov(x: Tensor, *, correction: int = 1, fweights: Tensor | None = None,
        aweights: Tensor | None = None) -> Tensor:
    """Covariances of variables (rows) of which each column is an observation: (n, m) → (n, n).

    Σₖ wₖ (xᵢₖ − x̄ᵢ)(xⱼₖ − x̄ⱼ) / (Σw − correction·Σwa/Σw) with w = fweights·aweights, a = aweights.
    """
    if x.ndim > 2:
        raise ShapeError(f"cov: wants at most 2 dimensions, got shape {tuple(x.shape)}")
    x = x if x.dtype.kind == "f" else to(x, dtypes.default)
    rows = x if x.ndim == 2 else reshape(x, (1, count(x.shape)))
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        if weights is not None and weights.shape != rows.shape[1:]:
            raise ShapeError(f"cov: {name} of shape {tuple(weights.shape)} for {rows.array.shape[1]} "
                             "observations")
    if fweights is not None and fweights.dtype.kind == "f":
        raise RuntimeError(f"cov: fweights are integers, got {fweights.dtype}")
    w = to(plain(np.ones, rows.shape[1]), x.dtype)
    for weights in (fweights, aweights):
        w = w if weights is None else w * to(weights, x.dtype)
    total = sum(w)
    free = total - correction * (1 if aweights is None else sum(w * to(aweights, x.dtype)) / total)
    centered = rows - sum(rows * w, 1, True) / total
    y = (centered * w) @ centered.T / clip(free, 0.0, inf)
    return y if x.ndim == 2 else reshape(y, ())


def corrcoef(x: Tensor) -> Tensor:
    """Correlations of variables (rows): their covariances over both standard deviations."""
    c = cov(x)
    if not c.ndim:
        return c / c
    i = plain(np.arange, len(c))
    s = sqrt(c[i, i])
    return clip(c / unsqueeze(s, 1) / s, -1.0, 1.0)


# ── products ────────────────────────────────────────────────────────────────────────────────────

def prod(x: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Product of all elements, or along ``dim``. Bools and integers give int64.

    A tree of products, so that derivatives of any order are right where there are zeros.
    """
    x = to(x, dtype or (x.dtype if x.dtype.kind == "f" else int64))
    if dim is None:
        return prod(reshape(x, (count(x.shape),)), 0, dtype=dtype)
    d = as_dim(x, dim)
    if not x.ndim or x.shape[d] < 2:  # the product of none is 1
        return sum(x, d, keepdim, dtype=dtype) + (0 if not x.ndim or x.shape[d] else 1)
    before = (slice(None),) * d
    while (n := x.shape[d]) > 1:
        half = n // 2
        y = x[(*before, slice(half))] * x[(*before, slice(half, 2 * half))]
        x = cat([y, x[(*before, slice(n - 1, n))]], d) if n % 2 else y
    return x if keepdim else squeeze(x, d)


# ── extremes ────────────────────────────────────────────────────────────────────────────────────

def amax(x: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The largest element, nan if there is one; ties share the gradient evenly."""
    return _extreme("amax", np.maximum, x, dim, keepdim)


def amin(x: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The smallest element, nan if there is one; ties share the gradient evenly."""
    return _extreme("amin", np.minimum, x, dim, keepdim)


def aminmax(x: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest element, named (min, max)."""
    if dim is None:
        some("aminmax", x, None)
    dim = None if dim is None else as_dim(x, dim)
    return named("aminmax", "min", "max")(amin(x, dim, keepdim), amax(x, dim, keepdim))


def _extreme(name: str, f: np.ufunc, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    dims = some(name, x, None if dim == () else dim)
    y = evenly(x, plain(lambda a: f.reduce(a, axis=dims, keepdims=True), x), lambda y: y,
               lambda e: sum(e, dims, True))
    return y if keepdim else _drop(y, dims)


# ── exponentials ────────────────────────────────────────────────────────────────────────────────

def logsumexp(x: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """log Σᵢ exp(xᵢ) along ``dim``, computed from x − max x so that nothing overflows."""
    x = x if x.dtype.kind == "f" else to(x, dtypes.default)
    dims = reduced(x, dim)
    top = _finite_top(x, dims)
    y = log(sum(exp(x - top), dims, True)) + top
    return y if keepdim else _drop(y, dims)


def _finite_top(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """The largest element, or 0 where that is not finite: what to subtract before exp."""
    def f(a):
        top = a.max(axis=dims, keepdims=True, initial=-np.inf)
        return np.where(np.isfinite(top), top, a.dtype.type(0))
    return plain(f, x)


def softmax(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp(xᵢ) / Σⱼ exp(xⱼ) along ``dim``; ``dtype`` is that of the computation."""
    return _along(SOFTMAX, x, dim, dtype)


def log_softmax(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """xᵢ − log Σⱼ exp(xⱼ) along ``dim``; ``dtype`` is that of the computation."""
    return _along(LOG_SOFTMAX, x, dim, dtype)


def _along(op: Op, x: Tensor, dim: int, dtype: Any) -> Tensor:
    """A fused row along a dimension."""
    if dim is None:
        raise TypeError(f"{op.name}: wants a dim")
    x = x if dtype is None else to(x, dtype)
    if x.dtype.kind != "f":
        raise NotImplementedError(f"{op.name}: wants floating point numbers, got {x.dtype}; a dtype= "
                                  "makes them such")
    d = as_dim(x, dim)
    return apply(op, (x,), {"dim": d}) if x.ndim else reshape(_along(op, reshape(x, 1), 0, None), ())


# ── norms ───────────────────────────────────────────────────────────────────────────────────────

def norm(x: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False,
         dtype: Any = None) -> Tensor:
    """(Σᵢ |xᵢ|ᵖ)^(1/p) over all dimensions, or over those in ``dim``.

    p = 2 or "fro" is Euclid's; inf and -inf are max |xᵢ| and min |xᵢ|; 0 counts what is not 0; "nuc" is
    the sum of a matrix's singular values. The slope at 0 is 0.
    """
    _floats("norm", x)
    x = x if dtype is None else to(x, dtype)
    if p == "nuc":
        from .. import linalg  # which is built on this module
        return linalg.matrix_norm(x, p, as_dims(x, dim), keepdim)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"norm: p is a number, 'fro' or 'nuc', got {p!r}")
    if p is None or p == "fro" or p == 2:
        return sqrt(sum(square(x), dim, keepdim))
    if p == 1:
        return sum(abs(x), dim, keepdim)
    if p == 0:
        return sum(where(x != 0, 1.0, sign(x)), dim, keepdim)
    if p in (inf, -inf):
        return (amax if p > 0 else amin)(abs(x), dim, keepdim)
    return sum(abs(x) ** p, dim, keepdim) ** (1 / p)


def dist(x: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of x − other."""
    return norm(x - other, p)
