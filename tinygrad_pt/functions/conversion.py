"""Other dtypes, other memory; and questions about a tensor."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import dtypes
from ..devices import check_device, device
from ..ops import TABLE
from ..tensors import Tensor, apply, as_dtype, weight


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
    return isinstance(t, device) or (isinstance(t, str) and t not in _DTYPES)


_DTYPES = {*[d.name for d in dtypes.SUPPORTED], dtypes.bfloat16}


def clone(x: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy in memory of its own, in the graph."""
    return apply(TABLE["cast"], (x,), {"dtype": x.dtype})


def contiguous(x: Tensor, *, memory_format: Any = None) -> Tensor:
    """x in row-major memory."""
    return x if is_contiguous(x) else clone(x)


def detach(x: Any) -> Tensor:
    """The same memory, outside of the graph."""
    return x.detach()


# ── questions ───────────────────────────────────────────────────────────────────────────────────

def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, Tensor)


def is_floating_point(x: Tensor) -> bool:
    """Whether x's dtype is float16, float32 or float64."""
    return x.dtype.kind == "f"


def is_complex(x: Tensor) -> bool:
    """False: there are no complex tensors."""
    return False


def is_nonzero(x: Tensor) -> bool:
    """The truth of a tensor of one element. RuntimeError for others."""
    return bool(x)


def is_contiguous(x: Tensor, memory_format: Any = None) -> bool:
    """Whether x's elements lie in row-major order without gaps."""
    return x.array.flags.c_contiguous


def numel(x: Tensor) -> int:
    """The number of elements."""
    return prod(x.shape)


def result_type(tensor1: Any, tensor2: Any) -> np.dtype:
    """The dtype of the sum of two tensors or numbers."""
    return dtypes.result_type(weight(tensor1), weight(tensor2))
