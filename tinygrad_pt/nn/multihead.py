"""Attention with several heads, between linear maps."""

from __future__ import annotations

from math import sqrt
from typing import Any

from ..functions.creation import zeros
from ..functions.joining import cat, chunk, pad
from ..functions.reductions import mean, softmax
from ..functions.shape import reshape, transpose
from ..tensors import ShapeError, Tensor
from .attention import additive, scaled_dot_product_attention
from .maps import linear
from .noise import dropout


class Unfit(AssertionError, ShapeError):
    """Shapes that do not fit: for some of them PyTorch raises the one, for others the other."""


def multi_head_attention_forward(
        query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
        in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None,
        bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor,
        out_proj_bias: Tensor | None, training: bool = True, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None,
        use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None,
        k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None,
        static_k: Tensor | None = None, static_v: Tensor | None = None,
        average_attn_weights: bool = True, is_causal: bool = False) -> tuple[Tensor, Tensor | None]:
    """What queries (L, N, E) see of keys and values (S, N, …): (L, N, E); with ``need_weights`` also
    the weights (N, L, S), or (N, heads, L, S) without ``average_attn_weights``, else None.

    Vaswani et al. (2017): `nn.MultiheadAttention` says what the parameters are. One sequence may lack
    N. ``static_k`` and ``static_v`` (N·heads, S, E/heads) take the place of projected ones;
    ``is_causal`` says that ``attn_mask`` is the causal one. AssertionError for shapes that do not fit.
    """
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else \
        chunk(in_proj_weight, 3)
    _check(query, key, value, embed_dim_to_check, num_heads, weights, key_padding_mask, attn_mask)
    if is_causal and attn_mask is None:
        raise RuntimeError("MultiheadAttention: is_causal is a hint beside an attn_mask, got none")
    single = query.ndim == 2
    if single:
        query, key, value = (x[:, None] for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask[None]

    n, e = query.shape[1:]
    biases = [None] * 3 if in_proj_bias is None else chunk(in_proj_bias, 3)
    q, k, v = (linear(*of) for of in zip((query, key, value), weights, biases, strict=True))
    extra = 0
    if bias_k is not None:
        k, v = (cat([x, b.expand(1, n, -1)]) for x, b in ((k, bias_k), (v, bias_v)))
        extra += 1
    if add_zero_attn:
        nothing = zeros(1, n, e, dtype=k.dtype)
        k, v = cat([k, nothing]), cat([v, nothing])
        extra += 1
    q, k, v = (transpose(reshape(x, (x.shape[0], n * num_heads, e // num_heads)), 0, 1)
               for x in (q, k, v))
    k, v = k if static_k is None else static_k, v if static_v is None else static_v
    mask = _mask(attn_mask, key_padding_mask, n, num_heads, extra, q.dtype)  # (N·heads, …), as all are

    p, seen = dropout_p if training else 0.0, None
    if need_weights:
        scores = q * sqrt(num_heads / e) @ transpose(k, 1, 2)
        seen = softmax(scores if mask is None else scores + mask, -1)
        seen = dropout(seen, p, p > 0)
        y = seen @ v
        seen = reshape(seen, (n, num_heads, *seen.shape[1:]))
        seen = mean(seen, 1) if average_attn_weights else seen
    else:
        y = scaled_dot_product_attention(q, k, v, mask, p)
    y = linear(reshape(transpose(y, 0, 1), (query.shape[0], n, e)), out_proj_weight, out_proj_bias)
    if single:
        return y[:, 0], None if seen is None else seen[0]
    return y, seen


def _mask(attn_mask: Tensor | None, padding: Tensor | None, n: int, heads: int, extra: int,
          dtype: Any) -> Tensor | None:
    """Both masks as one to be added; nobody is kept from ``extra`` keys at the end."""
    mask = additive("MultiheadAttention", attn_mask, dtype)
    padding = additive("MultiheadAttention", padding, dtype)
    if mask is not None and extra:
        mask = pad(mask, (0, extra))
    if padding is not None:
        padding = pad(padding, (0, extra)) if extra else padding
        padding = reshape(padding[:, None, None].expand(n, heads, 1, -1), (n * heads, 1, -1))
        mask = padding if mask is None else mask + padding
    return mask


def _check(query, key, value, e, heads, weights, padding, mask):
    name = "MultiheadAttention"
    shapes = f"got {tuple(query.shape)}, {tuple(key.shape)} and {tuple(value.shape)}"
    if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
        raise Unfit(f"{name}: wants three of 2 or 3 dimensions, {shapes}")
    features = [w.shape[-1] for w in weights]
    if [x.shape[-1] for x in (query, key, value)] != features or e != features[0] or e % heads:
        raise Unfit(f"{name}: wants {features[0]}, {features[1]}, {features[2]} features, the "
                    f"first a multiple of {heads} heads, {shapes}")
    if key.shape[:-1] != value.shape[:-1]:
        raise Unfit(f"{name}: wants as many keys as values, {shapes}")
    n = 1 if query.ndim == 2 else query.shape[1]
    sizes = query.shape[0], key.shape[0]
    if mask is not None and tuple(mask.shape) not in (sizes, (n * heads, *sizes)):
        raise Unfit(f"{name}: wants an attn_mask of shape {sizes} or {(n * heads, *sizes)}, got "
                    f"{tuple(mask.shape)}")
    wanted = sizes[1:] if query.ndim == 2 else (n, sizes[1])
    if padding is not None and tuple(padding.shape) != wanted:
        raise Unfit(f"{name}: wants a key_padding_mask of shape {wanted}, got "
                    f"{tuple(padding.shape)}")
