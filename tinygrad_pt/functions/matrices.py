"""Linear algebra under the names that are functions and methods as well; the rest is in `linalg`."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from .. import linalg
from ..primitives import mT
from ..tensors import ShapeError, Tensor, wrap
from .creation import zeros_like
from .elementwise import where
from .products import _check
from .shape import unsqueeze

SVD = namedtuple("svd", "U S V")


def det(x: Tensor) -> Tensor:
    """Determinant of square matrices (…, n, n): (…)."""
    return linalg.det(x)


def slogdet(x: Tensor) -> Any:
    """sign(det A) and log |det A|."""
    return linalg.slogdet(x)


def logdet(x: Tensor) -> Tensor:
    """log det A: −inf of a singular matrix, nan of a negative determinant."""
    sign, y = linalg.slogdet(x)
    return where(sign < 0, float("nan"), y)


def inverse(x: Tensor) -> Tensor:
    """Inverse of square matrices. `linalg.LinAlgError` if one is singular."""
    return linalg.inv(x)


def pinverse(x: Tensor, rcond: float = 1e-15) -> Tensor:
    """Pseudo-inverse; singular values up to rcond times the largest count as 0."""
    return linalg.pinv(x, rcond)


def cholesky(x: Tensor, upper: bool = False) -> Tensor:
    """The lower triangular L with A = L Lᵀ, or Lᵀ."""
    return linalg.cholesky(x, upper=upper)


def cholesky_solve(x: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """X with L Lᵀ X = B (if ``upper``, Lᵀ L X = B) for B = x of shape (…, n, k)."""
    first = linalg.solve_triangular(mT(L) if upper else L, x, upper=False)
    return linalg.solve_triangular(L if upper else mT(L), first, upper=True)


def cholesky_inverse(x: Tensor, upper: bool = False) -> Tensor:
    """(L Lᵀ)⁻¹ of x = L (if ``upper``, (Lᵀ L)⁻¹)."""
    return cholesky_solve(wrap(np.eye(x.shape[-1], dtype=x.dtype)), x, upper)


def qr(x: Tensor, some: bool = True) -> linalg.QR:
    """A = Q R: `linalg.qr`, reduced if ``some``, else complete."""
    return linalg.qr(x, "reduced" if some else "complete")


def svd(x: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """A = U diag(S) Vᵀ; note V, where `linalg.svd` gives Vᵀ. Without ``compute_uv``, U and V are 0."""
    U, S, Vh = linalg.svd(x, not some or not compute_uv)
    return SVD(U, S, mT(Vh)) if compute_uv else SVD(zeros_like(U), S, zeros_like(Vh))


def matrix_exp(x: Tensor) -> Tensor:
    """Σₖ Aᵏ/k! of square matrices."""
    return linalg.matrix_exp(x)


def matrix_power(x: Tensor, n: int) -> Tensor:
    """A·A·…·A, n times; n < 0: of the inverse."""
    return linalg.matrix_power(x, n)


def chain_matmul(*matrices: Tensor) -> Tensor:
    """A₁ A₂ ⋯ in the order that costs least."""
    return matrices[0] if len(matrices) == 1 else linalg.multi_dot(matrices)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0,
          compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """The p-norm of x1[…, i, :] − x2[…, j, :]: (…, n, d) and (…, m, d) give (…, n, m).

    Always computed from the differences, whatever ``compute_mode`` allows; the slope at 0 is 0.
    """
    _check("cdist", (x1, x2))
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist: wants points (…, n, d) and (…, m, d), got shapes {x1.array.shape} "
                         f"and {x2.array.shape}")
    if x1.dtype != x2.dtype or x1.dtype.kind != "f":
        raise RuntimeError(f"cdist: wants one floating point dtype, got {x1.dtype} and {x2.dtype}")
    if p < 0:
        raise RuntimeError(f"cdist: wants p of at least 0, got {p}")
    return linalg.vector_norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)
