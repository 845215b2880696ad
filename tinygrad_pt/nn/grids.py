"""Images seen through a deformed grid (Jaderberg et al., *Spatial transformer networks*, 2015)."""

from __future__ import annotations

import warnings
from itertools import product
from typing import Any

import numpy as np

from ..functions.activations import hardtanh
from ..functions.common import plain
from ..functions.elementwise import abs, floor, fmod, round, sign, where
from ..functions.indexing import gather
from ..functions.products import matmul
from ..functions.shape import expand, flatten, reshape, transpose, unsqueeze
from ..tensors import ShapeError, Tensor, wrap


def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """Where the pixels of images ``size`` (N, C, H, W) are looked up: (N, H, W, 2), for `grid_sample`.

    Each place (x, y), from −1 to 1, is mapped by theta (N, 2, 3): its last column is added. The ends
    are the centres of the outermost pixels with ``align_corners``, else their edges. Volumes have
    theta (N, 3, 4).
    """
    n, (_, _, *shape) = theta.shape[0] if theta.ndim == 3 else 0, tuple(size)
    d = len(shape)
    if d not in (2, 3) or theta.shape != (size[0], d, d + 1) or min(size) < 1:
        raise ShapeError("affine_grid: wants theta (N, 2, 3) and a size (N, C, H, W), or (N, 3, 4) and "
                         f"(N, C, D, H, W), got {tuple(theta.shape)} and {tuple(size)}")
    ends = [m - 1 if _aligned("affine_grid", align_corners) else m for m in shape]
    lines = [(2 * np.arange(m) - m + 1) / max(end, 1) for m, end in zip(shape, ends, strict=True)]
    places = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(shape)], -1)
    y = matmul(wrap(places.reshape(-1, d + 1).astype(theta.dtype)), transpose(theta, 1, 2))
    return reshape(y, n, *shape, d)


def grid_sample(x: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros",
                align_corners: bool | None = None) -> Tensor:
    """x (N, C, H, W) at the places (x, y) of a grid (N, h, w, 2): (N, C, h, w); or in three dimensions.

    −1 and 1 are the ends of the image, as in `affine_grid`. Between pixels "bilinear" and "bicubic"
    (Keys, 1981; of images) mix neighbours, "nearest" takes one. Beyond the ends are "zeros", the last
    pixel ("border") or the image mirrored ("reflection"). ShapeError for shapes that do not fit.
    """
    d = x.ndim - 2
    if d not in (2, 3) or grid.ndim != x.ndim or grid.shape[0] != x.shape[0] or grid.shape[-1] != d \
            or 0 in x.shape[1:]:
        raise ShapeError("grid_sample: wants (N, C, H, W) and a grid (N, h, w, 2), or (N, C, D, H, W) "
                         f"and (N, d, h, w, 3), got {tuple(x.shape)} and {tuple(grid.shape)}")
    if x.dtype != grid.dtype:
        raise RuntimeError(f"grid_sample: wants one dtype, got {x.dtype} and {grid.dtype}")
    if mode not in ("bilinear", "nearest", "bicubic") or (mode == "bicubic" and d == 3):
        raise (NotImplementedError if mode == "bicubic" else ValueError)(
            f"grid_sample: mode is 'bilinear', 'nearest' or, of images, 'bicubic', got {mode!r}")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError("grid_sample: padding_mode is 'zeros', 'border' or 'reflection', got "
                         f"{padding_mode!r}")
    aligned, size = _aligned("grid_sample", align_corners), x.shape[2:]
    taps = []
    for i, m in enumerate(size):
        g = flatten(grid, 1, -2)[..., d - 1 - i]  # the grid's numbers are in the other order
        place = (g + 1) / 2 * (m - 1) if aligned else ((g + 1) * m - 1) / 2
        if mode == "bicubic":
            taps.append([(_inside(t, m, padding_mode, aligned), w) for t, w in _taps(place, mode)])
        else:
            taps.append(_taps(_inside(place, m, padding_mode, aligned), mode))
    pixels, y = flatten(x, 2), 0
    for corner in product(*taps):
        at, weight = 0, 1
        for (t, w), m in zip(corner, size, strict=True):
            at = at * m + plain(lambda t, m=m: np.nan_to_num(t).clip(0, m - 1).astype(np.int64), t)
            weight = weight * where((t >= 0) & (t <= m - 1), w, 0.0)
        y = y + gather(pixels, 2, expand(unsqueeze(at, 1), -1, x.shape[1], -1)) * unsqueeze(weight, 1)
    return reshape(y, *x.shape[:2], *grid.shape[1:-1])


def _aligned(op: str, align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(f"{op}: align_corners is False unless it is given", stacklevel=3)
    return bool(align_corners)


def _inside(place: Tensor, m: int, padding_mode: str, aligned: bool) -> Tensor:
    """Places brought between the first and the last of m pixels, unless there are zeros beyond."""
    if padding_mode == "reflection":
        low, span = (0, m - 1) if aligned else (-0.5, m)
        if not span:
            return place * 0
        away = abs(place - low)
        rest, times = fmod(away, span), floor(away.detach() / span)
        place = where(times % 2 == 0, rest, span - rest) + low
    return place if padding_mode == "zeros" else hardtanh(place, 0, m - 1)


def _taps(place: Tensor, mode: str) -> list[tuple[Tensor, Tensor]]:
    """The pixels next to a place and their weights."""
    if mode == "nearest":
        return [(round(place), 1 + 0 * sign(place))]  # a weight with the gradient 0
    first = floor(place.detach())
    t = place - first
    if mode == "bilinear":
        return [(first, 1 - t), (first + 1, t)]
    weights = _far(1 + t), _near(t), _near(1 - t), _far(2 - t)
    return [(first + k - 1, w) for k, w in enumerate(weights)]


def _near(t: Tensor) -> Tensor:
    """Keys' kernel of slope −¾ at 1, for 0 ≤ t ≤ 1."""
    return (1.25 * t - 2.25) * t * t + 1


def _far(t: Tensor) -> Tensor:
    """Keys' kernel for 1 ≤ t ≤ 2."""
    return ((-0.75 * t + 3.75) * t - 6) * t + 3
