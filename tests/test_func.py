"""Derivatives of functions: grad, vjp, jvp, jacobians, hessians, vmap, nested in each other."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import func
from tinygrad_pt.autograd import functional
from tinygrad_pt.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap


def numbers(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).uniform(0.5, 1.5, shape))


def f(x):
    return (x.sin() * x.sum()).exp() * x


def same(a, b):
    np.testing.assert_allclose(a.detach().array, b.detach().array, rtol=1e-10, atol=1e-12)
    assert a.shape == b.shape and a.dtype == b.dtype


def test_derivatives_nest_to_any_order():
    d = lambda x: x ** 5  # noqa: E731
    for factor in (5, 20, 60, 120, 120, 0):
        d = grad(d)
        order = {5: 4, 20: 3, 60: 2, 120: 1}.get(factor, 0)
        got = d(tg.tensor(2.0)).item()
        assert got == (factor * 2 ** order if factor != 120 or got == 240 else 120)
    assert not d(tg.tensor(2.0)).requires_grad


def test_forward_and_reverse_agree_in_every_combination():
    x = numbers(3)
    for a in (jacfwd, jacrev):
        same(a(f)(x), jacrev(f)(x))
        for b in (jacfwd, jacrev):
            same(a(b(f))(x), jacrev(jacrev(f))(x))
    same(hessian(lambda x: f(x).sum())(x), jacrev(grad(lambda x: f(x).sum()))(x))


def test_jacobian_is_that_of_finite_differences():
    x, h = numbers(2, 2), 1e-6
    j = jacrev(f)(x)
    assert j.shape == (2, 2, 2, 2)
    for k in np.ndindex(2, 2):
        step = tg.zeros(2, 2, dtype=tg.float64)
        step[k] = h
        np.testing.assert_allclose(j[(..., *k)].array, ((f(x + step) - f(x - step)) / (2 * h)).array,
                                   rtol=1e-7, atol=1e-7)


def test_several_arguments_nests_and_aux():
    def loss(params, x):
        y = (x @ params["w"] + params["b"][0]).tanh()
        return (y * y).sum(), {"y": y}

    params, x = {"w": numbers(3, 2), "b": [numbers(2)]}, numbers(4, 3)
    (gp, gx), aux = grad(loss, (0, 1), has_aux=True)(params, x)
    assert gp["w"].shape == (3, 2) and gp["b"][0].shape == (2,) and gx.shape == (4, 3)
    assert aux["y"].shape == (4, 2)
    value, g = func.value_and_grad(lambda p: loss(p, x)[0])(params)
    same(g["w"], gp["w"])
    assert value.item() == pytest.approx(loss(params, x)[0].item())


def test_vjp_and_jvp_are_transposes_and_linearize_is_jvp():
    x, u, v = numbers(3), numbers(3, seed=1), numbers(3, seed=2)
    y, pull = vjp(f, x)
    z, dy = jvp(f, (x,), (u,))
    same(y, z)
    assert (v * dy).sum().item() == pytest.approx((pull(v)[0] * u).sum().item())
    same(func.linearize(f, x)[1](u), dy)


def test_closures_that_require_grad_stay_in_their_graph():
    w = numbers(3).requires_grad_()
    g = grad(lambda x: (w * x ** 2).sum())(numbers(3))
    g.sum().backward()
    same(w.grad, 2 * numbers(3))
    x = numbers(3).requires_grad_()
    g = grad(lambda x: (x ** 3).sum())(x)
    g.sum().backward()
    same(x.grad, 6 * x)
    with tg.no_grad():
        assert not grad(lambda x: (w * x).sum())(x).requires_grad


def test_hvp_needs_no_matrix():
    x, v = numbers(4), numbers(4, seed=3)
    g, hv = func.hvp(lambda x: f(x).sum(), (x,), (v,))
    same(hv[0], hessian(lambda x: f(x).sum())(x) @ v)
    same(g[0], grad(lambda x: f(x).sum())(x))


# ── vmap ────────────────────────────────────────────────────────────────────────────────────────

EXAMPLES = {
    "pointwise": lambda x: tg.where(x > 1, x.exp(), x * 2) + x.clamp(0.6, 1.2),
    "broadcast": lambda x: x + x[0] * numbers(4),
    "sum": lambda x: x.sum(0, keepdim=True) + x.mean(),
    "shape": lambda x: x.T.reshape(2, -1).permute(1, 0)[::2].unsqueeze(0),
    "index": lambda x: x[[0, 2, 0]] + x[:, [1]][1],
    "apart": lambda x: x.reshape(3, 2, 2)[[0, 1], :, [1, 0]],
    "cat": lambda x: tg.cat([x, numbers(1, 4)]),
    "softmax": lambda x: x.softmax(1).log(),
    "matmul": lambda x: x @ x.T @ numbers(3, 2),
    "vectors": lambda x: (x[0] @ x[1]) * (x @ numbers(4)),
    "matrix and vector": lambda x: x @ x[0] + numbers(3, 4) @ x[1],
    "argmax": lambda x: x.argmax(1),
    "max": lambda x: x.max(1).values + x.amax(0)[:3],
    "sort": lambda x: x.sort(1).values,
    "cumsum": lambda x: x.cumsum(1).prod(0),
    "var": lambda x: x.std(1) + x.var(),
    "gather": lambda x: x.gather(1, tg.tensor([[0, 0], [1, 2], [3, 3]])),
    "compare": lambda x: ((x > 1) & ~(x < 1.2)).sum(),
    "diagonal": lambda x: x.diagonal() + x.tril()[2, :3],
    "conv": lambda x: tg.nn.functional.conv2d(x.reshape(1, 1, 3, 4), numbers(2, 1, 2, 2)),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_vmap_is_the_loop(name):
    f, x = EXAMPLES[name], numbers(5, 3, 4)
    same(vmap(f)(x), tg.stack([f(e) for e in x]))
    same(vmap(vmap(f))(x.unsqueeze(0)), tg.stack([f(e) for e in x]).unsqueeze(0))


@pytest.mark.parametrize("name", [n for n in EXAMPLES if n not in ("argmax", "compare")])
def test_gradients_of_each_example(name):
    def loss(x, w):
        return (EXAMPLES[name](x * w) ** 2).sum()

    x, w = numbers(3, 3, 4), numbers(3, 4, seed=5)
    each = vmap(grad(loss, (0, 1)), (0, None))(x, w)
    for k in (0, 1):
        same(each[k], tg.stack([grad(loss, k)(e, w) for e in x]))
    whole = grad(lambda w: vmap(loss, (0, None))(x, w).sum())(w)
    same(whole, each[1].sum(0))


def test_vmap_dims_and_nests():
    x, y = numbers(4, 3), numbers(3, 5)
    same(vmap(lambda a, b: a + b, (1, 0), 1)(x, y[:, :4]), (x.T + y[:, :4]).T)
    a, b = vmap(lambda d, c: (d["p"] * 2, c), ({"p": 0}, None))({"p": x}, tg.tensor(1.0))
    same(a, x * 2)
    assert b.tolist() == [1.0] * 4


def test_vmap_refuses_what_it_cannot_do():
    x = numbers(2, 3)
    for error, pattern, f in [
        (RuntimeError, "vmap: .*values of single", lambda: vmap(lambda x: x * x.sum().item())(x)),
        (RuntimeError, "vmap: .*values of single", lambda: vmap(lambda x: x if x[0] > 0 else -x)(x)),
        (ValueError, "one size, got", lambda: vmap(lambda a, b: a + b)(x, x.T)),
        (ValueError, "wants Tensors with a dimension", lambda: vmap(tg.exp)(tg.tensor(1.0))),
        (ValueError, "in_dims .* 2 arguments, got 1", lambda: vmap(tg.exp, (0, 0))(x)),
    ]:
        with pytest.raises(error, match=pattern):
            f()


def test_jacobians_of_nets_are_batched():
    """One call of f, one walk for all rows."""
    calls = []

    def net(x):
        calls.append(1)
        return (x @ numbers(6, 4)).tanh()

    x = numbers(6)
    same(jacrev(net)(x), jacfwd(net)(x))
    assert len(calls) == 2


# ── torch.autograd.functional's names ───────────────────────────────────────────────────────────

def test_functional():
    x, y, v = numbers(2), numbers(2, seed=1), numbers(2, seed=2)

    def g(x, y):
        return (x * y).sum() * x

    jx, jy = functional.jacobian(g, (x, y))
    same(jx, jacrev(g, 0)(x, y))
    same(jy, functional.jacobian(g, (x, y), strategy="forward-mode")[1])
    same(functional.hessian(lambda x: f(x).sum(), x), hessian(lambda x: f(x).sum())(x))
    (_, hxy), _ = functional.hessian(lambda x, y: g(x, y).sum(), (x, y))
    same(hxy, jacrev(jacrev(lambda x, y: g(x, y).sum(), 0), 1)(x, y))
    same(functional.vjp(f, x, v)[1], vjp(f, x)[1](v)[0])
    same(functional.jvp(f, x, v)[1], jvp(f, (x,), (v,))[1])
    same(functional.hvp(lambda x: f(x).sum(), x, v)[1], hessian(lambda x: f(x).sum())(x) @ v)


def test_wrong_calls():
    x = numbers(2)
    for error, pattern, call in [
        (RuntimeError, r"grad: wants a function that returns a scalar", lambda: grad(f)(x)),
        (TypeError, "must return Tensors, got float", lambda: vjp(lambda x: 1.0, x)),
        (TypeError, "floating point numbers, got torch.int64", lambda: grad(f)(tg.tensor(1))),
        (TypeError, "floating point numbers, got float", lambda: grad(f)(1.0)),
        (RuntimeError, "argnums=3 names none of 1 arguments", lambda: grad(f, 3)(x)),
        (ValueError, r"tangent 0 has shape \(3,\), its input \(2,\)",
         lambda: jvp(f, (x,), (numbers(3),))),
        (RuntimeError, "1 inputs want as many tangents, got 2", lambda: jvp(f, (x,), (x, x))),
    ]:
        with pytest.raises(error, match=pattern):
            call()


def test_a_module_is_a_function_of_its_parameters():
    net = tg.nn.Sequential(tg.nn.Linear(3, 2), tg.nn.Tanh()).double()
    own = {name: p.detach().clone() for name, p in net.named_parameters()}
    x = numbers(4, 3)

    def loss(parameters):
        return (func.functional_call(net, parameters, x) ** 2).sum()

    g = grad(loss)(own)
    (net(x) ** 2).sum().backward()
    for name, p in net.named_parameters():
        same(g[name], p.grad)
        assert isinstance(p, tg.nn.Parameter)
    with pytest.raises(KeyError):
        func.functional_call(net, {"0.other": x}, x)
