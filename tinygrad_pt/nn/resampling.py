"""Images with other borders and sizes: padding, interpolation, pixels and channels exchanged."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, prod
from typing import Any

import numpy as np

from ..functions import joining
from ..functions.common import as_int
from ..functions.conversion import clone
from ..functions.products import matmul
from ..functions.shape import movedim, permute, reshape
from ..tensors import ShapeError, Tensor, as_size, wrap
from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

# ── borders ─────────────────────────────────────────────────────────────────────────────────────

class _NoMode(NotImplementedError, ShapeError):
    """No such way for images of this shape: functions of PyTorch raise the one, layers the other."""


_BEYOND = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # NumPy's words


def pad(x: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """``pad`` = (left, right) of the last dimension, then of the one before, …; negative widths crop.

    What is new: "constant" is value (0); "reflect" the image mirrored at its outermost pixels;
    "replicate" those pixels; "circular" the image from its other side. All but "constant" pad the
    last 1 to 3 dimensions of (N, C, …) or (C, …).
    """
    if mode == "constant":
        return joining.pad(x, pad, 0 if value is None else value)
    if mode not in _BEYOND:
        raise NotImplementedError(f"pad: mode is 'constant', {', '.join(map(repr, _BEYOND))}, "
                                  f"got {mode!r}")
    if value:
        raise RuntimeError(f"pad: value is for mode 'constant', got {value} with {mode!r}")
    n = len(pad) // 2
    if len(pad) % 2 or n not in (1, 2, 3) or x.ndim not in (n + 1, n + 2):
        raise _NoMode(f"pad: {mode!r} wants pairs for the last 1 to 3 dimensions of "
                                  f"(N, C, …) or (C, …), got {tuple(pad)} for shape {x.array.shape}")
    crop = [min(width, 0) for width in pad]
    y = joining.pad(x, crop) if mode == "circular" else x  # its other side is that of what is left
    for d in range(-1, -n - 1, -1):
        y = _beyond(y, d, max(pad[-2 * d - 2], 0), max(pad[-2 * d - 1], 0), mode)
    return y if mode == "circular" else joining.pad(y, crop)


def _beyond(x, dim, left, right, mode):
    """x with pixels before and behind along a dimension that repeat those x has."""
    n = x.shape[dim]
    if max(left, right) > {"reflect": n - 1, "circular": n}.get(mode, max(left, right) if n else 0):
        raise ShapeError(f"pad: {mode!r} cannot give {left} and {right} pixels from the {n} of shape "
                         f"{x.array.shape}")
    source = np.pad(np.arange(n), (left, right), _BEYOND[mode])
    at = (slice(None),) * (x.ndim + dim)
    new = [x[(*at, wrap(source[part]))] for part in (slice(left), slice(left + n, None))]
    return joining.cat([new[0], x, new[1]], dim)


# ── sizes ───────────────────────────────────────────────────────────────────────────────────────

_SIZES = {"nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3), "linear": (1,),
          "bilinear": (2,), "bicubic": (2,), "trilinear": (3,)}  # how many a mode is for


def interpolate(x: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
                antialias: bool = False) -> Tensor:
    """Images (N, C, …) of another size, or ``scale_factor`` times as large.

    Pixel i of n shows the place (i + ½)·H/n − ½ of H, or i·(H − 1)/(n − 1) with ``align_corners``.
    "nearest" takes the pixel left of (i·H/n), "nearest-exact" the nearest, "area" means of parts;
    "linear", "bilinear", "trilinear" and "bicubic" (Keys 1981) mix neighbours: along each dimension
    a small matrix times x. With ``antialias`` their kernels grow as the image shrinks.
    """
    n = x.ndim - 2
    if (size is None) == (scale_factor is None) or (recompute_scale_factor and size is not None):
        raise ValueError(f"interpolate: wants size, or scale_factor (perhaps recomputed), got {size}, "
                         f"{scale_factor} and {recompute_scale_factor}")
    if n not in _SIZES.get(mode, ()):
        raise _NoMode(f"interpolate: {mode!r} is no mode for shape {x.array.shape}; "
                                  f"wants (N, C, sizes …), as many sizes as a mode is for: {_SIZES}")
    mixes = mode.endswith(("linear", "cubic"))
    if align_corners is not None and not mixes:
        raise ValueError(f"interpolate: align_corners is not for mode {mode!r}")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"interpolate: antialias is for 'bilinear' and 'bicubic', not for {mode!r}")
    new, scales = _new_size(x, n, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[n - 1](x, new)
    y = x
    for d, m, scale in zip(range(2, n + 2), new, scales, strict=True):
        if m == x.shape[d] and (antialias or mode not in ("bicubic", "nearest-exact")):
            continue  # whatever the scale is: PyTorch's rule
        if mixes:
            a = _mixture(x.shape[d], m, scale, mode == "bicubic", align_corners, antialias)
            y = movedim(matmul(movedim(y, d, -1), wrap(a.T.astype(x.dtype))), -1, d)
        else:
            shift = 0.5 if mode == "nearest-exact" else 0
            at = np.floor((np.arange(m) + shift) * scale).astype(np.intp).clip(0, x.shape[d] - 1)
            y = y[(slice(None),) * d + (wrap(at),)]
    return y if y is not x else clone(x)


upsample = interpolate


def upsample_nearest(x: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "nearest"."""
    return interpolate(x, size, scale_factor)


def upsample_bilinear(x: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "bilinear" and align_corners."""
    return interpolate(x, size, scale_factor, "bilinear", True)


def _new_size(x, n, size, scale_factor, recompute):
    """The new sizes, and how many old pixels there are for a new one in each direction."""
    given = size if scale_factor is None else scale_factor
    given = tuple(given) if isinstance(given, tuple | list) else (given,) * n
    if len(given) != n:
        raise ValueError(f"interpolate: wants {n} numbers for the last dimensions of shape "
                         f"{x.array.shape}, got {given}")
    old = x.shape[2:]
    new = (as_size(given) if scale_factor is None else
           [floor(m * f) for m, f in zip(old, given, strict=True)])
    if min(*old, *new) < 1:
        raise ShapeError(f"interpolate: sizes must be at least 1, got {tuple(new)} for shape "
                         f"{x.array.shape}")
    if size is not None or recompute:
        return new, [m / k for m, k in zip(old, new, strict=True)]
    return new, [1 / f for f in given]


def _mixture(n: int, size: int, scale: float, cubic: bool, align_corners: bool | None,
             antialias: bool) -> np.ndarray:
    """The matrix A (size, n) of an interpolation y = A x: each row a kernel at the pixel's place."""
    if align_corners:
        scale = (n - 1) / (size - 1) if size > 1 else 0.0
    kernel: Callable = _triangle if not cubic else lambda t: _cubic(t, -0.5 if antialias else -0.75)
    pixels = np.arange(size)[:, None]
    if antialias:
        wide = max(scale, 1.0)
        a = kernel(((pixels + 0.5) * scale - np.arange(n) - 0.5) / wide)
        return a / a.sum(axis=1, keepdims=True)
    place = pixels * scale if align_corners else (pixels + 0.5) * scale - 0.5
    taps = np.floor(place) + (np.arange(-1, 3) if cubic else np.arange(2))
    a = np.zeros((size, n))
    np.add.at(a, (pixels, taps.astype(np.intp).clip(0, n - 1)), kernel(place - taps))
    return a


def _triangle(t):
    """1 − |t| within 1 of 0."""
    return np.maximum(1 - np.abs(t), 0)


def _cubic(t, a):
    """Keys' kernel (IEEE Trans. ASSP 1981): cubic within 1 and within 2 of 0, with slope a at 1."""
    t = np.abs(t)
    near, far = ((a + 2) * t - (a + 3)) * t * t + 1, a * (((t - 5) * t + 8) * t - 4)
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


# ── pixels and channels ─────────────────────────────────────────────────────────────────────────

def pixel_shuffle(x: Tensor, upscale_factor: int) -> Tensor:
    """(…, C·r², H, W) as (…, C, H·r, W·r): r² channels become r × r pixels (Shi et al. 2016)."""
    r = as_int("pixel_shuffle", upscale_factor)
    if x.ndim < 3 or r < 1 or x.shape[-3] % (r * r):
        raise ShapeError(f"pixel_shuffle: wants (…, C·r², H, W) with r = {r}, got shape "
                         f"{x.array.shape}")
    *lead, c, h, w = x.shape
    y = reshape(x, prod(lead), c // (r * r), r, r, h, w)
    return reshape(clone(permute(y, 0, 1, 4, 2, 5, 3)), *lead, c // (r * r), h * r, w * r)


def pixel_unshuffle(x: Tensor, downscale_factor: int) -> Tensor:
    """(…, C, H·r, W·r) as (…, C·r², H, W): what undoes `pixel_shuffle`."""
    r = as_int("pixel_unshuffle", downscale_factor)
    if x.ndim < 3 or r < 1 or x.shape[-2] % r or x.shape[-1] % r:
        raise ShapeError(f"pixel_unshuffle: wants (…, C, H·r, W·r) with r = {r}, got shape "
                         f"{x.array.shape}")
    *lead, c, h, w = x.shape
    y = reshape(x, prod(lead), c, h // r, r, w // r, r)
    return reshape(clone(permute(y, 0, 1, 3, 5, 2, 4)), *lead, c * r * r, h // r, w // r)


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """Channels (N, C, …) in g groups, dealt out anew: one of each group in turn."""
    if x.ndim < 3 or groups < 1 or x.shape[1] % groups:
        raise ShapeError(f"channel_shuffle: {groups} groups do not fit the channels of shape "
                         f"{x.array.shape}")
    n, c, *size = x.shape
    y = reshape(x, n, groups, c // groups, prod(size))
    return reshape(clone(permute(y, 0, 2, 1, 3)), n, c, *size)
