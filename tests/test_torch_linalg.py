"""Products and linear algebra give PyTorch's values and derivatives, and right ones on their own."""

import numpy as np
import pytest
from against_torch import differential, dims, either, flag, like, maybe, op, same, x
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


def square(n=(1, 3), conditioned=True, **kw):
    """Square matrices, alone or in batches; well conditioned: near 3 times the unit matrix."""
    return x(lambda c: (*c.draw(st.sampled_from([(), (), (2,), (0,), (2, 1)])), *[c.draw(st.integers(*n))] * 2), **kw)


def eye(m, a):
    return m.eye(a.shape[-1], dtype=a.dtype)


def regular(m, a):
    """A matrix that has an inverse, and is not symmetric."""
    return a + 6 * eye(m, a)


def positive(m, a):
    return a @ a.mT + eye(m, a)


def columns(k=None):
    """A right-hand side for the matrices drawn first."""
    return x(lambda c: (*c.draw(st.sampled_from([(), c.shape[:-2]])), c.shape[-2], c.draw(st.integers(0, 3))),
             dtype=None)


def tall(least=0):
    return x(lambda c: (*c.draw(st.sampled_from([(), (2,)])), *c.draw(st.sampled_from(
        [(3, 2), (2, 3), (3, 3), (1, 3), (4, 1)]))), distinct=True)


def on(f, g=regular):
    """f of the module and a matrix made fit for it."""
    return lambda m, a, *args, **kw: f(m, g(m, a), *args, **kw)


test_decompositions = differential(
    op("det", square((0, 3))),
    op("slogdet", square((0, 3))).but(tol=30),
    op("logdet", on(lambda m, a: m.logdet(a)), square()),
    op("inv", on(lambda m, a: m.linalg.inv(a)), square((0, 3))),
    op("inverse", on(lambda m, a: m.inverse(a)), square()),
    op("solve", on(lambda m, a, b, left: m.linalg.solve(a, b if left else b.mT, left=left)), square((0, 3)),
       columns(), flag()),
    op("solve vectors", on(lambda m, a, b: m.linalg.solve(a, b)), square(),
       x(lambda c: c.draw(st.sampled_from([c.shape[:-1], c.shape[-1:]])), dtype=None)),
    op("solve_triangular", on(lambda m, a, b, left, **kw: m.linalg.solve_triangular(
        a, b if left else b.mT, left=left, **kw)), square((0, 3)), columns(), flag(), upper=flag(),
       unitriangular=flag()),
    op("cholesky", on(lambda m, a, **kw: m.linalg.cholesky(a, **kw), positive), square((0, 3)), upper=flag()),
    op("cholesky of half", on(lambda m, a, **kw: m.linalg.cholesky(a, **kw)), square(sample=(-1, 1)),
       upper=flag()),
    op("cholesky_solve", on(lambda m, a, b, u: m.cholesky_solve(b, a, u)), square(), columns(), flag()),
    op("cholesky_inverse", on(lambda m, a, u: m.cholesky_inverse(a, u)), square(), flag()),
    op("qr", lambda m, a: m.linalg.qr(a), tall()).but(tol=1000),
    op("qr complete", lambda m, a: m.linalg.qr(a, "complete"), x((2, 3))).but(tol=1000),
    op("qr some", lambda m, a: m.qr(a, some=True), tall()).but(tol=1000),
    op("eigh", lambda m, a, u: m.linalg.eigh(a + a.mT, u), square((0, 3), distinct=True),
       st.sampled_from("LU")).but(tol=1000),
    op("eigvalsh", lambda m, a, u: m.linalg.eigvalsh(a, u), square(distinct=True), st.sampled_from("LU")).but(tol=1000),
    op("svd", lambda m, a: m.linalg.svd(a, full_matrices=False), tall()).but(tol=1000),
    op("svd U V", lambda m, a: m.svd(a), tall()).but(tol=1000),
    op("svdvals", lambda m, a: m.linalg.svdvals(a), tall()).but(tol=1000),
    op("pinv", lambda m, a: m.linalg.pinv(a), tall()).but(tol=1000),
    op("lstsq", lambda m, a, b, d: tuple(m.linalg.lstsq(a, b, driver=d)), tall(), columns(),
       st.sampled_from([None, "gels", "gelsd", "gelss", "gelsy"])).but(tol=1000),
    op("matrix_rank", lambda m, a, **kw: m.linalg.matrix_rank(a @ a.mT, **kw), tall(), rtol=maybe(0.1), atol=maybe(0.5)),
    op("matrix_norm", lambda m, a, p, **kw: m.linalg.matrix_norm(a, p, **kw), tall(),
       st.sampled_from(["fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf"), 3]), keepdim=flag(),
       dim=maybe(either((0, 1), (-1, 0), (0, 0), (0, 3)))).but(tol=100),
    op("vector_norm", lambda m, a, p, **kw: m.linalg.vector_norm(a, p, **kw), x(away=(0,)),
       st.sampled_from([0, 1, 2, 3, 0.5, -1, float("inf"), -float("inf"), 2.5]), dim=maybe(dims()), keepdim=flag()),
    op("norm", lambda m, a, **kw: m.linalg.norm(a, **kw), x(away=(0,)),
       ord=maybe(st.sampled_from([2, 1, "fro", "nuc", float("inf")])), dim=maybe(either(0, -1, (0, 1), (-1, -2))),
       keepdim=flag()).but(tol=100),
    op("cond", on(lambda m, a, p: m.linalg.cond(a, p)), square(),
       st.sampled_from([None, 2, -2, 1, float("inf"), "fro", "nuc", 3])).but(tol=100),
    op("matrix_power", on(lambda m, a, n: m.linalg.matrix_power(a, n)), square((0, 3)), st.integers(-3, 5)).but(tol=10),
    op("matrix_exp", square((0, 3))).but(tol=30),
    op("multi_dot", lambda m, *xs: m.linalg.multi_dot(xs), x(dtype="float64", shape=(2, 3)), x((3, 1)), x((1, 4)),
       x((4,))).but(tol=10),
    op("chain_matmul", x((2, 3)), x((3, 3), dtype=None), x((3, 1), dtype=None)),
    op("vecdot", lambda m, a, b, d: m.linalg.vecdot(a, b, dim=d), x(min_dims=1), like(), st.integers(-2, 1)),
    op("diagonal", lambda m, a: m.linalg.diagonal(a, offset=1), batch()),
    op("vander", lambda m, a, **kw: m.linalg.vander(a, **kw), x(min_dims=1, min_side=1), N=maybe(st.integers(1, 4))),
    op("tensorinv", lambda m, a: m.linalg.tensorinv(a + 6 * m.eye(6, dtype=a.dtype).reshape(a.shape)),
       x((3, 2, 6))).but(tol=10),
    op("tensorsolve", lambda m, a, b: m.linalg.tensorsolve(a + 6 * m.eye(6, dtype=a.dtype).reshape(a.shape), b),
       x((3, 2, 6)), x((3, 2), dtype=None)).but(tol=10),
    op("cdist", x(lambda c: (*c.draw(st.sampled_from([(), (2,)])), 2, 3)), x((3, 3), dtype=None),
       p=st.sampled_from([0, 1, 2, 1.5, float("inf")])).but(tol=100),
    op("pinverse", tall()).but(tol=1000),
)
