"""Sizes, pixels and channels, windows and distances as layers."""

from __future__ import annotations

from typing import Any

from ...tensors import Tensor
from .. import functional as F
from .layer import Layer


class Upsample(Layer):
    """Images of another size, or ``scale_factor`` times as large: `functional.interpolate`."""

    function = F.interpolate

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                 align_corners: bool | None = None, recompute_scale_factor: bool | None = None):
        if isinstance(scale_factor, tuple):
            scale_factor = tuple(map(float, scale_factor))
        elif scale_factor is not None:
            scale_factor = float(scale_factor)
        self.keep(locals())

    def extra_repr(self) -> str:
        size = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsample with mode "nearest"."""

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """Upsample with mode "bilinear" and align_corners."""

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor, "bilinear", True)


class PixelShuffle(Layer):
    """r² channels become r × r pixels."""

    function = F.pixel_shuffle
    shown = "upscale_factor={upscale_factor}"

    def __init__(self, upscale_factor: int):
        self.keep(locals())


class PixelUnshuffle(Layer):
    """r × r pixels become r² channels."""

    function = F.pixel_unshuffle
    shown = "downscale_factor={downscale_factor}"

    def __init__(self, downscale_factor: int):
        self.keep(locals())


class ChannelShuffle(Layer):
    """Channels in groups, dealt out anew."""

    function = F.channel_shuffle
    shown = "groups={groups}"

    def __init__(self, groups: int):
        self.keep(locals())


class Unfold(Layer):
    """The windows of images as columns."""

    function = F.unfold
    shown = "kernel_size={kernel_size}, dilation={dilation}, padding={padding}, stride={stride}"

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1):
        self.keep(locals())


class Fold(Layer):
    """Images as the sum of windows that are columns."""

    function = F.fold
    shown = "output_size={output_size}, " + Unfold.shown

    def __init__(self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
                 stride: Any = 1):
        self.keep(locals())


class CosineSimilarity(Layer):
    """x₁·x₂ / (‖x₁‖ ‖x₂‖) along ``dim``."""

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        self.keep(locals())

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Layer):
    """‖x₁ − x₂‖ₚ along the last dimension."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
        self.keep(locals())

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)
