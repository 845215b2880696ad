"""Hooks, extra state, samplers and names of nn that fewer programs use: as in PyTorch."""

import itertools
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
    return repr(net), [kind for kind, _ in errors], net.to_empty(device="cpu") is net, net.compile()


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
