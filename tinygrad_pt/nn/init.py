"""Initial values of parameters, drawn in PyTorch's order from its random streams."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np

from ..functions import no_grad
from ..random import Generator
from ..tensors import Tensor


def uniform_(x: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill x with uniform numbers of [a, b)."""
    with no_grad():
        return x.uniform_(a, b, generator=generator)


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0,
            generator: Generator | None = None) -> Tensor:
    """Fill x with normal numbers."""
    with no_grad():
        return x.normal_(mean, std, generator=generator)


def fan_in(weight: Tensor) -> int:
    """How many inputs one output of a linear or convolution layer sums over."""
    return prod(weight.shape[1:])


def default_(weight: Tensor, bias: Tensor | None) -> None:
    """What PyTorch's Linear and Conv layers start with: all of U(−1/√fan_in, 1/√fan_in).

    (He et al., 2015, with a = √5 for the weight.)
    """
    gain = sqrt(2.0 / (1 + sqrt(5) ** 2))
    bound = sqrt(3.0) * (gain / sqrt(max(fan_in(weight), 1)))
    uniform_(weight, -bound, bound)
    if bias is not None:
        bound = 1 / sqrt(fan_in(weight)) if fan_in(weight) else 0.0
        uniform_(bias, -bound, bound)


def empty(*shape: int) -> np.ndarray:
    """Memory for a parameter, to be filled."""
    return np.empty(shape, np.float32)
