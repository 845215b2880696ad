"""Other dtypes, other memory; and questions about a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..ops import TABLE
from ..tensors import Tensor, apply, as_dtype


def to(x: Tensor, dtype: Any) -> Tensor:
    """x with another dtype, or x itself if it has that dtype (or if ``dtype`` is the device "cpu")."""
    if isinstance(dtype, str) and dtype == "cpu":
        return x
    return as_dtype(x, dtypes.check(dtype))


def clone(x: Tensor) -> Tensor:
    """A copy in memory of its own, in the graph."""
    return apply(TABLE["cast"], (x,), {"dtype": x.dtype})


def contiguous(x: Tensor) -> Tensor:
    """x in row-major memory."""
    return x if x.array.flags.c_contiguous else clone(x)


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, Tensor)
