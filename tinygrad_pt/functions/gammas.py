"""The gamma function's logarithm and its derivatives."""

from __future__ import annotations

from math import factorial, inf, log, nan, pi
from math import lgamma as log_gamma
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.function import Function
from ..tensors import ShapeError, Tensor, as_dtype
from .common import as_int, plain

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)  # B₂, B₄, …


def lgamma(x: Tensor) -> Tensor:
    """log |Γ(x)|; Γ(n + 1) is n!."""
    return _Gamma.apply(-1, _floating(x))


def digamma(x: Tensor) -> Tensor:
    """ψ(x), the derivative of `lgamma`."""
    return _Gamma.apply(0, _floating(x))


def polygamma(n: int, x: Tensor) -> Tensor:
    """The n-th derivative of `digamma`. RuntimeError for negative n."""
    n = as_int("polygamma", n)
    if n < 0:
        raise RuntimeError(f"polygamma: n must not be negative, got {n}")
    return _Gamma.apply(n, _floating(x))


def mvlgamma(x: Tensor, p: int) -> Tensor:
    """log of the gamma function of p dimensions: ¼p(p − 1) log π + Σᵢ log Γ(x − i/2), i below p.

    RuntimeError for x not above (p − 1)/2.
    """
    if p < 1 or np.any(plain(np.less_equal, x, (p - 1) / 2).array):
        raise ShapeError(f"mvlgamma: wants p ≥ 1 and x above (p − 1)/2, got p = {p}")
    y = lgamma(x) + p * (p - 1) / 4 * log(pi)
    for i in range(1, p):
        y = y + lgamma(x - i / 2)
    return y


def _floating(x: Tensor) -> Tensor:
    return x if x.dtype.kind == "f" else as_dtype(x, dtypes.default)


class _Gamma(Function):
    """log Γ (n = −1) and its derivatives, ψ (n = 0), ψ′, …"""

    @staticmethod
    def forward(ctx: Any, n: int, x: Tensor) -> Tensor:
        ctx.n = n
        ctx.save_for_backward(x)
        return plain(lambda a: _value(n, a.astype(np.float64)).astype(a.dtype), x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple:
        x, = ctx.saved_tensors
        return None, g * _Gamma.apply(ctx.n + 1, x)


def _value(n: int, x: np.ndarray) -> np.ndarray:
    if n < 0:
        return np.asarray(np.frompyfunc(_log_gamma, 1, 1)(x), np.float64)
    with np.errstate(all="ignore"):
        if n > 1:
            below = int(-max(np.nanmin(x, initial=0), -1000.0))  # a step more for each number below 0
            return np.where(x < -1000, nan, _upwards(n, x, 10 + below))
        y = _upwards(n, np.where(x < 0, 1 - x, x))  # to the left of 0 by the reflection of Γ
        angle = pi * (x - np.round(x))
        mirrored = y - pi / np.tan(angle) if n == 0 else (pi / np.sin(angle)) ** 2 - y
        poles = nan if n == 0 else inf
        return np.where(x < 0, np.where(x == np.round(x), poles, mirrored), y)


def _log_gamma(x: float) -> float:
    try:
        return log_gamma(x)
    except (ValueError, OverflowError):
        return inf


def _upwards(n: int, x: np.ndarray, steps: int = 10) -> np.ndarray:
    """The n-th derivative of ψ: steps up to numbers above 10, then Euler's and Maclaurin's series."""
    s, sign = n + 1, 1.0 if n % 2 else -1.0
    total = sum(1 / (x + k) ** s for k in range(steps))
    z = x + steps
    tail = (1 / (n * z**n) if n else -np.log(z)) + 0.5 / z**s
    for j, b in enumerate(_BERNOULLI, 1):
        rising = factorial(n + 2 * j - 1) / factorial(n)  # s (s + 1) … (s + 2j − 2)
        tail = tail + b * rising / factorial(2 * j) / z ** (n + 2 * j)
    return sign * factorial(n) * (total + tail)
