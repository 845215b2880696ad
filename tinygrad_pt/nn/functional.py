"""Layers and losses as functions."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

from ..functions import (
    activations,
    broadcast_tensors,
    clamp_min,
    norm,
    one_hot,
    reductions,
    sigmoid,
    tanh,
    triu_indices,
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
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from ..functions.common import speak
from ..places import lookup
from ..tensors import ShapeError, Tensor
from .attention import scaled_dot_product_attention
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
from .ctc import ctc_loss
from .embedding import embedding, embedding_bag
from .grids import affine_grid, grid_sample
from .losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    cross_entropy,
    gaussian_nll_loss,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    l1_loss,
    margin_ranking_loss,
    mse_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
    poisson_nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .maps import bilinear, linear
from .multihead import multi_head_attention_forward
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
from .normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    rms_norm,
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
    fractional_max_pool2d,
    fractional_max_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
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


def softmax(x: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(xᵢ) / Σⱼ exp(xⱼ) along ``dim``, in ``dtype``."""
    return reductions.softmax(x, _chosen(x, dim), dtype)


def softmin(x: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """softmax(−x): exp(−xᵢ) / Σⱼ exp(−xⱼ) along ``dim``, in ``dtype``."""
    return reductions.softmax(-x, _chosen(x, dim), dtype)


def log_softmax(x: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """xᵢ − log Σⱼ exp(xⱼ) along ``dim``, in ``dtype``."""
    return reductions.log_softmax(x, _chosen(x, dim), dtype)


def _chosen(x: Tensor, dim: int | None) -> int:
    """A dimension; where none is given, with a warning, that of the classes as PyTorch guesses it."""
    if dim is None:
        dim = 0 if x.ndim in (0, 1, 3) else 1
        warnings.warn(f"softmax: give a dim; of shape {tuple(x.shape)} it is taken to be {dim}",
                      stacklevel=5)
    return dim


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


def pdist(x: Tensor, p: float = 2.0) -> Tensor:
    """‖xᵢ − xⱼ‖ₚ of all pairs i < j of the rows of x (N, M): N(N − 1)/2 numbers."""
    if x.ndim != 2:
        raise ShapeError(f"wants rows (N, M), got shape {tuple(x.shape)}")
    if p < 0:
        raise RuntimeError(f"p must not be negative, got {p}")
    i, j = triu_indices(x.shape[0], x.shape[0], 1)
    return norm(x[i] - x[j], p, -1)


for _f in (celu, elu, hardtanh, leaky_relu, relu, rrelu, selu, threshold):
    globals()[f"{_f.__name__}_"] = partial(_f, inplace=True)
for _f in (max_pool1d, max_pool2d, max_pool3d, adaptive_max_pool1d, adaptive_max_pool2d,
           adaptive_max_pool3d, fractional_max_pool2d, fractional_max_pool3d):
    globals()[f"{_f.__name__}_with_indices"] = partial(_f, return_indices=True)
__getattr__ = partial(lookup, __name__)
speak(globals(), __package__, activations.__name__)
