"""The kernels in NumPy: the short, readable truth that the compiled ones are tested against.

Also the words of every complaint: `check_matmul` and `check_conv` are what both implementations refuse.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided


def matmul(a, b, plus=None):
    """y = a b: (…, m, k) times (…, k, n) gives (…, m, n); the dimensions before these broadcast.

    Or a b + plus.
    """
    check_matmul(a.shape, b.shape)
    y = np.matmul(a, b)
    return y if plus is None else y + plus


# The convolutions are one trilinear sum with one of its three arrays left open,
#
#     T(x, w, g) = Σ g[n,o,i,j] · w[o,c,p,q] · padded x[n, c, i·stride + p·dilation, j·stride + …],
#
# and each is a matrix product over *windows*: for every output pixel the part of x its filter sees.
# Below, G is groups, P = OH·OW pixels, K = C/G·KH·KW elements of a filter.

def conv2d(x, w, stride, padding, dilation, groups):
    """Cross-correlation of images x (N, C, H, W), filters w (O, C/groups, KH, KW): (N, O, OH, OW)."""
    n, o, oh, ow = check_conv("conv2d", x.shape, w.shape, stride, padding, dilation, groups)
    seen = _windows(x, w.shape, oh, ow, stride, padding, dilation, groups)   # (N, G, P, K)
    y = _filters(w, groups) @ seen.swapaxes(2, 3)                            # (N, G, O/G, P)
    return y.reshape(n, o, oh, ow)


def conv2d_weight(g, x, w_shape, stride, padding, dilation, groups):
    """The gradient of `conv2d` in w, given g (N, O, OH, OW) = ∂/∂y and the images x."""
    n, o, oh, ow = check_conv("conv2d_weight", x.shape, w_shape, stride, padding, dilation, groups,
                              g.shape)
    seen = _windows(x, w_shape, oh, ow, stride, padding, dilation, groups)   # (N, G, P, K)
    g = g.reshape(n, groups, o // groups, oh * ow)                           # (N, G, O/G, P)
    return (g @ seen).sum(axis=0).reshape(w_shape)


def conv2d_input(g, w, x_shape, stride, padding, dilation, groups):
    """The gradient of `conv2d` in x, given g (N, O, OH, OW) = ∂/∂y and the filters w."""
    n, o, oh, ow = check_conv("conv2d_input", x_shape, w.shape, stride, padding, dilation, groups,
                              g.shape)
    (_, c, h, wd), (kh, kw) = x_shape, w.shape[2:]
    (sh, sw), (ph, pw), (dh, dw) = stride, padding, dilation
    seen = _filters(w, groups).swapaxes(1, 2) @ g.reshape(n, groups, o // groups, oh * ow)
    seen = seen.reshape(n, c, kh, kw, oh, ow)
    x = np.zeros((n, c, h + 2 * ph, wd + 2 * pw), seen.dtype)
    for p in range(kh):
        for q in range(kw):      # element (p, q) of all windows at once: where they overlap, they add
            met = x[:, :, p * dh:p * dh + oh * sh:sh, q * dw:q * dw + ow * sw:sw]
            met += seen[:, :, p, q]
    return x[:, :, ph:ph + h, pw:pw + wd].copy()


def _filters(w, groups):
    """w as one matrix a group: (G, O/G, K)."""
    return w.reshape(groups, w.shape[0] // groups, w.shape[1] * w.shape[2] * w.shape[3])


def _windows(x, w_shape, oh, ow, stride, padding, dilation, groups):
    """What each filter sees, (N, G, P, K): a view with a stride for every index of T, then copied."""
    (ph, pw), (_, cg, kh, kw) = padding, w_shape
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    n, (sn, sc, sy, sx) = len(x), x.strides
    view = as_strided(x, (n, groups, oh, ow, cg, kh, kw), (sn, sc * cg, sy * stride[0], sx * stride[1],
                                                           sc, sy * dilation[0], sx * dilation[1]))
    return view.reshape(n, groups, oh * ow, cg * kh * kw)


# The ways back through the fused rows (ops/fused.py): from the cotangent g of y to that of x.

def softmax_back(g, y, x, dim):
    """y (g − Σ g y)"""
    return y * (g - (g * y).sum(axis=dim, keepdims=True))


def log_softmax_back(g, y, x, dim):
    """g − exp(y) Σ g"""
    return g - np.exp(y) * g.sum(axis=dim, keepdims=True)


def cross_entropy_back(g, y, x, classes):
    """g (softmax x − [j = class])"""
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(p)), classes] -= 1
    return p * g[:, None]


def standardize_back(g, y, x, eps):
    """(g − E[g] − y E[g y]) / √(Var[x] + ε)"""
    def mean(a):
        return a.mean(axis=-1, keepdims=True)
    return (g - mean(g) - y * mean(g * y)) / np.sqrt(x.var(axis=-1, keepdims=True) + x.dtype.type(eps))


def layer_norm_back(g, y, x, w, b, eps):
    """That of x as above from g w; Σ g z and Σ g, of all rows, with z = (x − E[x]) / √(Var[x] + ε)."""
    scale = np.sqrt(x.var(axis=-1, keepdims=True) + x.dtype.type(eps))
    z, rows = (x - x.mean(axis=-1, keepdims=True)) / scale, tuple(range(x.ndim - 1))
    return standardize_back(g * w, z, x, eps), (g * z).sum(axis=rows), g.sum(axis=rows)


def attention_back(g, y, q, k, v, scale, causal):
    """With p = softmax(q kᵀ·scale) and s = scale·p (g vᵀ − Σ g y): s k, sᵀ q and pᵀ g."""
    p = (q * scale) @ k.swapaxes(-1, -2)
    if causal:
        p = np.where(np.tri(*p.shape[-2:], dtype=bool), p, -np.inf)
    p = np.exp(p - p.max(axis=-1, keepdims=True, initial=-np.inf))
    p /= p.sum(axis=-1, keepdims=True)
    s = p * (g @ v.swapaxes(-1, -2) - (g * y).sum(axis=-1, keepdims=True)) * scale
    return s @ k, s.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ g


# A step of the cells of recurrent networks. Of each row x holds the gates' shares of the input, u those
# of the state, to which the bias b is still to be added. ``new`` gets the new state: h', or h' and c';
# ``gates`` what came of them. Back, ``g`` holds the cotangents of the new state and gets those of the
# state, as far as that is not read through u; ``gx`` and ``gu``, of an LSTM the same, those of x and u.

def _sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def lstm(x, u, b, state, new, gates):
    """c' = σ(f) c + σ(i) tanh(g) and h' = σ(o) tanh(c'), with i, f, g, o the parts of x + u + b."""
    i, f, g, o = np.split(x + (u + b), 4, axis=1)
    gates[...] = i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    new[1] = f * state[1] + i * g
    new[0] = o * np.tanh(new[1])


def lstm_back(g, state, gates, gx, gu):
    i, f, n, o = gates
    t = np.tanh(f * state[1] + i * n)
    gc = g[1] + g[0] * o * (1 - t * t)
    gx[...] = gu[...] = np.concatenate([gc * n * i * (1 - i), gc * state[1] * f * (1 - f),
                                        gc * i * (1 - n * n), g[0] * t * o * (1 - o)], axis=1)
    g[0], g[1] = 0, gc * f


def gru(x, u, b, state, new, gates):
    """h' = n + z (h − n) with r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r u_n); b is in u."""
    (x_r, x_z, x_n), (u_r, u_z, u_n) = np.split(x, 3, axis=1), np.split(u + b, 3, axis=1)
    r, z = _sigmoid(x_r + u_r), _sigmoid(x_z + u_z)
    n = np.tanh(x_n + r * u_n)
    gates[...] = r, z, n, u_n
    new[0] = n + z * (state[0] - n)


def gru_back(g, state, gates, gx, gu):
    r, z, n, u_n = gates
    g_n = g[0] * (1 - z) * (1 - n * n)
    g_r, g_z = g_n * u_n * r * (1 - r), g[0] * (state[0] - n) * z * (1 - z)
    gx[...] = np.concatenate([g_r, g_z, g_n], axis=1)
    gu[...] = np.concatenate([g_r, g_z, g_n * r], axis=1)
    g[0] *= z


# Steps of optimizers: x, and its running means v and m, change in place.

def sgd(xs, gs, vs, lr, momentum, dampening, nesterov):
    """v ← μv + (1 − dampening)g unless vs is None;  x ← x − lr·v, or with nesterov x − lr·(g + μv).

    In place, of each of the arrays in the lists.
    """
    for x, g, v in zip(xs, gs, vs or [None] * len(xs), strict=True):
        if v is not None:
            v *= momentum
            v += (1 - dampening) * g
            g = g + momentum * v if nesterov else v
        x -= lr * g


def adam(xs, gs, ms, vs, greatest, steps, lr, betas, eps, keep):
    """m ← β₁m + (1 − β₁)g,   v ← β₂v + (1 − β₂)g²,   x ← keep·x − lr·m̂ / (√v̂ + eps).

    In place, of each of the arrays in the lists; ``steps`` are 0-d, and count from 1. Or, unless
    ``greatest`` is None, with the greatest v so far, which it holds, in place of the last v.
    """
    b1, b2 = betas
    for x, g, m, v, top, t in zip(xs, gs, ms, vs, greatest or [None] * len(xs), steps, strict=True):
        t += 1
        d = np.subtract(g, m, out=np.empty_like(x))
        d *= 1 - b1
        m += d
        np.multiply(g, 1 - b2, out=d)
        d *= g
        v *= b2
        v += d
        np.sqrt(v if top is None else np.maximum(top, v, out=top), out=d)
        d /= math.sqrt(1 - b2 ** t.item())
        d += eps
        np.divide(m, d, out=d)
        d *= lr / (1 - b1 ** t.item())
        x *= keep
        x -= d


def largest_at(x, seen):
    """Of each row the largest of the elements that each window sees: its place in x flattened, and it.

    x (rows, n) and seen (windows, k), of 0 … n − 1, give (rows, windows), twice; the first of equals.
    """
    best = x.take(seen, axis=1).argmax(axis=2)
    places = seen[np.arange(len(seen)), best] + np.arange(len(x))[:, None] * x.shape[1]
    return places, x.reshape(-1)[places]


def add_at(y, index, x):
    """y[index] += x, where an element that is named several times gets all of them."""
    np.add.at(y, index, x)


def gather(x, dim, at):
    """y[…, j, …] = x[…, at[…, j, …], …] along a dimension; ``at`` has x's shape but along it."""
    return np.take_along_axis(x, at, dim)


def scatter_add(y, dim, at, x):
    """y[…, at[…, j, …], …] += x[…, j, …], where an element that is named several times gets all."""
    index = list(np.ogrid[tuple(map(slice, at.shape))])
    index[dim] = at
    np.add.at(y, tuple(index), x)


def words(source, n, double):
    """The next n words of a Mersenne Twister as uint64; double ones are two, the high one first."""
    if not double:
        return source.random_raw(n)
    high, low = source.random_raw(2 * n).reshape(n, 2).T
    return high << np.uint64(32) | low


def uniform(source, n, double):
    """n numbers of [0, 1): float32 of the 24 low bits of a word, float64 of the 53 of a double one."""
    found = words(source, n, double)
    if double:
        return (found & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53
    return (found & np.uint64(2**24 - 1)).astype(np.float32) * np.float32(2**-24)


def in_range(i, n):
    """Whether all integers lie in 0 … n − 1."""
    return not i.size or bool(0 <= i.min() and i.max() < n)


def check_matmul(a, b):
    """Refuse shapes a, b that have no matrix product."""
    if len(a) < 2 or len(b) < 2:
        raise ValueError(f"matmul: wants two arrays of at least 2 dimensions, got shapes {a} and {b}")
    if a[-1] != b[-2]:
        raise ValueError(f"matmul: {a} times {b} do not fit: the last dimension of the first, {a[-1]}, "
                         f"must equal the last but one of the second, {b[-2]}")
    try:
        np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        raise ValueError(f"matmul: {a} times {b}: the dimensions before the last two, {a[:-2]} and "
                         f"{b[:-2]}, do not broadcast") from None


def conv_shape(x, w, stride, padding, dilation):
    """The shape (N, O, OH, OW) that x ⋆ w has by theirs; a size below 1: the filter is too large."""
    size = ((n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(x[2:], w[2:], stride, padding, dilation, strict=True))
    return (x[0], w[0], *size)


def check_conv(op, x, w, stride, padding, dilation, groups, g=None):
    """The shape (N, O, OH, OW) of x ⋆ w from theirs; refuse what has none, or is not that of g."""
    got = f"{op}: images {x}, filters {w}, groups {groups}"
    if len(x) != 4 or len(w) != 4:
        raise ValueError(f"{got}: wants images (N, C, H, W) and filters (O, C/groups, KH, KW)")
    for name, pair, least in ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1):
        if len(pair) != 2 or min(pair) < least:
            raise ValueError(f"{op}: {name} must be a pair of integers of at least {least}, got {pair}")
    if min(*x, *w) < 0 or min(w[2:]) < 1:
        raise ValueError(f"{got}: a filter has at least one element, and no dimension is negative")
    if groups < 1 or x[1] != groups * w[1] or w[0] % groups:
        raise ValueError(f"{got}: the channels {x[1]} must be groups times {w[1]}, the filters' second "
                         f"dimension, and the {w[0]} filters a multiple of groups")
    result = conv_shape(x, w, stride, padding, dilation)
    if min(result[2:]) < 1:
        raise ValueError(f"{got}: with padding {padding} and dilation {dilation} the filter is larger "
                         f"than the padded image")
    if g is not None and tuple(g) != result:
        raise ValueError(f"{got}: the gradient of the result must have its shape {result}, "
                         f"got {tuple(g)}")
    return result
