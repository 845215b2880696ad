"""Products of vectors and matrices."""

from __future__ import annotations

from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply
from .shape import squeeze, unsqueeze


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product, PyTorch's rules: vectors lend themselves a dimension, batches broadcast."""
    for x in (a, b):
        if not isinstance(x, Tensor):
            raise TypeError(f"matmul: wants Tensors, got {type(x).__name__}")
    if not (a.ndim and b.ndim) or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ShapeError(f"matmul: shapes {a.shape} and {b.shape} do not fit: the last dimension of "
                         "the first must equal the last but one of the second")
    if a.dtype != b.dtype:
        raise RuntimeError(f"matmul: wants one dtype, got {a.dtype} and {b.dtype}")
    y = apply(TABLE["matmul"], (unsqueeze(a, 0) if a.ndim == 1 else a,
                                unsqueeze(b, 1) if b.ndim == 1 else b), {})
    if a.ndim == 1:
        y = squeeze(y, -2)
    return squeeze(y, -1) if b.ndim == 1 else y
