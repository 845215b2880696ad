"""Optimizers and schedules: the same trajectories as PyTorch's, and what each has to do by itself."""

import copy
import math

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import nn, optim
from tinygrad_pt.optim import lr_scheduler

try:
    import torch
except ImportError:
    torch = None
beside_torch = pytest.mark.skipif(torch is None, reason="no torch to compare with")

OPTIMIZERS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    ("Adam", {"lr": 0.02}),
    ("Adam", {"lr": 0.002, "betas": (0.3, 0.7), "eps": 0.1, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.02, "amsgrad": True}),
    ("Adam", {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {"lr": 0.02}),
    ("AdamW", {"lr": 0.02, "amsgrad": True, "weight_decay": 0.3}),
    ("Adamax", {"lr": 0.02, "weight_decay": 0.01}),
    ("NAdam", {"lr": 0.02, "weight_decay": 0.01}),
    ("NAdam", {"lr": 0.02, "weight_decay": 0.01, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.02, "weight_decay": 0.01}),
    ("RAdam", {"lr": 0.002, "betas": (0.8, 0.9), "decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.002, "alpha": 0.9, "eps": 0.01, "centered": True, "weight_decay": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.7, "centered": True}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.01, "initial_accumulator_value": 0.1}),
    ("Adadelta", {"lr": 1.0, "weight_decay": 0.01}),
    ("Rprop", {"lr": 0.01}),
    ("ASGD", {"lr": 0.05, "t0": 50, "weight_decay": 0.01, "lambd": 0.01}),
]
IDS = [f"{name}{i}" for i, (name, _) in enumerate(OPTIMIZERS)]


def problem(m, dtype, seed=0):
    """Parameters (one of them 0-d, one that never gets a gradient) and a smooth loss of them."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(6, 4)), random.normal(size=(6, 3))
    a, b, w = (m.tensor(v.tolist(), dtype=getattr(m, dtype))
               for v in (a, b, random.normal(size=(4, 3))))
    scale, unused = (m.tensor(v, dtype=getattr(m, dtype)) for v in (1.5, 1.0))
    params = [p.requires_grad_() for p in (w, scale, unused)]
    return params, lambda: ((m.tanh(a @ params[0]) * params[1] - b) ** 2).mean() + 0.1 * params[1] ** 2


def trajectory(m, name, kw, dtype, steps):
    params, loss = problem(m, dtype)
    optimizer, path = getattr(m.optim, name)(params, **kw), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy().ravel() for p in params]).copy())
    return np.array(path), optimizer


def close(ours, theirs, most, text=""):
    error = np.max(np.abs(ours - theirs) / (1 + np.abs(theirs)))
    assert error <= most, f"{text} is off by {error:.1e}"


@beside_torch
@pytest.mark.parametrize("name, kw", OPTIMIZERS, ids=IDS)
def test_trajectories_are_pytorchs(name, kw):
    """As far as rounding lets them: at a minimum Rprop goes by the signs of what is rounded to 0."""
    for dtype, steps, most in (("float64", 50 if name == "Rprop" else 300, 1e-12),
                               ("float32", 50, 2e-5)):
        for more in ({}, *([] if dtype == "float32" else [{"maximize": True, "lr": 1e-3}])):
            (ours, a), (theirs, b) = (trajectory(m, name, kw | more, dtype, 40 if more else steps)
                                      for m in (tg, torch))
            close(ours, theirs, most, f"{dtype} {more}")
    assert repr(a) == repr(b)
    ours, theirs = a.state_dict(), b.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert ours["state"].keys() == theirs["state"].keys()
    for i, state in theirs["state"].items():
        assert ours["state"][i].keys() == state.keys()
        for key, value in state.items():
            mine = ours["state"][i][key]
            assert mine.shape == tuple(value.shape), (i, key)
            assert str(mine.dtype) == str(value.dtype), (i, key)
            close(mine.numpy(), value.numpy(), 1e-4, key)  # among it differences of squares


def course(m, name, kw, given=None):
    """What a program does that uses all of an optimizer: groups, closures, late gradients, saving."""
    params, loss = problem(m, "float64")
    more = {"weight_decay": 0.05} if "weight_decay" in kw else {}
    groups = [{"params": [("w", params[0])]},
              {"params": [("a", params[1])], "lr": kw["lr"] / 3, **more}]
    optimizer, path = getattr(m.optim, name)(groups, **kw, foreach=False), []

    def closure():
        optimizer.zero_grad(set_to_none=len(path) % 2 == 0)
        y = loss()
        y.backward()
        return y

    for t in range(60):
        if t == 15:
            optimizer.add_param_group({"params": [("u", params[2])], "lr": 0.01})
        if t == 30:
            state = copy.deepcopy(optimizer.state_dict())
            optimizer = getattr(m.optim, name)(
                [{"params": [(n, p)]} for n, p in zip("wau", params, strict=True)], lr=123.0)
            optimizer.load_state_dict(copy.deepcopy(given or state))
        for group in optimizer.param_groups:
            group["lr"] *= 0.98
        if t % 3:
            y = optimizer.step(closure)
        else:
            y = closure()
            if t % 4 == 0 or t < 5:
                params[0].grad = None
            optimizer.step()
        path.append([y.item(), *[x for p in params for x in p.flatten().tolist()]])
    return np.array(path), state


@beside_torch
@pytest.mark.parametrize("name, kw", OPTIMIZERS, ids=IDS)
def test_programs_with_groups_and_closures_go_as_pytorchs(name, kw):
    theirs, state = course(torch, name, kw)
    ours, _ = course(tg, name, kw)
    close(ours, theirs, 1e-12)
    state["state"] = {i: {k: v.numpy() for k, v in s.items()} for i, s in state["state"].items()}
    resumed, _ = course(tg, name, kw, state)
    close(resumed, theirs, 1e-12, "resumed with PyTorch's state: it")


@beside_torch
def test_every_optimizer_and_schedule_has_a_line():
    def subclasses(home, base):
        return {name for name, x in vars(home).items() if isinstance(x, type) and issubclass(x, base)}

    lines = {name for name, _ in OPTIMIZERS} | {"LBFGS"}
    assert subclasses(optim, optim.Optimizer) - lines == {"Optimizer"}
    made = {name.rstrip("0123456789") for name in SCHEDULES} | {"ReduceLROnPlateau"}
    schedules = {name for name in subclasses(lr_scheduler, lr_scheduler.LRScheduler) if name[0] != "_"}
    assert schedules - made == {"LRScheduler"}


@pytest.mark.parametrize("name, kw", OPTIMIZERS, ids=IDS)
def test_steps_go_down_and_go_on_from_a_saved_state(name, kw):
    params, loss = problem(tg, "float64")
    optimizer = getattr(optim, name)(params, **kw)

    def steps(optimizer, params, loss, n):
        for _ in range(n):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        return [p.tolist() for p in params]

    before = loss().item()
    steps(optimizer, params, loss, 30)
    assert loss().item() < before
    others, other_loss = problem(tg, "float64")
    with tg.no_grad():
        for p, q in zip(others, params, strict=True):
            p.copy_(q)
    fresh = getattr(optim, name)(others, lr=123.0)
    fresh.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert fresh.param_groups[0]["lr"] == kw["lr"]
    assert steps(optimizer, params, loss, 5) == steps(fresh, others, other_loss, 5)


WOLFE = {"line_search_fn": "strong_wolfe"}


def rosenbrock(m, dtype):
    x = m.tensor([-1.5, 2.0, 0.5], dtype=getattr(m, dtype), requires_grad=True)
    return x, lambda: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def lbfgs(m, dtype, steps, **kw):
    x, loss = rosenbrock(m, dtype)
    optimizer, path, calls = m.optim.LBFGS([x], **kw), [], [0]

    def closure():
        optimizer.zero_grad()
        y = loss()
        y.backward()
        calls[0] += 1
        return y

    for _ in range(steps):
        first = optimizer.step(closure)
        path.append([first.item(), *x.tolist(), calls[0]])
    return np.array(path), optimizer, closure


@beside_torch
@pytest.mark.parametrize("kw", [
    WOLFE, {**WOLFE, "history_size": 3, "lr": 0.3}, {**WOLFE, "max_iter": 4, "max_eval": 5},
    {**WOLFE, "lr": 30.0}, {**WOLFE, "lr": 1e-3}, {"lr": 0.01}, {"max_iter": 3, "lr": 1e-3}])
def test_lbfgs_is_pytorchs(kw):
    (ours, a, _), (theirs, b, _) = (lbfgs(m, "float64", 6, **kw) for m in (tg, torch))
    np.testing.assert_array_equal(ours[:, -1], theirs[:, -1], "calls of the closure")
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)  # the problem is ill-conditioned
    np.testing.assert_allclose(ours[:2], theirs[:2], rtol=1e-8, atol=1e-10)
    assert repr(a) == repr(b)
    assert a.state_dict()["state"][0]["n_iter"] == b.state_dict()["state"][0]["n_iter"]


def test_lbfgs_finds_the_valley_and_goes_on_from_its_state():
    path, optimizer, closure = lbfgs(tg, "float64", 10, line_search_fn="strong_wolfe")
    assert path[-1, 0] < 1e-8
    np.testing.assert_allclose(path[-1, 1:-1], 1, atol=1e-4)
    _, other, closure_2 = lbfgs(tg, "float64", 0, line_search_fn="strong_wolfe")
    path, optimizer, closure = lbfgs(tg, "float64", 1, line_search_fn="strong_wolfe", max_iter=5)
    x, y = optimizer.param_groups[0]["params"][0], other.param_groups[0]["params"][0]
    with tg.no_grad():
        y.copy_(x)
    other.load_state_dict(optimizer.state_dict())
    optimizer.step(closure)
    other.step(closure_2)
    assert x.tolist() == y.tolist()
    with pytest.raises(RuntimeError, match="strong_wolfe"):
        optim.LBFGS([x], line_search_fn="weak").step(closure)
    with pytest.raises(ValueError, match="one group"):
        optim.LBFGS([{"params": [x]}, {"params": [y]}])


# ── groups, states, errors ──────────────────────────────────────────────────────────────────────


def test_groups_have_their_own_settings():
    a, b, c = (nn.Parameter(np.ones(2, np.float32)) for _ in range(3))
    o = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1, momentum=0.9)
    o.add_param_group({"params": [c], "lr": 0.0})
    assert [g["lr"] for g in o.param_groups] == [0.1, 0.5, 0.0] and o.defaults["lr"] == 0.1
    (a + b + c).sum().backward()
    o.step()
    assert [round(p[0].item(), 4) for p in (a, b, c)] == [0.9, 0.5, 1.0]
    assert [g["params"] for g in o.state_dict()["param_groups"]] == [[0], [1], [2]]
    named = optim.Adam([("w", a), ("b", b)])
    assert named.state_dict()["param_groups"][0]["param_names"] == ["w", "b"]
    o.zero_grad(set_to_none=False)
    assert a.grad.tolist() == [0.0, 0.0]
    o.zero_grad()
    assert a.grad is None


def test_a_step_is_a_change_in_place():
    """What was computed before it can no longer be differentiated where the old values count."""
    for make in (optim.SGD, optim.Adam, optim.LBFGS):
        w = nn.Parameter(np.ones(3, np.float32))
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        make([w]).step(lambda w=w: (w * w).sum() if w.grad is None else w.grad.sum())
        with pytest.raises(RuntimeError, match=r"changed that in place|has changed"):
            loss.backward()


def test_a_closure_may_be_given_and_gradients_are_only_read():
    w = nn.Parameter(np.ones(3, np.float32))
    o = optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.1)

    def closure():
        o.zero_grad()
        loss = w.sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert o.step(closure).item() == 3
    o.step(closure)
    assert w.grad.tolist() == [1, 1, 1]


def test_an_optimizer_of_ones_own():
    class SignSGD(optim.Optimizer):
        def __init__(self, params, lr=optim.optimizer.required):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["n"] = self.state[p].get("n", 0) + 1
                    p.data.add_(p.grad.data.sign(), alpha=-group["lr"])

    w = nn.Parameter(np.array([1.0, -1.0], np.float32))
    o = SignSGD([w], lr=0.5)
    (w * w).sum().backward()
    o.step()
    assert w.tolist() == [0.5, -0.5] and o.state_dict()["state"] == {0: {"n": 1}}
    with pytest.raises(ValueError, match="'lr'"):
        SignSGD([w])
    with pytest.raises(NotImplementedError):
        optim.Optimizer([w], {}).step()


@pytest.mark.parametrize("error, says, call", [
    (ValueError, "lr wants a number of at least 0, got -1", lambda p: optim.SGD([p], lr=-1)),
    (ValueError, "momentum wants", lambda p: optim.SGD([p], momentum=-0.1)),
    (ValueError, "nesterov wants a momentum", lambda p: optim.SGD([p], nesterov=True)),
    (ValueError, "betas wants", lambda p: optim.Adam([p], betas=(0.9, 1.0))),
    (ValueError, "eps wants", lambda p: optim.AdamW([p], eps=-1)),
    (ValueError, "rho wants", lambda p: optim.Adadelta([p], rho=2)),
    (ValueError, "etas wants", lambda p: optim.Rprop([p], etas=(1.2, 0.5))),
    (ValueError, "got no parameters", lambda p: optim.SGD([])),
    (ValueError, "leaf", lambda p: optim.SGD([p * 2])),
    (ValueError, "more than one group", lambda p: optim.SGD([{"params": [p]}, {"params": [p]}])),
    (ValueError, "have names", lambda p: optim.SGD([("w", p), p * 1])),
    (ValueError, "groups of", lambda p: optim.SGD([p]).load_state_dict(
        {"state": {}, "param_groups": [{"params": [0, 1]}]})),
    (TypeError, r"use \[tensor\]", lambda p: optim.SGD(p)),
    (TypeError, "got str", lambda p: optim.SGD(["w"])),
    (TypeError, "got a set", lambda p: optim.SGD([{"params": {p}}])),
    (TypeError, "unexpected", lambda p: optim.SGD([p], learning_rate=1)),
    (NotImplementedError, "not recorded", lambda p: optim.SGD([p], differentiable=True)),
])
def test_errors(error, says, call):
    with pytest.raises(error, match=says):
        call(nn.Parameter(np.ones(2, np.float32)))


# ── schedules ───────────────────────────────────────────────────────────────────────────────────


class Warm:
    """A schedule that is an object, with a state."""

    def __init__(self):
        self.by = 0.9

    def __call__(self, t):
        return self.by ** t


SCHEDULES = {
    "StepLR": lambda s, o: s.StepLR(o, 7, 0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 9, 9, 30], 0.5),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.97),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.25, 10),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.1, 0.8, 17),
    "LinearLR0": lambda s, o: s.LinearLR(o, 1.0, 0.0, 17),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 50, 1.7),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 20, 1e-3),
    "CosineAnnealingLR1": lambda s, o: s.CosineAnnealingLR(o, 200),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 10, 2, 1e-3),
    "CosineAnnealingWarmRestarts1": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.3, 120),
    "OneCycleLR3": lambda s, o: s.OneCycleLR(o, [0.3, 0.1], epochs=13, steps_per_epoch=10,
                                             pct_start=0.2, three_phase=True, anneal_strategy="linear"),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 7),
    "CyclicLR2": lambda s, o: s.CyclicLR(o, 0.01, [0.2, 0.3], 7, 13, mode="triangular2"),
    "CyclicLR3": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 7, mode="exp_range", gamma=0.99,
                                         cycle_momentum=False),
    "CyclicLR4": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 7, scale_fn=lambda x: 1 / (1 + x)),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda t: 1 / (1 + t)),
    "LambdaLR2": lambda s, o: s.LambdaLR(o, [Warm(), lambda t: 0.5 ** (t // 9)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda t: 0.95 if t < 40 else 1.01),
    "SequentialLR": lambda s, o: s.SequentialLR(o, [
        s.LinearLR(o, 0.1, total_iters=10), s.CosineAnnealingLR(o, 60), s.ConstantLR(o, 0.1, 9)],
        [10, 70]),
    "SequentialLR2": lambda s, o: s.SequentialLR(o, [s.ExponentialLR(o, 0.9), s.StepLR(o, 5),
                                                     s.CosineAnnealingWarmRestarts(o, 10),
                                                     s.LambdaLR(o, Warm())], [12, 30, 61]),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 20),
                                                         s.ExponentialLR(o, 0.95), s.StepLR(o, 11)]),
    "ChainedScheduler2": lambda s, o: s.ChainedScheduler([s.LinearLR(o, 0.5, total_iters=20),
                                                          s.CosineAnnealingLR(o, 30, 1e-4)]),
}


def rates(m, make, kind="SGD", n=120):
    a, b = (m.zeros(2, requires_grad=True) for _ in range(2))
    o = getattr(m.optim, kind)([{"params": [a]}, {"params": [b], "lr": 0.05}], lr=0.1)
    scheduler, found = make(m.optim.lr_scheduler, o), []
    for _ in range(n):
        found.append([*scheduler.get_last_lr(), *(g["lr"] for g in o.param_groups),
                      *(g.get("momentum", g.get("betas", (0,))[0] if "betas" in g else 0)
                        for g in o.param_groups)])
        o.step()
        scheduler.step()
    return np.array(found), scheduler, o


@beside_torch
@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.filterwarnings("ignore")
def test_schedules_are_pytorchs(name, kind):
    (ours, a, o), (theirs, b, p) = (rates(m, SCHEDULES[name], kind) for m in (tg, torch))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-14)
    assert a.last_epoch == b.last_epoch if hasattr(b, "last_epoch") else True
    assert [{k for k in g if k != "params"} for g in o.param_groups] == \
        [{k for k in g if k != "params"} for g in p.param_groups]


@beside_torch
@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.filterwarnings("ignore")
def test_schedules_go_on_from_pytorchs_state(name):
    _, theirs, o = rates(torch, SCHEDULES[name], n=17)
    _, ours, p = rates(tg, SCHEDULES[name], n=0)
    ours.load_state_dict(copy.deepcopy(theirs.state_dict()))
    for mine, group in zip(p.param_groups, o.param_groups, strict=True):
        mine.update({k: v for k, v in group.items() if k != "params"})
    for _ in range(40):
        np.testing.assert_allclose(ours.get_last_lr(), theirs.get_last_lr(), rtol=1e-9, atol=1e-14)
        ours.step()
        theirs.step()


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_go_on_from_a_saved_state(name):
    whole, _, _ = rates(tg, SCHEDULES[name])
    _, scheduler, o = rates(tg, SCHEDULES[name], n=45)
    state, groups = copy.deepcopy(scheduler.state_dict()), copy.deepcopy(o.state_dict())
    assert not any(callable(v) for v in state.values()) and "optimizer" not in state
    _, fresh, p = rates(tg, SCHEDULES[name], n=0)
    fresh.load_state_dict(state)
    p.load_state_dict(groups)
    for epoch in range(45, 120):
        np.testing.assert_array_equal(fresh.get_last_lr(), whole[epoch, :2], f"epoch {epoch}")
        assert [g["lr"] for g in p.param_groups] == fresh.get_last_lr()
        fresh.step()


PLATEAUS = [{}, {"patience": 2, "cooldown": 3, "factor": 0.5}, {"mode": "max", "patience": 1},
            {"threshold_mode": "abs", "threshold": 0.05, "patience": 3, "min_lr": [0.01, 0.04]},
            {"mode": "max", "threshold_mode": "abs", "threshold": 0.3, "patience": 0, "eps": 0.02}]


@beside_torch
@pytest.mark.parametrize("kw", PLATEAUS)
def test_reduce_on_plateau_is_pytorchs(kw):
    random = np.random.default_rng(1)
    metrics = np.exp(-np.arange(120) / 30) + 0.1 * random.normal(size=120)

    def run(m):
        a, b = (m.zeros(2, requires_grad=True) for _ in range(2))
        o = m.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.05}], lr=0.1)
        scheduler, found = m.optim.lr_scheduler.ReduceLROnPlateau(o, **kw), []
        for x in metrics:
            scheduler.step(m.tensor(x))
            found.append([*scheduler.get_last_lr(), scheduler.num_bad_epochs,
                          scheduler.cooldown_counter])
        return np.array(found)

    np.testing.assert_allclose(run(tg), run(torch), rtol=1e-12)


@beside_torch
@pytest.mark.filterwarnings("ignore")
def test_epochs_by_number_and_schedules_resumed():
    def run(m):
        found = []
        for make in (lambda s, o: s.StepLR(o, 3), lambda s, o: s.CosineAnnealingLR(o, 10, 0.01),
                     lambda s, o: s.LinearLR(o, 0.1),
                     lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2)):
            _, s, o = rates(m, make, n=0)
            for epoch in (4, 0, 11, 2.5 if "Warm" in type(s).__name__ else 3):
                s.step(epoch)
                found.append(o.param_groups[0]["lr"])
        for make in (lambda s, o: s.StepLR(o, 3, last_epoch=2),
                     lambda s, o: s.StepLR(o, 3, last_epoch=3),
                     lambda s, o: s.MultiStepLR(o, [4], last_epoch=3),
                     lambda s, o: s.ExponentialLR(o, 0.5, last_epoch=2),
                     lambda s, o: s.LinearLR(o, 0.1, last_epoch=2),
                     lambda s, o: s.CosineAnnealingLR(o, 10, last_epoch=3),
                     lambda s, o: s.LambdaLR(o, lambda t: t, last_epoch=3)):
            x = m.zeros(1, requires_grad=True)
            o = m.optim.SGD([{"params": [x], "initial_lr": 1.0}], lr=0.5)
            s = make(m.optim.lr_scheduler, o)
            for _ in range(3):
                found.append(o.param_groups[0]["lr"])
                s.step()
        return found

    np.testing.assert_allclose(run(tg), run(torch), rtol=1e-12)


def test_formulas_of_schedules():
    for make, formula in [
        (SCHEDULES["StepLR"], lambda t: 0.1 * 0.5 ** (t // 7)),
        (SCHEDULES["ExponentialLR"], lambda t: 0.1 * 0.97 ** t),
        (SCHEDULES["PolynomialLR"], lambda t: 0.1 * (1 - min(t, 50) / 50) ** 1.7),
        (SCHEDULES["CosineAnnealingLR"], lambda t: 1e-3 + 0.099 * (1 + math.cos(math.pi * t / 20)) / 2),
    ]:
        found, _, _ = rates(tg, make, n=100)
        np.testing.assert_allclose(found[:, 0], [formula(t) for t in range(100)], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("error, says, make", [
    (TypeError, "not an Optimizer", lambda s, o: s.StepLR(3, 3)),
    (KeyError, "initial_lr", lambda s, o: s.StepLR(o, 3, last_epoch=5)),
    (ValueError, "milestones", lambda s, o: s.SequentialLR(o, [s.StepLR(o, 3)], [1])),
    (ValueError, "at least one", lambda s, o: s.ChainedScheduler([])),
    (ValueError, "ReduceLROnPlateau", lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)])),
    (ValueError, "below 1", lambda s, o: s.ReduceLROnPlateau(o, factor=1.0)),
    (ValueError, "mode is", lambda s, o: s.ReduceLROnPlateau(o, "least")),
    (ValueError, "total_steps", lambda s, o: s.OneCycleLR(o, 0.1)),
    (ValueError, "step 13 of 12", lambda s, o: [x.step() for x in [s.OneCycleLR(o, 0.1, 12)] * 13]),
    (ValueError, "mode is", lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="round")),
    (ValueError, "T_0", lambda s, o: s.CosineAnnealingWarmRestarts(o, 0)),
    (ValueError, "each of 2 groups", lambda s, o: s.LambdaLR(o, [abs])),
    (ValueError, "start_factor", lambda s, o: s.LinearLR(o, 0)),
])
def test_errors_of_schedules(error, says, make):
    with pytest.raises(error, match=says):
        rates(tg, make, n=0)


def test_names_of_old():
    assert lr_scheduler._LRScheduler is lr_scheduler.LRScheduler
    assert optim.optimizer.Optimizer is optim.Optimizer


# ── wrong settings: what PyTorch raises is raised here ──────────────────────────────────────────

SETTINGS = ["lr=-1.0", "lr=None", "lr='a'", "eps=-1.0", "betas=(1.0, 0.9)", "betas=(0.9, -0.1)",
            "betas=0.9", "weight_decay=-1", "momentum=-1", "rho=1.5", "rho=-1", "lr_decay=-1",
            "initial_accumulator_value=-1", "momentum_decay=-1", "etas=(2.0, 1.0)", "etas=(0.5, 0.9)",
            "nesterov=True", "foreach=True, fused=True", "line_search_fn='x'", "bogus=1"]
CALLS = """
    O.{}([])
    O.{}(p)
    O.{}([p * 2])
    O.{}([1])
    O.{}(None)
    O.{}([{{"params": [p]}}, {{"params": [p]}}])
    O.{}([{{"lr": 1.0}}])
    O.{}([p]).load_state_dict({{}})
    O.{}([p, q]).load_state_dict(O.{}([p]).state_dict())
    O.{}([p]).step(5)
    O.{}([p]).add_param_group([q])
    O.{}([p]).add_param_group({{"params": [p]}})
"""
WRONG = """
    O.RMSprop([p], alpha=-1.0)
    S.StepLR(o)
    S.StepLR(o, 0).step()
    S.StepLR(3, 3)
    S.StepLR(o, 3, bogus=1)
    S.StepLR(o, 3, last_epoch=4)
    S.MultiStepLR(o, 3)
    S.ExponentialLR(o)
    S.ConstantLR(o, 1.5)
    S.ConstantLR(o, -0.5)
    S.LinearLR(o, 0)
    S.LinearLR(o, 0.5, 1.5)
    S.CosineAnnealingLR(o)
    S.CosineAnnealingLR(o, 0).step()
    S.CosineAnnealingWarmRestarts(o, 0)
    S.CosineAnnealingWarmRestarts(o, 1.5)
    S.CosineAnnealingWarmRestarts(o, 5, 0)
    S.CosineAnnealingWarmRestarts(o, 5).step(-1)
    S.OneCycleLR(o)
    S.OneCycleLR(o, 0.1)
    S.OneCycleLR(o, 0.1, -5)
    S.OneCycleLR(o, 0.1, 2.5)
    S.OneCycleLR(o, 0.1, epochs=5)
    S.OneCycleLR(o, 0.1, epochs=5, steps_per_epoch=0)
    S.OneCycleLR(o, 0.1, 10, pct_start=1.5)
    S.OneCycleLR(o, 0.1, 10, anneal_strategy="x")
    S.OneCycleLR(o, [0.1, 0.2, 0.3], 10)
    S.OneCycleLR(O.SGD([p], lr=0.1), 0.1, 10)
    S.OneCycleLR(O.Adagrad([p], lr=0.1), 0.1, 10)
    S.CyclicLR(o, 0.1, 0.2, mode="x")
    S.CyclicLR(o, [0.1], 0.2)
    S.CyclicLR(O.Adagrad([p], lr=0.1), 0.1, 0.2)
    S.LambdaLR(o, [abs])
    S.LambdaLR(o, 5)
    S.MultiplicativeLR(o, [abs])
    S.SequentialLR(o, [], [])
    S.SequentialLR(o, [S.StepLR(o, 3)], [1])
    S.SequentialLR(o, [S.StepLR(o, 3), S.StepLR(O.SGD([p], lr=1.0), 3)], [1])
    S.SequentialLR(o, [S.StepLR(o, 3), S.ReduceLROnPlateau(o)], [1])
    S.ChainedScheduler([])
    S.ChainedScheduler([S.StepLR(o, 3), S.StepLR(O.SGD([p], lr=1.0), 3)])
    S.ReduceLROnPlateau(o, factor=1.0)
    S.ReduceLROnPlateau(o, mode="x")
    S.ReduceLROnPlateau(o, threshold_mode="x")
    S.ReduceLROnPlateau(o, min_lr=[0.1])
    S.ReduceLROnPlateau(5)
    S.ReduceLROnPlateau(o).step()
    S.LRScheduler(o)
"""


def outcome(m, call):
    p, q = (m.ones(n, requires_grad=True) for n in (2, 3))
    o = m.optim.SGD([{"params": [p]}, {"params": [q], "lr": 0.5}], lr=0.1, momentum=0.9)
    try:
        return eval(call, {"O": m.optim, "S": m.optim.lr_scheduler, "p": p, "q": q, "o": o})
    except Exception as error:
        return error


def wrong_calls():
    yield from (line.strip() for line in WRONG.splitlines() if line.strip())
    for name in sorted({name for name, _ in OPTIMIZERS} | {"LBFGS"}):
        yield from (line.strip().format(name, name) for line in CALLS.splitlines() if line.strip())
        yield from (f"O.{name}([p], {setting})" for setting in SETTINGS)


@beside_torch
@pytest.mark.filterwarnings("ignore")
def test_wrong_calls_raise_what_pytorchs_raise():
    for call in wrong_calls():
        ours, theirs = outcome(tg, call), outcome(torch, call)
        raises = isinstance(theirs, Exception)
        wanted = next(t for t in (*type(theirs).__mro__, Exception)
                      if t.__module__ == "builtins" and issubclass(t, Exception))
        assert isinstance(ours, wanted) == raises, f"{call}: {ours!r}, PyTorch's {theirs!r}"
