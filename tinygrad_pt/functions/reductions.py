"""Many elements to one: sums, extremes, orders."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..ops import TABLE
from ..tensors import Tensor, apply
from .common import as_dim, as_dims, plain
from .elementwise import exp, log, where
from .shape import squeeze


def sum(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Sum over all dimensions, or over those in ``dim``. Bools and integers give int64."""
    return apply(TABLE["sum"], (x,), {"dims": as_dims(x, dim), "keepdim": keepdim})


def mean(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """(Σᵢ xᵢ) / n over all dimensions, or over those in ``dim``."""
    if x.dtype.kind != "f":
        raise RuntimeError(f"mean: wants floating point numbers, got {x.dtype}")
    return sum(x, dim, keepdim) / prod(x.shape[d] for d in as_dims(x, dim))


def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the (first) largest element, of all or along ``dim``."""
    if dim is not None:
        dim = as_dim(x, dim)
    return plain(lambda a: a.argmax(axis=dim, keepdims=keepdim), x)


def logsumexp(x: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """log Σᵢ exp(xᵢ) along ``dim``, computed from x − max x so that nothing overflows."""
    top = plain(lambda a: a.max(axis=dim, keepdims=True), x)
    top = where(plain(np.isfinite, top), top, 0.0)
    y = log(sum(exp(x - top), dim, True)) + top
    return y if keepdim else squeeze(y, dim)


def log_softmax(x: Tensor, dim: int) -> Tensor:
    """xᵢ − log Σⱼ exp(xⱼ) along ``dim``."""
    return x - logsumexp(x, dim, keepdim=True)


def softmax(x: Tensor, dim: int) -> Tensor:
    """exp(xᵢ) / Σⱼ exp(xⱼ) along ``dim``."""
    return exp(log_softmax(x, dim))
