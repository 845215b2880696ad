"""Pooling as layers: each is the function of its name in `nn.functional`."""

from __future__ import annotations

from typing import Any

from ...tensors import Tensor
from .. import functional as F
from ..convolution import sizes
from .layer import Layer
from .utils import _ntuple


class MaxPool1d(Layer):
    """The largest element of each window of sequences (N, C, L)."""

    function = F.max_pool1d
    shown = ("kernel_size={kernel_size}, stride={stride}, padding={padding}, dilation={dilation}, "
             "ceil_mode={ceil_mode}")

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                 return_indices: bool = False, ceil_mode: bool = False):
        stride = kernel_size if stride is None else stride
        self.keep(locals())


class MaxPool2d(MaxPool1d):
    """The largest element of each window of images (N, C, H, W)."""

    function = F.max_pool2d


class MaxPool3d(MaxPool1d):
    """The largest element of each window of volumes (N, C, D, H, W)."""

    function = F.max_pool3d


class AvgPool1d(Layer):
    """The mean of each window of sequences (N, C, L)."""

    function = F.avg_pool1d
    shown = "kernel_size={kernel_size}, stride={stride}, padding={padding}"

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True):
        kernel_size = sizes("AvgPool1d", "kernel_size", kernel_size, 1, 1)
        stride = kernel_size if stride is None else sizes("AvgPool1d", "stride", stride, 1, 1)
        padding = sizes("AvgPool1d", "padding", padding, 1, 0)
        self.keep(locals())


class AvgPool2d(Layer):
    """The mean of each window of images (N, C, H, W)."""

    function = F.avg_pool2d
    shown = "kernel_size={kernel_size}, stride={stride}, padding={padding}"

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True, divisor_override: int | None = None):
        stride = kernel_size if stride is None else stride
        self.keep(locals())


class AvgPool3d(AvgPool2d):
    """The mean of each window of volumes (N, C, D, H, W)."""

    function = F.avg_pool3d


class LPPool1d(Layer):
    """The p-norm of each window of sequences (N, C, L)."""

    function = F.lp_pool1d
    shown = ("norm_type={norm_type}, kernel_size={kernel_size}, stride={stride}, "
             "ceil_mode={ceil_mode}")

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False):
        self.keep(locals())


class LPPool2d(LPPool1d):
    """The p-norm of each window of images (N, C, H, W)."""

    function = F.lp_pool2d


class LPPool3d(LPPool1d):
    """The p-norm of each window of volumes (N, C, D, H, W)."""

    function = F.lp_pool3d


class FractionalMaxPool2d(Layer):
    """The largest of each of so many windows at random places: see `functional`'s."""

    function = F.fractional_max_pool2d
    n, sizes = 2, ("kernel_size", "output_size", "output_ratio")  # one for each direction

    def __init__(self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
                 return_indices: bool = False, _random_samples: Tensor | None = None):
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{type(self).__name__}: wants output_size or output_ratio, got "
                             f"{output_size} and {output_ratio}")
        self.keep({name: x if x is None or name not in self.sizes else _ntuple(self.n)(x)
                   for name, x in locals().items()})


class FractionalMaxPool3d(FractionalMaxPool2d):
    """The largest of each of so many windows at random places of volumes."""

    function = F.fractional_max_pool3d
    n = 3


class AdaptiveAvgPool1d(Layer):
    """The mean of each of so many parts of sequences."""

    function = F.adaptive_avg_pool1d
    shown = "output_size={output_size}"

    def __init__(self, output_size: Any):
        self.keep(locals())


class AdaptiveAvgPool2d(AdaptiveAvgPool1d):
    """The mean of each of so many parts of images."""

    function = F.adaptive_avg_pool2d


class AdaptiveAvgPool3d(AdaptiveAvgPool1d):
    """The mean of each of so many parts of volumes."""

    function = F.adaptive_avg_pool3d


class AdaptiveMaxPool1d(Layer):
    """The largest element of each of so many parts of sequences."""

    function = F.adaptive_max_pool1d
    shown = "output_size={output_size}"

    def __init__(self, output_size: Any, return_indices: bool = False):
        self.keep(locals())


class AdaptiveMaxPool2d(AdaptiveMaxPool1d):
    """The largest element of each of so many parts of images."""

    function = F.adaptive_max_pool2d


class AdaptiveMaxPool3d(AdaptiveMaxPool1d):
    """The largest element of each of so many parts of volumes."""

    function = F.adaptive_max_pool3d


class MaxUnpool1d(Layer):
    """Zeros, with the elements where MaxPool1d with ``return_indices=True`` found them."""

    function = F.max_unpool1d
    shown = "kernel_size={kernel_size}, stride={stride}, padding={padding}"
    n = 1

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0):
        op = type(self).__name__
        kernel_size = sizes(op, "kernel_size", kernel_size, self.n, 1)
        stride = kernel_size if stride is None else sizes(op, "stride", stride, self.n, 1)
        padding = sizes(op, "padding", padding, self.n, 0)
        self.keep(locals())

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return type(self).function(input, indices, self.kernel_size, self.stride, self.padding,
                                   output_size)


class MaxUnpool2d(MaxUnpool1d):
    """Zeros, with the elements where MaxPool2d with ``return_indices=True`` found them."""

    function = F.max_unpool2d
    n = 2


class MaxUnpool3d(MaxUnpool1d):
    """Zeros, with the elements where MaxPool3d with ``return_indices=True`` found them."""

    function = F.max_unpool3d
    n = 3
