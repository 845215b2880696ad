"""Products of vectors and matrices, and linear algebra, against PyTorch."""

from against_torch import differential, dims, either, flag, like, maybe, op, same, x
from hypothesis import strategies as st

inf = float("inf")
NUMBERS = ("float64", "float32", "int64")


def one(*values):
    return st.sampled_from(values)


def size(*of):
    """A shape of dimensions of the first tensor, counted from the end, and (None) of drawn numbers."""
    return lambda c: tuple(c.draw(st.integers(0, 3)) if d is None or -d > c.ndim else c.shape[d]
                           for d in of)


def y(*of):
    """A tensor of the first one's dtype and of such a shape."""
    return x(size(*of), dtype=None)


def of(*shape):
    """A tensor of the first one's dtype and of a fixed shape."""
    return x(shape, dtype=None)


def vector(**kw):
    return x(min_dims=1, max_dims=1, **kw)


def matrix(**kw):
    return x(min_dims=2, max_dims=2, **kw)


def batch(**kw):
    return x(min_dims=3, max_dims=3, **kw)


# ── products ────────────────────────────────────────────────────────────────────────────────────

OF_ONE = one("ii", "ii->i", "ij->ji", "ij->", "...->...", "i...->...", "ijj", "jii->ij", "i...i->...",
             "...ii->...i", "ij...->ij")
OF_TWO = one(
    "ij,jk->ik", "ij,jk", "ij,kj->i", "ij,jk->kji", "ij,ij->ij", "ij,jk->", "ba,bc->ac", "ii,ij->j",
    "ii,jj->ij", "...i,i...->...", "...j,jk->...k", "i...,...j->ij", " i j , j k -> k i", "Ba,aB",
    "ij,jj->ij", "ij,ik->kj", "i,j->ij", "ij,j", "ijk", "ij,jk->ikk", "ij,jk->il", "i1,jk", "i..,ij",
    "ij,jk->i...k", "->", ",", "ij->ji,ij", "......,ij", "ij,jk->ik->")
OF_THREE = one("ij,jk,kl->il", "ij,ij,ij", "...i,...ij,...j->...", "ai,bi,ci->abc", "ia,ib,ic->abc",
               "ij,kl,mn->jln")

test_products = differential(
    op("matmul", x(dtype=NUMBERS, max_dims=4),
       either(x(dtype=None, min_dims=1), x(lambda c: c.shape[::-1], dtype=None), y(-1, None))),
    op("mm", matrix(dtype=NUMBERS), either(y(-1, None), matrix())),
    op("bmm", batch(dtype=NUMBERS), either(y(-3, -1, None), batch())),
    op("mv", matrix(), either(y(-1), vector())),
    op("dot", vector(dtype=NUMBERS), either(same(), vector())),
    op("vdot", vector(), same()),
    op("inner", x(min_dims=1), either(same(), y(None, -1), x())),
    op("outer", vector(dtype=NUMBERS), either(vector(), x())),
    op("ger", vector(), y(None)),
    op("kron", lambda m, a, b: m.kron(a.contiguous(), b.contiguous()),  # torch 2.13 refuses some others
       x(dtype=NUMBERS), x()),
    op("cross", x(dtype=NUMBERS, min_dims=1, min_side=2), either(same(), like()),
       dim=maybe(st.integers(-3, 2))),
    op("cross in space", lambda m, a, b: m.linalg.cross(a, b), x((2, 3)), of(1, 3)),
    op("trace", matrix(dtype=NUMBERS)),
    op("addmm", either(x((1,)), x(()), x((2, 3))), of(2, 2), of(2, 3), beta=one(0, 1, 0.5),
       alpha=one(1, 2.0)),
    op("addmv", x((2,)), of(2, 3), of(3), alpha=one(1, -2)),
    op("addr", x((2, 3)), of(2), of(3), beta=one(0, 1, 3)),
    op("baddbmm", x((2, 1, 3)), of(2, 2, 4), of(2, 4, 3), beta=2, alpha=0.5),
    op("addbmm", x((2, 3)), of(2, 2, 4), of(2, 4, 3), beta=2, alpha=0.5),
    op("tensordot", x(min_dims=1), either(same(), y(-1, None)), dims=st.integers(0, 2)),
    op("tensordot along lists", lambda m, a, b, d, e: m.tensordot(a, b, dims=([d, 0], [e, 1])),
       batch(), same(), st.integers(-3, 3), st.integers(-3, 2)),
    op("einsum", OF_TWO, matrix(), either(same(), y(-1, None), y(-1, -2))),
    op("einsum of squares", lambda m, e, a, b: m.einsum(e, a, b), OF_TWO, x((2, 2)),
       either(same(), of(2, 1))),
    op("einsum of one", lambda m, e, a: m.einsum(e, a), OF_ONE,
       x(min_dims=2, max_dims=3, max_side=2)).but(memory=False),
    op("einsum of three", lambda m, e, a, b, c: m.einsum(e, a, b, c), OF_THREE, x((2, 2)), same(),
       same()),
    op("einsum of lists", lambda m, a, b: m.einsum(a, [0, 51, ...], b, [51, 1], [1, ..., 0]),
       batch(), y(-2, None)),
    op("cdist", x(lambda c: (*c.draw(one((), (2,))), 2, 3)), of(3, 3),
       p=one(0, 1, 2, 1.5, inf)).but(tol=100),
)


# ── linear algebra ──────────────────────────────────────────────────────────────────────────────

def square(least=1, **kw):
    """Square matrices, alone or in batches."""
    return x(lambda c: (*c.draw(one((), (), (2,), (0,), (2, 1))), *[c.draw(st.integers(least, 3))] * 2),
             **kw)


def columns(least=0):
    """A right-hand side for the matrices drawn first."""
    return x(lambda c: (*c.draw(one((), c.shape[:-2])), c.shape[-2], c.draw(st.integers(least, 3))),
             dtype=None)


def full():
    """Matrices of any proportions and of full rank."""
    return x(lambda c: (*c.draw(one((), (2,))), *c.draw(one((3, 2), (2, 3), (3, 3), (1, 3), (4, 1)))),
             distinct=True)


def eye(m, a):
    return m.eye(a.shape[-1], dtype=a.dtype)


def regular(f):
    """f of a matrix that has an inverse and is not symmetric."""
    return lambda m, a, *args, **kw: f(m, a + 6 * eye(m, a), *args, **kw)


def positive(f):
    """f of a positive definite matrix."""
    return lambda m, a, *args, **kw: f(m, a @ a.mT + eye(m, a), *args, **kw)


def projectors(values, Q):
    """Eigenvectors have any sign: compare q qᵀ of each."""
    return values, Q.unsqueeze(-2) * Q.unsqueeze(-3)


def pairs(U, S, V, transposed):
    """Singular vectors have any sign, but have it in common: compare u vᵀ of each pair."""
    U, V = U[..., :S.shape[-1]], (V.mT if transposed else V)[..., :S.shape[-1]]
    return S, U.unsqueeze(-2) * V.unsqueeze(-3)


def triangle(m, a, upper):
    return m.triu(a) if upper else m.tril(a)


def as_map(m, a):
    """A tensor (3, 2, 6) that has an inverse as a map of 6 numbers."""
    return a + 6 * m.eye(6, dtype=a.dtype).reshape(a.shape)


def least_squares(m, a, b, how):
    x, *others = m.linalg.lstsq(a, b, driver=how)
    return x, *[other.detach() for other in others]


test_equations = differential(
    op("det", square(0)),
    op("slogdet", square(0)).but(tol=30),
    op("logdet", regular(lambda m, a: m.logdet(a)), square()),
    op("inv", regular(lambda m, a: m.linalg.inv(a)), square(0)),
    op("inverse", regular(lambda m, a: m.inverse(a)), square()),
    op("solve", regular(lambda m, a, b, left: m.linalg.solve(a, b if left else b.mT, left=left)),
       square(0), columns(), flag()),
    op("solve for vectors", regular(lambda m, a, b: m.linalg.solve(a, b)), square(),
       x(lambda c: c.draw(one(c.shape[:-1], c.shape[-1:])), dtype=None)),
    op("solve_triangular", regular(lambda m, a, b, left, **kw: m.linalg.solve_triangular(
        a, b if left else b.mT, left=left, **kw)), square(0), columns(), flag(), upper=flag(),
       unitriangular=flag()),
    op("cholesky_solve", regular(lambda m, a, b, up: m.cholesky_solve(b, triangle(m, a, up), up)),
       square(), columns(), flag()),
    op("cholesky_inverse", regular(lambda m, a, up: m.cholesky_inverse(triangle(m, a, up), up)),
       square(), flag()),
    op("pinv", lambda m, a: m.linalg.pinv(a), full()).but(tol=1000),
    op("pinverse", full()).but(tol=1000),
    op("lstsq", least_squares, full(), x(lambda c: (*c.shape[:-1], 2), dtype=None), one(
        None, "gels", "gelsd", "gelss", "gelsy")).but(tol=1000),
    op("matrix_rank", lambda m, a, **kw: m.linalg.matrix_rank(a @ a.mT, **kw), full(), rtol=maybe(0.1),
       atol=maybe(0.5)),
    op("tensorinv", lambda m, a: m.linalg.tensorinv(as_map(m, a)), x((3, 2, 6))).but(tol=10),
    op("tensorsolve", lambda m, a, b: m.linalg.tensorsolve(as_map(m, a), b), x((3, 2, 6)),
       of(3, 2)).but(tol=10),
)

test_factorisations = differential(
    op("cholesky", positive(lambda m, a, **kw: m.linalg.cholesky(a, **kw)), square(0), upper=flag()),
    op("cholesky of a triangle", regular(lambda m, a, **kw: m.linalg.cholesky(a, **kw)),
       square(sample=(-1, 1)), upper=flag()),
    op("qr", lambda m, a: m.linalg.qr(a), full()).but(tol=1000),
    op("qr, complete", lambda m, a: m.linalg.qr(a, "complete"), x((2, 3))).but(tol=1000),
    op("qr, some", lambda m, a: m.qr(a, some=True), full()).but(tol=1000),
    op("eigh", lambda m, a, uplo: projectors(*m.linalg.eigh(a, uplo)), square(0, distinct=True),
       one("L", "U")).but(tol=1000),
    op("eigvalsh", lambda m, a: m.linalg.eigvalsh(a), square(distinct=True)).but(tol=1000),
    op("svd", lambda m, a, f: pairs(*m.linalg.svd(a, full_matrices=f), True), full(),
       flag()).but(tol=1000),
    op("svd with V", lambda m, a, f: pairs(*m.svd(a, some=f), False), full(), flag()).but(tol=1000),
    op("svdvals", lambda m, a: m.linalg.svdvals(a), full()).but(tol=1000),
)

test_norms_and_powers = differential(
    op("matrix_norm", lambda m, a, p, **kw: m.linalg.matrix_norm(a, p, **kw), full(),
       one("fro", "nuc", 1, -1, 2, -2, inf, -inf, 3), keepdim=flag(),
       dim=maybe(either((0, 1), (-1, 0), (0, 0), (0, 3)))).but(tol=100),
    op("vector_norm", lambda m, a, p, **kw: m.linalg.vector_norm(a, p, **kw), x(away=(0,)),
       one(0, 1, 2, 3, 0.5, -1, inf, -inf, 2.5), dim=maybe(dims()), keepdim=flag()).but(
           where=lambda c: c.args[1] not in (3, 2.5) or 0 not in c.shape),  # second derivatives: nan
    op("norm", lambda m, a, **kw: m.linalg.norm(a, **kw), x(away=(0,)),
       ord=maybe(one(2, 1, "fro", "nuc", inf)), dim=maybe(either(0, -1, (0, 1), (-1, -2))),
       keepdim=flag()).but(tol=100),
    op("cond", regular(lambda m, a, p: m.linalg.cond(a, p)), square(),
       one(None, 2, -2, 1, inf, "fro", "nuc", 3)).but(tol=100, where=lambda c: 0 not in c.shape),
    op("matrix_power", regular(lambda m, a, n: m.linalg.matrix_power(a, n)), square(0),
       st.integers(-3, 5)).but(tol=10),
    op("matrix_exp", square(0)).but(tol=30),
    op("multi_dot", lambda m, *xs: m.linalg.multi_dot(xs), x((2, 3)), of(3, 1), of(1, 4),
       of(4)).but(tol=10),
    op("chain_matmul", x((2, 3)), of(3, 3), of(3, 1)),
    op("vecdot", lambda m, a, b, d: m.linalg.vecdot(a, b, dim=d), x(min_dims=1), same(),
       one(-1, 0)),
    op("diagonal", lambda m, a: m.linalg.diagonal(a, offset=1), batch()),
    op("vander", lambda m, a, **kw: m.linalg.vander(a, **kw), x(min_dims=1, min_side=2),
       N=maybe(st.integers(2, 4))),
)
