"""Convolutions as layers: see `functional.conv2d` and `functional.conv_transpose2d`."""

from __future__ import annotations

from typing import Any

from ...tensors import ShapeError, Tensor
from .. import functional as F
from .. import init
from ..convolution import sizes
from ..module import Module
from ..parameter import Parameter
from .lazy import Lazy

_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What the convolutions of n directions share."""

    n: int
    transposed = False

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
                 padding_mode: str = "zeros", device: Any = None, dtype: Any = None):
        op, n = type(self).__name__, self.n
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"{op}: {in_channels} and {out_channels} channels are no multiples of "
                             f"{groups} groups")
        if padding_mode not in (_MODES[:1] if self.transposed else _MODES):
            raise ValueError(f"{op}: padding_mode {padding_mode!r} is not one it knows")
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"{op}: padding is 'same', 'valid' or numbers, got {padding!r}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        k = self.kernel_size = sizes(op, "kernel_size", kernel_size, n, 1)
        self.stride = sizes(op, "stride", stride, n, 1)
        self.dilation = sizes(op, "dilation", dilation, n, 1)
        if padding == "same" and max(self.stride) > 1:
            raise ValueError(f"{op}: padding 'same' wants stride 1, got {stride}")
        self.padding = padding if isinstance(padding, str) else sizes(op, "padding", padding, n, 0)
        self.padding_mode, self.output_padding = padding_mode, (0,) * n
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        kw = {"device": device, "dtype": dtype}
        self.weight = Parameter(init.empty(channels[0], channels[1] // groups, *k, **kw))
        self.register_parameter("bias", Parameter(init.empty(out_channels, **kw)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all from U(−1/√fan_in, 1/√fan_in)."""
        init.default_(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._borders(), self.padding_mode), 0
        return type(self).function(input, self.weight, self.bias, self.stride, padding, self.dilation,
                                   self.groups)

    def _borders(self) -> list[int]:
        """(left, right) of the last direction, then of the one before, …."""
        if self.padding == "same":
            more = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return [w for m in reversed(more) for w in (m // 2, m - m // 2)]
        return [p for p in reversed(sizes("pad", "padding", 0 if self.padding == "valid" else
                                          self.padding, self.n, 0)) for _ in range(2)]

    def extra_repr(self) -> str:
        zero, one = (0,) * self.n, (1,) * self.n
        usual = {"padding": zero, "dilation": one, "output_padding": zero, "groups": 1}
        about = "".join(f", {name}={getattr(self, name)}" for name, value in usual.items()
                        if getattr(self, name) != value)
        mode = "" if self.padding_mode == "zeros" else f", padding_mode={self.padding_mode}"
        return (f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
                f"stride={self.stride}{about}{'' if self.bias is not None else ', bias=False'}{mode}")


class Conv1d(_ConvNd):
    """Convolution of sequences (N, C, L): weight (out_channels, in_channels / groups, K)."""

    n, function = 1, F.conv1d


class Conv2d(_ConvNd):
    """Convolution of images (N, C, H, W): weight (out_channels, in_channels / groups, KH, KW)."""

    n, function = 2, F.conv2d


class Conv3d(_ConvNd):
    """Convolution of volumes (N, C, D, H, W)."""

    n, function = 3, F.conv3d


class _ConvTransposeNd(_ConvNd):
    """What the adjoints of convolutions share."""

    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
                 dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
                         bias, padding_mode, device, dtype)
        self.output_padding = sizes(type(self).__name__, "output_padding", output_padding, self.n, 0)

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        more = self.output_padding if output_size is None else self._more(input, list(output_size))
        return type(self).function(input, self.weight, self.bias, self.stride, self.padding, more,
                                   self.groups, self.dilation)

    def _more(self, x: Tensor, size: list[int]) -> list[int]:
        """The output_padding that gives the result a size."""
        if x.ndim not in (self.n + 1, self.n + 2) or len(size) not in (self.n, self.n + 2):
            raise ShapeError(f"{type(self).__name__}: output_size {size} does not fit an input of "
                             f"shape {tuple(x.shape)}")
        least = [(m - 1) * s - 2 * p + d * (k - 1) + 1 for m, s, p, d, k in zip(
            x.shape[-self.n:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)]
        more = [w - m for w, m in zip(size[-self.n:], least, strict=True)]
        if any(not 0 <= w < s for w, s in zip(more, self.stride, strict=True)):
            raise ShapeError(f"{type(self).__name__}: output_size must be within a stride of {least}, "
                             f"got {size}")
        return more


class ConvTranspose1d(_ConvTransposeNd):
    """The adjoint of Conv1d: weight (in_channels, out_channels / groups, K)."""

    n, function = 1, F.conv_transpose1d


class ConvTranspose2d(_ConvTransposeNd):
    """The adjoint of Conv2d: weight (in_channels, out_channels / groups, KH, KW)."""

    n, function = 2, F.conv_transpose2d


class ConvTranspose3d(_ConvTransposeNd):
    """The adjoint of Conv3d."""

    n, function = 3, F.conv_transpose3d


class _LazyConv(Lazy):
    size = "in_channels"

    @property
    def at(self) -> int:
        return -self.n - 1

    def initialize_parameters(self, x: Tensor) -> None:
        if x.ndim not in (self.n + 1, self.n + 2):
            raise ShapeError(f"{type(self).__name__}: wants {self.n + 2} dimensions, or one less for a "
                             f"single one, got shape {tuple(x.shape)}")
        super().initialize_parameters(x)


class LazyConv1d(_LazyConv, Conv1d):
    """Conv1d whose in_channels are those of the first input."""

    becomes = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """Conv2d whose in_channels are those of the first input."""

    becomes = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """Conv3d whose in_channels are those of the first input."""

    becomes = Conv3d


class LazyConvTranspose1d(_LazyConv, ConvTranspose1d):
    """ConvTranspose1d whose in_channels are those of the first input."""

    becomes = ConvTranspose1d


class LazyConvTranspose2d(_LazyConv, ConvTranspose2d):
    """ConvTranspose2d whose in_channels are those of the first input."""

    becomes = ConvTranspose2d


class LazyConvTranspose3d(_LazyConv, ConvTranspose3d):
    """ConvTranspose3d whose in_channels are those of the first input."""

    becomes = ConvTranspose3d
