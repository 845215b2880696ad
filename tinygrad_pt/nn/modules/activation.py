"""Activations as layers: each is the function of its name in `nn.functional`."""

from __future__ import annotations

from typing import Any

from ...places import lookup
from ...tensors import ShapeError, Tensor
from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .layer import Layer


class ReLU(Module):
    """max(x, 0)."""

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, inplace=True) if self.inplace else F.relu(input)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """1 / (1 + exp(−x))."""

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class Tanh(Module):
    """tanh x."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class ReLU6(Layer):
    """x kept within [0, 6]."""

    function = F.relu6

    def __init__(self, inplace: bool = False):
        self.keep(locals())


class LeakyReLU(Layer):
    """x where it is positive, else negative_slope·x."""

    function = F.leaky_relu
    shown = "negative_slope={negative_slope}"

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        self.keep(locals())


class PReLU(Module):
    """LeakyReLU with a slope that is learned: one, or one for each channel."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None,
                 dtype: Any = None):
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(_full(num_parameters, init, device, dtype))

    def reset_parameters(self) -> None:
        """Start anew."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """LeakyReLU whose slopes are drawn from [lower, upper) in training, else are the mean."""

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False):
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + ", inplace=True" * self.inplace


class ELU(Layer):
    """x where it is positive, else α(eˣ − 1)."""

    function = F.elu
    shown = "alpha={alpha}"

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.keep(locals())


class CELU(Layer):
    """x where it is positive, else α(exp(x/α) − 1)."""

    function = F.celu
    shown = "alpha={alpha}"

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.keep(locals())


class SELU(Layer):
    """ELU scaled so that mean 0 and variance 1 are kept."""

    function = F.selu

    def __init__(self, inplace: bool = False):
        self.keep(locals())


class GELU(Layer):
    """x·Φ(x)."""

    function = F.gelu
    shown = "approximate={approximate!r}"

    def __init__(self, approximate: str = "none"):
        self.keep(locals())


class SiLU(Layer):
    """x·sigmoid(x)."""

    function = F.silu

    def __init__(self, inplace: bool = False):
        self.keep(locals())


class Mish(Layer):
    """x·tanh(softplus(x))."""

    function = F.mish

    def __init__(self, inplace: bool = False):
        self.keep(locals())


class Softplus(Layer):
    """log(1 + exp(βx)) / β."""

    function = F.softplus
    shown = "beta={beta}, threshold={threshold}"

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        self.keep(locals())


class Softsign(Layer):
    """x / (1 + |x|)."""

    function = F.softsign


class LogSigmoid(Layer):
    """log sigmoid(x)."""

    function = F.logsigmoid


class Tanhshrink(Layer):
    """x − tanh(x)."""

    function = F.tanhshrink


class Softshrink(Layer):
    """x moved towards 0 by λ."""

    function = F.softshrink
    shown = "{lambd}"

    def __init__(self, lambd: float = 0.5):
        self.keep(locals())


class Hardshrink(Layer):
    """x, but 0 within [−λ, λ]."""

    function = F.hardshrink
    shown = "{lambd}"

    def __init__(self, lambd: float = 0.5):
        self.keep(locals())


class Hardtanh(Layer):
    """x kept within [min_val, max_val]."""

    function = F.hardtanh
    shown = "min_val={min_val}, max_val={max_val}"

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        if min_val >= max_val:
            raise AssertionError(f"Hardtanh: wants min_val < max_val, got {min_val} and {max_val}")
        self.keep(locals())


class Hardsigmoid(Layer):
    """A straight line from 0 at x = −3 to 1 at x = 3."""

    function = F.hardsigmoid

    def __init__(self, inplace: bool = False):
        self.keep(locals())

    def extra_repr(self) -> str:
        return ""


class Hardswish(Layer):
    """x·Hardsigmoid(x)."""

    function = F.hardswish

    def __init__(self, inplace: bool = False):
        self.keep(locals())

    def extra_repr(self) -> str:
        return ""


class Threshold(Layer):
    """x where it exceeds the threshold, else value."""

    function = F.threshold
    shown = "threshold={threshold}, value={value}"

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        self.keep(locals())


class GLU(Layer):
    """The first half along a dimension, times sigmoid of the second."""

    function = F.glu
    shown = "dim={dim}"

    def __init__(self, dim: int = -1):
        self.keep(locals())


class Softmax(Layer):
    """exp(xᵢ) / Σⱼ exp(xⱼ) along ``dim``."""

    function = F.softmax
    shown = "dim={dim}"

    def __init__(self, dim: int | None = None):
        self.keep(locals())


class LogSoftmax(Softmax):
    """log of Softmax."""

    function = F.log_softmax


class Softmin(Softmax):
    """Softmax of −x."""

    function = F.softmin


class Softmax2d(Layer):
    """Softmax over the channels of images (N, C, H, W) or (C, H, W)."""

    function = F.softmax

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d: wants 3 or 4 dimensions, got shape {input.shape}")
        return F.softmax(input, -3)


def _full(n: int, value: float, device: Any, dtype: Any) -> Tensor:
    return init.constant_(init.empty(n, device=device, dtype=dtype), value)


def __getattr__(name: str) -> Any:
    """MultiheadAttention, which PyTorch keeps here."""
    if name == "MultiheadAttention":
        from ..transformer import MultiheadAttention
        return MultiheadAttention
    return lookup(__name__, name)
