"""Functions that PyTorch has at its top with other arguments than in ``nn.functional``."""

from __future__ import annotations

from typing import Any

from ..functions.common import speak
from ..tensors import Tensor
from . import functional as F


def dropout(x: Tensor, p: float, train: bool) -> Tensor:
    """`functional.dropout`."""
    return F.dropout(x, p, train)


def alpha_dropout(x: Tensor, p: float, train: bool) -> Tensor:
    """`functional.alpha_dropout`."""
    return F.alpha_dropout(x, p, train)


def feature_alpha_dropout(x: Tensor, p: float, train: bool) -> Tensor:
    """`functional.feature_alpha_dropout`."""
    return F.feature_alpha_dropout(x, p, train)


def batch_norm(x: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
               running_var: Tensor | None, training: bool, momentum: float, eps: float,
               cudnn_enabled: bool = False) -> Tensor:
    """`functional.batch_norm`."""
    return F.batch_norm(x, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(x: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
                  running_var: Tensor | None, use_input_stats: bool, momentum: float, eps: float,
                  cudnn_enabled: bool = False) -> Tensor:
    """`functional.instance_norm`."""
    return F.instance_norm(x, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(x: Tensor, normalized_shape: Any, weight: Tensor | None = None,
               bias: Tensor | None = None, eps: float = 1e-5, cudnn_enable: bool = True) -> Tensor:
    """`functional.layer_norm`."""
    return F.layer_norm(x, normalized_shape, weight, bias, eps)


def group_norm(x: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
               eps: float = 1e-5, cudnn_enabled: bool = True) -> Tensor:
    """`functional.group_norm`."""
    return F.group_norm(x, num_groups, weight, bias, eps)


def embedding(weight: Tensor, indices: Tensor, padding_idx: int = -1,
              scale_grad_by_freq: bool = False, sparse: bool = False) -> Tensor:
    """`functional.embedding`; a ``padding_idx`` of −1 is none."""
    return F.embedding(indices, weight, None if padding_idx == -1 else padding_idx,
                       scale_grad_by_freq=scale_grad_by_freq)


def adaptive_max_pool1d(x: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """`functional.adaptive_max_pool1d` with indices."""
    return F.adaptive_max_pool1d(x, output_size, True)


def grid_sampler(x: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int,
                 align_corners: bool) -> Tensor:
    """`functional.grid_sample`, the modes by number."""
    return F.grid_sample(x, grid, ("bilinear", "nearest", "bicubic")[interpolation_mode],
                         ("zeros", "border", "reflection")[padding_mode], align_corners)


speak(globals(), __name__)
