"""Hooks, extra state, samplers and names of nn that fewer programs use: as in PyTorch."""

import itertools
from copy import deepcopy
from importlib import import_module

import numpy as np
import pytest

import tinygrad_pt as tg

try:
    import torch
except ImportError:
    torch = None

LIBRARIES = ["tinygrad_pt", "torch"]


def both():
    """A program of a module m, run with each library: what it returns is the same."""
    def test(program):
        @pytest.mark.filterwarnings("ignore")
        def run():
            results = [program(import_module(m)) for m in (LIBRARIES if torch else LIBRARIES[:1])]
            assert results[0] == results[-1]
        run.__name__, run.__doc__ = program.__name__, program.__doc__
        return run
    return test


def raised(f):
    """The type and first line of what f() raises."""
    try:
        f()
    except Exception as error:
        return type(error).__mro__[-3].__name__, str(error).split("\n")[0]
    raise AssertionError("nothing was raised")


# ── hooks of modules ────────────────────────────────────────────────────────────────────────────

def network(m):
    class Network(m.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.n = m.nn.Linear(2, 2), m.nn.ReLU(), 3

        def forward(self, x, k=1):
            return self.b(self.a(x)) * k

        def get_extra_state(self):
            return {"n": self.n}

        def set_extra_state(self, state):
            self.n = state["n"]

    return Network()


@both()
def test_hooks_of_every_module_come_before_its_own(m):
    module, net, log = m.nn.modules.module, network(m), []
    handles = [
        module.register_module_forward_pre_hook(lambda m, x: log.append(("pre", type(m).__name__))),
        module.register_module_forward_hook(
            lambda m, x, kw, y: log.append(("post", type(m).__name__, kw)), with_kwargs=True),
        module.register_module_full_backward_pre_hook(
            lambda m, gy: log.append(("at", type(m).__name__, len(gy)))),
        module.register_module_full_backward_hook(
            lambda m, gx, gy: log.append(("past", type(m).__name__, len(gx), len(gy))))]
    net.register_forward_hook(lambda m, x, y: log.append("own"))
    x = m.ones(1, 2, requires_grad=True)
    net(x, k=2).sum().backward()
    for handle in handles:
        handle.remove()
    net(x)
    return log


@both()
def test_what_is_registered_may_be_replaced(m):
    module, log = m.nn.modules.module, []
    twice = m.nn.Parameter(m.full((2,), 2.0))
    handles = [
        module.register_module_parameter_registration_hook(
            lambda m, name, p: log.append(name) or (twice if name == "bias" else None)),
        module.register_module_buffer_registration_hook(lambda m, name, b: log.append(name)),
        module.register_module_module_registration_hook(lambda m, name, c: log.append(name))]
    layers = m.nn.Linear(3, 2), m.nn.Sequential(m.nn.BatchNorm1d(2, affine=False))
    for handle in handles:
        handle.remove()
    return log, layers[0].bias is twice, m.nn.Linear(1, 1).bias is twice


@both()
def test_state_dicts_with_hooks_and_extra_state(m):
    net, log = network(m), []
    net.register_state_dict_pre_hook(lambda m, prefix, keep: log.append(("before", prefix, keep)))
    net.a.register_state_dict_post_hook(
        lambda m, state, prefix, about: state.update({prefix + "more": 1}))
    state = net.state_dict()
    log.append([*state])
    net.a.register_load_state_dict_pre_hook(
        lambda m, state, prefix, about, strict, *rest: log.append((prefix, strict, state.pop(
            prefix + "more", None))))
    net.register_load_state_dict_post_hook(
        lambda m, keys: log.append((list(keys.missing_keys), list(keys.unexpected_keys))))
    state["_extra_state"] = {"n": 7}
    log += [repr(net.load_state_dict(state)), net.n, "a.more" in state]
    lacking = {k: v for k, v in state.items() if k != "a.bias"}
    log.append(raised(lambda: net.load_state_dict(lacking))[0])
    net.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    log.append(repr(net.load_state_dict(lacking)))
    other = network(m)
    other.register_load_state_dict_pre_hook(
        lambda m, s, p, a, strict, missing, unexpected, errors: errors.append("wrong"))
    return log, raised(lambda: other.load_state_dict(state))


def test_a_module_with_errors_is_left_as_it_was():
    net = network(tg)
    before = net.a.weight.tolist()
    state = {k: v + 1 if isinstance(v, tg.Tensor) else v for k, v in net.state_dict().items()}
    state["a.bias"] = tg.ones(3)
    with pytest.raises(tg.ShapeError, match=r"size mismatch for a\.bias"):
        net.load_state_dict(state)
    assert net.a.weight.tolist() == before
    with pytest.raises(RuntimeError, match="Linear has no get_extra_state"):
        net.a.get_extra_state()


@both()
def test_modules_by_path(m):
    net = network(m)
    net.set_submodule("b", m.nn.Tanh())
    errors = [raised(lambda: net.set_submodule("", m.nn.ReLU())),
              raised(lambda: net.set_submodule("c.d", m.nn.ReLU()))]
    return repr(net), [kind for kind, _ in errors], net.to_empty(device="cpu") is net


# ── hooks of optimizers ─────────────────────────────────────────────────────────────────────────

@both()
def test_hooks_of_optimizers(m):
    p, log = m.nn.Parameter(m.ones(2)), []
    p.grad = m.ones(2)
    optimizer = m.optim.SGD([p], lr=0.5)
    handle = optimizer.register_step_pre_hook(lambda o, args, kw: log.append((len(args), kw)))
    optimizer.register_step_post_hook(lambda o, args, kw: log.append(p.tolist()))
    optimizer.step()
    handle.remove()
    optimizer.step()
    optimizer.register_step_pre_hook(lambda o, args, kw: ((o, lambda: 3), {}))
    log.append(optimizer.step())
    optimizer.register_state_dict_pre_hook(lambda o: log.append("state"))
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    optimizer.register_load_state_dict_pre_hook(
        lambda o, state: {**state, "param_groups": [{**state["param_groups"][0], "lr": 5.0}]})
    optimizer.register_load_state_dict_post_hook(lambda o: log.append("loaded"))
    state = optimizer.state_dict()
    optimizer.load_state_dict(state)
    return log, sorted(state), optimizer.param_groups[0]["lr"], state["param_groups"][0]["lr"]


def test_a_step_that_calls_another_classs_runs_its_hooks_once():
    class Twice(tg.optim.SGD):
        def step(self, closure=None):
            super().step()
            return super().step(closure)

    log, p = [], tg.ones(1, requires_grad=True)
    p.grad = tg.ones(1)
    optimizer = Twice([p], lr=0.25)
    optimizer.register_step_post_hook(lambda o, args, kw: log.append(p.item()))
    optimizer.step()
    assert log == [0.5]


# ── initial values by keyword, data ─────────────────────────────────────────────────────────────

@both()
def test_initial_values_by_keyword(m):
    m.manual_seed(0)
    x, init = m.zeros(3, 4), m.nn.init
    fill = (init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.eye_,
            init.kaiming_normal_, init.zeros_, init.ones_, init.orthogonal_)
    return [np.round(f(tensor=x).numpy(), 4).tolist() for f in fill], \
        init.constant_(tensor=x, val=2).sum().item()


def test_old_names_of_initial_values_are_deprecated():
    with pytest.warns(FutureWarning, match="nn.init.constant is deprecated, use nn.init.constant_"):
        assert tg.nn.init.constant(tg.zeros(2), 3.0).tolist() == [3, 3]


@both()
def test_samples_shared_out_to_processes(m):
    from_ = import_module(f"{m.__name__}.utils.data.distributed")
    found = []
    for n, replicas, kw in itertools.product(
            (10, 3), (1, 3, 4), ({"shuffle": False}, {"seed": 3}, {"drop_last": True})):
        for rank in range(replicas):
            sampler = from_.DistributedSampler(range(n), replicas, rank, **kw)
            sampler.set_epoch(2)
            found.append((len(sampler), list(sampler)))
    return found, raised(lambda: from_.DistributedSampler(range(3), 2, 2))[0]


@both()
def test_datasets_side_by_side(m):
    data = import_module(f"{m.__name__}.utils.data")
    tuples, dicts = data.StackDataset([1, 2, 3], "abc"), data.StackDataset(x=[1, 2, 3], y="abc")
    batches = [[b["x"].tolist(), b["y"]] for b in data.DataLoader(dicts, 2)]
    return tuples[1], len(tuples), dicts[2], batches, [raised(f)[0] for f in (
        lambda: data.StackDataset([1], [1, 2]), lambda: data.StackDataset())]


# ── weights that are computed, rare classes ─────────────────────────────────────────────────────

def numbers(t):
    return (np.round(t.detach().numpy().astype(float), 3) + 0).tolist()


def shown(layer, x):
    """The class, state, result and gradients of a layer."""
    layer.zero_grad()
    y = layer(x)
    y.square().sum().backward()
    return (repr(layer), numbers(y), [(k, numbers(v)) for k, v in layer.state_dict().items()],
            [(k, numbers(p.grad)) for k, p in layer.named_parameters()])


def layers(m):
    for make in (lambda: m.nn.Linear(3, 2), lambda: m.nn.Conv1d(3, 2, 1),
                 lambda: m.nn.ConvTranspose2d(3, 2, 1)):
        for _ in range(2):
            m.manual_seed(0)
            layer = make()
            yield layer, m.tensor([[1.0, 2, 3], [0.5, -1, 2]]).reshape(
                2, 3, *[1] * (layer.weight.ndim - 2))


@both()
def test_weights_of_a_norm_that_is_learned(m):
    old, new, found = m.nn.utils, m.nn.utils.parametrizations, []
    parametrize = import_module(f"{m.__name__}.nn.utils.parametrize")
    for dim in (0, 1, None):
        for i, (layer, x) in enumerate(layers(m)):
            layer = (new if i % 2 else old).weight_norm(layer, dim=dim)
            found.append(shown(layer, x))
            if i % 2:
                parametrize.remove_parametrizations(layer, "weight")
            else:
                old.remove_weight_norm(layer)
            found.append(shown(layer, x))
    return found, raised(lambda: old.remove_weight_norm(m.nn.Linear(1, 1)))[0]


@both()
def test_weights_divided_by_their_largest_singular_value(m):
    old, new, found = m.nn.utils, m.nn.utils.parametrizations, []
    parametrize = import_module(f"{m.__name__}.nn.utils.parametrize")
    for i, (layer, x) in enumerate(layers(m)):
        m.manual_seed(2)
        layer = (new if i % 2 else old).spectral_norm(layer, n_power_iterations=2)
        found += [shown(layer, x), shown(layer, x), shown(layer.eval(), x)]
        if i % 2:
            parametrize.remove_parametrizations(layer, "weight")
        else:
            old.remove_spectral_norm(layer)
        found.append(shown(layer, x))
    bias = new.spectral_norm(m.nn.Linear(2, 2), "bias").bias
    return found, float(bias.detach().norm()) == pytest.approx(1), [raised(f)[0] for f in (
        lambda: old.remove_spectral_norm(m.nn.Linear(1, 1)),
        lambda: new.spectral_norm(m.nn.Linear(1, 1), n_power_iterations=0))]


@both()
def test_parameters_that_are_functions_of_others(m):
    nn, parametrize = m.nn, import_module(f"{m.__name__}.nn.utils.parametrize")

    class Symmetric(nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, a):
            return a.triu()

    class Times(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(m.tensor(2.0))

        def forward(self, x):
            return x * self.factor

    class Shorter(nn.Module):
        def forward(self, x):
            return x[:1]

    register = parametrize.register_parametrization
    m.manual_seed(0)
    x, layer = m.tensor([[1.0, 2, 3]]), nn.Linear(3, 3)
    found = [shown(register(layer, "weight", Symmetric()), x), parametrize.is_parametrized(layer),
             parametrize.is_parametrized(layer, "bias"), isinstance(layer, nn.Linear),
             parametrize.type_before_parametrizations(layer) is nn.Linear]
    layer.weight = m.ones(3, 3)
    found += [shown(layer, x), shown(register(layer, "weight", Times()), x),
              shown(register(layer, "bias", Times()), x)]
    found.append(raised(lambda: setattr(layer, "bias", m.zeros(3)))[0])
    with parametrize.cached():
        found.append(layer.weight is layer.weight)
    found.append(layer.weight is layer.weight)
    found.append(repr(layer.load_state_dict(layer.state_dict())))
    parametrize.remove_parametrizations(layer, "bias", leave_parametrized=False)
    found.append(shown(layer, x))
    parametrize.remove_parametrizations(layer, "weight")
    found.append(shown(layer, x))
    norm = register(nn.BatchNorm1d(2), "running_mean", Times())
    weight_norm = m.nn.utils.parametrizations.weight_norm
    return found, numbers(norm.running_mean), [*norm.state_dict()], [raised(f)[0] for f in (
        lambda: register(nn.Linear(2, 2), "weight", Shorter()),
        lambda: register(nn.Linear(2, 2), "nothing", Times()),
        lambda: parametrize.remove_parametrizations(nn.Linear(2, 2), "weight"),
        lambda: parametrize.remove_parametrizations(
            weight_norm(nn.Linear(2, 2)), "weight", leave_parametrized=False))]


def test_copies_stay_parametrized():
    layer = tg.nn.utils.parametrizations.weight_norm(tg.nn.Linear(3, 2))
    x, other = tg.randn(2, 3), deepcopy(layer)
    y = layer(x).tolist()
    tg.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    tg.testing.assert_close(layer(x), tg.tensor(y))
    assert other(x).tolist() == y and type(other).__name__ == "ParametrizedLinear"


@both()
def test_adaptive_softmax(m):
    m.manual_seed(0)
    loss = m.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10, 15], div_value=2.0, head_bias=True)
    x, t = m.randn(6, 8, requires_grad=True), m.tensor([0, 4, 5, 12, 19, 9])
    y = loss(x, t)
    y.loss.backward()
    one = loss(x[0], t[3])
    return (repr(loss), numbers(y.output), numbers(y.loss), numbers(x.grad), numbers(one.output),
            numbers(loss.log_prob(x)), loss.predict(x).tolist(),
            [numbers(p.grad) for p in loss.parameters()], [raised(f)[0] for f in (
                lambda: loss(x, t[:3]), lambda: loss(x, t + 1), lambda: loss(x[None], t[None]))],
            [raised(lambda c=c: m.nn.AdaptiveLogSoftmaxWithLoss(8, 20, c))[0]
             for c in ([], [5, 5], [5, 20], [5, 4], [0])])


# ── functions: values and derivatives ───────────────────────────────────────────────────────────

def random(*shape, lo=-2.0, hi=2.0):
    return tg.tensor(np.random.default_rng(0).uniform(lo, hi, shape))


THETA = [[[0.8, 0.3, 0.1], [-0.2, 1.1, 0.2]]]
DERIVATIVES = {
    "ctc_loss": (lambda F, x: F.ctc_loss(x, tg.tensor([[1, 1], [2, 0]]), (4, 3), (2, 1)),
                 random(4, 2, 3)),
    "grid_sample": (lambda F, x, g: F.grid_sample(x, g, "bilinear", "reflection", False),
                    random(1, 1, 2, 3), random(1, 1, 2, 2, lo=-1.4, hi=1.4)),
    "grid_sample bicubic": (lambda F, x, g: F.grid_sample(x, g, "bicubic", "border", True),
                            random(1, 1, 1, 3), random(1, 1, 1, 2)),
    "affine_grid": (lambda F, t: F.affine_grid(t, (1, 1, 3, 4), False), tg.tensor(THETA).double()),
    "pdist": (lambda F, x: F.pdist(x, 3.0), random(4, 3)),
    "lp_pool3d": (lambda F, x: F.lp_pool3d(x, 3.0, 2), random(1, 1, 2, 4, 4, lo=0.3)),
    "fractional_max_pool2d": (
        lambda F, x: F.fractional_max_pool2d(x, 2, 3, _random_samples=random(1, 2, 2, lo=0, hi=1)),
        random(1, 2, 5, 6)),
    "multi_head_attention_forward": (
        lambda F, q, w: F.multi_head_attention_forward(
            q, q, q, 4, 2, w, None, None, None, True, 0.0, w[:4], None)[0],
        random(3, 1, 4), random(12, 4)),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name):
    from tinygrad_pt.gradcheck import check
    f, *xs = DERIVATIVES[name]
    functions = tg.nn.functional
    report = check(lambda *xs: f(functions, *xs), *xs)
    assert report, report
    if name in ("ctc_loss", "multi_head_attention_forward", "pdist"):  # the others are compared below
        report = check(lambda *xs: tg.func.vjp(lambda *xs: f(functions, *xs).square().sum(), *xs)[1](
            tg.tensor(1.0).double())[0], *xs, directions=1)
        assert report, report


@both()
def test_connectionist_temporal_classification(m):
    numpy = np.random.default_rng(0)
    x, found = numpy.normal(size=(7, 3, 4)), []

    def loss(targets, times, lengths, x=x, **kw):
        x = m.tensor(x, requires_grad=True)
        y = m.nn.CTCLoss(**kw)(m.log_softmax(x, -1), m.tensor(targets), times, lengths)
        g, = m.autograd.grad(y.sum(), x)
        found.append([np.round(t.detach().numpy(), 9).tolist() for t in (y, g)])

    padded = numpy.integers(1, 4, (3, 3))
    for how in ("none", "mean", "sum"):
        loss(padded, m.tensor([7, 5, 2]), m.tensor([3, 2, 1]), reduction=how)
        loss(padded.ravel()[:4], (7, 5, 2), (3, 0, 1), reduction=how)
        loss(np.full((3, 3), 2), (7, 5, 2), (3, 2, 3), blank=1, reduction=how, zero_infinity=True)
    loss(np.ones((3, 3), int), (0, 0, 1), (3, 0, 0), reduction="none", zero_infinity=True)
    loss(padded[0], (7,), (3,), x=x[:, 0], reduction="none")
    log_p = m.log_softmax(m.tensor(x), -1)
    return found, [raised(f)[0] for f in (
        lambda: m.nn.functional.ctc_loss(log_p, m.tensor(padded), (7, 7, 7), (3, 3, 3), blank=4),
        lambda: m.nn.functional.ctc_loss(log_p, m.tensor(padded), (7, 7, 8), (3, 3, 3)),
        lambda: m.nn.functional.ctc_loss(log_p, m.tensor(padded), (7, 7), (3, 3, 3)))]


def test_a_path_that_is_too_short_is_impossible():
    log_p = tg.log_softmax(tg.randn(2, 1, 3), -1)
    impossible = tg.nn.functional.ctc_loss(log_p, tg.tensor([[1, 1]]), (2,), (2,))
    assert impossible.item() == np.inf
    with pytest.raises(IndexError, match=r"ctc_loss: targets lie in 0 … 2, got 0 … 3"):
        tg.nn.functional.ctc_loss(log_p, tg.tensor([[1, 3]]), (2,), (2,))
    with pytest.raises(tg.ShapeError, match=r"do not hold \[3\] classes"):
        tg.nn.functional.ctc_loss(log_p, tg.tensor([[1, 2]]), (2,), (3,))


@both()
def test_windows_at_random_places(m):
    x, found = m.tensor(np.random.default_rng(0).normal(size=(2, 3, 6, 7))), []
    pool = m.nn.FractionalMaxPool2d(2, output_ratio=(0.5, 0.7), return_indices=True)
    for k, size in ((2, 3), ((2, 3), (2, 2)), (3, 1), (1, 4)):
        m.manual_seed(3)
        y, at = m.nn.functional.fractional_max_pool2d(x, k, size, return_indices=True)
        found += [y.tolist(), at.tolist()]
        found += [t.tolist() for t in pool(x[0])]
    volumes = m.nn.FractionalMaxPool3d(2, (1, 2, 3))(m.stack([x, x + 1, x * 2], 2))
    functional = m.nn.functional.fractional_max_pool2d
    return found, volumes.tolist(), repr(m.nn.LPPool3d(2, 3)), [raised(f)[0] for f in (
        lambda: functional(x, 2), lambda: functional(x, 2, 9), lambda: functional(x, 2, (2, 2, 2)))]


@both()
def test_names_with_indices_and_from_pretrained(m):
    x = m.tensor(np.random.default_rng(0).normal(size=(2, 3, 6, 7)))
    pools = [m.nn.functional.max_pool2d_with_indices(x, 2),
             m.nn.functional.adaptive_max_pool2d_with_indices(x, 3)]
    bag = m.nn.EmbeddingBag.from_pretrained(m.eye(3), mode="sum", padding_idx=1)
    return ([[t.tolist() for t in pool] for pool in pools], bag(m.tensor([[0, 1, 2]])).tolist(),
            bag.weight.requires_grad, repr(bag),
            m.nn.EmbeddingBag.from_pretrained(m.eye(2), False).weight.requires_grad,
            raised(lambda: m.nn.EmbeddingBag.from_pretrained(m.ones(2)))[0])


try:
    from against_torch import differential, flag, one_of, op, same, x
except pytest.skip.Exception:
    pass
else:
    def attention(m, x, w, b, out, k, mask, padding, weights, zero, average):
        return m.nn.functional.multi_head_attention_forward(
            x, x, x, 4, 2, w, b, k, k, zero, 0.0, out, None,
            attn_mask=m.triu(m.ones(3, 3), 1).bool() if mask else None,
            key_padding_mask=m.tensor([[False, True, False]] * 2) if padding else None,
            need_weights=weights, average_attn_weights=average)

    of = dict(dtype="float64")
    test_functions = differential(
        op("grid_sample", lambda m, x, g, *how: m.nn.functional.grid_sample(x, g, *how),
           x((2, 2, 3, 4), **of), x((2, 3, 2, 2), sample=(-2.2, 2.2), **of),
           one_of("bilinear", "nearest", "bicubic"), one_of("zeros", "border", "reflection"), flag()),
        op("grid_sample of volumes", lambda m, x, g, *how: m.nn.functional.grid_sample(x, g, *how),
           x((1, 2, 2, 3, 4), **of), x((1, 2, 1, 2, 3), sample=(-1.4, 1.4), **of),
           one_of("bilinear", "nearest", "typo"), one_of("zeros", "border", "reflection", "typo"),
           flag()),
        op("affine_grid", lambda m, t, *how: m.nn.functional.affine_grid(t, *how), x((2, 2, 3)),
           one_of((2, 1, 3, 4), (2, 1, 1, 2), (3, 1, 2, 2), (2, 1, 2)), flag()),
        op("affine_grid of volumes", lambda m, t, *how: m.nn.functional.affine_grid(t, *how),
           x((2, 3, 4)), one_of((2, 1, 3, 1, 2)), flag()),
        op("pdist", x(max_dims=3, min_dims=1, min_side=1), one_of(0.0, 0.5, 1.0, 2.0, 3.0, float("inf"),
                                                                   -1.0)),
        op("multi_head_attention_forward", attention, x((3, 2, 4), **of), x((12, 4), **of),
           x((12,), **of), x((4, 4), **of), x((1, 1, 4), **of), flag(), flag(), flag(), flag(), flag()),
        op("ctc_loss", lambda m, x, *lengths: m.nn.functional.ctc_loss(
            m.log_softmax(x, -1), m.tensor([[1, 1], [2, 0]]), *lengths), x((4, 2, 3), **of), (4, 3),
           one_of((2, 1), (1, 0))).but(order=1),
        op("lp_pool3d", x((1, 1, 2, 4, 5), sample=(0.3, 2), **of), one_of(1.0, 2.0, 3.0), one_of(1, 2)),
        op("fractional_max_pool2d", lambda m, x, u, size: m.nn.functional.fractional_max_pool2d(
            x, 2, size, return_indices=True, _random_samples=u.detach()), x((1, 2, 5, 6), **of),
           x((1, 2, 2), sample=(0, 1), **of), one_of(2, (3, 4), 6)),
        op("fractional_max_pool3d", lambda m, x, u, size: m.nn.functional.fractional_max_pool3d(
            x, 2, size, return_indices=True, _random_samples=u.detach()), x((1, 2, 4, 5, 4), **of),
           x((1, 2, 3), sample=(0, 1), **of), one_of(2, (1, 3, 2), 9)),
        op("conv2d at the top", lambda m, x, w: m.conv2d(x, w, padding=1), x((1, 2, 3, 3), **of),
           x((2, 2, 3, 3), **of)),
        op("batch_norm at the top", lambda m, x: m.batch_norm(
            x, m.ones(2).double() * 2, m.ones(2).double(), None, None, True, 0.1, 1e-5, False),
           x((3, 2), **of)),
        op("embedding at the top", lambda m, w: m.embedding(w, m.tensor([[0, 2], [1, 0]])),
           x((3, 2), **of)),
        op("layer_norm at the top", lambda m, x, w: m.layer_norm(x, (3,), w), x((2, 3), **of),
           x((3,), **of)),
        op("expit", x()),
        op("entr", x(sample=(0.01, 3))),
        op("ndtr", x()).but(tol=100),
        op("ndtri", x(sample=(0.01, 0.99))).but(tol=100),
        op("xlog1py", x(), same(sample=(-0.5, 3))),
    )
