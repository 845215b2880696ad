"""The fused rows: composed of other rows, but computed at once, as whole rows of a matrix.

The composition is what such a row means. Read with arrays it is the value where no kernel fits; read
with Tensors it gives every derivative beyond the first. ``sample(random)`` draws the operands' shapes
and the arguments for the property tests.
"""

from __future__ import annotations

import numpy as np

from .. import kernels
from . import Fused, Ruled
from .bilinear import layer, linear


def _scores(r):
    shape = (*r.choice([(), (2,), (3, 2)]), r.choice([1, 2, 5, 20]))
    return (shape,), {"dim": r.randrange(len(shape))}


def _classes(r):
    n, c = r.choice([0, 1, 3]), r.choice([1, 2, 5, 20])
    return ((n, c), [r.randrange(c) for _ in range(n)]), {}


@Fused.row(kernels.softmax, kernels.softmax_back, sample=_scores)
def softmax(m, x, dim: int):
    """exp(xᵢ) / Σⱼ exp(xⱼ) along a dimension, computed from x − max x so that nothing overflows."""
    e = m.exp(x - m.largest(x, dim))
    return e / m.sum(e, (dim,), True)


@Fused.row(kernels.log_softmax, kernels.log_softmax_back, sample=_scores)
def log_softmax(m, x, dim: int):
    """xᵢ − log Σⱼ exp(xⱼ) along a dimension."""
    z = x - m.largest(x, dim)
    return z - m.log(m.sum(m.exp(z), (dim,), True))


@Fused.row(kernels.cross_entropy, kernels.cross_entropy_back, sample=_classes)
def cross_entropy(m, x, classes):
    """−log softmax(x) of the class of each row of x (N, C): classes (N) of 0 … C − 1 give (N)."""
    z = x - m.largest(x, 1)
    return m.log(m.sum(m.exp(z), (1,), False)) - m.picked(z, classes)


@Fused.row(kernels.standardize, kernels.standardize_back,
           sample=lambda r: (_scores(r)[0], {"eps": 0.1}))
def standardize(m, x, eps: float):
    """(x − E[x]) / √(Var[x] + ε), mean and variance being those along the last dimension."""
    last, n = (len(x.shape) - 1,), x.shape[-1]
    away = x - m.sum(x, last, True) / n
    return away / m.sqrt(m.sum(away * away, last, True) / n + eps)


def _scaled(r):
    (shape,), _ = _scores(r)
    return (shape, shape[-1:], shape[-1:]), {"eps": 0.1}


@Fused.row(kernels.layer_norm, kernels.layer_norm_back, sample=_scaled)
def layer_norm(m, x, w, b, eps: float):
    """standardize(x)·w + b, w and b being one row."""
    return standardize.composed(m, x, eps) * w + b


def _with_bias(r):
    x, w, kw = layer(r)
    return (x, w, w[:1]), kw


@Ruled.row(lambda x, w, b: kernels.matmul(x, w.T, plus=b),
           (lambda m, g, w: linear.adjoints[0](m, g, None, w),
            lambda m, g, x: linear.adjoints[1](m, g, x, None),
            lambda m, g: m.sum_to(g, g.shape[-1:])),
           sample=_with_bias)
def affine(m, x, w, b):
    """y = x wᵀ + b, a layer of a net: x (…, in), w (out, in) and b (out) give (…, out)."""
    return m.linear(x, w) + b


def _heads(r):
    many, (n, s, e, f) = r.choice([(), (2,), (2, 1), (1, 2, 1)]), r.choices([1, 2, 5, 20], k=4)
    return ((*many, n, e), (*many, s, e), (*many, s, f)), {"scale": r.choice([0.5, 1.0]),
                                                           "causal": r.random() < 0.5}


@Fused.row(kernels.attention, kernels.attention_back, sample=_heads)
def attention(m, q, k, v, scale: float, causal: bool):
    """softmax(q kᵀ·scale) v, of the last two dimensions: each row of q gets an average of the rows of
    v, weighed by how well it matches those of k; with ``causal`` row i of those up to i.
    """
    scores = m.matmul(q * scale, m.mT(k))
    if causal:
        scores = m.where(m.constant(np.tri(*scores.shape[-2:], dtype=bool)), scores, -np.inf)
    return m.matmul(softmax.composed(m, scores, len(scores.shape) - 1), v)
