"""What the functions share that reduce dimensions or choose among elements."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np

from ..tensors import ShapeError, Tensor
from .common import as_dims, plain
from .conversion import to
from .elementwise import where


class OutOfRange(IndexError, ShapeError):
    """An index that does not fit: PyTorch raises an IndexError here, a RuntimeError there."""


@cache
def named(name: str, *fields: str) -> Any:
    """The type of what a function returns: a tuple whose parts have names, and prints as PyTorch's."""
    cls = namedtuple(name, fields)
    cls.__repr__ = _show
    return cls


def _show(self) -> str:
    parts = ",\n".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
    return f"torch.return_types.{type(self).__name__}(\n{parts})"


def reduced(x: Tensor, dim: Any) -> tuple[int, ...]:
    """Dimensions to reduce; None, and an empty list, are all of them."""
    return as_dims(x, dim) or as_dims(x, None)


def how_many(x: Tensor, dims: tuple[int, ...]) -> int:
    """How many elements come to one."""
    return prod([x.shape[d] for d in dims])


def some(name: str, x: Tensor, dim: Any) -> tuple[int, ...]:
    """Dimensions to reduce of which none may be empty, as there is no largest of no elements."""
    dims = reduced(x, dim)
    if not how_many(x, dims):
        raise OutOfRange(f"{name}: there is nothing to choose from along dimensions {dims} of shape "
                         f"{tuple(x.shape)}")
    return dims


def evenly(x: Tensor, y: Tensor, spread: Callable, collect: Callable) -> Tensor:
    """y, chosen among elements of x, with the gradient shared evenly by all that equal it.

    ``spread`` repeats what has y's shape over the elements chosen from, ``collect`` sums over these.
    The mean of the ties' differences from y is 0, but for its derivative.
    """
    if not x.requires_grad:
        return y
    at = spread(y)
    tie = plain(lambda a, b: (a == b) | (np.isnan(a) & np.isnan(b)), x, at)
    base = plain(lambda b: np.where(np.isfinite(b), b, b.dtype.type(0)), at)  # ∞ − ∞ would be nan
    return y + collect(where(tie, x - base, 0.0)) / collect(to(tie, x.dtype))
