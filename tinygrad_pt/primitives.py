"""Namespace ``m`` of the table for Tensors: every row as a function that records.

A rule read with this namespace gives a derivative that is itself part of the graph, and so can be
differentiated again, to any order.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Any

import numpy as np

from .ops import Op, Pointwise, arrays, follow
from .ops.linear import repeated
from .tensors import Tensor, apply, as_dtype, made_by, plain, pointwise, wrap


def function_of(op: Op) -> Any:
    """The function of a row: pointwise of Tensors and numbers, others as their rows are written."""
    if op.kind == "pointwise":
        def f(*operands: Any) -> Tensor:
            return pointwise(op, operands)
    else:
        def f(*operands: Any, **kw: Any) -> Tensor:
            n = len(operands) if op.arity is None else op.arity
            return apply(op, operands[:n],
                         {**dict(zip(op.arguments, operands[n:], strict=False)), **kw})
    f.__name__ = f.__qualname__ = op.name
    f.__doc__ = op.doc
    return f


def _add(op: Op) -> None:
    globals()[op.name] = function_of(op)


follow(_add)


def saved(node):
    """What a node holds, as Tensors of its graph: y, and the operands, numbers of the others' dtype."""
    y = node.y if node.y is None or isinstance(node.y, Tensor) else made_by(node.y, node)
    if not isinstance(node.op, Pointwise):
        return y, node.inputs
    dtype = next(x.dtype for x in node.inputs if isinstance(x, Tensor))
    return y, tuple([x if isinstance(x, Tensor) else as_dtype(x, dtype) for x in node.inputs])


def to_tensor(g):
    """Cotangents are Tensors already."""
    return g


of_tensor = to_tensor


constant = wrap
_QUIET = nullcontext()
quick_pulls = add_into = None
in_place = False  # Tensors are never changed in place by the walk, so none needs memory of its own


def quiet():
    """Tensors are quiet by themselves."""
    return _QUIET


def own(g, source):
    """g: see `in_place`."""
    return g


def zeros_like(x):
    return wrap(np.zeros(x.array.shape, x.array.dtype))


def largest(x, dim):
    """The largest element along a dimension, kept as 1; without a derivative."""
    return plain(lambda a: arrays.largest(a, dim), x)


def picked(x, i):
    """From each row n of a matrix the element i[n]."""
    return x[np.arange(len(i)), i]


def fused_pulls(op, g, y, xs, kw):
    """The cotangents of a fused row's operands, through what it is composed of; None of integers."""
    from .func import vjp
    which, f = _of_floats(op, xs, kw)
    _, pull = vjp(f, *[xs[i] for i in which])
    found = dict(zip(which, pull(g), strict=True))
    return [found.get(i) for i in range(len(xs))]


def fused_push(op, dxs, xs, kw):
    """The tangent of a fused row, through what it is composed of."""
    from .func import jvp
    which, f = _of_floats(op, xs, kw)
    tangents = [zeros_like(xs[i]) if dxs[i] is None else dxs[i] for i in which]
    return jvp(f, tuple([xs[i] for i in which]), tuple(tangents))[1]


def _of_floats(op, xs, kw):
    """Which operands are no integers, and the composition as a function of them."""
    which = [i for i, x in enumerate(xs) if x.dtype.kind == "f"]

    def f(*floats):
        given = dict(zip(which, floats, strict=True))
        return op.composed(sys.modules[__name__], *[given.get(i, x) for i, x in enumerate(xs)], **kw)
    return which, f


def mT(x):
    """The matrix transpose: the last two dimensions exchanged."""
    n = len(x.shape)
    return permute(x, (*range(n - 2), n - 1, n - 2))


def sum_to(g, shape):
    """The adjoint of broadcasting: sum over the dimensions along which ``shape`` was repeated."""
    return g if g.shape == shape else reshape(sum(g, repeated(g.shape, shape), False), shape)
