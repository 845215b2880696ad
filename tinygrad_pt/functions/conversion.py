"""Other dtypes, other memory; and questions about a tensor."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import dtypes
from ..device import check_device, device
from ..dtypes import can_cast, finfo, get_default_dtype, iinfo, promote_types, set_default_dtype
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_dtype


def to(x: Tensor, *target: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
       copy: bool = False) -> Tensor:
    """x with another dtype, named by itself or by a tensor that has it: ``x.to(float64)``.

    x itself if nothing is to change, unless ``copy``. The only device is "cpu".
    """
    for t in target:
        if isinstance(t, Tensor):
            dtype = t.dtype
        elif _is_device(t):
            device = t
        elif not isinstance(t, bool):  # PyTorch's non_blocking
            dtype = t
    check_device(device)
    y = x if dtype is None else as_dtype(x, dtypes.check(dtype))
    return clone(x) if copy and y is x else y


def _is_device(t: Any) -> bool:
    return isinstance(t, device) or (isinstance(t, str) and t not in map(str, dtypes.SUPPORTED)
                                     and t != dtypes.bfloat16)


def clone(x: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy in memory of its own, in the graph."""
    return apply(TABLE["cast"], (x,), {"dtype": x.dtype})


def contiguous(x: Tensor, memory_format: Any = None) -> Tensor:
    """x in row-major memory."""
    return x if is_contiguous(x) else clone(x)
