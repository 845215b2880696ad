"""Namespace ``m`` of the table for NumPy arrays: what a `Tensor` computes with."""

from __future__ import annotations

import math
import sys

import numpy as np
from numpy import (  # noqa: F401  (names of the namespace)
    abs,
    ceil,
    copysign,
    cos,
    cosh,
    exp,
    expm1,
    floor,
    hypot,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    trunc,
    zeros_like,
)
from numpy import arccos as acos  # noqa: F401
from numpy import arccosh as acosh  # noqa: F401
from numpy import arcsin as asin  # noqa: F401
from numpy import arcsinh as asinh  # noqa: F401
from numpy import arctan as atan  # noqa: F401
from numpy import arctan2 as atan2  # noqa: F401
from numpy import arctanh as atanh  # noqa: F401
from numpy import round as rint  # noqa: F401  (unlike np.rint it leaves integers integers)

from ..kernels import elementwise
from . import TABLE, Pointwise, bilinear, fused, recurrent, scalars  # noqa: F401  (fill the table)
from .linear import repeated


def where(c, a, b):
    """a where c, else b. Numbers become float32 if it holds them, as the table's 0, ½, 1: that
    widens nothing.
    """
    if type(a) in (int, float) and type(b) in (int, float):
        kind = np.float32 if np.float32(a) == a and np.float32(b) == b else np.float64
        a, b = kind(a), kind(b)
    return np.where(c, a, b)


def sign(x):
    return x.copy() if x.dtype.kind == "b" else np.sign(x)


def _each(f):
    """f of the standard library for each element, as NumPy has none (the compiled loops do)."""
    of_objects = np.frompyfunc(f, 1, 1)
    return lambda x: np.asarray(of_objects(x), x.dtype)


erf, erfc = _each(math.erf), _each(math.erfc)
erfinv = scalars.inverse_erf(sys.modules[__name__])


def _of_integers(f, wrong, why):
    """f, which refuses integers for which NumPy would make up an answer."""
    def g(a, b):
        if np.result_type(a, b).kind in "iu" and np.any(wrong(a, b)):
            raise RuntimeError(why)
        return f(a, b)
    return g


fmod, floor_divide = [_of_integers(f, lambda a, b: b == 0 if np.size(a) else False,
                                   f"{f.__name__}: division of integers by zero")
                      for f in (np.fmod, np.floor_divide)]
pow = _of_integers(np.power, lambda a, b: b < 0, "pow: an integer to a negative power is no integer; "
                                                 "make it floating point first")


def chain(g, d):
    """g·d with 0·∞ = 0: see the row `chain`."""
    p = np.asarray(g * d, g.dtype)  # of float16 too, which `where` makes float32
    bad = np.isnan(p)
    if bad.any():
        p[bad & ((g == 0) | (np.asarray(d) == 0))] = 0
    return p


def sum_to(g, shape):
    """The adjoint of broadcasting: sum over the dimensions along which ``shape`` was repeated."""
    if g.shape == shape:
        return g
    return np.add.reduce(g, axis=repeated(g.shape, shape)).reshape(shape)


def loop(op: Pointwise, xs: list) -> np.ndarray | None:
    """The value by the compiled loop of a row; None where there is none that fits."""
    if elementwise is None:
        return None
    if op.code is None:
        op.code = elementwise.find(op.text())
    return elementwise.quick(op.code, len(xs), *xs, *[None] * (3 - len(xs)))


def largest(x, dim):
    """The largest element along a dimension, kept as 1; without a derivative."""
    return x.max(axis=dim, keepdims=True, initial=-np.inf)


def picked(x, i):
    """From each row n of a matrix the element i[n]."""
    return x[np.arange(len(i)), i]


def fused_pulls(op, g, y, xs, kw):
    """The cotangents of a fused row's operands, up to the last that is no integer."""
    found = op.back(g, y, *xs, **kw)
    return found if type(found) is tuple else (found,)


def fused_push(op, dxs, xs, kw):
    """The tangent of a fused row."""
    from .. import primitives
    return primitives.fused_push(op, [None if dx is None else to_tensor(dx) for dx in dxs],
                                 [to_tensor(x) for x in xs], kw).array


def quiet():
    """In which inf and nan come without NumPy's warnings, as in PyTorch."""
    return np.errstate(all="ignore")


in_place = True  # the walk back may add to an array that it made
# `saved`, `quick_pulls`, `own` and `add_into` are in tensors.py, to be compiled.

constant = np.asarray


def to_tensor(g):
    """A cotangent as the Tensor that hooks and functions of the user's see."""
    from ..tensors import wrap
    return wrap(g)


def of_tensor(t):
    """What `to_tensor` made, as this namespace computes with."""
    return t.array


def mT(x):
    """The matrix transpose: the last two dimensions exchanged."""
    return x.swapaxes(-1, -2)


for _op in TABLE.values():
    if _op.kind in ("linear", "bilinear"):
        globals()[_op.name] = _op.f


def expand(x, shape):
    """Broadcast to a shape, written out: the loops that follow in a backward pass want memory."""
    y = np.empty(shape, x.dtype)
    y[...] = x
    return y
