"""Borders as layers: see `functional.pad`."""

from __future__ import annotations

from typing import Any

from ...tensors import Tensor
from .. import functional as F
from ..convolution import sizes
from ..module import Module


class _Pad(Module):
    """n dimensions padded by a number, or by (left, right) of the last, then of the one before, …."""

    n: int
    mode: str
    value: float | None = None

    def __init__(self, padding: Any):
        self.padding = sizes(type(self).__name__, "padding", padding, 2 * self.n, -10**9)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_Pad):
    """Sequences with a number around them."""

    n, mode = 1, "constant"

    def __init__(self, padding: Any, value: float):
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(ConstantPad1d):
    """Images with a number around them."""

    n = 2


class ConstantPad3d(ConstantPad1d):
    """Volumes with a number around them."""

    n = 3


class ZeroPad1d(_Pad):
    """Sequences with zeros around them."""

    n, mode, value = 1, "constant", 0.0


class ZeroPad2d(ZeroPad1d):
    """Images with zeros around them."""

    n = 2


class ZeroPad3d(ZeroPad1d):
    """Volumes with zeros around them."""

    n = 3


class ReflectionPad1d(_Pad):
    """Sequences mirrored at their ends."""

    n, mode = 1, "reflect"


class ReflectionPad2d(ReflectionPad1d):
    """Images mirrored at their outermost pixels."""

    n = 2


class ReflectionPad3d(ReflectionPad1d):
    """Volumes mirrored at their outermost elements."""

    n = 3


class ReplicationPad1d(_Pad):
    """Sequences with their ends repeated."""

    n, mode = 1, "replicate"


class ReplicationPad2d(ReplicationPad1d):
    """Images with their outermost pixels repeated."""

    n = 2


class ReplicationPad3d(ReplicationPad1d):
    """Volumes with their outermost elements repeated."""

    n = 3


class CircularPad1d(_Pad):
    """Sequences continued from their other end."""

    n, mode = 1, "circular"


class CircularPad2d(CircularPad1d):
    """Images continued from their other side."""

    n = 2


class CircularPad3d(CircularPad1d):
    """Volumes continued from their other side."""

    n = 3
