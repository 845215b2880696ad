"""Dropout: elements, or whole channels, set to 0 at random while training."""

from __future__ import annotations

from math import sqrt

from ..functions.creation import empty_like
from ..functions.shape import squeeze, unsqueeze
from ..tensors import ShapeError, Tensor, change, wrap


def dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """x / (1 − p) with each element 0 with probability p (Srivastava et al., 2014).

    Without ``training``, x. ValueError unless 0 ≤ p ≤ 1.
    """
    return _dropped("dropout", x, p, training, inplace, _mask)


def dropout1d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of sequences (N, C, L), or of one (C, L) (Tompson et al., 2015)."""
    return _of_channels("dropout1d", x, p, training, inplace, (2, 3), x.ndim == 2)


def dropout2d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of images (N, C, H, W)."""
    return _of_channels("dropout2d", x, p, training, inplace, (3, 4), False)


def dropout3d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of volumes (N, C, D, H, W), or of one (C, D, H, W)."""
    return _of_channels("dropout3d", x, p, training, inplace, (4, 5), x.ndim == 4)


feature_dropout = dropout2d


def alpha_dropout(x: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout to −λα, then scaled and shifted: mean 0 and variance 1 stay (Klambauer et al., 2017)."""
    return _dropped("alpha_dropout", x, p, training, inplace, _mask, True)


def feature_alpha_dropout(x: Tensor, p: float = 0.5, training: bool = False,
                          inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, …)."""
    return _dropped("feature_alpha_dropout", x, p, training, inplace, _channel_mask, True)


_ALPHA = 1.7580993408473766  # λα of selu


def _of_channels(op, x, p, training, inplace, dims, one):
    if x.ndim not in dims:
        raise ShapeError(f"{op}: wants {dims[0]} or {dims[1]} dimensions, got shape {x.shape}")
    if one and not inplace:
        return squeeze(_dropped(op, unsqueeze(x, 0), p, training, False, _channel_mask), 0)
    return _dropped(op, x, p, training, inplace, _mask if one else _channel_mask)


def _dropped(op, x, p, training, inplace, mask, alpha=False):
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p is a probability, between 0 and 1, got {p}")
    if not training or p == 0 or 0 in x.shape:
        return x

    def drop(x):
        if p == 1:
            return x * 0
        kept = mask(x, 1 - p)
        if not alpha:
            return x * (kept / (1 - p))
        a = 1 / sqrt((_ALPHA**2 * p + 1) * (1 - p))
        return x * (kept * a) + ((kept - 1) * (_ALPHA * a) + _ALPHA * a * p)

    return change(x, f"{op}_", drop, ()) if inplace else drop(x)


def _mask(x: Tensor, p: float) -> Tensor:
    """1 with probability p, else 0, for each element of x."""
    return empty_like(x).bernoulli_(p)


def _channel_mask(x: Tensor, p: float) -> Tensor:
    """1 with probability p, else 0, for each channel of x."""
    if x.ndim < 2:
        raise ShapeError(f"feature dropout: wants (N, C, …), got shape {x.shape}")
    return _mask(x[(slice(None), slice(None), *[slice(1)] * (x.ndim - 2))], p)
