"""The largest, the middle, the most frequent; sorting, searching, counting.

One idea serves most of these: NumPy finds *indices*, and the values are gathered by them, so that
they have derivatives of any order.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from .. import dtypes
from ..tensors import ShapeError, Tensor, as_array, wrap
from .choice import evenly, named, some
from .common import as_dim, plain
from .conversion import to
from .elementwise import ceil, floor, maximum, minimum, round, where
from .indexing import gather, scatter_add
from .reductions import amax, amin, sum
from .shape import permute, reshape, squeeze


def _select(name: str, x: Tensor, dim: int, find: Callable, keepdim: bool = True) -> Any:
    """The elements at the indices that find(array, dim) gives: named (values, indices)."""
    d = as_dim(x, dim)
    y = x if x.ndim else reshape(x, 1)
    indices = plain(lambda a: find(a, d), y)
    values = gather(y, d, indices)
    if not keepdim or not x.ndim:
        values, indices = squeeze(values, d), squeeze(indices, d)
    return named(name, "values", "indices")(values, indices)


def _order(a: np.ndarray, d: int, descending: bool = False, stable: bool = True) -> np.ndarray:
    """The indices that sort along d; nan is the largest."""
    kind = "stable" if stable else "quicksort"
    if not descending:
        return a.argsort(axis=d, kind=kind)
    backward = np.flip(a, d).argsort(axis=d, kind=kind)
    return a.shape[d] - 1 - np.flip(backward, d)


# ── the largest and smallest ────────────────────────────────────────────────────────────────────

def max(x: Tensor, dim: Any = None, keepdim: bool = False, *, other: Tensor | None = None) -> Any:
    """The largest element, ties sharing the gradient evenly; along ``dim``, named (values, indices),
    the first of ties; of two tensors, `maximum`. nan is larger than all.
    """
    return _best("max", x, dim, keepdim, other, amax, maximum, np.argmax)


def min(x: Tensor, dim: Any = None, keepdim: bool = False, *, other: Tensor | None = None) -> Any:
    """The smallest element, ties sharing the gradient evenly; along ``dim``, named (values, indices),
    the first of ties; of two tensors, `minimum`. nan is smaller than all.
    """
    return _best("min", x, dim, keepdim, other, amin, minimum, np.argmin)


def _best(name, x, dim, keepdim, other, of_all, of_two, find):
    other = dim if isinstance(dim, Tensor) else other
    if other is not None:
        return of_two(x, other)
    some(name, x, dim)
    if dim is None:
        return of_all(x)
    return _select(name, x, dim, lambda a, d: find(a, axis=d, keepdims=True), keepdim)


def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the (first) largest element, of all or along ``dim``."""
    return _argbest("argmax", np.argmax, x, dim, keepdim)


def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the (first) smallest element, of all or along ``dim``."""
    return _argbest("argmin", np.argmin, x, dim, keepdim)


def _argbest(name, find, x, dim, keepdim):
    some(name, x, dim)
    d = None if dim is None or not x.ndim else as_dim(x, dim)
    return plain(lambda a: find(a, axis=d, keepdims=keepdim), x)


# ── in order ────────────────────────────────────────────────────────────────────────────────────

def sort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Sorted along ``dim``, nan being the largest: named (values, indices). Always stable."""
    return _select("sort", x, dim, lambda a, d: _order(a, d, descending))


def argsort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The indices that sort along ``dim``."""
    return sort(x.detach(), dim, descending).indices


def msort(x: Tensor) -> Tensor:
    """Sorted along the first dimension."""
    return sort(x, 0).values


def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) elements along ``dim``, best first: named (values, indices)."""
    d = as_dim(x, dim)
    size = x.shape[d] if x.ndim else 1
    if not 0 <= k <= size:
        raise ShapeError(f"topk: k lies in 0 … {size}, got {k}")
    return _ranked("topk", x, dim, slice(k), largest)


def kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest element along ``dim``, counted from 1: named (values, indices)."""
    some("kthvalue", x, dim)
    size = x.shape[as_dim(x, dim)] if x.ndim else 1
    if not 1 <= k <= size:
        raise ShapeError(f"kthvalue: k lies in 1 … {size}, got {k}")
    return _ranked("kthvalue", x, dim, slice(k - 1, k), False, keepdim)


def _ranked(name, x, dim, ranks, descending, keepdim=True):
    return _select(name, x, dim, lambda a, d: _order(a, d, descending, False)[
        (slice(None),) * d + (ranks,)], keepdim)


def median(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower of two, nan if there is one; along ``dim``, named (values,
    indices). Of all elements, ties share the gradient evenly.
    """
    return _middle("median", x, dim, keepdim, lambda a, d: np.where(
        np.isnan(a).any(d, keepdims=True), np.isnan(a).argmax(d, keepdims=True), _median(a, d)))


def nanmedian(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle one of the elements that are not nan, the lower of two: as `median`."""
    return _middle("nanmedian", x, dim, keepdim, _median)


def _median(a: np.ndarray, d: int) -> np.ndarray:
    middle = ((~np.isnan(a)).sum(d, keepdims=True) - 1).clip(0) // 2
    return np.take_along_axis(_order(a, d, stable=False), middle, d)


def _middle(name, x, dim, keepdim, find):
    if dim is not None:
        some(name, x, dim)
        return _select(name, x, dim, find, keepdim)
    x = reshape(x, (prod(x.shape),))
    if not len(x) and x.dtype.kind == "f":
        return sum(x) + float("nan")
    some(name, x, None)
    y = plain(lambda a: a[find(a, 0)], x)
    return reshape(evenly(x, y, lambda y: y, lambda e: sum(e, 0, True)), ())


def mode(x: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent element along ``dim``, the smallest of several: named (values, indices)."""
    some("mode", x, dim)
    return _select("mode", x, dim, _mode, keepdim)


def _mode(a: np.ndarray, d: int) -> np.ndarray:
    """The index of the last of the longest run of the sorted elements."""
    order = _order(a, d).swapaxes(d, -1)
    s = np.take_along_axis(a.swapaxes(d, -1), order, -1)
    here = np.arange(a.shape[d])
    start = np.zeros(s.shape, np.int64)
    start[..., 1:] = np.where(s[..., 1:] != s[..., :-1], here[1:], 0)
    run = here - np.maximum.accumulate(start, -1)
    return np.take_along_axis(order, run.argmax(-1, keepdims=True), -1).swapaxes(d, -1)


def cummax(x: Tensor, dim: int) -> Any:
    """The largest element so far, and its index: named (values, indices); of ties the last."""
    return _select("cummax", x, dim, lambda a, d: _latest(np.maximum, a, d))


def cummin(x: Tensor, dim: int) -> Any:
    """The smallest element so far, and its index: named (values, indices); of ties the last."""
    return _select("cummin", x, dim, lambda a, d: _latest(np.minimum, a, d))


def _latest(f: np.ufunc, a: np.ndarray, d: int) -> np.ndarray:
    """The index of the latest element that is as good as all before it."""
    best = f.accumulate(a, axis=d)
    here = np.arange(a.shape[d]).reshape([-1 if k == d else 1 for k in range(a.ndim)])
    return np.maximum.accumulate(np.where((a == best) | (a != a), here, 0), axis=d)


# ── quantiles ───────────────────────────────────────────────────────────────────────────────────

def quantile(x: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
             interpolation: str = "linear") -> Tensor:
    """The element at rank q(n − 1) of the n along ``dim`` (None: of all) in order, for q in [0, 1].

    Between two ranks: "linear", "lower", "higher", "nearest" or "midpoint". A vector of q gives a new
    first dimension. nan if there is one.
    """
    return _quantile("quantile", x, q, dim, keepdim, interpolation, False)


def nanquantile(x: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
                interpolation: str = "linear") -> Tensor:
    """The `quantile` of the elements that are not nan."""
    return _quantile("nanquantile", x, q, dim, keepdim, interpolation, True)


_BETWEEN = {  # of two neighbours, the weight of the upper one at a rank
    "linear": lambda r: r - floor(r), "lower": lambda r: r * 0, "higher": lambda r: ceil(r) - floor(r),
    "nearest": lambda r: round(r) - floor(r), "midpoint": lambda r: (ceil(r) - floor(r)) / 2}


def _quantile(name, x, q, dim, keepdim, interpolation, skip):
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: wants floating point numbers, got {x.dtype}")
    if interpolation not in _BETWEEN:
        raise RuntimeError(f"{name}: interpolation is one of {', '.join(_BETWEEN)}, got "
                           f"{interpolation!r}")
    q = q if isinstance(q, Tensor) else wrap(as_array(q, x.dtype))
    if q.ndim > 1 or q.dtype != x.dtype:
        raise ShapeError(f"{name}: q is a number or a vector of {x.dtype}, got shape {tuple(q.shape)} "
                         f"of {q.dtype}")
    if not plain(lambda a: ((a >= 0) & (a <= 1)).all(), q).item():
        raise RuntimeError(f"{name}: q lies in [0, 1], got {q.tolist()}")
    if not prod(x.shape):
        raise ShapeError(f"{name}: wants a tensor that is not empty, got shape {tuple(x.shape)}")
    d = as_dim(x, dim or 0)
    kept = [k for k in range(x.ndim) if dim is not None and k != d]
    gone = [k for k in range(x.ndim) if k not in kept]
    rows = reshape(permute(x, (*kept, *gone)), (prod(x.shape[k] for k in kept), -1))
    rows, n = sort(rows).values, rows.shape[1]
    there = plain(lambda a: (~np.isnan(a)).sum(-1, keepdims=True), rows)
    last = plain(lambda m: ((m if skip else m * 0 + n) - 1).clip(0), there)
    rank = reshape(q, (1, -1)) * to(last, x.dtype)
    a, b = (gather(rows, 1, to(i.detach(), dtypes.int64)) for i in (floor(rank), ceil(rank)))
    y = where(plain(np.equal, a, b), a, a + _BETWEEN[interpolation](rank) * (b - a))
    if not skip:
        y = where(plain(np.less, there, n), float("nan"), y)
    return reshape(y.T, (*q.shape, *[x.shape[k] if k in kept else 1 for k in range(x.ndim)
                                     if k in kept or keepdim]))


# ── groups of equals ────────────────────────────────────────────────────────────────────────────

def unique(x: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
           dim: int | None = None) -> Any:
    """The different elements, in order; or the different slices along ``dim``.

    Also, if asked for, of each element the index of its equal among them, and how many each stands
    for. nan equals nothing. Always sorted.
    """
    rows = _rows("unique", x, dim)
    order = plain(lambda a: np.lexsort(a.T[::-1]) if a.shape[1] else np.arange(len(a)), rows)
    return _runs(x, rows, order, return_inverse, return_counts, dim)


def unique_consecutive(x: Tensor, return_inverse: bool = False, return_counts: bool = False,
                       dim: int | None = None) -> Any:
    """The elements (or slices along ``dim``) without those that equal the one before: as `unique`."""
    rows = _rows("unique_consecutive", x, dim)
    order = plain(lambda a: np.arange(len(a)), rows)
    return _runs(x, rows, order, return_inverse, return_counts, dim)


def _rows(name: str, x: Tensor, dim: int | None) -> Tensor:
    """What is compared, a row each: the elements, or slices along ``dim``."""
    if dim is None:
        return reshape(x, (prod(x.shape), 1))
    d = as_dim(x, dim)
    rest = [k for k in range(x.ndim) if k != d]
    if 0 in [x.shape[k] for k in rest]:
        raise ShapeError(f"{name}: the slices of shape {tuple(x.shape)} along dimension {d} are empty")
    return reshape(permute(x, (d, *rest)) if x.ndim else x,
                   (x.shape[d] if x.ndim else 1, prod(x.shape[k] for k in rest)))


def _runs(x, rows, order, return_inverse, return_counts, dim):
    """One of each run of equal rows, taken in an order."""
    def starts(a, i):
        s = a[i]
        return np.concatenate([np.ones(len(s[:1]), bool), (s[1:] != s[:-1]).any(1)])

    new = plain(starts, rows, order)
    picked = order[new]
    y = reshape(x, (prod(x.shape),))[picked] if dim is None or not x.ndim else \
        x[(slice(None),) * as_dim(x, dim) + (picked,)]
    results = [y]
    if return_inverse:
        inverse = plain(lambda n, i: (np.cumsum(n) - 1)[np.argsort(i)], new, order)
        results.append(reshape(inverse, x.shape) if dim is None else inverse)
    if return_counts:
        results.append(plain(lambda n: np.diff(np.flatnonzero(n), append=len(n)), new))
    return tuple(results) if len(results) > 1 else y


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False,
         invert: bool = False) -> Tensor:
    """Whether each element is (or, ``invert``, is not) among the test elements."""
    if not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise TypeError("isin: wants a Tensor")
    return plain(lambda a, b: np.isin(a, b, assume_unique=assume_unique, invert=invert),
                 elements, test_elements)


# ── searching and counting ──────────────────────────────────────────────────────────────────────

def searchsorted(sorted_sequence: Tensor, input: Any, *, out_int32: bool = False,
                 right: bool = False, side: str | None = None, sorter: Tensor | None = None) -> Tensor:
    """Where the input is to be inserted so that the last dimension of sorted_sequence stays sorted.

    The index i has s[i−1] < v ≤ s[i] or, ``right``, s[i−1] ≤ v < s[i]. Dimensions before the last,
    if the sequence has any, are those of the input. ``sorter`` holds the indices that sort.
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError(f"searchsorted: side is 'left' or 'right', got {side!r} with right={right}")
    if sorter is not None:
        sorted_sequence = gather(sorted_sequence.detach(), -1, sorter)
    shape = np.shape(input) if not isinstance(input, Tensor) else tuple(input.shape)
    if sorted_sequence.ndim != 1 and tuple(sorted_sequence.shape[:-1]) != shape[:-1]:
        raise ShapeError(f"searchsorted: a sequence of shape {tuple(sorted_sequence.shape)} wants "
                         f"input of the same shape but for the last dimension, got {shape}")
    side = "right" if right else side or "left"

    def f(s, v):
        if s.ndim == 1:
            return np.searchsorted(s, v, side)
        found = np.zeros(shape, np.int64)
        for row in np.ndindex(shape[:-1]):
            found[row] = np.searchsorted(s[row], v[row], side)
        return found

    return to(plain(f, sorted_sequence, input), dtypes.int32 if out_int32 else dtypes.int64)


def bucketize(x: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The index of the interval between sorted boundaries that each element lies in: `searchsorted`."""
    if boundaries.ndim != 1:
        raise ShapeError(f"bucketize: wants a vector of boundaries, got {tuple(boundaries.shape)}")
    return searchsorted(boundaries, x, out_int32=out_int32, right=right)


def bincount(x: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, … max x occurs in a vector of integers, or the sum of its weights."""
    if x.dtype.kind not in "iu" or x.ndim != 1 or plain(lambda a: (a < 0).any(), x).item():
        raise RuntimeError(f"bincount: wants a vector of integers that are not negative, got shape "
                           f"{tuple(x.shape)} of {x.dtype}")
    if minlength < 0:
        raise RuntimeError(f"bincount: minlength is not negative, got {minlength}")
    n = int(plain(lambda a: a.max(initial=-1) + 1, to(x, dtypes.int64)).item())
    if weights is None:
        weights = plain(np.ones_like, to(x, dtypes.int64))
    elif weights.shape != x.shape:
        raise ShapeError(f"bincount: weights have shape {tuple(weights.shape)}, x {tuple(x.shape)}")
    elif weights.dtype.kind != "f":
        weights = to(weights, dtypes.float64)
    zeros = wrap(np.zeros(n if n > minlength else minlength, weights.dtype))
    return scatter_add(zeros, 0, to(x, dtypes.int64), weights)


def histc(x: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of ``bins`` equal intervals of [min, max], in x's dtype.

    If min = max, the interval is that of the elements. Others, and nan, are not counted.
    """
    if min > max:
        raise RuntimeError(f"histc: max must be larger than min, got {min} and {max}")
    return histogram(x, bins, range=None if min == max == 0 else (min, max)).hist


def histogram(x: Tensor, bins: Any = 100, *, range: tuple[float, float] | None = None,
              weight: Tensor | None = None, density: bool = False) -> Any:
    """Sums of weights (1 each) of the elements in each interval: named (hist, bin_edges).

    ``bins`` is a number of equal intervals of ``range`` (None: that of the elements), or their edges.
    The last interval is closed. ``density`` divides by the total and by the width.
    """
    if x.dtype.kind != "f":
        raise NotImplementedError(f"histogram: wants floating point numbers, got {x.dtype}")
    edges = bins if isinstance(bins, Tensor) else _edges(x, bins, range)
    flat = reshape(x.detach(), (prod(x.shape),))
    n = len(edges) - 1
    place = plain(lambda a, e: np.where(a == e[-1], n - 1, np.searchsorted(e, a, "right") - 1),
                  flat, edges)
    inside = plain(lambda p, a: (p >= 0) & (p < n) & ~np.isnan(a), place, flat)
    weight = plain(np.ones_like, flat) if weight is None else reshape(weight, flat.shape)
    hist = bincount(place[inside], weight[inside], n)
    if density:
        hist = hist / sum(hist) / (edges[1:] - edges[:-1])
    return named("histogram", "hist", "bin_edges")(hist, edges)


def _edges(x: Tensor, bins: int, range: tuple[float, float] | None) -> Tensor:
    """The edges of equal intervals that hold all elements."""
    if bins < 1:
        raise RuntimeError(f"histogram: wants at least one bin, got {bins}")

    def f(a):
        lo, hi = range or ((a.min(), a.max()) if a.size else (0, 0))
        if not np.isfinite(lo) or not np.isfinite(hi) or lo > hi:
            raise RuntimeError(f"histogram: [{lo}, {hi}] is no range")
        if lo == hi:
            lo, hi = (lo - 1, hi + 1) if range is not None else (lo - 0.5, hi + 0.5)
        return np.linspace(lo, hi, bins + 1, dtype=a.dtype)

    return plain(f, x)
