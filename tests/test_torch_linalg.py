"""Products and linear algebra give PyTorch's values and derivatives, and right ones on their own."""

import numpy as np
import pytest
from against_torch import differential, either, flag, index, like, maybe, op, same, several, x  # noqa: F401
from hypothesis import strategies as st

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import check

NUMBERS = ("float64", "float32", "int64")


def size(*dims):
    """A shape of the dimensions of the first tensor, counted from the end, and of drawn numbers."""
    return lambda c: tuple(c.draw(st.integers(0, 3)) if d is None or -d > c.ndim else c.shape[d]
                           for d in dims)


def vector(**kw):
    return x(min_dims=1, max_dims=1, **kw)


def matrix(**kw):
    return x(min_dims=2, max_dims=2, **kw)


def batch(**kw):
    return x(min_dims=3, max_dims=3, **kw)


EQUATIONS = ["ij,jk->ik", "ij,jk", "ij,kj->i", "ij,jk->kji", "ij,ij->ij", "ij,jk->", "ba,bc->ac", "ii,ij->j",
             "ii,jj->ij", "...i,i...->...", "...j,jk->...k", "i...,...j->ij", " i j , j k -> k i", "Ba,aB",
             "ij,jj->ij", "ij,ik->kj", "i,j->ij", "ij,j", "ijk", "ij,jk->ikk", "ij,jk->il", "i1,jk", "i..,ij",
             "ij,jk->i...k", "->", ",", "ij->ji,ij", "......,ij", "ij,jk->ik->"]

test_products = differential(
    op("matmul", either(x(dtype=NUMBERS, max_dims=4), x()),
       either(x(dtype=None, min_dims=1), x(lambda c: c.shape[::-1], dtype=None), x(size(-1, None), dtype=None))),
    op("mm", matrix(dtype=NUMBERS), either(x(size(-1, None), dtype=None), matrix())),
    op("bmm", batch(dtype=NUMBERS), either(x(size(-3, -1, None), dtype=None), batch())),
    op("mv", matrix(), either(x(size(-1), dtype=None), vector())),
    op("dot", vector(dtype=NUMBERS), either(same(), vector())),
    op("vdot", vector(), same()),
    op("inner", x(), either(same(), x(size(None, -1), dtype=None), x())).but(where=lambda c: c.ndim),
    op("outer", vector(dtype=NUMBERS), either(vector(), x())),
    op("ger", vector(), vector(dtype=None)),
    op("kron", x(dtype=NUMBERS), x()),
    op("cross", x(dtype=NUMBERS, min_side=2), either(same(), like()), dim=maybe(st.integers(-3, 2))).but(
        where=lambda c: c.ndim),
    op("cross in space", lambda m, a, b: m.linalg.cross(a, b), x((2, 3)), x((1, 3), dtype=None)),
    op("trace", matrix(dtype=NUMBERS)),
    op("addmm", either(x((1,)), x(()), x((2, 3))), x((2, 2), dtype=None), x((2, 3), dtype=None),
       beta=st.sampled_from([0, 1, 0.5]), alpha=st.sampled_from([1, 2.0])),
    op("addmv", x((2,)), x((2, 3), dtype=None), x((3,), dtype=None), alpha=st.sampled_from([1, -2])),
    op("addr", x((2, 3)), x((2,), dtype=None), x((3,), dtype=None), beta=st.sampled_from([0, 1, 3])),
    op("baddbmm", x((2, 1, 3)), x((2, 2, 4), dtype=None), x((2, 4, 3), dtype=None), beta=2, alpha=0.5),
    op("addbmm", x((2, 3)), x((2, 2, 4), dtype=None), x((2, 4, 3), dtype=None), beta=2, alpha=0.5),
    op("tensordot", x(min_dims=1), either(same(), x(size(-1, None), dtype=None)), dims=st.integers(0, 2)),
    op("tensordot lists", lambda m, a, b, d, e: m.tensordot(a, b, dims=([d, 0], [e, 1])), batch(), same(),
       st.integers(-3, 3), st.integers(-3, 2)),
    op("einsum", st.sampled_from(EQUATIONS), matrix(), either(same(), x(size(-1, None), dtype=None),
                                                              x(size(-1, -2), dtype=None))),
    op("einsum square", lambda m, e, a, b: m.einsum(e, a, b), st.sampled_from(EQUATIONS),
       x((2, 2), dtype="float64"), either(same(), x((2, 1), dtype=None))),
    op("einsum of one", lambda m, e, a: m.einsum(e, a), st.sampled_from(
        ["ii", "ii->i", "ij->ji", "ij->", "...->...", "i...->...", "ijj", "jii->ij", "i...i->...", "...ii->...i"]),
       x(min_dims=2, max_dims=3, max_side=2)),
    op("einsum of three", lambda m, e, a, b, c: m.einsum(e, a, b, c), st.sampled_from(
        ["ij,jk,kl->il", "ij,ij,ij", "...i,...ij,...j->...", "ai,bi,ci->abc", "ia,ib,ic->abc", "ij,kl,mn->jln"]),
       x((2, 2), dtype="float64"), same(), same()),
    op("einsum of lists", lambda m, a, b: m.einsum(a, [0, 51, ...], b, [51, 1], [1, ..., 0]),
       batch(), x(size(-2, None), dtype=None)),
)
