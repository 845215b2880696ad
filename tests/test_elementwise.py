"""What is composed of pointwise rows, without PyTorch: derivatives; ways to call; printing."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import autograd
from tinygrad_pt.gradcheck import check
from tinygrad_pt.nn import functional as F

COMPOSITES = {
    "add": lambda x: tg.add(x, x * x, alpha=3) + tg.sub(x, x * x, alpha=2) + tg.rsub(x, x * x),
    "addcmul": lambda x: tg.addcmul(x, x, x * x, value=0.5) + tg.addcdiv(x, x, 3 + x * x, value=2),
    "lerp": lambda x: tg.lerp(x, x * x, x.sigmoid()),
    "div": lambda x: tg.div(x, 2 + x * x) + tg.div(x, 0.3, rounding_mode="floor") * x,
    "clamp": lambda x: tg.clamp(x, -x.exp(), x.exp()) + x.clamp_min(0.4) + x.clamp_max(-0.3),
    "fmax": lambda x: tg.fmax(x, x * x - 1.7) + tg.fmin(x, 1.3 - x * x),
    "frac": lambda x: tg.frac(x) * x + tg.round(x * x, decimals=1) * x,
    "nan_to_num": lambda x: tg.nan_to_num(x * x) + tg.heaviside(x, x) * x,
    "logs": lambda x: tg.logaddexp2(x, 2 * x) + tg.logit(x.sigmoid()) + tg.float_power(x * x, 2),
    "angles": lambda x: tg.deg2rad(x) * tg.rad2deg(x) + tg.angle(x) * x,
    "rectifiers": lambda x: F.relu6(x) + F.leaky_relu(x, 0.2) + F.selu(x),
    "elu": lambda x: F.elu(x, 1.5) + F.celu(x, 0.7),
    "prelu": lambda x: F.prelu(x, x[0, :1].exp()) + F.prelu(x, x[0].exp()),
    "gelu": lambda x: F.gelu(x) + F.gelu(x, "tanh") + F.silu(x) + F.mish(x),
    "soft": lambda x: F.softplus(x, 2, 1) + F.softsign(x) + F.logsigmoid(x) + F.tanhshrink(x),
    "hard": lambda x: F.hardtanh(x, -0.4, 0.6) + F.hardsigmoid(3 * x) + F.hardswish(2 * x),
    "shrink": lambda x: (F.hardshrink(x, 0.4) + F.softshrink(x, 0.3) + F.threshold(x, 0.2, 5)) * x,
    "glu": lambda x: F.glu(x, 0) + F.softmin(x, 1)[:1],
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_first_and_second_derivative(name):
    x = tg.tensor(np.random.default_rng(5).normal(size=(2, 4)))

    def slope(x):
        x = x if x.requires_grad else x.detach().requires_grad_()
        with tg.enable_grad():
            y = (COMPOSITES[name](x) ** 2).sum()
        return autograd.grad(y, x, create_graph=True)[0]

    for f in (COMPOSITES[name], slope):
        report = check(f, x)
        assert report, report


def test_keywords_are_pytorchs():
    x, y = tg.tensor([4.0, 9.0]), tg.tensor([2.0, 3.0])
    for z in (tg.pow(input=x, exponent=0.5), tg.maximum(input=y, other=x / 3 - 1), tg.sqrt(input=x),
              tg.where(condition=x > 5, input=y, other=2.0), x.pow(exponent=0.5),
              tg.clamp(input=x, min=2, max=3) - tg.tensor([1.0, 0.0])):
        assert z.tolist() == [2.0, 3.0]
    with pytest.raises(TypeError, match=r"unexpected keyword argument .base.|got 0 and base"):
        tg.exp(base=2)


def test_erf_is_the_standard_librarys():
    from math import erf, erfc
    x = np.linspace(-6, 27, 101)
    np.testing.assert_allclose(tg.erf(tg.tensor(x)).array, [erf(v) for v in x], rtol=5e-16)
    np.testing.assert_allclose(tg.erfc(tg.tensor(x)).array, [erfc(v) for v in x], rtol=2e-15,
                               atol=2e-323)
    y = np.linspace(-0.999999, 0.999999, 101)
    np.testing.assert_allclose(tg.erf(tg.erfinv(tg.tensor(y))).array, y, rtol=4e-16)
    assert tg.Value(0.5).erfinv().data == pytest.approx(0.4769362762044699, rel=1e-15)


def test_integers_stay_exact_or_refuse():
    i = tg.tensor([-7, 7, 2**60 + 1])
    assert (i // 2).tolist() == [-4, 3, 2**59] and (i % 3).tolist() == [2, 1, (2**60 + 1) % 3]
    assert tg.div(i, 2, rounding_mode="trunc").tolist() == [-3, 3, 2**59]
    assert tg.fmod(i, 3).tolist()[:2] == [-1, 1] and (3 ^ i[1]).item() == 4 and (i[1] << 2).item() == 28
    assert (tg.tensor([250], dtype=tg.uint8) + 10).tolist() == [4]
    for f in (lambda: i // 0, lambda: i % tg.tensor(0), lambda: tg.fmod(i, 0), lambda: i ** -1):
        with pytest.raises(RuntimeError):
            f()
    with pytest.raises(NotImplementedError, match="bitwise_and: wants integers or bools, got float32"):
        tg.ones(2) & 1


def test_repr_says_what_cannot_be_seen():
    x = tg.tensor([[1.0, -2.5], [float("nan"), float("inf")]], requires_grad=True)
    assert repr(x * 1) == ("tensor([[ 1.0000, -2.5000],\n        [    nan,     inf]], "
                           "grad_fn=<MulBackward0>)")
    assert repr(tg.arange(2000)) == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"
    assert repr(tg.zeros(0, 3, dtype=tg.int32)) == "tensor([], size=(0, 3), dtype=torch.int32)"
    assert f"{tg.tensor(2.0):.1f}" == "2.0"


def test_numbers_in_slopes_are_exact():
    x = tg.tensor([[-2.0, 3.0], [-1.0, 1.5]], dtype=tg.float64, requires_grad=True)
    for of in (lambda x: x, lambda x: x.T):  # contiguous memory, and not
        for create_graph in (False, True):
            [g] = autograd.grad(F.leaky_relu(of(x), 0.01).sum(), x, create_graph=create_graph)
            assert g.tolist() == [[0.01, 1.0], [0.01, 1.0]]
            [g] = autograd.grad(tg.pow(3.0, of(x)).sum(), x, create_graph=create_graph)
            np.testing.assert_allclose(g.detach().array, 3.0 ** x.array * np.log(3.0), rtol=1e-14)


def test_in_place_activations():
    x = tg.tensor([-1.0, 2.0], requires_grad=True)
    for f, y in [(F.relu, [0, 2]), (F.elu, [np.expm1(-1), 2]), (F.leaky_relu, [-0.01, 2])]:
        h = x * 1
        assert f(h, inplace=True) is h
        np.testing.assert_allclose(h.tolist(), y, rtol=1e-6)
        np.testing.assert_allclose(autograd.grad(h.sum(), x)[0].tolist(),
                                   autograd.grad(f(x * 1).sum(), x)[0].tolist())
    assert F.relu(x.detach(), True).tolist() == x.tolist() == [0, 2]
    assert F.elu(x, 1.0, False).tolist() == [0, 2]
