"""Normalisation as layers: see `functional.batch_norm` and its neighbours."""

from __future__ import annotations

from typing import Any

from ...functions.creation import ones, tensor, zeros
from ...tensors import ShapeError, Tensor
from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .layer import Layer
from .lazy import Lazy


class _Norm(Module):
    """What batch and instance normalisation share: running means and variances of the channels."""

    dims: tuple[int, ...]  # how many an input may have

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = True, track_running_stats: bool = True, device: Any = None,
                 dtype: Any = None, *, bias: bool = True):
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        kw = {"device": device, "dtype": dtype}
        _affine(self, num_features if affine else None, bias, kw)
        for name, fill in (("running_mean", zeros), ("running_var", ones)):
            self.register_buffer(name, fill(num_features, **kw) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track_running_stats else None)

    def reset_running_stats(self) -> None:
        """Forget what was seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Start anew."""
        self.reset_running_stats()
        _reset(self)

    def _check(self, x: Tensor) -> None:
        if x.ndim not in self.dims:
            raise ShapeError(f"{type(self).__name__}: wants {' or '.join(map(str, self.dims))} "
                             f"dimensions, got shape {tuple(x.shape)}")

    def extra_repr(self) -> str:
        return (f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
                f"affine={self.affine}, bias={self.bias is not None}, "
                f"track_running_stats={self.track_running_stats}")


class _BatchNorm(_Norm):
    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        momentum = self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if momentum is None:  # the mean of all batches
                momentum = 1 / self.num_batches_tracked.item()
        stats = ((self.running_mean, self.running_var)
                 if not self.training or self.track_running_stats else (None, None))
        return F.batch_norm(input, *stats, self.weight, self.bias,
                            self.training or self.running_mean is None, momentum or 0.0, self.eps)


class BatchNorm1d(_BatchNorm):
    """Each channel of (N, C) or (N, C, L) normalised over the batch; in evaluation by running values.

    With ``momentum=None`` those are the means of all batches.
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel of images (N, C, H, W) normalised over the batch: as BatchNorm1d."""

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Each channel of volumes (N, C, D, H, W) normalised over the batch: as BatchNorm1d."""

    dims = (5,)


class _InstanceNorm(_Norm):
    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1,
                 affine: bool = False, track_running_stats: bool = False, device: Any = None,
                 dtype: Any = None, *, bias: bool = True):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        one = input.ndim == self.dims[0]
        channels = input.shape[0 if one else 1]
        if channels != self.num_features and self.affine:
            raise ShapeError(f"{type(self).__name__}: wants {self.num_features} channels, got shape "
                             f"{tuple(input.shape)}")
        y = F.instance_norm(input.unsqueeze(0) if one else input, self.running_mean, self.running_var,
                            self.weight, self.bias, self.training or not self.track_running_stats,
                            0.0 if self.momentum is None else self.momentum, self.eps)
        return y.squeeze(0) if one else y


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sequence (N, C, L), or of one (C, L), normalised by itself."""

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each image (N, C, H, W), or of one (C, H, W), normalised by itself."""

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each volume (N, C, D, H, W), or of one, normalised by itself."""

    dims = (4, 5)


class LazyBatchNorm1d(Lazy, BatchNorm1d):
    """BatchNorm1d whose num_features are the channels of the first input."""

    becomes, size, at = BatchNorm1d, "num_features", 1


class LazyBatchNorm2d(Lazy, BatchNorm2d):
    """BatchNorm2d whose num_features are the channels of the first input."""

    becomes, size, at = BatchNorm2d, "num_features", 1


class LazyBatchNorm3d(Lazy, BatchNorm3d):
    """BatchNorm3d whose num_features are the channels of the first input."""

    becomes, size, at = BatchNorm3d, "num_features", 1


class _LazyInstanceNorm(Lazy):
    """Unlike those whose channels are known, with weight and bias and running values."""

    def __init__(self, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True,
                 track_running_stats: bool = True, device: Any = None, dtype: Any = None, *,
                 bias: bool = True):
        super().__init__(eps, momentum, affine, track_running_stats, device, dtype, bias=bias)


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """InstanceNorm1d whose num_features are the channels of the first input."""

    becomes, size, at = InstanceNorm1d, "num_features", -2


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """InstanceNorm2d whose num_features are the channels of the first input."""

    becomes, size, at = InstanceNorm2d, "num_features", -3


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """InstanceNorm3d whose num_features are the channels of the first input."""

    becomes, size, at = InstanceNorm3d, "num_features", -4


class LayerNorm(Module):
    """Each element of a batch normalised over its last dimensions, of ``normalized_shape``."""

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
                 bias: bool = True, device: Any = None, dtype: Any = None):
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        _affine(self, self.normalized_shape if elementwise_affine else None, bias,
                {"device": device, "dtype": dtype})

    def reset_parameters(self) -> None:
        """Start anew."""
        _reset(self)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (f"{self.normalized_shape}, eps={self.eps}, "
                f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}")


class RMSNorm(Module):
    """Each element of a batch divided by the root of its mean square over the last dimensions."""

    def __init__(self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
                 device: Any = None, dtype: Any = None):
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        _affine(self, self.normalized_shape if elementwise_affine else None, None,
                {"device": device, "dtype": dtype})

    def reset_parameters(self) -> None:
        """Start anew."""
        _reset(self)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Each group of channels of each image normalised by itself."""

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
                 device: Any = None, dtype: Any = None, *, bias: bool = True):
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels are no multiple of {num_groups} "
                             "groups")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.affine = affine
        _affine(self, num_channels if affine else None, bias, {"device": device, "dtype": dtype})

    def reset_parameters(self) -> None:
        """Start anew."""
        _reset(self)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
                f"bias={self.bias is not None}")


class LocalResponseNorm(Layer):
    """Each element divided by what its neighbours in the channels have."""

    function = F.local_response_norm
    shown = "{size}, alpha={alpha}, beta={beta}, k={k}"

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        self.keep(locals())


def _affine(m: Module, shape: Any, bias: bool | None, kw: dict) -> None:
    """A weight of ones and a bias of zeros, or places for them; no bias at all if it is None."""
    m.register_parameter("weight", None if shape is None else Parameter(ones(shape, **kw)))
    if bias is not None:
        m.register_parameter("bias", Parameter(zeros(shape, **kw)) if bias and shape is not None
                             else None)


def _reset(m: Module) -> None:
    if m.weight is not None:
        init.ones_(m.weight)
    if m._parameters.get("bias") is not None:
        init.zeros_(m.bias)


def _shape(size: Any) -> tuple[int, ...]:
    return tuple(size) if isinstance(size, list | tuple) else (size,)
