"""Linear algebra and products: derivatives against differences, and what is hard about them."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import linalg
from tinygrad_pt.autograd import grad
from tinygrad_pt.func import jvp
from tinygrad_pt.gradcheck import check


def draw(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).normal(size=shape))


def symmetric(x):
    return x + x.mT


def positive(x):
    return x @ x.mT + tg.eye(x.shape[-1], dtype=x.dtype)


def projectors(Q):
    return Q.unsqueeze(-2) * Q.unsqueeze(-3)


def singular(n, rank, *batch):
    return draw(*batch, n, rank) @ draw(*batch, rank, n, seed=1)


def slope(f, seed=7):
    """⟨v, f⟩ differentiated with the graph: the function whose derivative is the second one."""
    def g(*xs):
        xs = [x if x.requires_grad else x.detach().requires_grad_() for x in xs]
        with tg.enable_grad():
            y = f(*xs)
            found = grad((y * draw(*y.shape, seed=seed)).sum(), xs, create_graph=True)
        return tg.cat([d.reshape(-1) for d in found])
    return g


E = tg.einsum
CASES = {
    "addmm": (lambda x, a, b: tg.addmm(x, a, b, beta=2, alpha=3), (3,), (2, 2), (2, 3)),
    "addbmm": (lambda x, a, b: tg.addbmm(x, a, b, beta=2, alpha=3), (2, 3), (2, 2, 2), (2, 2, 3)),
    "einsum": (lambda a, b: E("bij,bjk->bik", a, b), (2, 2, 3), (2, 3, 2)),
    "einsum of three": (lambda a, b, c: E("ij,jk,ki->k", a, b, c), (2, 3), (3, 2), (2, 2)),
    "einsum, diagonals": (lambda a, b: E("iij,...j->...i", a, b), (2, 2, 3), (2, 2, 3)),
    "einsum, broadcast": (lambda a, b: E("ij,ij", a, b), (2, 1), (1, 3)),
    "tensordot": (lambda a, b: tg.tensordot(a, b, ([0, 2], [1, 0])), (2, 3, 2), (2, 2, 2)),
    "kron": (tg.kron, (2, 1), (2, 3)),
    "cross": (linalg.cross, (2, 3), (1, 3)),
    "cdist": (tg.cdist, (2, 3), (3, 3)),
    "det": (linalg.det, (2, 3, 3)),
    "logdet": (lambda x: tg.logdet(positive(x)), (3, 3)),
    "inv": (linalg.inv, (2, 2, 2)),
    "solve": (linalg.solve, (2, 3, 3), (3, 2)),
    "solve of the left": (lambda a, b: linalg.solve(a, b, left=False), (3, 3), (2, 3)),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b, upper=True), (3, 3), (3, 2)),
    "solve_triangular of ones": (lambda a, b: linalg.solve_triangular(
        a, b, upper=False, left=False, unitriangular=True), (3, 3), (2, 3)),
    "cholesky": (lambda x: linalg.cholesky(positive(x)), (3, 3)),
    "qr of tall": (lambda x: tg.cat([*linalg.qr(x)]), (4, 3)),
    "qr of wide": (lambda x: tg.cat([*linalg.qr(x)], -1), (2, 4)),
    "eigh": (lambda x: projectors(linalg.eigh(symmetric(x))[1]), (3, 3)),
    "eigvalsh": (lambda x: linalg.eigvalsh(symmetric(x)), (2, 3, 3)),
    "svd of tall": (lambda x: E("ik,jk->kij", *linalg.svd(x, False)[::2]), (4, 2)),
    "svdvals": (linalg.svdvals, (2, 4)),
    "pinv": (linalg.pinv, (2, 3)),
    "lstsq": (lambda a, b: linalg.lstsq(a, b).solution, (4, 2), (4,)),
    "nuclear norm": (lambda x: linalg.matrix_norm(x, "nuc"), (3, 2)),
    "spectral norm": (lambda x: linalg.matrix_norm(x, 2), (3, 2)),
    "cond": (linalg.cond, (3, 3)),
    "matrix_power": (lambda x: linalg.matrix_power(x, -3), (2, 2)),
    "matrix_exp": (linalg.matrix_exp, (2, 2, 2)),
    "multi_dot": (lambda *xs: linalg.multi_dot(xs), (3,), (3, 2), (2, 4)),
    "det of a singular matrix": (linalg.det, singular(3, 2)),
    "det of rank 1": (linalg.det, singular(3, 1)),
    "det of 0": (linalg.det, tg.zeros(3, 3, dtype=tg.float64)),
    "det of some singular": (linalg.det, tg.stack([draw(3, 3), singular(3, 2)])),
    "pinv of low rank": (lambda a, b: linalg.pinv(a @ b), (4, 1), (1, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives_of_two_orders(name):
    f, *operands = CASES[name]
    xs = [x if isinstance(x, tg.Tensor) else draw(*x, seed=i) for i, x in enumerate(operands)]
    if "det of" not in name:
        report = check(f, *xs)
        assert report, report
    report = check(slope(f), *xs, directions=1, elements=4)
    assert report.verdict == "pass" or abs(report.analytic - report.numeric) < 1e-12, report


def test_det_of_singular_matrices_has_its_cofactors_as_gradient():
    def gradient(x, **kw):
        x.requires_grad_()
        return grad(linalg.det(x).sum(), x, **kw)[0].detach().numpy()

    rank_1 = tg.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=tg.float64)
    for how in (False, True):
        np.testing.assert_allclose(gradient(rank_1, create_graph=how), [[4, -2], [-2, 1]], atol=1e-14)
        np.testing.assert_allclose(gradient(singular(4, 2), create_graph=how), 0, atol=1e-14)
    a = singular(4, 3)
    minors = [[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a.numpy(), i, 0), j, 1))
               for j in range(4)] for i in range(4)]
    for how in (False, True):
        np.testing.assert_allclose(gradient(a.detach(), create_graph=how), minors, atol=1e-12)
    _, dy = jvp(linalg.det, [a], [draw(4, 4)])
    assert dy.item() == pytest.approx((minors * draw(4, 4).numpy()).sum())
    one = gradient(tg.tensor([[0.0]]))
    assert one.tolist() == [[1.0]] and linalg.det(tg.zeros(0, 0)).item() == 1
    third = [tg.zeros(3, 3, dtype=tg.float64)]  # det is a cubic: its third derivative at 0 is 0 or ±1
    x = third[0].requires_grad_()
    y = linalg.det(x)
    for i in ((0, 0), (1, 1)):
        y = grad(y, x, create_graph=True)[0][i]
    np.testing.assert_allclose(grad(y, x)[0].numpy(), np.diag([0, 0, 1.0]), atol=1e-15)


def test_nan_stays_in_its_matrix():
    x = tg.stack([tg.tensor([[1.0, 2.0], [2.0, 4.0]]), tg.tensor([[1.0, float("nan")], [2.0, 4.0]])])
    x.requires_grad_()
    for how in (False, True):
        [g] = grad(linalg.det(x).sum(), x, create_graph=how)
        np.testing.assert_allclose(g[0].detach().numpy(), [[4, -2], [-2, 1]], atol=1e-5)
        assert np.isnan(g[1].detach().numpy()).all()


def test_what_does_not_depend_on_the_vectors_of_equal_values_has_a_derivative():
    x = tg.eye(3, dtype=tg.float64).requires_grad_()
    [g] = grad((linalg.eigvalsh(x) ** 3).sum(), x)
    np.testing.assert_allclose(g.numpy(), 3 * np.eye(3))
    [g] = grad(linalg.matrix_norm(x, "nuc"), x)
    np.testing.assert_allclose(g.numpy(), np.eye(3))
    vectors = np.linalg.qr(draw(4, 4).numpy())[0]
    x = tg.tensor(vectors * [0.0, 0.0, 1.0, 3.0] @ vectors.T, requires_grad=True)  # two equal

    def largest(x):
        s, Q = linalg.eigh(symmetric(x) / 2)
        return (Q[:, 2:] * s[2:]) @ Q[:, 2:].mT

    assert check(largest, x)
    y = linalg.eigh(x).eigenvectors[0, 0]
    assert not np.isfinite(grad(y, x)[0].numpy()).all()  # the vectors themselves have none: not silent


def test_full_svd_knows_the_space_its_last_columns_span():
    def outside(x):
        N = linalg.svd(x).U[:, 2:]
        return N @ N.mT

    x = draw(4, 2)
    assert check(outside, x)
    Q = linalg.svd(x, False).U
    np.testing.assert_allclose(outside(x).numpy(), np.eye(4) - (Q @ Q.mT).numpy(), atol=1e-14)


def test_shapes_without_elements():
    for m, n in ((0, 3), (3, 0), (0, 0)):
        x = tg.zeros(2, m, n)
        U, S, Vh = linalg.svd(x)
        assert (U.shape, S.shape, Vh.shape) == ((2, m, m), (2, 0), (2, n, n))
        Q, R = linalg.qr(x)
        assert (Q.shape, R.shape) == ((2, m, 0), (2, 0, n))
        assert linalg.pinv(x).shape == (2, n, m) and linalg.matrix_rank(x).tolist() == [0, 0]
        assert linalg.matrix_norm(x, 2).tolist() == linalg.matrix_norm(x, "nuc").tolist() == [0, 0]
    x = tg.zeros(0, 2, 2, requires_grad=True)
    for f in (linalg.det, linalg.inv, linalg.cholesky, linalg.matrix_exp, linalg.eigvalsh,
              linalg.svdvals, lambda x: linalg.solve(x, x),
              lambda x: tg.einsum("bij,bjk->bik", x, x)):
        assert grad(f(x).sum(), x)[0].shape == (0, 2, 2)
    assert linalg.eigh(tg.zeros(0, 0)).eigenvalues.shape == (0,)


def test_errors():
    x, i = tg.tensor([[1.0, 2.0], [2.0, 4.0]]), tg.ones(2, 2, dtype=tg.int64)
    several = tg.stack([tg.eye(2), x])
    for error, pattern, f in [
        (linalg.LinAlgError, r"linalg.inv: Singular matrix$", lambda: linalg.inv(x)),
        (linalg.LinAlgError, r"linalg.inv: .*matrix \(1,\) of shape \(2, 2, 2\)",
         lambda: linalg.inv(several)),
        (linalg.LinAlgError, r"linalg.solve: Singular .*\(1,\)", lambda: linalg.solve(several, x)),
        (linalg.LinAlgError, r"linalg.cholesky: .* positive definite .*\(1,\)",
         lambda: linalg.cholesky(several - 0.5)),
        (RuntimeError, r"linalg.svd: SVD did not converge", lambda: linalg.svd(x * float("nan"))),
        (RuntimeError, r"linalg.det: wants floating point numbers, got torch.int64", lambda: tg.det(i)),
        (RuntimeError, r"linalg.det: wants square .*\(2, 1\)", lambda: x[:, :1].det()),
        (RuntimeError, r"linalg.solve: wants one dtype, got torch.float32 and torch.float64",
         lambda: linalg.solve(x, x.double())),
        (RuntimeError, r"linalg.solve: shapes \(2, 2\) and \(3, 1\)",
         lambda: linalg.solve(x, tg.ones(3))),
        (RuntimeError, r"linalg.qr: Q of mode='complete'", lambda: linalg.qr(
            tg.ones(3, 1, requires_grad=True), "complete").R.sum().backward()),
        (RuntimeError, r"linalg.matrix_norm: ord .* got 3", lambda: linalg.matrix_norm(x, 3)),
        (ValueError, r"vector_norm: ord=-1 of no elements", lambda: linalg.vector_norm(x[:0], -1)),
        (TypeError, r"linalg.inv: wants a Tensor, got ndarray", lambda: linalg.inv(x.numpy())),
        (RuntimeError, r"addmm: shape \(3,\) does not broadcast .*\(2, 2\)",
         lambda: tg.addmm(tg.ones(3), x, x)),
        (RuntimeError, r"addmm: of integers, beta .* 0.5", lambda: tg.addmm(i, i, i, beta=0.5)),
        (RuntimeError, r"mm: wants 2 and 2 dimensions, got shapes \(2, 2\) and \(2,\)",
         lambda: x.mm(x[0])),
        (NotImplementedError, r"matmul: wants numbers, got bools", lambda: (x > 1) @ (x > 1)),
        (RuntimeError, r"einsum\('ij,kj'\): has 2 terms for 1 ", lambda: tg.einsum("ij,kj", x)),
        (RuntimeError, r"einsum\('ij->ijk'\): 'k' of the result", lambda: tg.einsum("ij->ijk", x)),
        (ValueError, r"einsum\('ij,jk'\): 'j' has two sizes in shapes \(2, 2\), \(3, 2\)",
         lambda: tg.einsum("ij,jk", x, tg.ones(3, 2))),
        (RuntimeError, r"operand 0: 'i1' is to be of letters .* got '1'", lambda: tg.einsum("i1", x)),
        (RuntimeError, r"tensordot: .* two sizes in shapes", lambda: tg.tensordot(x, tg.ones(3, 2), 1)),
    ]:
        with pytest.raises(error, match=pattern):
            f()


def test_torch_names_are_functions_and_methods():
    x = positive(draw(3, 3))
    for name in ("det", "logdet", "inverse", "pinverse", "cholesky", "matrix_exp", "trace"):
        np.testing.assert_array_equal(getattr(x, name)().numpy(), getattr(tg, name)(input=x).numpy())
    np.testing.assert_allclose((x @ x.inverse()).numpy(), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(tg.cholesky_solve(x, x.cholesky()).numpy(), np.eye(3), atol=1e-12)
    U, S, V = x.svd()
    np.testing.assert_allclose(((U * S) @ V.mT).numpy(), x.numpy(), atol=1e-12)
    assert not hasattr(tg.Tensor, "solve") and not hasattr(tg, "eigh")
