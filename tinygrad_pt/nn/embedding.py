"""Rows of a matrix by number: words as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import no_grad
from ..functions.common import plain
from ..functions.creation import zeros
from ..functions.elementwise import where
from ..functions.indexing import index_add
from ..functions.reductions import norm
from ..kernels import in_range
from ..tensors import ShapeError, Tensor, wrap


def embedding(x: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
              norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False) -> Tensor:
    """Row x of weight (many, size), for each integer of x (…): a result (…, size).

    The row ``padding_idx`` gets no gradient; ``max_norm`` first shortens, in place, rows used that are
    longer; ``scale_grad_by_freq`` divides a row's gradient by how often it is used. Gradients are
    dense. IndexError for a number that is no row's.
    """
    many = _check("embedding", x, weight)
    if padding_idx is not None and not -many <= padding_idx < many:
        raise ValueError(f"embedding: padding_idx must be one of {many} rows, got {padding_idx}")
    if max_norm is not None:
        _shorten(x, weight, max_norm, norm_type)
    y = weight[x] if x.ndim else weight[x].clone()
    if scale_grad_by_freq:
        share = plain(lambda i: 1 / np.bincount(i.ravel(), minlength=many)[i][..., None], x)
        fixed = y.detach()
        y = fixed + (y - fixed) * share.to(y.dtype)  # y, with a gradient of so much
    return y if padding_idx is None else where((x == padding_idx % many).unsqueeze(-1), y.detach(), y)


def embedding_bag(x: Tensor, weight: Tensor, offsets: Tensor | None = None,
                  max_norm: float | None = None, norm_type: float = 2,
                  scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
                  per_sample_weights: Tensor | None = None, include_last_offset: bool = False,
                  padding_idx: int | None = None) -> Tensor:
    """The "sum", "mean" or "max" of the embeddings in each bag: a result (bags, size).

    Bags are the rows of x (bags, n); or x (n) is cut at ``offsets``, where each bag starts.
    with ``include_last_offset`` the last of them is where the last bag ends. ``per_sample_weights``
    weigh a sum. What is ``padding_idx`` does not count; an empty bag gives 0.
    """
    if (x.ndim, offsets is None) not in ((2, True), (1, False)):
        raise ShapeError(f"embedding_bag: wants x (bags, n), or x (n) with offsets, got shape {x.shape}"
                         + ("" if offsets is None else f" with offsets {offsets.shape}"))
    if offsets is not None:
        plain(lambda o: _starts(o, x.shape[0]), offsets)
    many = _check("embedding_bag", x, weight)
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"embedding_bag: mode is 'sum', 'mean' or 'max', got {mode!r}")
    if per_sample_weights is not None and (mode != "sum" or per_sample_weights.shape != x.shape):
        raise (NotImplementedError if mode != "sum" else ShapeError)(
            f"embedding_bag: weights of shape {per_sample_weights.shape} are for mode 'sum' and x of "
            f"their shape, got {mode!r} and {x.shape}")
    n = x.shape[0] if offsets is None else offsets.shape[0] - include_last_offset
    if include_last_offset and offsets is not None:
        x = x[:offsets[-1].item()]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights[:len(x)]
    bag = wrap(np.repeat(np.arange(n), x.shape[1])) if offsets is None else plain(
        lambda o: np.searchsorted(o[:n], np.arange(x.shape[0]), side="right") - 1, offsets)
    rows = embedding(x.reshape(-1), weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    counts = x.reshape(-1) != (many if padding_idx is None else padding_idx % many)
    bag, rows = bag[counts], rows[counts]
    empty = zeros(n, weight.shape[1], dtype=weight.dtype)
    if mode == "max":
        return empty.index_reduce(0, bag, rows, "amax", include_self=False)
    total = index_add(empty, 0, bag, rows)
    if mode == "sum":
        return total
    sizes = plain(lambda b: np.bincount(b, minlength=n).clip(1)[:, None], bag)
    return total / sizes.to(weight.dtype)


def _starts(offsets: np.ndarray, n: int) -> np.ndarray:
    """Where bags of n rows start. RuntimeError if not from 0 on, or beyond."""
    if offsets.size and (offsets[0] != 0 or offsets[-1] > n):
        raise RuntimeError(f"embedding_bag: offsets are from 0 to at most {n}, got {offsets[0]} … "
                           f"{offsets[-1]}")
    return offsets


def _check(op: str, x: Tensor, weight: Tensor) -> int:
    """How many rows weight has; x are some of them."""
    if weight.ndim != 2:
        raise ShapeError(f"{op}: wants weight (many, size), got shape {weight.shape}")
    if x.dtype.kind != "i" or x.dtype.itemsize < 4:
        raise RuntimeError(f"{op}: wants int64 or int32 numbers of rows, got {x.dtype}")
    many = weight.shape[0]
    if not plain(lambda i: np.asarray(in_range(i, many)), x):
        raise IndexError(f"{op}: rows are 0 … {many - 1}, got some that lie outside")
    return many


@no_grad()
def _shorten(x: Tensor, weight: Tensor, max_norm: float, norm_type: float) -> Any:
    """Let the rows x of weight have at most this norm."""
    used = plain(np.unique, x)
    length = norm(weight[used], norm_type, 1, True)
    weight[used] = where(length > max_norm, weight[used] * (max_norm / (length + 1e-7)), weight[used])
