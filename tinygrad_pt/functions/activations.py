"""Activations, with the arguments that they have in torch.nn.functional.

Those in ``__all__`` PyTorch has among its functions too. Of many ``inplace=True`` overwrites x with
the result, which is returned in either case.
"""

from __future__ import annotations

from functools import wraps
from inspect import Parameter, signature
from typing import Any

from ..changes import change
from ..tensors import ShapeError, Tensor
from .common import as_dim
from .elementwise import clamp, rows, sigmoid, tanh, where

__all__ = ["celu", "hardshrink", "prelu", "selu", "threshold"]


def _in_place(f: Any) -> Any:
    """f with one more argument, ``inplace``, the last."""
    n = f.__code__.co_argcount

    @wraps(f)
    def g(x: Tensor, *args: Any, inplace: bool = False, **kw: Any) -> Tensor:
        if len(args) == n:
            *args, inplace = args
        return change(x, f"{f.__name__}_", f, tuple(args), kw) if inplace else f(x, *args, **kw)
    g.__signature__ = signature(f).replace(parameters=[
        *signature(f).parameters.values(),
        Parameter("inplace", Parameter.POSITIONAL_OR_KEYWORD, default=False, annotation="bool")])
    return g


@_in_place
def relu(x: Tensor) -> Tensor:
    """The positive part: x where it is positive, else 0. Slope 0 at 0."""
    return rows.relu(x)


@_in_place
def relu6(x: Tensor) -> Tensor:
    """x kept within [0, 6]."""
    return rows.hardtanh(x, 0.0, 6.0)


@_in_place
def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x where it is positive, else negative_slope·x. At 0 the slope is that of the negative side."""
    return rows.leaky_relu(x, negative_slope)


def prelu(x: Tensor, weight: Tensor) -> Tensor:
    """leaky_relu with a slope to be learned: one, or one for each channel (dimension 1)."""
    if weight.shape != (1,) and (x.ndim < 2 or weight.shape != x.shape[1:2]):
        raise ShapeError(f"prelu: wants one slope, or one for each channel of (N, C, …), got weight "
                         f"{weight.shape} for shape {x.shape}")
    if x.dtype != weight.dtype:
        raise RuntimeError(f"prelu: wants one dtype, got {x.dtype} and weight of {weight.dtype}")
    channels = () if weight.shape == (1,) else (-1, *[1] * (x.ndim - 2))
    return rows.leaky_relu(x, weight.reshape(channels))


@_in_place
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x where it is positive, else α(eˣ − 1) (Clevert et al., 2016)."""
    return rows.elu(x, alpha)


@_in_place
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x where it is positive, else α(exp(x/α) − 1) (Barron, 2017)."""
    if alpha == 0:
        raise RuntimeError("celu: alpha must not be 0")
    return rows.celu(x, alpha)


@_in_place
def selu(x: Tensor) -> Tensor:
    """λ·elu(x, α) with the λ and α that keep mean 0 and variance 1 (Klambauer et al., 2017)."""
    return 1.0507009873554805 * rows.elu(x, 1.6732632423543772)


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """x·Φ(x) (Hendrycks & Gimpel, 2016), or its approximation by "tanh"."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate is 'none' or 'tanh', got {approximate!r}")
    return rows.gelu(x) if approximate == "none" else rows.gelu_tanh(x)


@_in_place
def silu(x: Tensor) -> Tensor:
    """x·sigmoid(x), also called swish (Elfwing et al., 2018)."""
    return rows.silu(x)


@_in_place
def mish(x: Tensor) -> Tensor:
    """x·tanh(softplus(x)) (Misra, 2019)."""
    return rows.mish(x)


def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(βx)) / β, a smooth rectifier; x itself where βx exceeds the threshold."""
    return where(beta * x > threshold, x, rows.softplus(beta * x) / beta)


def softsign(x: Tensor) -> Tensor:
    """x / (1 + |x|): a sigmoid without exp."""
    return x / (1 + abs(x))


def logsigmoid(x: Tensor) -> Tensor:
    """log sigmoid(x), without overflow."""
    return -rows.softplus(-x)


@_in_place
def threshold(x: Tensor, threshold: float, value: float) -> Tensor:
    """x where it exceeds the threshold, else value."""
    return where(x <= threshold, value, x)


@_in_place
def hardtanh(x: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x kept within [min_val, max_val]; unlike clamp's, the slope on the bounds is 0."""
    if min_val > max_val:
        raise ValueError(f"hardtanh: wants min_val ≤ max_val, got {min_val} and {max_val}")
    return rows.hardtanh(x, min_val, max_val)


@_in_place
def hardsigmoid(x: Tensor) -> Tensor:
    """A straight line from 0 at x = −3 to 1 at x = 3."""
    return relu6(x + 3.0) / 6.0


@_in_place
def hardswish(x: Tensor) -> Tensor:
    """x·hardsigmoid(x) (Howard et al., 2019)."""
    return x * hardsigmoid(x)


def hardshrink(x: Tensor, lambd: float = 0.5) -> Tensor:
    """x, but 0 within [−λ, λ]."""
    return where(abs(x) <= lambd, 0.0, x)


def softshrink(x: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by λ, to 0 within [−λ, λ]."""
    if lambd < 0:
        raise RuntimeError(f"softshrink: lambd must not be negative, got {lambd}")
    return x - clamp(x, -lambd, lambd)


def tanhshrink(x: Tensor) -> Tensor:
    """x − tanh(x)."""
    return x - tanh(x)


def glu(x: Tensor, dim: int = -1) -> Tensor:
    """The first half along a dimension, times sigmoid of the second (Dauphin et al., 2017)."""
    d = as_dim(x, dim)
    if not x.ndim or x.shape[d] % 2:
        raise ShapeError(f"glu: wants an even size along dimension {dim}, got shape {x.array.shape}")
    before, half = (slice(None),) * d, x.shape[d] // 2
    return x[(*before, slice(half))] * sigmoid(x[(*before, slice(half, None))])
