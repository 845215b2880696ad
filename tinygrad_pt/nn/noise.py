"""Functions that draw random numbers while they compute: dropout, RReLU, the softmax of Gumbel.

Under one seed they draw what PyTorch draws. The numbers drawn have no gradient.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from ..changes import change
from ..functions import argmax, leaky_relu, one_hot, softmax
from ..functions.filling import memory, memory_like
from ..random import default_generator
from ..tensors import ShapeError, Tensor, plain


def dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """x·m / (1 − p), where m is 0 with probability p, else 1 (Srivastava et al., 2014).

    Only in ``training``; else it is x. ValueError for a p outside of [0, 1].
    """
    return _dropped("dropout", x, p, training, inplace)


def dropout1d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, L) or (C, L)."""
    if x.ndim not in (2, 3):
        raise ShapeError(f"dropout1d: wants (N, C, L) or (C, L), got shape {tuple(x.shape)}")
    return _dropped("dropout1d", x, p, training, inplace, 1 if x.ndim == 2 else 2)


def dropout2d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, H, W). As in PyTorch, three dimensions are (N, C, L)."""
    return _dropped("dropout2d", x, p, training, inplace, 2)


def dropout3d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, D, H, W) or (C, D, H, W)."""
    return _dropped("dropout3d", x, p, training, inplace, 1 if x.ndim == 4 else 2)


def alpha_dropout(x: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`dropout` that keeps mean 0 and variance 1 after SELU (Klambauer et al., 2017).

    a·(x·m − α (1 − m) + α p) with −α what SELU tends to at −∞, and a = ((1 − p)(1 + α² p))^−½.
    """
    return _dropped("alpha_dropout", x, p, training, inplace, alpha=_ALPHA)


def feature_alpha_dropout(x: Tensor, p: float = 0.5, training: bool = False,
                          inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels of x (N, C, …)."""
    return _dropped("feature_alpha_dropout", x, p, training, inplace, 2, _ALPHA)


_ALPHA = 1.0507009873554805 * 1.6732632423543772  # λα of SELU


def _dropped(name: str, x: Tensor, p: float, training: bool, inplace: bool,
             dims: int | None = None, alpha: float | None = None) -> Tensor:
    """Dropout; with ``dims``, of what has one index in the first so many dimensions all or nothing."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: wants a probability of 0 … 1, got {p}")
    if not training or p == 0 or 0 in x.shape:
        return x
    if dims is not None and x.ndim < 2:
        raise ShapeError(f"{name}: wants two or more dimensions, got shape {tuple(x.shape)}")
    if p == 1:
        return x.mul_(0) if inplace else x * 0
    m = (memory_like(x) if dims is None else
         memory((*x.shape[:dims], *(1,) * (x.ndim - dims)), x.dtype)).bernoulli_(1 - p)
    if alpha is None:
        m = m / (1 - p)
        return x.mul_(m) if inplace else x * m
    a = 1 / sqrt((alpha * alpha * p + 1) * (1 - p))
    shift = (m - 1) * (alpha * a) + alpha * a * p
    return x.mul_(m * a).add_(shift) if inplace else x * (m * a) + shift


def rrelu(x: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:
    """x where x > 0, else r·x; r is uniform of [lower, upper) in training, else their mean.

    (Xu et al., 2015.) RuntimeError if lower > upper.
    """
    if inplace:
        return change(x, "rrelu_", rrelu, (lower, upper, training))
    if not lower <= upper:
        raise RuntimeError(f"rrelu: wants lower ≤ upper, got {lower} and {upper}")
    if x.dtype.kind != "f":
        raise NotImplementedError(f"rrelu: wants a floating point dtype, got {x.dtype}")

    def slopes(a: np.ndarray) -> np.ndarray:
        r = np.ones(a.shape, a.dtype)
        r[a <= 0] = lower + (upper - lower) * default_generator.uniform(int((a <= 0).sum()))
        return r

    return x * plain(slopes, x) if training else leaky_relu(x, (lower + upper) / 2)


def gumbel_softmax(logits: Tensor, tau: float = 1.0, hard: bool = False, eps: float = 1e-10,
                   dim: int = -1) -> Tensor:
    """softmax((logits + g) / τ) for g of Gumbel's distribution, −log of exponential numbers.

    A sample that can be differentiated (Jang et al., 2017). ``hard``: one-hot, with the gradient of
    the soft one. ``eps`` is not used.
    """
    g = -memory_like(logits).exponential_().log()
    y = softmax((logits + g) / tau, dim)
    if not hard:
        return y
    best = one_hot(argmax(y, dim), y.shape[dim]).movedim(-1, dim)
    return best - y.detach() + y
