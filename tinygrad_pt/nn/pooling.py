"""Pooling: the largest, the mean or another norm of every window of an image."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .. import kernels
from ..functions.common import as_int, plain
from ..functions.conversion import clone
from ..functions.creation import ones, zeros
from ..functions.elementwise import inf, where
from ..functions.indexing import gather, scatter
from ..functions.joining import _framed, cat
from ..functions.reductions import mean
from ..functions.sampling import rand
from ..functions.shape import flatten, narrow, reshape, squeeze
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, constant, result, wrap
from .convolution import batched, conv1d, conv2d, conv3d, sizes

INDEX = TABLE["index"]

# ── the largest ─────────────────────────────────────────────────────────────────────────────────


def max_pool1d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Any:
    """The largest element of each window of sequences (N, C, L): as `max_pool2d`."""
    return _max_pool(1, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Any:
    """The largest element of each window of images (N, C, H, W), or one (C, H, W).

    ``stride`` is ``kernel_size`` if not given; what is padded is never chosen; with ``ceil_mode`` the
    last window may reach beyond the image. The first of equal elements gets the gradient. With
    ``return_indices`` also where each lies in its image, flattened. ShapeError if nothing fits.
    """
    return _max_pool(2, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Any:
    """The largest element of each window of volumes (N, C, D, H, W): as `max_pool2d`."""
    return _max_pool(3, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def adaptive_max_pool1d(x: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each of so many parts of a sequence: as `adaptive_avg_pool2d`."""
    return _adaptive_max_pool(1, x, output_size, return_indices)


def adaptive_max_pool2d(x: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each of so many parts of an image: as `adaptive_avg_pool2d`."""
    return _adaptive_max_pool(2, x, output_size, return_indices)


def adaptive_max_pool3d(x: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each of so many parts of a volume: as `adaptive_avg_pool2d`."""
    return _adaptive_max_pool(3, x, output_size, return_indices)


def _max_pool(n, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    op = f"max_pool{n}d"
    k, s, p, d = _arguments(op, n, kernel_size, stride, padding, dilation)
    places = _places(op, n, x, k, s, p, d, ceil_mode)
    seen, blind = _seen(tuple(x.shape[-n:]), tuple(places), k, s, p, d)
    y, indices = _largest(op, n, x, seen, places, return_indices)
    if blind is not None:
        y = where(wrap(blind), constant(-inf, x.dtype), y)
    return (y, indices) if return_indices else y


@lru_cache(maxsize=256)
def _seen(size, places, k, s, p, d):
    """What windows see of an image, as `_grid` has it, and which see padding only, as dilated ones may
    (None: none does).
    """
    seen, blind = [], np.zeros((), bool)
    for m, many, *window in zip(size, places, k, s, p, d, strict=True):
        at = _places_of(many, *window)
        blind = blind[..., None] | ((at < 0) | (at >= m)).all(axis=1)
        seen.append(_inside(m, at, window[-1]))
    return _grid(size, seen), blind if blind.any() else None


def _adaptive_max_pool(n, x, output_size, return_indices):
    op = f"adaptive_max_pool{n}d"
    seen = []
    for parts in _parts(op, n, x, output_size):
        longest = max([b - a for a, b in parts], default=1)
        seen.append(np.array([[min(a + u, b - 1) for u in range(longest)] for a, b in parts],
                             np.intp).reshape(len(parts), longest))
    y, indices = _largest(op, n, x, _grid(x.shape[-n:], seen), [len(at) for at in seen], return_indices)
    return (y, indices) if return_indices else y


def _places_of(many, k, step, padding, dilation):
    """The k pixels of each of so many windows along a direction, (many, k)."""
    return np.arange(many)[:, None] * step - padding + np.arange(k) * dilation


def _inside(size, at, dilation):
    """The pixels of windows; for those outside of the image, the window's nearest inside."""
    at = np.where(at < 0, at % dilation, at)
    return np.where(at >= size, size - 1 - (size - 1 - at) % dilation, at).clip(0, size - 1)


def _grid(size, seen):
    """The pixels that each window sees, (windows, pixels), as places in the flattened image.

    ``seen[d]`` are those along direction d, (windows, pixels).
    """
    grid = np.zeros((1, 1), np.int64)
    for m, at in zip(size, seen, strict=True):
        (a, k), (b, j) = grid.shape, at.shape
        grid = (grid[:, None, :, None] * m + at[:, None, :]).reshape(a * b, k * j)
    return grid


def _largest(op, n, x, grid, places, indexed):
    """The largest of the pixels that each window sees and, if ``indexed``, its place in its image."""
    x, one = batched(op, n, x)
    pixels, shape = prod(x.shape[2:]), (*x.shape[:2], *places)
    row = flatten(x)
    if type(x.array) is np.ndarray:
        at, values = kernels.largest_at(x.array.reshape(-1, pixels), grid)
        y = result(INDEX, (row,), {"index": (at.reshape(-1),)}, values.reshape(-1))
        at = wrap(at)
    else:  # a batch: see batching.py
        at = plain(lambda a: kernels.largest_at(a.reshape(-1, pixels), grid)[0], x)
        y = row[flatten(at)]
    y, indices = reshape(y, shape), reshape(at % pixels, shape) if indexed else None
    return (squeeze(y, 0), squeeze(indices, 0) if indexed else None) if one else (y, indices)


# ── the largest, of windows at random places ────────────────────────────────────────────────────

def fractional_max_pool2d(x: Tensor, kernel_size: Any, output_size: Any = None,
                          output_ratio: Any = None, return_indices: bool = False,
                          _random_samples: Tensor | None = None) -> Any:
    """The largest of each of so many windows, whose steps are random, of images (N, C, H, W).

    Their number is ``output_size``, or this part of the image's; the steps are two whole numbers next
    to (H − kernel_size) / (output_size − 1), in an order that differs between channels (Graham, 2014).
    ``_random_samples`` (N, C, 2) of [0, 1) say which order. With ``return_indices`` as `max_pool2d`.
    """
    return _fractional(2, x, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(x: Tensor, kernel_size: Any, output_size: Any = None,
                          output_ratio: Any = None, return_indices: bool = False,
                          _random_samples: Tensor | None = None) -> Any:
    """`fractional_max_pool2d` of volumes (N, C, D, H, W)."""
    return _fractional(3, x, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def _fractional(n, x, kernel_size, output_size, output_ratio, return_indices, samples):
    op = f"fractional_max_pool{n}d"
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{op}: wants output_size or output_ratio, got {output_size} and "
                         f"{output_ratio}")
    x, one = batched(op, n, x)
    size, k = x.shape[2:], sizes(op, "kernel_size", kernel_size, n, 1)
    if output_size is None:
        ratios = tuple(output_ratio) if isinstance(output_ratio, tuple | list) else (output_ratio,) * n
        output_size = [int(m * f) for m, f in zip(size, ratios, strict=True)]
    parts = sizes(op, "output_size", output_size, n, 1)
    if any(o + k_ - 1 > m for o, k_, m in zip(parts, k, size, strict=True)):
        raise ShapeError(f"{op}: {parts} windows {k} are too many for images {tuple(size)}")
    if samples is None:
        samples = rand(*x.shape[:2], n, dtype=x.dtype)
    order = range(n) if n == 3 else (1, 0)  # which sample is for which direction

    def largest(a, u):
        at = np.zeros((*a.shape[:2], 1, 1), np.int64)  # (N, C, places, pixels of a window)
        for m, o, k_, i in zip(size, parts, k, order, strict=True):
            seen = _random_starts(u[..., i], m, o, k_)[..., None] + np.arange(k_)
            at = at[..., :, None, :, None] * m + seen[:, :, None, :, None, :]
            at = at.reshape(*a.shape[:2], at.shape[2] * o, -1)
        flat = np.take_along_axis(a.reshape(*a.shape[:2], 1, -1), at, -1)
        return np.take_along_axis(at, flat.argmax(-1)[..., None], -1)[..., 0]

    indices = plain(largest, x, samples)
    y = gather(flatten(x, 2), 2, indices)
    y, indices = (reshape(t, *x.shape[:2], *parts) for t in (y, indices))
    if one:
        y, indices = squeeze(y, 0), squeeze(indices, 0)
    return (y, indices) if return_indices else y


def _random_starts(u, size, many, k):
    """Where so many windows of k pixels begin, the last of them at the end."""
    step = (u.dtype.type(size - k) / (many - 1)) if many > 1 else u.dtype.type(0)
    u = u[..., None]
    places = (np.arange(many, dtype=u.dtype) + u) * step
    starts = places.astype(np.int64) - (u * step).astype(np.int64)
    starts[..., -1] = size - k
    return starts


# ── the mean ────────────────────────────────────────────────────────────────────────────────────

def avg_pool1d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
               ceil_mode: bool = False, count_include_pad: bool = True) -> Tensor:
    """The mean of each window of sequences (N, C, L): as `avg_pool2d`."""
    return _avg_pool(1, x, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
               ceil_mode: bool = False, count_include_pad: bool = True,
               divisor_override: int | None = None) -> Tensor:
    """The mean of each window of images (N, C, H, W), or one (C, H, W): a convolution with ones.

    The sum is divided by ``divisor_override`` or by the number of pixels, padded ones included unless
    ``count_include_pad`` is False. Other arguments as for `max_pool2d`.
    """
    return _avg_pool(2, x, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)


def avg_pool3d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
               ceil_mode: bool = False, count_include_pad: bool = True,
               divisor_override: int | None = None) -> Tensor:
    """The mean of each window of volumes (N, C, D, H, W): as `avg_pool2d`."""
    return _avg_pool(3, x, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)


def _avg_pool(n, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    op = f"avg_pool{n}d"
    if divisor_override == 0:
        raise RuntimeError(f"{op}: divisor_override must not be 0")
    k, s, p, d = _arguments(op, n, kernel_size, stride, padding, 1)
    places = _places(op, n, x, k, s, p, d, ceil_mode)
    _floating(op, x)
    widths, counts = [], np.ones(())
    for size, many, k_, s_, p_ in zip(x.shape[-n:], places, k, s, p, strict=True):
        widths = [p_, max(p_, (many - 1) * s_ + k_ - size - p_), *widths]  # ceil_mode may add more
        start = np.arange(many) * s_ - p_
        lo, hi = (-p_, size + p_) if count_include_pad else (0, size)
        counts = counts[..., None] * (np.minimum(start + k_, hi) - np.maximum(start, lo))
    images, one = batched(op, n, _framed(x, widths))
    lead = images.shape[:2]
    total = (conv1d, conv2d, conv3d)[n - 1](reshape(images, prod(lead), 1, *images.shape[2:]),
                                            ones(1, 1, *k, dtype=x.dtype), stride=s)
    y = reshape(total, *lead, *places) / (divisor_override or wrap(counts.astype(x.dtype)))
    return squeeze(y, 0) if one else y


def adaptive_avg_pool1d(x: Tensor, output_size: Any) -> Tensor:
    """The mean of each of so many parts of sequences (N, C, L): as `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool(1, x, output_size)


def adaptive_avg_pool2d(x: Tensor, output_size: Any) -> Tensor:
    """The means of so many parts of images (N, C, H, W), or of one (C, H, W).

    Part i of n along a size H is ⌊i·H/n⌋ … ⌈(i + 1)·H/n⌉ − 1; a size of None is the image's.
    """
    return _adaptive_avg_pool(2, x, output_size)


def adaptive_avg_pool3d(x: Tensor, output_size: Any) -> Tensor:
    """The means of so many parts of volumes (N, C, D, H, W): as `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool(3, x, output_size)


def _adaptive_avg_pool(n, x, output_size):
    op = f"adaptive_avg_pool{n}d"
    _floating(op, x)
    y = x
    for d, parts in enumerate(_parts(op, n, x, output_size), x.ndim - n):
        if len(parts) != x.shape[d]:  # else every pixel is a part
            y = (cat([mean(narrow(y, d, a, b - a), d, True) for a, b in parts], d) if parts
                 else narrow(y, d, 0, 0))
    return y if y is not x else clone(x)


# ── other norms ─────────────────────────────────────────────────────────────────────────────────

def lp_pool1d(x: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
              ceil_mode: bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window of sequences (N, C, L), p the ``norm_type``."""
    return _lp_pool(1, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(x: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
              ceil_mode: bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window of images (N, C, H, W), p the ``norm_type``."""
    return _lp_pool(2, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(x: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
              ceil_mode: bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window of volumes (N, C, D, H, W), p the ``norm_type``."""
    return _lp_pool(3, x, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(n, x, norm_type, kernel_size, stride, ceil_mode):
    k = prod(sizes(f"lp_pool{n}d", "kernel_size", kernel_size, n, 1))
    total = _avg_pool(n, x ** norm_type, kernel_size, stride, 0, ceil_mode, True, None) * k
    return (total.sign() * total.abs()) ** (1 / norm_type)  # flat where the total is 0


# ── the way back ────────────────────────────────────────────────────────────────────────────────

def max_unpool1d(x: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 output_size: Any = None) -> Tensor:
    """Zeros with x where `max_pool1d` found it: as `max_unpool2d`."""
    return _max_unpool(1, x, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(x: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 output_size: Any = None) -> Tensor:
    """Zeros with x where `max_pool2d` found it: ``indices`` are what it returned.

    The images are (H − 1)·stride − 2·padding + kernel_size large, or of ``output_size``.
    """
    return _max_unpool(2, x, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(x: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 output_size: Any = None) -> Tensor:
    """Zeros with x where `max_pool3d` found it: as `max_unpool2d`."""
    return _max_unpool(3, x, indices, kernel_size, stride, padding, output_size)


def _max_unpool(n, x, indices, kernel_size, stride, padding, output_size):
    op = f"max_unpool{n}d"
    k = sizes(op, "kernel_size", kernel_size, n, 1)
    s = k if stride is None else sizes(op, "stride", stride, n, 1)
    p = sizes(op, "padding", padding, n, 0)
    if x.ndim not in (n + 1, n + 2) or indices.shape != x.shape:
        raise ShapeError(f"{op}: wants x, (C, …) or (N, C, …), and indices of its shape, got "
                         f"{x.array.shape} and {indices.array.shape}")
    usual = [(m - 1) * s_ - 2 * p_ + k_ for m, s_, p_, k_ in zip(x.shape[-n:], s, p, k, strict=True)]
    size = list(output_size)[-n:] if output_size is not None else usual
    if len(size) != n or any(abs(m - u) >= s_ for m, u, s_ in zip(size, usual, s, strict=True)):
        raise ValueError(f"{op}: output_size must be within a stride of {usual}, got {output_size}")
    lead = x.shape[:-n]
    inside = plain(lambda i: np.all((i >= 0) & (i < prod(size))), indices)
    if not inside:
        raise ShapeError(f"{op}: indices must lie in images {size}")
    return reshape(scatter(zeros(*lead, prod(size), dtype=x.dtype), -1, flatten(indices, -n),
                           flatten(x, -n)), *lead, *size)


# ── what they share ─────────────────────────────────────────────────────────────────────────────

def _arguments(op, n, kernel_size, stride, padding, dilation):
    """kernel_size, stride, padding and dilation, one number for each direction."""
    k, d = sizes(op, "kernel_size", kernel_size, n, 1), sizes(op, "dilation", dilation, n, 1)
    s = k if stride is None or stride == [] else sizes(op, "stride", stride, n, 1)
    p = sizes(op, "padding", padding, n, 0)
    if any(2 * p_ > (k_ - 1) * d_ + 1 for k_, p_, d_ in zip(k, p, d, strict=True)):
        raise ShapeError(f"{op}: padding {p} is more than half of the kernel {k} with dilation {d}")
    return k, s, p, d


def _places(op, n, x, k, s, p, d, ceil_mode):
    """How many places windows have in each direction; with ceil_mode the last may reach beyond."""
    if x.ndim not in (n + 1, n + 2) or 0 in x.shape[x.ndim - n - 1:]:
        raise ShapeError(f"{op}: wants {n + 1} dimensions, with a batch {n + 2}, that are not empty, "
                         f"got shape {x.array.shape}")
    places = []
    for size, k_, s_, p_, d_ in zip(x.shape[-n:], k, s, p, d, strict=True):
        rest = size + 2 * p_ - d_ * (k_ - 1) - 1
        many = (-(-rest // s_) if ceil_mode else rest // s_) + 1
        if ceil_mode and (many - 1) * s_ >= size + p_:  # a window must not begin in the right padding
            many -= 1
        places.append(many)
    if min(places) < 1:
        raise ShapeError(f"{op}: no window {k} with dilation {d} fits images {x.array.shape[-n:]} with "
                         f"padding {p}")
    return places


def _parts(op, n, x, output_size):
    """For each direction the parts (start, end) of the image."""
    wanted = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * n
    if x.ndim not in (n + 1, n + 2) or 0 in x.shape[x.ndim - n - 1:] or len(wanted) != n:
        raise ShapeError(f"{op}: wants {n + 1} dimensions, with a batch {n + 2}, that are not empty, "
                         f"and {n} sizes, got shape {x.array.shape} and {output_size}")
    wanted = [h if m is None else as_int(op, m) for m, h in zip(wanted, x.shape[-n:], strict=True)]
    if min(wanted) < 0:
        raise ShapeError(f"{op}: sizes must not be negative, got {output_size}")
    return [[(i * h // m, -(-(i + 1) * h // m)) for i in range(m)]
            for m, h in zip(wanted, x.shape[-n:], strict=True)]


def _floating(op, x):
    if x.dtype.kind != "f":
        raise RuntimeError(f"{op}: wants floating point numbers, got {x.dtype}")
