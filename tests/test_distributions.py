"""Distributions: their own laws and, where PyTorch is installed, its numbers."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import check

try:
    import torch
except ImportError:
    torch = None

with_torch = pytest.mark.skipif(torch is None, reason="needs PyTorch")

MADE = {
    "normal": "D.Normal(t([0.5, -1.0]), t([[0.3], [2.0]]))",
    "normal of numbers": "D.Normal(0, 2.0)",
    "normal of a tensor and a number": "D.Normal(t([0.5, -1.0]), 2.0)",
    "uniform": "D.Uniform(t([0.0, -1.0]), 2.0)",
    "bernoulli": "D.Bernoulli(t([0.2, 0.7, 0.0, 1.0]))",
    "bernoulli of logits": "D.Bernoulli(logits=t([-2.0, 0.0, 3.0]))",
    "bernoulli of a number": "D.Bernoulli(0.3)",
    "categorical": "D.Categorical(t([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]]))",
    "categorical of logits": "D.Categorical(logits=t([1.0, 2.0, -1.0]))",
    "multinomial": "D.Multinomial(5, t([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]]))",
    "multinomial of logits": "D.Multinomial(total_count=3, logits=t([1.0, 2.0, -1.0]))",
}
VALUES = {"normal": [0.3, -2.0], "uniform": [1.0, 0.5], "bernoulli": 1.0, "categorical": 1,
          "multinomial": [1.0, 2.0, 2.0], "multinomial of logits": [2.0, 0.0, 1.0]}


def make(m, name, dtype="float32"):
    return eval(MADE[name], {"D": m.distributions, "t": lambda x: m.tensor(x, dtype=getattr(m, dtype))})


def value(m, name):
    return m.tensor(VALUES.get(name, VALUES[name.split()[0]]))


def same(ours, theirs):
    assert str(theirs.dtype) == str(ours.dtype)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 2e-6, 2e-6)


@with_torch
@pytest.mark.parametrize("name", MADE)
def test_they_are_those_of_torch(name):
    p, q = make(tg, name), make(torch, name)
    assert p.batch_shape == tuple(q.batch_shape) and p.event_shape == tuple(q.event_shape)
    for what in "mean mode stddev variance probs logits entropy perplexity".split():
        other = getattr(type(q), what, None) or hasattr(q, what)
        if other and not (name[0] == "c" and what in ("mean", "stddev", "variance")) and not (
                name[0] in "um" and what in ("mode", "entropy", "perplexity")):
            one, two = getattr(p, what), getattr(q, what)
            same(one() if callable(one) else one, two() if callable(two) else two)
    same(p.log_prob(value(tg, name)), q.log_prob(value(torch, name)))
    for m in (tg, torch):
        m.manual_seed(11)
    for shape in ((), (1,), (3,), [4, 50], torch.Size([7, 1])):
        same(p.sample(shape), q.sample(shape))
        if q.has_rsample:
            same(p.rsample(shape), q.rsample(shape))
    if name[0] in "nu":
        same(p.cdf(value(tg, name)), q.cdf(value(torch, name)))


@with_torch
@pytest.mark.parametrize("calls", [
    ("D.Normal(m.tensor([0.0, 1.0]), 1.0)", "D.Normal(1.0, m.tensor([2.0, 0.1]))"),
    ("D.Uniform(0.0, m.tensor([1.0, 5.0]))", "D.Uniform(-1.0, 2.0)"),
    ("D.Bernoulli(m.tensor([0.2, 0.9]))", "D.Bernoulli(0.5)"),
    ("D.Categorical(m.tensor([1.0, 2.0, 0.0]))", "D.Categorical(m.tensor([2.0, 2.0, 0.5]))"),
    ("D.Categorical(m.tensor([1.0, 2.0]))", "D.Categorical(m.tensor([2.0, 0.0]))")], ids=str)
def test_divergences_are_those_of_torch(calls):
    same(*[m.distributions.kl_divergence(*[eval(c, {"m": m, "D": m.distributions}) for c in calls])
           for m in (tg, torch)])


@pytest.mark.parametrize("f", [
    lambda D, x: D.Normal(x, x.exp()).log_prob(tg.tensor(0.3)),
    lambda D, x: D.Normal(x, x.exp()).entropy(),
    lambda D, x: D.Uniform(x, x + x.exp()).log_prob(x.detach() + 0.01),
    lambda D, x: D.Bernoulli(logits=x).log_prob(tg.ones(4)),
    lambda D, x: D.Bernoulli(x.sigmoid()).entropy(),
    lambda D, x: D.Categorical(x.exp()).log_prob(tg.tensor([2, 0, 3])),
    lambda D, x: D.Categorical(logits=x).entropy(),
    lambda D, x: D.Multinomial(4, logits=x).log_prob(tg.tensor([1.0, 0.0, 2.0, 1.0])),
    lambda D, x: D.kl_divergence(D.Normal(x, x.exp()), D.Normal(x ** 2, 2.0)),
    lambda D, x: D.kl_divergence(D.Categorical(logits=x), D.Categorical(logits=-x)),
])
def test_derivatives(f):
    x = tg.tensor([0.5, -0.3, 0.1, 0.8], dtype=tg.float64, requires_grad=True)
    g = lambda x: f(tg.distributions, x)  # noqa: E731
    for report in check(g, x), check(tg.func.grad(lambda x: (g(x) ** 2).sum()), x):
        assert report, report


def test_what_is_drawn_can_be_differentiated_or_not():
    D = tg.distributions
    loc, scale = tg.ones(3, requires_grad=True), tg.full((3,), 2.0, requires_grad=True)
    p = D.Normal(loc, scale)
    assert not p.sample().requires_grad
    z = p.rsample((2,))
    z.sum().backward()
    assert loc.grad.tolist() == [2, 2, 2]
    np.testing.assert_allclose(scale.grad, ((z - 1) / 2).sum(0).detach(), rtol=1e-5)
    probs = tg.tensor([0.2, 0.8], requires_grad=True)
    for q in (D.Categorical(probs), D.Bernoulli(probs), D.Multinomial(3, probs)):
        assert not q.sample((4,)).requires_grad
        with pytest.raises(NotImplementedError, match=type(q).__name__):
            q.rsample()


def test_golden_numbers():
    tg.manual_seed(1)
    D = tg.distributions
    assert D.Categorical(tg.tensor([1.0, 2.0, 3.0])).sample((6,)).tolist() == [0, 1, 1, 1, 2, 0]
    np.testing.assert_allclose(D.Normal(1.0, 2.0).sample((2,)), [-2.0455370, 1.7633679], rtol=2e-6)
    assert D.Multinomial(5, tg.ones(3)).sample().tolist() == [1, 3, 1]
    assert D.Bernoulli(0.3).sample((5,)).tolist() == [0, 0, 1, 0, 0]
    np.testing.assert_allclose(D.Uniform(-1.0, 1.0).sample((2,)), [0.9485555, 0.6600598], rtol=1e-6)


@pytest.mark.parametrize("name", MADE)
def test_means_and_deviations(name):
    p = make(tg, name, "float64")
    x = p.sample((4000,)).to(tg.float64)
    mean, std = x.mean(0), x.std(0)
    if name[0] == "c":
        assert (abs((x[..., None] == tg.arange(3)).to(tg.float64).mean(0) - p.probs) < 0.05).all()
    else:
        assert (abs(mean - p.mean) <= 5 * p.stddev / 4000**0.5).all()
        assert (abs(std - p.stddev) <= 0.1 * p.stddev).all()


WRONG = [
    ("D.Categorical()", ValueError), ("D.Categorical(x, x)", ValueError),
    ("D.Categorical(m.tensor([-1.0, 1.0]))", ValueError),
    ("D.Categorical(m.tensor(1.0))", ValueError),
    ("D.Categorical(logits=x * float('nan'))", ValueError),
    ("D.Categorical(x).log_prob(m.tensor(3))", ValueError),
    ("D.Categorical(x).log_prob(m.tensor(0.5))", ValueError),
    ("D.Categorical(x).log_prob(1)", ValueError), ("D.Categorical(x).rsample()", NotImplementedError),
    ("D.Normal(0.0, -1.0)", ValueError), ("D.Normal(x, m.ones(3))", RuntimeError),
    ("D.Normal(0.0, 1.0).log_prob(m.tensor(float('nan')))", ValueError),
    ("D.Bernoulli(1.3)", ValueError), ("D.Bernoulli(x).log_prob(m.tensor(0.5))", ValueError),
    ("D.Uniform(2.0, 1.0)", ValueError), ("D.Uniform(0.0, 1.0).log_prob(m.tensor(3.0))", ValueError),
    ("D.Multinomial(4, x).log_prob(m.tensor([3.0, 2.0]))", ValueError),
    ("D.kl_divergence(D.Normal(0.0, 1.0), D.Categorical(x))", NotImplementedError),
]


@pytest.mark.parametrize("call, wanted", WRONG)
def test_wrong_calls(call, wanted):
    for m in (tg, torch):
        if m is not None:
            with pytest.raises(wanted):
                eval(call, {"m": m, "D": m.distributions, "x": m.ones(2)})


def test_what_is_not_validated():
    D = tg.distributions
    assert D.Uniform(2.0, 1.0, validate_args=False).high == 1
    assert D.Normal(0.0, 1.0, validate_args=False).log_prob(tg.tensor(float("nan"))).isnan()


def test_they_say_what_they_are():
    D = tg.distributions
    assert repr(D.Normal(0, 1)) == "Normal(loc: 0.0, scale: 1.0)"
    assert repr(D.Categorical(tg.ones(2, 3))) == "Categorical(probs: torch.Size([2, 3]))"
