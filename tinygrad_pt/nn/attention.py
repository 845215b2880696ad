"""Attention: an average of values, weighted by how well their keys match a query."""

from __future__ import annotations

from contextlib import nullcontext
from enum import Enum
from math import sqrt
from typing import Any

from ..functions.creation import full, ones
from ..functions.elementwise import inf, where
from ..functions.reductions import all, softmax
from ..functions.shape import repeat_interleave, transpose, tril
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply
from .noise import dropout

ATTENTION = TABLE["attention"]


def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor,
                                 attn_mask: Tensor | None = None, dropout_p: float = 0.0,
                                 is_causal: bool = False, scale: float | None = None,
                                 enable_gqa: bool = False) -> Tensor:
    """softmax(q kᵀ·scale + mask) v, with scale 1/√E (Vaswani et al., 2017).

    query (…, L, E), key (…, S, E), value (…, S, F) give (…, L, F). ``attn_mask`` (…, L, S) is added, or
    says True where a query may look at a key; ``is_causal``: at the keys up to its own place
    (beside a mask, as PyTorch does for some shapes: where both let it). Who may look nowhere gets 0.
    With ``enable_gqa`` groups of query heads share a head of keys and values.
    """
    name = "scaled_dot_product_attention"
    if min(query.ndim, key.ndim, value.ndim) < 2 or query.shape[-1] != key.shape[-1] or \
            key.shape[-2] != value.shape[-2]:
        raise ShapeError(f"{name}: wants (…, L, E), (…, S, E) and (…, S, F), got "
                         f"{tuple(query.shape)}, {tuple(key.shape)} and {tuple(value.shape)}")
    if not query.dtype == key.dtype == value.dtype:
        raise RuntimeError(f"{name}: wants one dtype, got {query.dtype}, {key.dtype} and {value.dtype}")
    if enable_gqa:
        heads = query.shape[-3]
        if heads % key.shape[-3] or heads % value.shape[-3]:
            raise ShapeError(f"{name}: {heads} heads are no multiple of {key.shape[-3]} and "
                             f"{value.shape[-3]}")
        key, value = (repeat_interleave(x, heads // x.shape[-3], -3) for x in (key, value))
    scale = 1 / sqrt(query.shape[-1]) if scale is None else scale
    if attn_mask is None and not dropout_p and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        return apply(ATTENTION, (query, key, value), {"scale": scale, "causal": is_causal})
    if attn_mask is not None and attn_mask.dtype.kind not in "bf":
        raise RuntimeError(f"{name}: attn_mask is of bools or floats, got {attn_mask.dtype}")
    somewhere = is_causal and attn_mask is None  # each may look at the first key at least
    if is_causal:
        earlier = tril(ones(query.shape[-2], key.shape[-2])) > 0
        if attn_mask is None:
            attn_mask = earlier
        else:
            attn_mask = where(earlier, attn_mask, False if attn_mask.dtype.kind == "b" else -inf)
    weights = attention_weights(query * scale, key, attn_mask, somewhere)
    return dropout(weights, dropout_p, dropout_p > 0) @ value


def attention_weights(query: Tensor, key: Tensor, mask: Tensor | None,
                      somewhere: bool = False) -> Tensor:
    """softmax(q kᵀ + mask), and 0 for who may look nowhere, unless all may look ``somewhere``."""
    scores = query @ transpose(key, -2, -1)
    if mask is None:
        return softmax(scores, -1)
    scores = where(mask, scores, -inf) if mask.dtype.kind == "b" else scores + mask
    if somewhere:
        return softmax(scores, -1)
    nowhere = all(scores == -inf, -1, True)
    return where(nowhere, 0.0, softmax(where(nowhere, 0.0, scores), -1))


class SDPBackend(Enum):
    """The implementations among which PyTorch chooses; here there is one."""

    MATH, FLASH_ATTENTION, EFFICIENT_ATTENTION, CUDNN_ATTENTION = range(4)


def sdpa_kernel(backends: Any, set_priority: bool = False) -> Any:
    """A with block in which PyTorch uses some implementation."""
    return nullcontext()


def additive(name: str, mask: Tensor | None, dtype: Any) -> Tensor | None:
    """A mask to be added, of one that says True where nobody may look."""
    if mask is None:
        return None
    if mask.dtype.kind not in "bf":
        raise RuntimeError(f"{name}: masks are of bools or floats, got {mask.dtype}")
    return where(mask, full((), -inf, dtype=dtype), 0.0) if mask.dtype.kind == "b" else mask
