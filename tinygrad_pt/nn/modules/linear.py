"""Linear layers, and the reshaping between them."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ...tensors import Tensor
from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .layer import Layer
from .lazy import Lazy


class Identity(Module):
    """y = x, whatever the arguments."""

    def __init__(self, *args: Any, **kw: Any):
        pass

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """y = x Wᵀ + b: weight (out_features, in_features), bias (out_features)."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
                 dtype: Any = None):
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(init.empty(out_features, in_features, device=device, dtype=dtype))
        b = Parameter(init.empty(out_features, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", b)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all from U(−1/√in_features, 1/√in_features)."""
        init.default_(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}")


class NonDynamicallyQuantizableLinear(Linear):
    """The last layer of MultiheadAttention, under the name that PyTorch prints."""


class Bilinear(Module):
    """yₖ = x₁ᵀ Wₖ x₂ + bₖ: weight (out_features, in1_features, in2_features)."""

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
                 device: Any = None, dtype: Any = None):
        if in1_features <= 0:
            raise ValueError(f"Bilinear: in1_features must be positive, got {in1_features}")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        kw = {"device": device, "dtype": dtype}
        self.weight = Parameter(init.empty(out_features, in1_features, in2_features, **kw))
        self.register_parameter("bias", Parameter(init.empty(out_features, **kw)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all from U(−1/√in1_features, 1/√in1_features)."""
        bound = 1 / sqrt(self.in1_features)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
                f"out_features={self.out_features}, bias={self.bias is not None}")


class LazyLinear(Lazy, Linear):
    """Linear whose in_features are those of the first input."""

    becomes, size, at = Linear, "in_features", -1


class Flatten(Layer):
    """Dimensions start_dim … end_dim joined into one."""

    shown = "start_dim={start_dim}, end_dim={end_dim}"

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.keep(locals())

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)


class Unflatten(Layer):
    """A dimension made into several."""

    shown = "dim={dim}, unflattened_size={unflattened_size}"

    def __init__(self, dim: int, unflattened_size: Any):
        if isinstance(dim, str) or not isinstance(unflattened_size, tuple | list):
            raise TypeError(f"Unflatten: wants a dimension and a tuple of sizes, got {dim!r} and "
                            f"{unflattened_size!r}")
        self.keep(locals())

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)
