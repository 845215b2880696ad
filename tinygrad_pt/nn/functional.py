"""Layers as functions, and losses."""

from __future__ import annotations

from typing import Any

from ..functions import (
    broadcast_tensors,
    clamp_min,
    gather,
    log_softmax,
    norm,
    one_hot,
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
from ..functions.common import speak
from ..tensors import ShapeError, Tensor
from .convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    fold,
    pair,
    unfold,
)
from .noise import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
    gumbel_softmax,
    rrelu,
)
from .pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from .resampling import (
    channel_shuffle,
    interpolate,
    pad,
    pixel_shuffle,
    pixel_unshuffle,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x Wᵀ + b for x (…, in), weight (out, in), bias (out)."""
    y = x @ weight.T
    return y if bias is None else y + bias


def normalize(x: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖ₚ, ε), the norm along ``dim``."""
    return x / clamp_min(norm(x, p, dim, True), eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x₁·x₂ / (max(‖x₁‖, ε) max(‖x₂‖, ε)) along ``dim``, of tensors that broadcast."""
    x1, x2 = broadcast_tensors(x1, x2)
    return (normalize(x1, 2, dim, eps) * normalize(x2, 2, dim, eps)).sum(dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6,
                      keepdim: bool = False) -> Tensor:
    """‖x₁ − x₂ + ε‖ₚ along the last dimension."""
    return norm(x1 - x2 + eps, p, -1, keepdim)


def mse_loss(x: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """(x − target)²: its mean, its sum, or each ("none")."""
    if x.shape != target.shape:
        raise ShapeError(f"mse_loss: x has shape {x.array.shape}, the target {target.array.shape}")
    return _reduce("mse_loss", (x - target) ** 2, reduction)


def nll_loss(log_p: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """−log p of the right class: log_p (N, C), target (N) integers of 0 … C − 1."""
    if log_p.ndim != 2 or target.shape != log_p.shape[:1]:
        raise ShapeError(f"nll_loss: wants scores (N, C) and targets (N), got {log_p.array.shape} and "
                         f"{target.array.shape}")
    classes = target.array
    if classes.dtype.kind not in "iu":
        raise RuntimeError(f"nll_loss: targets are integers, got {classes.dtype}")
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


speak(globals(), __name__.partition(".")[0])
