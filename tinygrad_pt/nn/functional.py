"""Layers as functions, and losses."""

from __future__ import annotations

from typing import Any

from .. import primitives
from ..functions import (
    gather,
    log_softmax,
    one_hot,
    pad,
    sigmoid,
    softmax,
    tanh,
    unsqueeze,
)
from ..functions.activations import (
    celu,
    elu,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    selu,
    silu,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from ..kernels import conv_shape
from ..tensors import ShapeError, Tensor


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x Wᵀ + b for x (…, in), weight (out, in), bias (out)."""
    y = x @ weight.T
    return y if bias is None else y + bias


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
           padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """Cross-correlation of images (N, C, H, W), or one (C, H, W), with filters (O, C/groups, KH, KW).

    y[n, o, i, j] = bias[o] + Σ x[n, c, i·stride + u·dilation − padding, …] weight[o, c, u, v];
    stride, padding and dilation are a number or a pair. Raises a ValueError for shapes that do not
    fit.
    """
    if x.ndim == 3:
        return conv2d(unsqueeze(x, 0), weight, bias, stride, padding, dilation, groups)[0]
    kw = {"stride": pair("stride", stride, 1), "padding": pair("padding", padding, 0),
          "dilation": pair("dilation", dilation, 1)}
    if x.ndim != 4 or weight.ndim != 4:
        raise ShapeError(f"conv2d: wants images (N, C, H, W) and filters (O, C/groups, KH, KW), got "
                         f"{x.shape} and {weight.shape}")
    if groups < 1 or x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(f"conv2d: {x.shape[1]} channels in {groups} groups do not fit filters of "
                         f"shape {weight.shape}")
    if min(conv_shape(x.shape, weight.shape, **kw)[2:]) < 1:
        raise ShapeError(f"conv2d: filters {weight.shape[2:]} with dilation {kw['dilation']} are "
                         f"larger than images {x.shape[2:]} with padding {kw['padding']}")
    if x.dtype != weight.dtype:
        raise RuntimeError(f"conv2d: wants one dtype, got {x.dtype} and {weight.dtype}")
    y = primitives.conv2d(x, weight, groups=groups, **kw)
    return y if bias is None else y + bias.reshape(-1, 1, 1)


def pair(name: str, n: Any, least: int) -> tuple[int, int]:
    """A size for both directions of an image, checked: n or (n, m), each at least ``least``."""
    pair = tuple(n) if isinstance(n, tuple | list) else (n, n)
    if len(pair) != 2 or not all(isinstance(k, int) and k >= least for k in pair):
        raise ValueError(f"conv2d: {name} is an integer of at least {least} or a pair of them, "
                         f"got {n!r}")
    return pair


def mse_loss(x: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """(x − target)²: its mean, its sum, or each ("none")."""
    if x.shape != target.shape:
        raise ShapeError(f"mse_loss: x has shape {x.shape}, the target {target.shape}")
    return _reduce("mse_loss", (x - target) ** 2, reduction)


def nll_loss(log_p: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """−log p of the right class: log_p (N, C), target (N) integers of 0 … C − 1."""
    if log_p.ndim != 2 or target.shape != log_p.shape[:1]:
        raise ShapeError(f"nll_loss: wants scores (N, C) and targets (N), got {log_p.shape} and "
                         f"{target.shape}")
    classes = target.array
    if classes.dtype.kind not in "iu":
        raise TypeError(f"nll_loss: targets are integers, got {classes.dtype}")
    if classes.size and not 0 <= classes.min() <= classes.max() < log_p.shape[1]:
        raise IndexError(f"nll_loss: targets lie in 0 … {log_p.shape[1] - 1}, got "
                         f"{classes.min()} … {classes.max()}")
    picked = gather(log_p, 1, unsqueeze(target.to("int64"), 1))
    return _reduce("nll_loss", -picked.reshape(-1), reduction)


def cross_entropy(x: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """−log softmax(x)[target]: x (N, C) unnormalised scores, target (N) integers of 0 … C − 1."""
    return nll_loss(log_softmax(x, -1), target, reduction)


def _reduce(name: str, losses: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{name}: reduction is 'mean', 'sum' or 'none', got {reduction!r}")
    return losses.mean() if reduction == "mean" else losses.sum()
