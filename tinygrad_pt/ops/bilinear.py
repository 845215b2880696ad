"""The bilinear rows: y = B(a, b) with one adjoint for each operand.

``sample(random)`` draws two shapes and the arguments for the property tests.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .. import kernels
from . import Bilinear


def _matrices(r):
    n, k, m = (r.choice([0, 1, 2, 3, 5]) for _ in range(3))
    batch_a, batch_b = r.choice([((), ()), ((2,), ()), ((), (3,)), ((2, 1), (3,)), ((1,), (2,))])
    return (*batch_a, n, k), (*batch_b, k, m), {}


@Bilinear.row(lambda m, g, a, b: m.sum_to(m.matmul(g, m.mT(b)), a.shape),
              lambda m, g, a, b: m.sum_to(m.matmul(m.mT(a), g), b.shape),
              sample=_matrices)
def matmul(a, b):
    """Matrix product of the last two dimensions, y = a b; the dimensions before them broadcast."""
    return kernels.matmul(a, b)


def _vector(r):
    n, k = (r.choice([0, 1, 2, 3, 5]) for _ in range(2))
    return (n, k), (k,), {}


@Bilinear.row(lambda m, g, a, v: m.outer(g, v), lambda m, g, a, v: m.mv(m.mT(a), g), sample=_vector)
def mv(a, v):
    """y = a v, a matrix (n, k) times a vector (k)."""
    return kernels.matmul(a, v[:, None])[:, 0]


@Bilinear.row(lambda m, h, g, v: m.mv(h, v), lambda m, h, g, v: m.mv(m.mT(h), g),
              sample=lambda r: ((r.choice([0, 1, 3]),), (r.choice([0, 1, 4]),), {}))
def outer(g, v):
    """All products gᵢ vⱼ of the elements of two vectors: the adjoint of `mv` in the matrix."""
    return np.multiply.outer(g, v)


def layer(r):
    n, k, m = (r.choice([0, 1, 2, 3, 5]) for _ in range(3))
    return (*r.choice([(), (2,), (2, 3), (0,)]), n, k), (m, k), {}


@Bilinear.row(lambda m, g, x, w: m.matmul(g, w),
              lambda m, g, x, w: m.matmul(m.mT(_rows(m, g)), _rows(m, x)),
              sample=layer)
def linear(x, w):
    """y = x wᵀ, a layer of a net: x (…, in) and w (out, in) give (…, out)."""
    return kernels.matmul(x, w.T)


def _rows(m, x):
    """x as a matrix of its rows."""
    return m.reshape(x, (prod(x.shape[:-1]), x.shape[-1]))


# One trilinear form T(x, w, g) = ⟨g, x ⋆ w⟩ stands behind convolution: it is linear in the image x,
# the filters w and the cotangent g, and each of these rows is T with one of the three left open.

def _images(r):
    groups = r.choice([1, 1, 2])
    stride, padding, dilation = (tuple(r.choice(c) for _ in range(2))
                                 for c in ([1, 1, 2, 3], [0, 0, 1, 2], [1, 1, 2]))
    kh, kw = r.choice([1, 2, 3]), r.choice([1, 2, 3])
    h, w = dilation[0] * (kh - 1) + r.randint(1, 5), dilation[1] * (kw - 1) + r.randint(1, 5)
    x = (r.choice([0, 1, 2]), 2 * groups, h, w)
    filters = (groups * r.choice([1, 2]), 2, kh, kw)
    return x, filters, dict(stride=stride, padding=padding, dilation=dilation, groups=groups)


def _open_input(r):
    x, w, kw = _images(r)
    return _gradient(x, w, **kw), w, kw | {"shape": x}


def _open_weight(r):
    x, w, kw = _images(r)
    return _gradient(x, w, **kw), x, kw | {"shape": w}


def _gradient(x, w, groups, **kw):
    return kernels.conv_shape(x, w, **kw)


@Bilinear.row(lambda m, g, x, w, **kw: m.conv2d_input(g, w, shape=x.shape, **kw),
              lambda m, g, x, w, **kw: m.conv2d_weight(g, x, shape=w.shape, **kw),
              sample=_images)
def conv2d(x, w, stride, padding, dilation, groups):
    """Cross-correlation y = x ⋆ w of images (N, C, H, W) with filters (O, C/groups, KH, KW)."""
    return kernels.conv2d(x, w, stride, padding, dilation, groups)


@Bilinear.row(lambda m, h, g, w, shape, **kw: m.conv2d(h, w, **kw),
              lambda m, h, g, w, shape, **kw: m.conv2d_weight(g, h, shape=w.shape, **kw),
              sample=_open_input)
def conv2d_input(g, w, shape, stride, padding, dilation, groups):
    """Adjoint of conv2d in the images of the given shape: the transposed convolution."""
    return kernels.conv2d_input(g, w, shape, stride, padding, dilation, groups)


@Bilinear.row(lambda m, h, g, x, shape, **kw: m.conv2d(x, h, **kw),
              lambda m, h, g, x, shape, **kw: m.conv2d_input(g, h, shape=x.shape, **kw),
              sample=_open_weight)
def conv2d_weight(g, x, shape, stride, padding, dilation, groups):
    """Adjoint of conv2d in the filters of the given shape."""
    return kernels.conv2d_weight(g, x, shape, stride, padding, dilation, groups)
