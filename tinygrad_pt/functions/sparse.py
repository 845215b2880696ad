"""The names of sparse tensors. Memory has one layout here, and holds the zeros, too."""

from __future__ import annotations

from typing import Any

from ..tensors import Tensor
from .creation import as_tensor, zeros
from .indexing import index_put
from .products import addmm, mm
from .reductions import sum

__all__ = ["coalesce", "sparse_coo_tensor", "spmm", "to_dense", "to_sparse"]


def sparse_coo_tensor(indices: Any, values: Any, size: Any = None, *, dtype: Any = None,
                      device: Any = None, requires_grad: bool = False, **ignored: Any) -> Tensor:
    """A tensor of zeros and of values[j] at the position indices[:, j], for all j.

    Values of the same position are added. Without ``size`` it is as small as the indices allow.
    """
    places, values = as_tensor(indices).long(), as_tensor(values, dtype=dtype, device=device)
    if size is None:
        size = [*(places.amax(1) + 1).tolist(), *values.shape[1:]]
    y = index_put(zeros(*size, dtype=values.dtype), tuple(places), values, accumulate=True)
    return y.requires_grad_() if requires_grad else y


DoubleTensor = FloatTensor = LongTensor = sparse_coo_tensor  # of the module `sparse`


def to_sparse(x: Tensor, sparse_dim: int | None = None, **ignored: Any) -> Tensor:
    """x."""
    return x


def coalesce(x: Tensor) -> Tensor:
    """x: values of the same position were added when it was made."""
    return x


def to_dense(x: Tensor, dtype: Any = None) -> Tensor:
    """x, in a dtype."""
    return x if dtype is None else x.to(dtype)


def spmm(x: Tensor, mat2: Tensor) -> Tensor:
    """Product of matrices (n, k) and (k, m)."""
    return mm(x, mat2)
