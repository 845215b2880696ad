"""Random numbers are PyTorch's: golden numbers, laws, and where PyTorch is installed its streams."""

import copy
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import check

try:
    import torch
except ImportError:
    torch = None

with_torch = pytest.mark.skipif(torch is None, reason="needs PyTorch")
SIZES = (0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 40, 64, 100, 623, 624, 625, 1000)


# ── numbers that PyTorch gave, for machines without it ──────────────────────────────────────────

GOLDEN = [
    ("m.rand(3)", [0.7576316, 0.279310882, 0.403069258]),
    ("m.rand(2, dtype=m.float64)", [0.06105327471962363, 0.2245545065676504]),
    ("m.randn(3)", [0.661352158, 0.266924113, 0.0616772585]),
    ("m.randn(17)[[0, 1, 16]]", [-1.5255959, -1.16076148, -0.798439801]),
    ("m.randint(10, (6,))", [5, 9, 4, 8, 3, 3]),
    ("m.randint(-2**40, 2**40, (2,))", [-936314961685, 605300724808]),
    ("m.randperm(8)", [5, 4, 2, 6, 7, 3, 1, 0]),
    ("m.empty(3).uniform_(-2, 3)", [1.78815794, -0.60344559, 0.0153462887]),
    ("m.empty(3, dtype=m.float64).uniform_(0.1, 3.7)",
     [0.3197917889906451, 0.9083962236435416, 0.9433090502014218]),
    ("m.empty(3).normal_(1, 2)", [2.32270432, 1.53384817, 1.12335455]),
    ("m.empty(3).exponential_(2)", [0.0314982682, 0.127158791, 0.133451402]),
    ("m.empty(3).cauchy_()", [-5.14954948, -1.17417324, -1.10418355]),
    ("m.empty(3).log_normal_()", [10.2032299, 4.63598251, 3.07515264]),
    ("m.empty(5).geometric_(0.2)", [13.0, 7.0, 7.0, 8.0, 3.0]),
    ("m.empty(6).random_()", [12710843.0, 4685804.0, 6762196.0, 12325722.0, 491263.0, 13419369.0]),
    ("m.bernoulli(m.linspace(0, 1, 6))", [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
    ("m.empty(6).bernoulli_(0.4)", [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]),
    ("m.multinomial(m.tensor([1.0, 2.0, 3.0, 4.0]), 3)", [3, 0, 2]),
    ("m.multinomial(m.tensor([1.0, 2.0, 3.0, 4.0]), 6, replacement=True)", [0, 1, 1, 1, 2, 1]),
    ("m.poisson(m.tensor([0.0, 1.0, 5.0, 30.0, 1000.0]))", [0.0, 0.0, 3.0, 22.0, 1020.0]),
    ("m.normal(m.tensor([1.0, 2.0]), m.tensor([0.1, 3.0]))", [1.06613517, 2.80077219]),
]


@pytest.mark.parametrize("call, numbers", GOLDEN)
def test_golden_numbers(call, numbers):
    tg.manual_seed(1)
    np.testing.assert_allclose(eval(call, {"m": tg}).tolist(), numbers, rtol=3e-6)


# ── the same streams as PyTorch, in values, dtypes and what the generator has used ──────────────

EXACT = [
    "m.rand(n)", "m.rand(n, dtype=m.float64)", "m.rand(n, dtype=m.float16)",
    "m.empty(n).uniform_(0.1, 3.7)", "m.empty(n, dtype=m.float64).uniform_(-0.3, 1e3)",
    "m.empty(n, dtype=m.float16).uniform_(0.1, 3.3)",
    "m.empty(n).uniform_(1e8, 1e8 + 8)", "m.empty(n, 50, dtype=m.float16).uniform_(0.1, 3.3)",
    "m.empty(n, dtype=m.float64).uniform_(1e16, 1e16 + 4)", "m.empty(n, 3)[:, 1].uniform_()",
    "m.empty(n, 3).t().uniform_()",
    "m.empty(3, n, 2).permute(1, 2, 0).uniform_()",
    "m.randint(7, (n,))", "m.randint(-5, 9, (n,), dtype=m.float32)", "m.randint(2**28 - 1, (n,))",
    "m.randint(2**28, (n,))", "m.randint(-2**62, 2**63 - 1, (n,))",
    "m.randint(0, 2, (n,), dtype=m.bool)", "m.randint(256, (n, 2), dtype=m.uint8)",
    "m.randint(high=5, size=(n,))", "m.randint(5, size=(n,))", "m.randint_like(m.ones(n, 2).t(), 5)",
    "m.randint_like(m.ones(n), 2, 5, dtype=m.int32)",
    *[f"m.empty(n, dtype=m.{d}).random_()" for d in
      "bool uint8 int8 int16 int32 int64 float16 float32 float64".split()],
    "m.empty(n, dtype=m.int8).random_(5, None)", "m.empty(n, dtype=m.int64).random_(-2**63, None)",
    "m.empty(n).random_(9)", "m.empty(n).random_(to=17)",
    "m.empty(n).random_(3, to=17)", "m.empty(n, 2).t().random_(-4, 4)",
    "m.randperm(n)", "m.randperm(n, dtype=m.int32)", "m.randperm(n, dtype=m.float32)",
    *[f"m.empty(n, dtype=m.{d}).bernoulli_(0.3)" for d in "bool uint8 int64 float16 float32".split()],
    "m.empty(n, 2).t().bernoulli_(0.3)", "m.bernoulli(m.linspace(0, 1, n))",
    "m.bernoulli(m.linspace(0, 1, n, dtype=m.float64))", "m.bernoulli(m.ones(n), 0.2)",
    "m.linspace(0, 1, n).bernoulli()", "m.empty(n, dtype=m.int64).bernoulli_(m.tensor(0.7))",
    "m.empty(3, n).t().bernoulli_(m.linspace(0, 1, 3))", "m.bernoulli(m.rand(n, 2).t())",
    "m.empty(n).geometric_(0.3)", "m.empty(n, dtype=m.int64).geometric_(0.01)",
    "m.multinomial(m.rand(n + 1), 1)", "m.multinomial(m.rand(n + 1), n + 1)",
    "m.multinomial(m.rand(3, n + 1, dtype=m.float64), n // 2 + 1)",
    "m.multinomial(m.rand(3, n + 1), 20, replacement=True)",
    "m.rand(n + 1, dtype=m.float64).multinomial(n + 2, True)",
    "m.multinomial(m.tensor([0.0, 1.0, 0.0, 3.0]), n + 2, True)",
    "m.rand_like(m.ones(n, 2).t())", "m.rand_like(m.ones(n), dtype=m.float64)",
]
CLOSE = [
    "m.randn(n)", "m.randn(n, dtype=m.float64)", "m.randn(n, dtype=m.float16)", "m.randn(n, 3)",
    "m.empty(n).normal_(1.5, 0.3)", "m.empty(n, dtype=m.float64).normal_(-1.5, 0.3)",
    "m.empty(n, dtype=m.float16).normal_(-1.5, 0.3)",
    "m.empty(n, 3)[:, 1].normal_(1, 2)", "m.empty(n, 3).t().normal_()",
    "m.randn_like(m.ones(n, 2).t())", "m.randn_like(m.ones(n), dtype=m.float64)",
    "m.normal(0.5, 2.0, (n, 2))", "m.normal(0.0, 1.0, size=(n,), dtype=m.float64)",
    "m.normal(m.linspace(-1, 1, n), m.linspace(0, 2, n))", "m.normal(m.linspace(-1, 1, n), 0.5)",
    "m.normal(3.0, m.linspace(0, 2, n))", "m.normal(m.ones(n, 1), m.ones(2, dtype=m.float64))",
    "m.normal(m.ones(n))", "m.stack([m.randn(3), m.randn(3), m.randn(1).expand(3)])",
    *[f"m.empty(n, dtype=m.{d}).{f}" for d in ("float16", "float32", "float64")
      for f in ("exponential_(2.5)", "cauchy_(0.5, 2)", "log_normal_(0.5, 0.3)", "log_normal_()")],
    "m.empty(n, 3).t().exponential_()", "m.empty(3, n).t().log_normal_()",
    "m.binomial(m.floor(m.rand(n) * 50), m.rand(n))",
    "m.binomial(m.full((n, 1), 1000.0).double(), m.rand(3).double())",
    "m.poisson(m.rand(n) * 12)", "m.poisson(m.rand(3, n, dtype=m.float64) * 100)",
]

CLOSE += [f"m.nn.functional.{call}" for call in (
    "dropout(m.ones(n, 3), 0.3)", "dropout(m.ones(n, dtype=m.float64))",
    "dropout(m.ones(3, n).t(), 0.1)", "dropout(m.ones(n), inplace=True)",
    "dropout(m.ones(n), 0.2, False)", "dropout(m.ones(n), 1.0)",
    "dropout(m.ones(n), 0)", "dropout(m.ones(n, dtype=m.float16), 0.3)", "dropout1d(m.ones(n, 3, 2))",
    "dropout1d(m.ones(n, 3))", "dropout2d(m.ones(2, n, 1, 2), 0.2)", "dropout2d(m.ones(3, n, 2))",
    "dropout3d(m.ones(2, n, 1, 2, 1))", "dropout3d(m.ones(n, 1, 2, 1))", "dropout2d(m.ones(n, 3))",
    "alpha_dropout(m.linspace(-1, 1, n), 0.3, True)", "alpha_dropout(m.linspace(-1, 1, n), 1.0, True)",
    "alpha_dropout(m.ones(n))", "alpha_dropout(m.linspace(-1, 1, n), 0.3, True, True)",
    "feature_alpha_dropout(m.ones(n, 3, 2), 0.4, True)", "rrelu(m.linspace(-2, 1, n), training=True)",
    "rrelu(m.linspace(-2, 1, n))", "rrelu(m.linspace(-2, 1, n), 0.1, 0.7, True, True)",
    "gumbel_softmax(m.ones(n, 3), 0.5)", "gumbel_softmax(m.ones(n, 3), hard=True)",
    "gumbel_softmax(m.ones(3, n, 2), hard=True, dim=0)")]


def left(m, generator=None):
    """How many words a generator has left, by default the default one; the normal number it keeps."""
    state = (m.default_generator if generator is None else generator).get_state().numpy()
    return *state[:16].view(np.int32), *state[5024:5032].view(np.float64), state[5040]


@with_torch
@pytest.mark.parametrize("call", EXACT + CLOSE)
@pytest.mark.filterwarnings("ignore")
def test_the_streams_are_those_of_torch(call):
    for m in (tg, torch):
        m.manual_seed(3)
    for n in SIZES:
        ours, theirs = (eval(call, {"m": m, "n": n}) for m in (tg, torch))
        assert str(theirs.dtype) == str(ours.dtype)
        assert tuple(theirs.shape) == tuple(ours.shape)
        if ours.ndim == 2 and min(ours.shape) > 1:
            assert theirs.stride() == ours.stride()
        tol = {"float64": 1e-12, "float32": 2e-6, "float16": 2e-3}.get(ours.dtype.name, 0)
        tol = 0 if call in EXACT else tol
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), tol, tol, err_msg=f"n = {n}")
        np.testing.assert_allclose(left(tg), left(torch), rtol=1e-12, err_msg=f"n = {n}")


GENERATORS = [
    "m.rand(n, generator=g)", "m.randn(n, generator=g)",
    "m.randn((n, 3), generator=g, dtype=m.float64)",
    "m.randint(low=-3, high=7, size=(n, 2), generator=g, dtype=m.int16)",
    "m.randint(2**33, (n,), generator=g)", "m.randperm(n, generator=g)",
    "m.normal(0.0, 2.0, (n,), generator=g)", "m.normal(mean=m.zeros(n), std=2.0, generator=g)",
    "m.normal(0.3, m.ones(n), generator=g)", "m.normal(m.zeros(n, 2), m.ones(2), generator=g)",
    *[f"m.empty(n).{f}generator=g)" for f in (
        "normal_(", "uniform_(", "exponential_(lambd=0.1, ", "geometric_(0.9, ",
        "log_normal_(0.1, 2.0, ", "cauchy_(", "random_(", "random_(0, 17, ", "bernoulli_(0.2, ")],
    "m.empty(n, 2).bernoulli_(m.full((2,), 0.2), generator=g)",
    "m.bernoulli(m.linspace(0, 1, n), generator=g)", "m.bernoulli(m.ones(n), p=0.7, generator=g)",
    "m.multinomial(m.ones(n), n, generator=g)", "m.multinomial(m.ones(3, n), 1, True, generator=g)",
    "m.poisson(m.linspace(0, 40, n), generator=g)", "m.rand_like(m.ones(n, 2), generator=g)",
    "m.randn_like(m.ones(n), generator=g)", "m.randint_like(m.ones(n, 2), 9, generator=g)",
    *[f"m.nn.init.{f}generator=g)" for f in (
        "uniform_(m.empty(n), -1, 2, ", "normal_(m.empty(n), 1, ", "xavier_uniform_(m.empty(n, 3), ",
        "kaiming_normal_(m.empty(3, n), ", "trunc_normal_(m.empty(n, 3), ",
        "trunc_normal_(m.empty(n), 0, 1, 2, 4, ", "orthogonal_(m.empty(n, 5), ",
        "sparse_(m.empty(n, 3), 0.4, ")],
]


@with_torch
@pytest.mark.parametrize("call", GENERATORS)
def test_a_generator_of_ones_own_gives_torchs_stream_and_leaves_the_default_one(call):
    for seed in (0, 2**40 + 7):
        generators = [m.Generator().manual_seed(seed) for m in (tg, torch)]
        for m in (tg, torch):
            m.manual_seed(seed + 1)
        for n in (1, 2, 5, 13, 16, 17, 30, 70, 700):
            ours, theirs = (eval(call, {"m": m, "g": g, "n": n})
                            for m, g in zip((tg, torch), generators, strict=True))
            assert str(theirs.dtype) == str(ours.dtype)
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 2e-6, 2e-6, err_msg=f"n = {n}")
            np.testing.assert_allclose(left(tg, generators[0]), left(torch, generators[1]), rtol=1e-12)
            np.testing.assert_allclose(left(tg), left(torch), rtol=1e-12)


@with_torch
@pytest.mark.parametrize("seed", [0, 1, 5489, 2**31, 2**32 + 5, 2**63, 2**64 - 1, -1, -2**63])
def test_seeds(seed):
    for m in (tg, torch):
        assert isinstance(m.manual_seed(seed), m.Generator)
    assert tg.initial_seed() == torch.initial_seed()
    np.testing.assert_array_equal(tg.rand(9), torch.rand(9).numpy())


@with_torch
@pytest.mark.parametrize("drawn", [0, 1, 5, 622, 624, 625])
@pytest.mark.parametrize("normals", [0, 1, 2])
def test_states_go_from_one_library_to_the_other(drawn, normals):
    g, h = tg.Generator().manual_seed(-7), torch.Generator().manual_seed(-7)
    for m, generator in ((tg, g), (torch, h)):
        m.rand(drawn, generator=generator)
        m.randn(normals, generator=generator)
    ours, theirs = g.get_state(), h.get_state()
    np.testing.assert_array_equal(ours[:16], theirs[:16].numpy())
    other, another = torch.Generator(), tg.Generator()
    other.set_state(torch.from_numpy(ours.numpy()))
    another.set_state(tg.from_numpy(theirs.numpy()))
    assert other.initial_seed() == another.initial_seed() == g.initial_seed() == 2**64 - 7
    wanted = torch.randn(5, generator=h).numpy()
    for m, generator in ((tg, g), (tg, another), (torch, other)):
        np.testing.assert_allclose(m.randn(5, generator=generator).numpy(), wanted, atol=1e-6)


# ── the generator ───────────────────────────────────────────────────────────────────────────────

def test_a_state_is_gone_back_to():
    g = tg.Generator().manual_seed(1)
    tg.randn(3, generator=g)
    state, clone, copied = g.get_state(), g.clone_state(), copy.deepcopy(g)
    assert state.dtype == tg.uint8 and state.shape == (5056,)
    numbers = tg.randn(1000, generator=g)
    assert g.set_state(state) is g
    for other in (g, clone, copied):
        np.testing.assert_array_equal(tg.randn(1000, generator=other), numbers)
        assert other.initial_seed() == 1


def test_the_default_generator():
    tg.manual_seed(4)
    assert tg.initial_seed() == tg.default_generator.initial_seed() == 4
    state = tg.get_rng_state()
    a = tg.rand(3)
    tg.set_rng_state(state)
    with tg.random.fork_rng():
        b = tg.rand(3)
        tg.random.manual_seed(9)
    c = tg.rand(3)
    assert a.tolist() == b.tolist() == c.tolist()
    with tg.random.fork_rng(enabled=False):
        d = tg.rand(3)
    assert d.tolist() != tg.rand(3).tolist() != a.tolist()
    assert tg.seed() == tg.initial_seed() != tg.Generator().seed()
    assert str(tg.Generator().device) == "cpu"


def test_streams_of_their_own():
    tg.manual_seed(4)
    a = tg.rand(3)
    tg.manual_seed(4)
    g = tg.Generator().manual_seed(4)
    assert tg.rand(3, generator=g).tolist() == a.tolist() == tg.rand(3).tolist()


def test_nobody_pays_for_random_numbers_that_draws_none():
    code = "import sys, {}; print('numpy.random' in sys.modules)"
    ours = code.format("tinygrad_pt as tg; tg.manual_seed(1); tg.ones(3)")
    run = [subprocess.run([sys.executable, "-c", c], capture_output=True, text=True, check=True).stdout
           for c in (ours, code.format("numpy"))]
    assert run[0] == run[1]


# ── in place, and in graphs ─────────────────────────────────────────────────────────────────────

FILL = {"uniform_": (), "normal_": (), "exponential_": (), "cauchy_": (), "log_normal_": (),
        "geometric_": (0.5,), "bernoulli_": (), "random_": (5,)}


@pytest.mark.parametrize("name, args", FILL.items())
def test_filling_is_a_change_in_place(name, args):
    x = tg.ones(4)
    part = x[1:3]
    assert getattr(part, name)(*args) is part
    assert x._version == 1 and x[0] == x[3] == 1
    w = tg.ones(4, requires_grad=True)
    with pytest.raises(RuntimeError, match=f"{name}: changes in place a leaf"):
        getattr(w, name)(*args)
    with tg.no_grad():
        assert getattr(w, name)(*args) is w and w.requires_grad and w.is_leaf
    v = tg.ones(4, requires_grad=True)
    y = v * 2
    z = y * y
    getattr(y, name)(*args)
    with pytest.raises(RuntimeError, match=name):
        z.sum().backward()
    y = v * 2
    getattr(y[:2], name)(*args)
    y.sum().backward()
    assert v.grad.tolist() == [0, 0, 2, 2]


def test_samples_are_outside_of_the_graph():
    p = tg.full((3,), 0.5, requires_grad=True)
    for y in (tg.bernoulli(p), tg.multinomial(p, 2), tg.poisson(p), tg.normal(p, p), tg.rand_like(p),
              tg.randn_like(p), tg.randint_like(p, 3)):
        assert not y.requires_grad
    assert tg.rand_like(p, requires_grad=True).is_leaf


def test_samples_under_vmap():
    p = tg.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert tg.func.vmap(tg.bernoulli)(p).tolist() == p.tolist()
    assert tg.func.vmap(lambda q: q * 0 + tg.rand_like(q))(p).shape == (2, 2)
    assert tg.func.vmap(lambda q: tg.multinomial(q, 1))(p).tolist() == [[1], [0]]


@pytest.mark.parametrize("call", [
    "dropout(x, 0.3)", "dropout2d(x)", "alpha_dropout(x, 0.3, True)", "rrelu(x, training=True)",
    "dropout(x * 1, 0.3, True, True)", "alpha_dropout(x * 1, 0.3, True, True)",
    "rrelu(x * 1, inplace=True)", "rrelu(x * 1, training=True, inplace=True)",
    "gumbel_softmax(x, 0.7)"])
def test_derivatives_through_noise(call):
    def f(x):
        tg.manual_seed(5)
        return eval("F." + call, {"F": tg.nn.functional, "x": x}).square()
    x = tg.linspace(-1, 1, 12, dtype=tg.float64).reshape(3, 4).requires_grad_()
    for report in check(f, x), check(tg.func.grad(lambda x: f(x).sum()), x):
        assert report, report


def test_hard_samples_have_the_gradient_of_soft_ones():
    x = tg.randn(3, 4, requires_grad=True)
    gradients = []
    for hard in (False, True):
        tg.manual_seed(1)
        y = tg.nn.functional.gumbel_softmax(x, hard=hard)
        gradients.append(tg.autograd.grad((y * tg.arange(12).reshape(3, 4)).sum(), x)[0].tolist())
    assert gradients[0] == gradients[1]
    assert sorted(y[0].tolist()) == [0, 0, 0, 1]


# ── laws: how the numbers are distributed, over many ────────────────────────────────────────────

@pytest.mark.parametrize("call, mean, std", [
    ("m.empty(n).uniform_(-1, 3)", 1, 4 / 12**0.5),
    ("m.empty(n, dtype=m.float64).normal_(2, 3)", 2, 3),
    ("m.empty(n).exponential_(0.5)", 2, 2),
    ("m.empty(n, dtype=m.int64).geometric_(0.25)", 4, 12**0.5),
    ("m.empty(n).bernoulli_(0.3)", 0.3, 0.21**0.5),
    ("m.empty(n).log_normal_(0, 0.5)", np.exp(0.125), np.exp(0.125) * (np.exp(0.25) - 1)**0.5),
    ("m.randint(-3, 8, (n,))", 2, 10**0.5),
    ("m.multinomial(m.tensor([1.0, 0.0, 3.0]), n, True)", 1.5, 0.75**0.5),
    ("m.binomial(m.full((n // 10,), 100.0), m.tensor(0.7))", 70, 21**0.5),
    ("m.binomial(m.full((n // 10,), 20.0), m.tensor(0.2))", 4, 3.2**0.5),
    ("m.poisson(m.full((n // 10,), 4.0))", 4, 2),
    ("m.poisson(m.full((n // 10,), 50.0))", 50, 50**0.5),
])
def test_moments(call, mean, std):
    tg.manual_seed(0)
    x = eval(call, {"m": tg, "n": 100_000}).numpy().astype(float)
    assert abs(x.mean() - mean) < 5 * std / len(x)**0.5
    assert abs(x.std() / std - 1) < 0.05


def test_permutations_and_samples_without_replacement_have_everything_once():
    for x in (tg.randperm(1000), tg.multinomial(tg.ones(1000), 1000)):
        assert sorted(x.tolist()) == list(range(1000)) != x.tolist()


# ── wrong calls: PyTorch's exception, and a message that says the function ──────────────────────

WRONG = [
    ("m.manual_seed(2**64)", ValueError), ("m.manual_seed('a')", ValueError),
    ("m.Generator().manual_seed(1.5)", RuntimeError),
    ("m.Generator().manual_seed(-2**64)", ValueError), ("m.Generator().set_state([1])", TypeError),
    ("m.set_rng_state(m.zeros(5056))", TypeError),
    ("m.set_rng_state(m.zeros(9, dtype=m.uint8))", RuntimeError),
    ("m.set_rng_state(m.zeros(5056, dtype=m.uint8))", RuntimeError),
    ("m.rand(2, generator=5)", TypeError), ("m.rand(2, dtype=m.int64)", NotImplementedError),
    ("m.rand_like(m.ones(2, dtype=m.int64))", NotImplementedError),
    ("m.randn_like(m.ones(2, dtype=m.bool))", NotImplementedError),
    ("m.empty(2).uniform_(2, 1)", RuntimeError), ("m.empty(2).uniform_(-3e38, 3e38)", RuntimeError),
    ("m.empty(2, dtype=m.int64).uniform_()", NotImplementedError),
    ("m.empty(2).normal_(0, -1)", RuntimeError),
    ("m.empty(2, dtype=m.int64).normal_()", NotImplementedError),
    ("m.empty(2).exponential_(0)", RuntimeError),
    ("m.empty(2, dtype=m.int64).exponential_()", RuntimeError),
    ("m.empty(2).cauchy_(0, 0)", RuntimeError),
    ("m.empty(2, dtype=m.int64).cauchy_()", RuntimeError),
    ("m.empty(2).log_normal_(0, 0)", RuntimeError),
    ("m.empty(2, dtype=m.int64).log_normal_()", NotImplementedError),
    ("m.empty(2).geometric_(0)", RuntimeError), ("m.empty(2).geometric_(1.0)", RuntimeError),
    ("m.empty(2, dtype=m.bool).geometric_(0.5)", NotImplementedError),
    ("m.empty(2).bernoulli_(1.5)", RuntimeError),
    ("m.bernoulli(m.tensor([float('nan')]))", RuntimeError),
    ("m.bernoulli(m.tensor([1]))", NotImplementedError),
    ("m.empty(2).bernoulli_(m.tensor([0, 1]))", NotImplementedError),
    ("m.empty(2).random_(0)", RuntimeError), ("m.empty(2).random_(5, 5)", RuntimeError),
    ("m.empty(2, dtype=m.uint8).random_(300)", RuntimeError),
    ("m.empty(2, dtype=m.uint8).random_(-1, 3)", RuntimeError),
    ("m.empty(2, dtype=m.bool).random_(3)", RuntimeError),
    ("m.randint(300, (2,), dtype=m.uint8)", RuntimeError), ("m.randint(2.5, (3,))", TypeError),
    ("m.randint(5, 3)", TypeError), ("m.randperm(300, dtype=m.uint8)", RuntimeError),
    ("m.randperm(3, dtype=m.bool)", NotImplementedError),
    ("m.randperm(5000, dtype=m.float16)", RuntimeError), ("m.randperm(2.0)", TypeError),
    ("m.normal(1.0, 2.0)", TypeError), ("m.normal(m.ones(2), -1.0)", RuntimeError),
    ("m.normal(m.ones(2), -m.ones(2))", RuntimeError),
    ("m.normal(m.ones(2, dtype=m.int64), 1.0)", NotImplementedError),
    ("m.normal(m.ones(3), m.ones(2))", RuntimeError), ("m.normal(m.ones(2), 1.0, (2,))", TypeError),
    ("m.multinomial(m.ones(3), 0)", RuntimeError), ("m.multinomial(m.ones(3), 4)", RuntimeError),
    ("m.multinomial(-m.ones(3), 1)", RuntimeError),
    ("m.multinomial(-m.ones(3), 2, True)", RuntimeError),
    ("m.multinomial(m.zeros(3), 1)", RuntimeError),
    ("m.multinomial(m.zeros(3), 2, True)", RuntimeError),
    ("m.multinomial(m.tensor([1.0, float('inf')]), 1)", RuntimeError),
    ("m.multinomial(m.tensor([1.0, float('nan')]), 2, True)", RuntimeError),
    ("m.multinomial(m.ones(2, 2, 2), 1)", RuntimeError),
    ("m.multinomial(m.tensor(1.0), 1)", RuntimeError),
    ("m.multinomial(m.ones(3, dtype=m.int64), 1)", RuntimeError),
    ("m.multinomial(m.ones(0), 1)", RuntimeError),
    ("m.multinomial(m.ones(3, 0), 1, True)", RuntimeError),
    ("m.multinomial(m.ones(3), 1.5)", TypeError), ("m.multinomial([1.0], 1)", TypeError),
    ("m.nn.functional.dropout(m.ones(2), 1.5)", ValueError),
    ("m.nn.functional.dropout(m.ones(2, dtype=m.int64))", RuntimeError),
    ("m.nn.functional.dropout1d(m.ones(2))", RuntimeError),
    ("m.nn.functional.dropout2d(m.ones(2))", RuntimeError),
    ("m.nn.functional.alpha_dropout(m.ones(2), -0.1, False)", ValueError),
    ("m.nn.functional.rrelu(m.ones(2), 0.5, 0.3, True)", RuntimeError),
    ("m.nn.functional.gumbel_softmax(m.ones(2, dtype=m.int64))", RuntimeError),
    ("m.binomial(m.ones(2).long(), m.ones(2))", ValueError),
    ("m.binomial(m.ones(2).double(), m.ones(2))", RuntimeError),
    ("m.poisson(m.tensor([-1.0]))", RuntimeError),
    ("m.poisson(m.tensor([1]))", NotImplementedError),
]


@pytest.mark.parametrize("call, wanted", WRONG)
@pytest.mark.filterwarnings("ignore")
def test_wrong_calls(call, wanted):
    if torch is not None:
        with pytest.raises(wanted):
            eval(call, {"m": torch})
    with pytest.raises(wanted):
        eval(call, {"m": tg})


def test_errors_begin_with_the_name_of_the_function():
    for f in (lambda: tg.randn(2, generator=3), lambda: tg.rand(2, generator=3),
              lambda: tg.normal(0.0, -1.0, (2,)), lambda: tg.randint(3, (2,), generator=1),
              lambda: tg.bernoulli(tg.ones(2), 2.0), lambda: tg.ones(2).uniform_(2, 1)):
        with pytest.raises((RuntimeError, TypeError)) as error:
            f()
        assert str(error.value).partition(":")[0] in f.__code__.co_names


def test_no_rows_are_no_samples():
    assert tg.multinomial(tg.ones(0, 3), 1).shape == (0, 1)
    assert tg.multinomial(tg.ones(0, 3), 2, True).shape == (0, 2)
