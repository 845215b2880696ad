"""Functions of no theme, beside PyTorch: the gamma function, derivatives from differences."""

import pytest
from against_torch import differential, either, maybe, one_of, op, x

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import check

torch = pytest.importorskip("torch")

spacing = either(1, 0.5, maybe(2.0))

test_gammas = differential(
    op("lgamma", x(sample=(-3.9, 6), away=(-3, -2, -1, 0))).but(tol=100),
    op("digamma", x(sample=(-3.9, 6), away=(-3, -2, -1, 0))).but(tol=1000),
    op("lgamma", x(dtype=("int64", "uint8"), sample=(-2, 9))),
    op("digamma", x(dtype=("int64", "float64"), sample=(0, 9))).but(tol=1000),
    op("polygamma", lambda m, x, n: m.polygamma(n, x), x(sample=(0.1, 6)), one_of(0, 1, 2, 3, -1)
       ).but(tol=1000),
    op("polygamma", lambda m, x, n: x.polygamma(n), x(sample=(-2.9, 6), away=(-2, -1, 0)),
       one_of(0, 1)).but(tol=1000),
    op("mvlgamma", x(sample=(1.1, 6)), one_of(0, 1, 2, 3)).but(tol=1000),
    op("multigammaln", x(sample=(1.1, 6)), 2).but(tol=1000),
    op("gammaln", x(sample=(0.1, 6))).but(tol=100),
    op("psi", x(sample=(0.1, 6))).but(tol=1000),
)

test_gradient = differential(
    op("gradient", x(min_dims=1, min_side=1, max_side=4), edge_order=maybe(one_of(1, 2, 3))),
    op("gradient", x((3, 4)), spacing=one_of(0.5, 2, [0.5, 2.0], (1.0, 3.0), [1.0]),
       edge_order=one_of(1, 2)),
    op("gradient", x((3, 4)), dim=one_of(0, 1, -1, (0, 1), [1, 0], 2), spacing=maybe(2.0)),
    op("gradient at places", lambda m, x, s, order: m.gradient(
        x, spacing=(m.tensor([0.0, 1.0, 3.0]).to(x.dtype), m.cumsum(s.exp(), 0)), edge_order=order),
       x((3, 4)), x((4,), dtype=None), one_of(1, 2)).but(order=0),
)


@pytest.mark.parametrize("values", [[0.0, -1.0, -2.0, 1e-3, 1e5, float("inf"), float("nan")]])
def test_ends_of_the_gamma_functions(values):
    for call in ("lgamma(x)", "digamma(x)", "polygamma(1, x[3:])", "polygamma(2, x[2:5])"):
        ours, theirs = (eval(f"m.{call}", {"m": m, "x": m.tensor(values).double()})
                        for m in (tg, torch))
        assert ours.tolist() == pytest.approx(theirs.tolist(), nan_ok=True, rel=1e-12)


def test_derivatives():
    report = check(lambda x: tg.lgamma(x) + tg.polygamma(2, x * x),
                   tg.tensor([0.4, 1.7, 3.2], dtype=tg.float64))
    assert report, report
    report = check(lambda x: tg.gradient(x, spacing=0.5, edge_order=2)[0], tg.randn(4).double())
    assert report, report
