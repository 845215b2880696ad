"""Linear algebra: PyTorch's ``linalg``.

Values are LAPACK's, through NumPy, of matrices in the last two dimensions. A derivative is written
once, with functions of Tensors, so that it can be differentiated again. Formulas are those of
M. B. Giles, *An extended collection of matrix derivative results* (2008), unless another source is
named; Ȳ stands for the cotangent of Y.

Eigenvectors and singular vectors are functions of the matrix only where their eigenvalues (singular
values) are distinct. Among equal ones (within rounding) no derivative flows where none has to: what is
computed from the values alone, or from other vectors, has the right one; else it is infinite or nan.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache, partial
from math import ceil, inf, log2, prod
from typing import Any

import numpy as np

from . import dtypes
from .autograd import Function, grad, is_grad_enabled
from .functions.common import as_dims, plain, speak
from .functions.conversion import to
from .functions.elementwise import abs, where
from .functions.joining import cat, stack
from .functions.products import _check, trace
from .functions.products import cross as _cross
from .functions.products import matmul as matmul
from .functions.reductions import amax, amin, sum
from .functions.reductions import norm as _norm
from .functions.shape import diagonal as _diagonal
from .functions.shape import expand, movedim, reshape, squeeze, tril, triu, unsqueeze
from .places import lookup
from .primitives import chain, mT
from .tensors import ShapeError, Tensor, wrap

Slogdet = namedtuple("slogdet", "sign logabsdet")
QR = namedtuple("qr", "Q R")
SVD = namedtuple("svd", "U S Vh")
Eigh = namedtuple("eigh", "eigenvalues eigenvectors")
Lstsq = namedtuple("lstsq", "solution residuals rank singular_values")


class LinAlgError(RuntimeError):
    """A matrix is singular, or not positive definite, or an algorithm did not converge."""


# ── determinants ────────────────────────────────────────────────────────────────────────────────

def det(A: Tensor) -> Tensor:
    """Determinant of square matrices (…, n, n): (…). Its derivatives are right of singular ones too."""
    return _Det.apply(_square("det", A))


def slogdet(A: Tensor) -> Slogdet:
    """sign(det A) and log |det A|, for determinants that would overflow."""
    return Slogdet(*_Slogdet.apply(_square("slogdet", A)))


class _Det(Function):
    """Ā = det(A)‾ C with the matrix of cofactors C."""

    @staticmethod
    def forward(ctx, A):
        ctx.save_for_backward(A)
        return _lapack("det", np.linalg.det, A)

    @staticmethod
    def backward(ctx, g):
        [A] = ctx.saved_tensors
        return _entries(g) * _cofactors(A)


class _Slogdet(Function):
    """Ā = log|det A|‾ A⁻ᵀ."""

    @staticmethod
    def forward(ctx, A):
        ctx.save_for_backward(A)
        return _lapack("slogdet", np.linalg.slogdet, A)

    @staticmethod
    def backward(ctx, _, g):
        [A] = ctx.saved_tensors
        return _entries(g) * mT(where(_entries(_singular(A)), inf, inv(_regular(A))))


def _cofactors(A):
    """C, Cᵢⱼ = ∂ det A/∂Aᵢⱼ: of A = U diag(s) Vᵀ it is det(U) det(V) U diag(Πⱼ﹐ⱼ≠ᵢ sⱼ) Vᵀ.

    To be differentiated again it is det(A) A⁻ᵀ, or of singular A the derivative of `_det_of_singular`.
    """
    if not is_grad_enabled():
        return _lapack("det", _cofactors_by_svd, A)
    if not plain(lambda a: _small(_svd(a)[1]).any(), A):
        return _entries(det(A)) * mT(inv(A))
    dets = [_det_of_singular(a) for a in reshape(A, -1, *A.shape[-2:])]
    return grad(sum(stack(dets)), A, create_graph=True)[0]


def _cofactors_by_svd(a):
    U, s, Vh = _svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)
    sign = np.linalg.det(U) * np.linalg.det(Vh)
    return sign[..., None, None] * (U * others[..., None, :]) @ Vh


def _det_of_singular(A):
    """det A as a polynomial in what makes A singular, which has derivatives of every order.

    In bases U, V, taken as constants, the block P of the large singular values can be inverted, and the
    determinant is that of P times that of its small Schur complement S.
    """
    U, s, Vh = _lapack("det", _svd, A)
    r = s.shape[-1] - int(plain(_small, s).sum())
    M = mT(U) @ A @ mT(Vh)
    P, S = M[:r, :r], M[r:, r:] - M[r:, :r] @ inv(M[:r, :r]) @ M[:r, r:]
    return det(U) * det(Vh) * det(P) * _det_without_division(S)


def _det_without_division(S):
    """det S by the recurrence B ← S B + c I, c = −tr(S B)/k (Faddeev and LeVerrier)."""
    n = S.shape[-1]
    eye = wrap(np.eye(n, dtype=S.dtype))
    B, c = eye, wrap(np.ones((), S.dtype))
    for k in range(1, n + 1):
        SB = S @ B
        c = -trace(SB) / k
        B = SB + c * eye
    return c * (-1) ** n


def _svd(a):
    """NumPy's, with s = nan of matrices that are not finite, where it would raise."""
    finite = np.isfinite(a).all((-2, -1), keepdims=True)
    U, s, Vh = np.linalg.svd(np.where(finite, a, 0))
    return U, np.where(finite[..., 0], s, np.nan), Vh


def _small(s):
    """Which singular values are too small to divide by and keep half of the digits."""
    return s <= s.max(-1, keepdims=True, initial=0) * np.finfo(s.dtype).eps ** 0.5


# ── linear equations ────────────────────────────────────────────────────────────────────────────

def inv(A: Tensor) -> Tensor:
    """Inverse of square matrices (…, n, n). LinAlgError if one is singular."""
    return _Inv.apply(_square("inv", A))


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """X with A X = B (or X A = B, if not ``left``) for A (…, n, n) and B (…, n, k), a vector (n), or
    vectors (…, n), one for each A; batches broadcast. LinAlgError if A is singular.
    """
    A, B, vector = _equations("solve", _square("solve", A), B)
    if not left and vector:
        raise ShapeError("linalg.solve: of vectors B, only A x = B is solved, left=True")
    if not left:
        A, B = mT(A), mT(B)
    if A.shape[-1] != B.shape[-2]:
        raise ShapeError(f"linalg.solve: shapes {A.array.shape} and {B.array.shape} do not fit")
    X = _Solve.apply(*_same_batch("solve", A, B))
    return squeeze(X, -1) if vector else X if left else mT(X)


def solve_triangular(A: Tensor, B: Tensor, *, upper: bool, left: bool = True,
                     unitriangular: bool = False) -> Tensor:
    """`solve` of matrices (…, n, k) where only A's upper (or lower) triangle counts; if
    ``unitriangular``, its diagonal counts as ones. Singular A give inf or nan.
    """
    _floats("solve_triangular", _square("solve_triangular", A), B)
    if not left:
        return mT(solve_triangular(mT(A), mT(B), upper=not upper, unitriangular=unitriangular))
    if B.ndim < 2 or A.shape[-1] != B.shape[-2]:
        raise ShapeError(f"linalg.solve_triangular: shapes {A.array.shape} and {B.array.shape} do "
                         "not fit")
    return _SolveTriangular.apply(*_same_batch("solve_triangular", A, B), upper, unitriangular)


class _Inv(Function):
    """With X = A⁻¹, Ā = −Xᵀ X̄ Xᵀ."""

    @staticmethod
    def forward(ctx, A):
        X = _lapack("inv", np.linalg.inv, A)
        ctx.save_for_backward(X)
        return X

    @staticmethod
    def backward(ctx, g):
        [X] = ctx.saved_tensors
        return -mT(X) @ g @ mT(X)


class _Solve(Function):
    """Of A X = B: B̄ = A⁻ᵀ X̄, Ā = −B̄ Xᵀ."""

    @staticmethod
    def forward(ctx, A, B):
        X = _lapack("solve", np.linalg.solve, A, B)
        ctx.save_for_backward(A, X)
        return X

    @staticmethod
    def backward(ctx, g):
        A, X = ctx.saved_tensors
        gB = solve(mT(A), g)
        return -gB @ mT(X), gB


class _SolveTriangular(Function):
    """As `_Solve`, with that triangle of Ā which counts."""

    @staticmethod
    def forward(ctx, A, B, upper, ones):
        X = _lapack("solve_triangular", lambda a, b: _substitute(a, b, upper, ones), A, B)
        ctx.save_for_backward(A, X)
        ctx.triangle = upper, ones
        return X

    @staticmethod
    def backward(ctx, g):
        A, X = ctx.saved_tensors
        upper, ones = ctx.triangle
        gB = solve_triangular(mT(A), g, upper=not upper, unitriangular=ones)
        gA = -gB @ mT(X)
        return triu(gA, int(ones)) if upper else tril(gA, -int(ones)), gB, None, None


def _substitute(a, b, upper, ones):
    """The rows of X one after the other, from the corner of the triangle."""
    x = np.zeros_like(b)
    for i in reversed(range(b.shape[-2])) if upper else range(b.shape[-2]):
        known = slice(i + 1, None) if upper else slice(i)
        rest = b[..., i, None, :] - a[..., i, None, known] @ x[..., known, :]
        x[..., i, None, :] = rest if ones else rest / a[..., i, i, None, None]
    return x


def _singular(A):
    """Which matrices have no inverse."""
    return plain(lambda a: np.linalg.slogdet(a)[0] == 0, A)


def _regular(A):
    """A, with the unit matrix in place of singular ones."""
    return where(_entries(_singular(A)), wrap(np.eye(A.shape[-1], dtype=A.dtype)), A)


# ── factorisations ──────────────────────────────────────────────────────────────────────────────

def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangular L with A = L Lᵀ (or the upper one, A = Uᵀ U) of positive definite matrices.

    One triangle of A is read; the gradient is symmetric. LinAlgError if A is not positive definite.
    """
    _square("cholesky", A)
    return mT(_Cholesky.apply(mT(A))) if upper else _Cholesky.apply(A)


def qr(A: Tensor, mode: str = "reduced") -> QR:
    """A = Q R for A (…, m, n), with orthonormal columns in Q and upper triangular R.

    With k = min(m, n), Q is (…, m, k) and R (…, k, n); "complete": (…, m, m) and (…, m, n); "r": Q is
    empty. To be differentiated, the first k columns of A must be linearly independent; RuntimeError in
    backward for "complete" if m > n, where Q is not determined by A.
    """
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"linalg.qr: mode is 'reduced', 'complete' or 'r', got {mode!r}")
    Q, R = _QR.apply(_matrix("qr", A), "complete" if mode == "complete" else "reduced")
    return QR(wrap(np.zeros(0, A.dtype)) if mode == "r" else Q, R)


def eigh(A: Tensor, UPLO: str = "L") -> Eigh:
    """A = Q diag(λ) Qᵀ of symmetric matrices (…, n, n): λ (…, n) ascending, eigenvectors as columns.

    The lower (or upper, "U") triangle of A is read; the gradient is symmetric. Of equal λ, see the top
    of this module.
    """
    if UPLO not in ("L", "U"):
        raise RuntimeError(f"linalg.eigh: UPLO is 'L' or 'U', got {UPLO!r}")
    _square("eigh", A)
    return Eigh(*_Eigh.apply(mT(A) if UPLO == "U" else A))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, ascending: `eigh` without the vectors."""
    return eigh(A, UPLO).eigenvalues


def svd(A: Tensor, full_matrices: bool = True) -> SVD:
    """A = U diag(S) Vh for A (…, m, n), with orthonormal columns in U, rows in Vh and S descending.

    With k = min(m, n), U is (…, m, k) and Vh (…, k, n), or ``full_matrices`` (…, m, m) and (…, n, n).
    Of equal S, see the top of this module.
    """
    return SVD(*_SVD.apply(_matrix("svd", A), full_matrices))


def svdvals(A: Tensor) -> Tensor:
    """The singular values, descending: `svd` without the vectors."""
    return svd(A, False).S


class _Cholesky(Function):
    """Ā = ½ L⁻ᵀ sym(Lᵀ L̄) L⁻¹ (I. Murray, *Differentiation of the Cholesky decomposition*, 2016)."""

    @staticmethod
    def forward(ctx, A):
        L = _lapack("cholesky", np.linalg.cholesky, A)
        ctx.save_for_backward(L)
        return L

    @staticmethod
    def backward(ctx, g):
        [L] = ctx.saved_tensors
        right = solve_triangular(mT(L), _sym(mT(L) @ g), upper=True)
        return solve_triangular(mT(L), mT(right), upper=True) / 2


class _QR(Function):
    """Ā = (Q̄ + Q sym(R R̄ᵀ − Q̄ᵀ Q)) R⁻ᵀ (S. F. Walter and L. Lehmann, *Algorithmic differentiation
    of linear algebra functions*, 2012).

    Of a wide A = (X Y) = Q (R S), X̄ follows so from Q̄ + Y S̄ᵀ, and Ȳ = Q S̄.
    """

    @staticmethod
    def forward(ctx, A, mode):
        Q, R = _lapack("qr", lambda a: tuple(np.linalg.qr(a, mode)), A)
        ctx.save_for_backward(Q, R)
        return Q, R

    @staticmethod
    def backward(ctx, gQ, gR):
        Q, R = ctx.saved_tensors
        k, n = R.shape[-2:]
        if k > n:
            raise RuntimeError("linalg.qr: Q of mode='complete' has no derivative where there are "
                               "more rows than columns; use mode='reduced'")
        S, gS = R[..., k:], gR[..., k:]
        gQ = gQ + Q @ S @ mT(gS)
        R, gR = R[..., :k], gR[..., :k]
        M = _sym(R @ mT(gR) - mT(gQ) @ Q)
        X = mT(solve_triangular(R, mT(gQ + Q @ M), upper=True))
        return cat([X, Q @ gS], -1), None


class _Eigh(Function):
    """Ā = Q (diag(λ̄) + ½(K + Kᵀ)) Qᵀ with K = F∘(Qᵀ Q̄), Fᵢⱼ = 1/(λⱼ − λᵢ)."""

    @staticmethod
    def forward(ctx, A):
        s, Q = _lapack("eigh", lambda a: tuple(np.linalg.eigh(a)), A)
        ctx.save_for_backward(s, Q)
        return s, Q

    @staticmethod
    def backward(ctx, gs, gQ):
        s, Q = ctx.saved_tensors
        K = chain(mT(Q) @ gQ, _reciprocal(_gaps(s), s))
        return Q @ _with_diagonal(gs, (K + mT(K)) / 2) @ mT(Q)


class _SVD(Function):
    """Ā = U (diag(S̄) + K S + S L) Vᵀ, with K = F∘(Uᵀ Ū − Ūᵀ U), L = F∘(Vᵀ V̄ − V̄ᵀ V) and
    Fᵢⱼ = 1/(Sⱼ² − Sᵢ²); and what leaves the spaces of U and V, (1 − U Uᵀ) Ū S⁻¹ Vᵀ and its like
    (J. Townsend, *Differentiating the singular value decomposition*, 2016).
    """

    @staticmethod
    def forward(ctx, A, full_matrices):
        U, S, Vh = _lapack("svd", lambda a: tuple(np.linalg.svd(a, full_matrices)), A)
        ctx.save_for_backward(U, S, Vh)
        return U, S, Vh

    @staticmethod
    def backward(ctx, gU, gS, gVh):
        U, S, Vh = ctx.saved_tensors
        U, gU = _thin(U, gU, S.shape[-1])
        V, gV = _thin(mT(Vh), mT(gVh), S.shape[-1])
        columns, rows = unsqueeze(S, -2), unsqueeze(S, -1)
        F = _reciprocal(_gaps(S) * (columns + rows), S * S)
        UgU, VgV = mT(U) @ gU, mT(V) @ gV
        K, L = chain(UgU, F) - chain(mT(UgU), F), chain(VgV, F) - chain(mT(VgV), F)
        inside = U @ _with_diagonal(gS, K * columns + rows * L) @ mT(V)
        by_S = _reciprocal(columns, S)
        return (inside + chain(gU - U @ UgU, by_S) @ mT(V) + U @ mT(chain(gV - V @ VgV, by_S))), None


def _sym(M):
    """The symmetric matrix that has M's lower triangle."""
    return tril(M) + mT(tril(M, -1))


def _thin(U, gU, k):
    """The first k of the columns (U N), and their cotangent Ū − N N̄ᵀ U, which stands for N̄ as well:
    exactly, where what is computed depends on the space of N and not on the basis taken in it.
    """
    N, gN = U[..., k:], gU[..., k:]
    U, gU = U[..., :k], gU[..., :k]
    return U, gU - N @ (mT(gN) @ U)


def _gaps(s):
    """dᵢⱼ = sⱼ − sᵢ."""
    return unsqueeze(s, -2) - unsqueeze(s, -1)


def _reciprocal(d, s):
    """1/d, inf where |d| is within the rounding of numbers as large as those in s."""
    def tiny(d, s):
        top = np.abs(s).max(-1, keepdims=True, initial=0)[..., None]
        return np.abs(d) <= s.shape[-1] * np.finfo(s.dtype).eps * top
    return 1 / where(plain(tiny, d, s), 0.0, d)


def _with_diagonal(d, A):
    """A with d on its diagonal."""
    return where(wrap(np.eye(A.shape[-1], dtype=bool)), unsqueeze(d, -1), A)


# ── least squares ───────────────────────────────────────────────────────────────────────────────

def pinv(A: Tensor, rcond: Any = None, *, atol: Any = None, rtol: Any = None,
         hermitian: bool = False) -> Tensor:
    """The pseudo-inverse A⁺ of matrices (…, m, n): (…, n, m) (Moore, Penrose).

    Singular values up to max(atol, rtol·S₁) count as 0; rtol is max(m, n)·eps unless one of the two is
    given. With ``hermitian``, A stands for ½(A + Aᵀ).
    """
    _matrix("pinv", A)
    if hermitian:
        A = (_square("pinv", A) + mT(A)) / 2
    return _Pinv.apply(A, atol, rtol if rcond is None else rcond)


class _Pinv(Function):
    """With P = A⁺ of constant rank, Ā = −Pᵀ P̄ Pᵀ + (1 − A P) P̄ᵀ P Pᵀ + Pᵀ P P̄ᵀ (1 − P A)
    (G. H. Golub and V. Pereyra, 1973).
    """

    @staticmethod
    def forward(ctx, A, atol, rtol):
        def f(a):
            U, s, Vh = np.linalg.svd(a, full_matrices=False)
            s = np.where(_negligible(s, a.shape, atol, rtol), 0, 1 / s)
            return np.ascontiguousarray((Vh.swapaxes(-1, -2) * s[..., None, :]) @ U.swapaxes(-1, -2))

        P = _lapack("pinv", f, A)
        ctx.save_for_backward(A, P)
        return P

    @staticmethod
    def backward(ctx, g):
        A, P = ctx.saved_tensors
        X, Y = mT(g) @ P @ mT(P), mT(P) @ P @ mT(g)
        return X - A @ (P @ X) + Y - (Y @ P) @ A - mT(P) @ g @ mT(P), None, None


def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> Lstsq:
    """The X of least ‖A X − B‖, and of least norm among those, for A (…, m, n) and B as for `solve`.

    The squared residuals of each column are given (else empty) where ``driver`` is "gels", "gelsd" or
    "gelss", m > n and the rank n; singular values with the last two.
    """
    drivers = ("gels", "gelsy", "gelsd", "gelss")
    if driver not in (None, *drivers):
        raise RuntimeError(f"linalg.lstsq: driver is one of {', '.join(drivers)}, got {driver!r}")
    A, B, vector = _equations("lstsq", _matrix("lstsq", A), B)
    m, n = A.shape[-2:]
    if B.shape[-2] != m:
        raise ShapeError(f"linalg.lstsq: shapes {A.array.shape} and {B.array.shape} do not fit")
    X = pinv(A, rtol=rcond) @ B
    S, rank = svdvals(A.detach()), matrix_rank(A, rtol=rcond)
    empty = wrap(np.zeros(0, A.dtype))
    full = driver in ("gels", "gelsd", "gelss") and m > n and bool((rank == n).array.all())
    return Lstsq(squeeze(X, -1) if vector else X, sum((A @ X - B) ** 2, -2) if full else empty,
                 to(empty, dtypes.int64) if driver == "gels" else rank,
                 S if driver in ("gelsd", "gelss") else empty)


def matrix_rank(A: Tensor, tol: Any = None, *, atol: Any = None, rtol: Any = None,
                hermitian: bool = False) -> Tensor:
    """The number of singular values above max(atol, rtol·S₁), with defaults as `pinv` has."""
    if hermitian:
        A = (_square("matrix_rank", A) + mT(A)) / 2
    shape, atol = _matrix("matrix_rank", A).shape, atol if tol is None else tol
    return plain(lambda s: (~_negligible(s, shape, atol, rtol)).sum(-1), svdvals(A.detach()))


def _negligible(s, shape, atol, rtol):
    """Which singular values count as 0."""
    atol, rtol = (x.array[..., None] if isinstance(x, Tensor) else x for x in (atol, rtol))
    if rtol is None:
        eps = max(shape[-2:]) * np.finfo(s.dtype).eps
        rtol = eps if atol is None else np.where(np.asarray(atol) > 0, 0, eps)
    return s <= np.maximum(0 if atol is None else atol, rtol * s.max(-1, keepdims=True, initial=0))


# ── norms ───────────────────────────────────────────────────────────────────────────────────────

def vector_norm(x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *,
                dtype: Any = None) -> Tensor:
    """(Σᵢ |xᵢ|ᵖ)^(1/p), p = ``ord``, over all dimensions or those in ``dim``; ±inf: the extreme |xᵢ|;
    0: how many are not 0. The slope at 0 is 0.
    """
    if isinstance(ord, str):
        raise TypeError(f"linalg.vector_norm: ord is a number, got {ord!r}")
    _floats("vector_norm", x)
    x = _widened("vector_norm", x, dtype)
    dims = as_dims(x, None if dim == [] or dim == () else dim)
    if not prod(x.shape[d] for d in dims) and prod(x.shape[d] for d in range(x.ndim) if d not in dims):
        if ord < 0 or ord == inf:
            raise ShapeError(f"linalg.vector_norm: ord={ord} of no elements, in shape {x.array.shape}")
    return _norm(x, ord, dims, keepdim)


def matrix_norm(A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *,
                dtype: Any = None) -> Tensor:
    """A norm of matrices: "fro", of their elements; "nuc", the sum of the singular values; 2 or -2, the
    largest or least of them; 1 or -1, the largest or least Σ|A| of a column; ±inf, of a row.
    """
    A = _widened("matrix_norm", _matrix("matrix_norm", A), dtype)
    dims = as_dims(A, dim)
    if len(dims) != 2:
        raise ShapeError(f"linalg.matrix_norm: dim is a pair of dimensions, got {dim!r}")
    if ord == "fro":
        return vector_norm(A, 2, dims, keepdim)
    if ord not in ("nuc", 1, -1, 2, -2, inf, -inf):
        raise RuntimeError(f"linalg.matrix_norm: ord is 'fro', 'nuc', ±1, ±2 or ±inf, got {ord!r}")
    if ord in (1, -1, inf, -inf):
        along, across = dims if ord in (1, -1) else dims[::-1]
        y = (amax if ord > 0 else amin)(sum(abs(A), along, True), across, True)
    else:
        s = svdvals(movedim(A, dims, (-2, -1)))
        y = sum(s, -1) if ord == "nuc" or not s.shape[-1] else (amax if ord > 0 else amin)(s, -1)
        for d in sorted(dims):
            y = unsqueeze(y, d)
    return y if keepdim else squeeze(squeeze(y, max(dims)), min(dims))


def norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *,
         dtype: Any = None) -> Tensor:
    """`vector_norm` along one dimension, or of all elements if neither ``ord`` nor ``dim`` is given;
    `matrix_norm` along two.
    """
    _floats("norm", A)
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None and A.ndim not in (1, 2):
        raise ShapeError(f"linalg.norm: with ord and no dim, wants 1 or 2 dimensions, got "
                         f"{A.array.shape}")
    dims = tuple(range(A.ndim)) if dim is None else dim
    if (isinstance(dims, int) or len(dims) == 1) and not isinstance(ord, str):
        return vector_norm(A, ord, dims, keepdim, dtype=dtype)
    return matrix_norm(A, ord, dims, keepdim, dtype=dtype)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """‖A‖·‖A⁻¹‖ in a norm p of `matrix_norm`; default 2, the ratio of the extreme singular values."""
    if p in (None, 2, -2):
        if not prod(_matrix("cond", A).shape[-2:]):
            return sum(A, (-2, -1))
        s = svdvals(A)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    _square("cond", A)
    return where(_singular(A), inf, matrix_norm(A, p) * matrix_norm(inv(_regular(A)), p))


# ── products and powers ─────────────────────────────────────────────────────────────────────────

def matrix_power(A: Tensor, n: int) -> Tensor:
    """A·A·…·A, n times, by repeated squaring; n < 0: of the inverse."""
    if not isinstance(n, int):
        raise TypeError(f"linalg.matrix_power: n is an integer, got {type(n).__name__}")
    _square("matrix_power", A, floats=n < 0)
    if n < 0:
        return matrix_power(inv(A), -n)
    y = None
    while n:
        if n % 2:
            y = A if y is None else y @ A
        n //= 2
        A = A @ A if n else A
    return where(wrap(np.True_), wrap(np.eye(A.shape[-1], dtype=A.dtype)), A) if y is None else y


def matrix_exp(A: Tensor) -> Tensor:
    """Σₖ Aᵏ/k! of square matrices: the series for A/2ˢ, then squared s times (C. Moler and C. Van Loan,
    *Nineteen dubious ways to compute the exponential of a matrix*, 2003, method 3).
    """
    largest = float(plain(lambda a: np.abs(a).sum(-2).max(initial=0), _square("matrix_exp", A)))
    s = max(0, ceil(log2(largest)) + 1) if 0 < largest < inf else 0
    A = A / 2.0**s
    eye = wrap(np.eye(A.shape[-1], dtype=A.dtype))
    y = eye + A / 16
    for k in range(15, 0, -1):
        y = eye + A @ y / k
    for _ in range(s):
        y = y @ y
    return y


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """A₁ A₂ ⋯ of two or more matrices, in the order that costs least; the ends may be vectors."""
    xs = list(tensors)
    _check("linalg.multi_dot", xs)
    if len(xs) < 2:
        raise RuntimeError(f"linalg.multi_dot: wants at least 2 tensors, got {len(xs)}")
    row, column = xs[0].ndim == 1, xs[-1].ndim == 1
    if row:
        xs[0] = unsqueeze(xs[0], 0)
    if column:
        xs[-1] = unsqueeze(xs[-1], 1)
    sizes = [xs[0].shape[0], *(x.shape[-1] for x in xs)] if xs[0].ndim else [0]
    if any(x.ndim != 2 for x in xs) or any(x.shape[0] != n for x, n in zip(xs, sizes, strict=False)):
        raise ShapeError("linalg.multi_dot: these shapes do not fit: "
                         + ", ".join(str(x.array.shape) for x in tensors))

    @cache
    def cheapest(i, j):  # what the product of xs[i] … xs[j] costs, and after which to split it
        return min(((cheapest(i, k)[0] + cheapest(k + 1, j)[0]
                     + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)), default=(0, i))

    def product(i, j):
        k = cheapest(i, j)[1]
        return xs[i] if i == j else product(i, k) @ product(k + 1, j)

    y = product(0, len(xs) - 1)
    y = squeeze(y, -1) if column else y
    return squeeze(y, 0) if row else y


def cross(x: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Vector product in space, along ``dim``."""
    return _cross(x, other, dim)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Σᵢ xᵢ yᵢ along ``dim``; the other dimensions broadcast."""
    _floats("vecdot", x, y)
    return sum(x * y, dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices (…, m, n)."""
    return _diagonal(A, offset, dim1, dim2)


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """Vandermonde's matrix: yᵢⱼ = xᵢʲ for j below N (default: as many as there are x)."""
    return unsqueeze(x, -1) ** wrap(np.arange(x.shape[-1] if N is None else N))


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of A as a map from its last dimensions to its first ``ind``."""
    n = prod(A.shape[:ind])
    if ind < 1 or n != prod(A.shape[ind:]):
        raise ShapeError(f"linalg.tensorinv: the first {ind} dimensions of shape {A.array.shape} "
                         "must have as many elements as the others")
    return reshape(inv(reshape(A, n, n)), A.shape[ind:] + A.shape[:ind])


def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """X with tensordot(A, X, X.ndim) = B, after moving the dimensions ``dims`` of A to its end."""
    if dims is not None:
        A = movedim(A, tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    shape, n = A.shape[B.ndim:], prod(B.shape)
    if prod(shape) != n or prod(A.shape[:B.ndim]) != n:
        raise ShapeError(f"linalg.tensorsolve: shapes {A.array.shape} and {B.array.shape} do not fit")
    return reshape(solve(reshape(A, n, n), reshape(B, n)), shape)


# ── what they share ─────────────────────────────────────────────────────────────────────────────

def _lapack(name: str, f: Callable, *xs: Tensor) -> Any:
    """f of arrays as Tensors outside of the graph, without warnings, and with errors that say where."""
    def wrapped(*arrays):
        with np.errstate(all="ignore"):
            return f(*arrays)

    arrays = [x.array for x in xs]
    try:
        y = wrapped(*arrays)
    except np.linalg.LinAlgError as error:
        a = arrays[0]
        raise LinAlgError(f"linalg.{name}: {error}" + _place(
            f if len(arrays) == 1 else np.linalg.inv, a)) from None
    return tuple(map(wrap, y)) if isinstance(y, tuple) else wrap(y)


def _place(f, a):
    """Which matrix of a batch f refuses."""
    for i in np.ndindex(a.shape[:-2]):
        try:
            f(a[i])
        except np.linalg.LinAlgError:
            return f" (matrix {i} of shape {a.shape})" if i else ""
    return ""


def _floats(name: str, *xs: Tensor) -> None:
    _check(f"linalg.{name}", xs)
    for x in xs:
        if x.dtype.kind != "f":
            raise RuntimeError(f"linalg.{name}: wants floating point numbers, got {x.dtype}")
        if x.dtype != xs[0].dtype:
            raise RuntimeError(f"linalg.{name}: wants one dtype, got {xs[0].dtype} and {x.dtype}")


def _matrix(name: str, A: Tensor) -> Tensor:
    _floats(name, A)
    if A.ndim < 2:
        raise ShapeError(f"linalg.{name}: wants matrices (…, m, n), got shape {A.array.shape}")
    return A


def _square(name: str, A: Tensor, floats: bool = True) -> Tensor:
    if floats:
        _floats(name, A)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"linalg.{name}: wants square matrices (…, n, n), got shape {A.array.shape}")
    return A


def _equations(name: str, A: Tensor, B: Tensor) -> tuple[Tensor, Tensor, bool]:
    """A, B as matrices, and whether B was a vector, or one for each A."""
    _floats(name, A, B)
    if not B.ndim:
        raise ShapeError(f"linalg.{name}: wants vectors or matrices B, got shape ()")
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    return A, unsqueeze(B, -1) if vector else B, vector


def _same_batch(name: str, A: Tensor, B: Tensor) -> list[Tensor]:
    """A and B with the dimensions before the last two broadcast."""
    try:
        batch = np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    except ValueError:
        raise ShapeError(f"linalg.{name}: the batches of shapes {A.array.shape} and {B.array.shape} "
                         "do not broadcast") from None
    return [x if x.shape[:-2] == batch else expand(x, *batch, *x.shape[-2:]) for x in (A, B)]


def _widened(name: str, x: Tensor, dtype: Any) -> Tensor:
    """x with another dtype, which may not be narrower."""
    if dtype is None:
        return x
    if dtypes.promote_types(x.dtype, dtypes.check(dtype)) != dtype:
        raise RuntimeError(f"linalg.{name}: {x.dtype} does not fit into dtype={dtype}")
    return to(x, dtype)


def _entries(g: Tensor) -> Tensor:
    """One number for each matrix, shaped to multiply its entries."""
    return reshape(g, *g.shape, 1, 1)


__getattr__ = partial(lookup, __name__)
speak(globals(), __name__, prefix="linalg.")
