"""Changes in place: values, views, versions, gradients, refusals."""

from multiprocessing import get_all_start_methods, get_context

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_pt as tg
from tinygrad_pt import func


def leaf(*data):
    return tg.tensor(list(data), dtype=tg.float64, requires_grad=True)


def gradient(f, *data):
    return func.grad(lambda x: f(x).sum())(tg.tensor(list(data), dtype=tg.float64)).tolist()


def numbers(*shape):
    return tg.tensor(np.random.default_rng(0).uniform(0.5, 2, shape))


# ── twins ───────────────────────────────────────────────────────────────────────────────────────

def test_a_change_in_place_is_the_operation_and_keeps_the_memory():
    for name, args in [("add", (2,)), ("mul", (numbers(3),)), ("exp", ()), ("clamp", (0.7, 1.5)),
                       ("pow", (2,)), ("masked_fill", (tg.tensor([True, False, True]), 9.0)),
                       ("sub", (1,), ), ("div", (2,)), ("tanh", ()), ("relu", ()), ("neg", ())]:
        x = numbers(3)
        memory, expected = x.array, getattr(x, name)(*args)
        assert getattr(x, name + "_")(*args) is x
        assert x.array is memory and x.tolist() == expected.tolist(), name


@given(st.lists(st.sampled_from(["add_", "mul_", "exp_", "sin_", "view", "part", "copy_"]), max_size=6))
def test_gradients_through_any_sequence_of_changes(steps):
    """In place equals out of place, with values and gradients, whatever the order."""
    def run(x, w, inplace):
        h = x * 1
        for step in steps:
            if step == "add_":
                h = h.add_(w) if inplace else h + w
            elif step == "mul_":
                h = h.mul_(w) if inplace else h * w
            elif step in ("exp_", "sin_"):
                h = getattr(h, step if inplace else step[:-1])() * 0.5
            elif step == "view" and inplace:
                h.T[0].mul_(w[:, 0])
            elif step == "view":
                h = tg.stack([h[:, 0] * w[:, 0], h[:, 1]], 1)
            elif step == "part" and inplace:
                h[1] = w[0] * x[0]
            elif step == "part":
                h = tg.stack([h[0], w[0] * x[0]])
            elif inplace:
                h.copy_(x.detach() * w)
            else:
                h = x.detach() * w
        return h

    x, w = numbers(2, 2), numbers(2, 2) + 0.1
    results = [func.vjp(lambda x, w, i=i: run(x, w, i), x, w) for i in (True, False)]
    v = numbers(2, 2)
    np.testing.assert_allclose(results[0][0].array, results[1][0].array)
    for a, b in zip(results[0][1](v), results[1][1](v), strict=True):
        np.testing.assert_allclose(a.array, b.array)


# ── parts and views ─────────────────────────────────────────────────────────────────────────────

def test_assignment_is_differentiable_in_both():
    x, v = leaf(1, 2, 3), leaf(5, 7)
    y = x * 2
    y[1:] = v * v
    (y * y).sum().backward()
    assert x.grad.tolist() == [8, 0, 0] and v.grad.tolist() == [2 * 25 * 10, 2 * 49 * 14]


@pytest.mark.parametrize("index", [0, slice(1, None), (slice(None), 1), [0, 1], (0, 1), ..., None,
                                   (slice(None, None, -1), [1, 0]), "mask", "tensor"])
def test_assignment_by_every_kind_of_index(index):
    if index in ("mask", "tensor"):
        index = {"mask": tg.tensor([[True, False, True], [False, False, True]]),
                 "tensor": tg.tensor([1])}[index]
    a = np.arange(6.0).reshape(2, 3)
    x, v = tg.tensor(a, requires_grad=True), leaf(3.0)
    y = x * 1
    y[index] = v
    expected = a.copy()
    where = index.array if isinstance(index, tg.Tensor) else index
    expected[where] = 3
    y.sum().backward()
    assert y.tolist() == expected.tolist()
    kept = np.ones((2, 3))
    kept[where] = 0
    assert x.grad.tolist() == kept.tolist() and v.grad.item() == 6 - kept.sum()


def test_the_last_of_several_values_for_one_element_wins_also_in_the_gradient():
    v = leaf(1, 2, 3)
    y = tg.zeros(2, dtype=tg.float64)
    y[[0, 0, 1]] = v
    y.sum().backward()
    assert y.tolist() == [2, 3] and v.grad.tolist() == [0, 1, 1]


def test_a_change_of_a_view_changes_its_base_and_its_other_views():
    x = leaf(1, 2, 3, 4)
    y = x * 1
    grid, tail = y.reshape(2, 2), y[2:]
    grid.T[1].mul_(10)  # elements 1 and 3
    assert y.tolist() == [1, 20, 3, 40] and tail.tolist() == [3, 40]
    (tail * tail).sum().backward(retain_graph=True)
    assert x.grad.tolist() == [0, 0, 6, 2 * 40 * 10]
    x.grad = None
    grid[0].sum().backward()
    assert x.grad.tolist() == [1, 10, 0, 0]


def test_a_plain_tensor_enters_the_graph_by_what_is_written_to_it():
    w, x = leaf(2, 3), tg.zeros(2, 2, dtype=tg.float64)
    row = x[1]
    row.copy_(w)
    assert x.requires_grad and not x.is_leaf and row.requires_grad
    (x * x).sum().backward()
    assert w.grad.tolist() == [4, 6]


def test_second_derivatives_through_assignment():
    def f(x):
        y = tg.zeros(3, dtype=tg.float64)
        y[0] = x[0] * x[1]
        y[1:] = x ** 3
        return (y * y[1]).sum()

    def g(x):
        return x[0] ** 4 * x[1] + x[0] ** 6 + x[0] ** 3 * x[1] ** 3

    x = tg.tensor([0.7, 1.3], dtype=tg.float64)
    np.testing.assert_allclose(func.hessian(f)(x).array, func.hessian(g)(x).array)
    np.testing.assert_allclose(func.jacfwd(f)(x).array, func.jacrev(g)(x).array)


# ── versions ────────────────────────────────────────────────────────────────────────────────────

def test_an_operand_that_was_changed_is_named_with_both_operations():
    x = leaf(1, 2)
    y = x * 2
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match=r"mul: .* operand b, of shape \(2,\).* add_ has changed"):
        z.sum().backward()


@pytest.mark.parametrize("change", [
    lambda y: y[0].zero_(), lambda y: y.detach().mul_(2), lambda y: y.reshape(2, 1).T.fill_(1.0),
    lambda y: y.__setitem__(0, 3.0), lambda y: y.__imul__(2)])
def test_a_change_through_any_alias_is_seen(change):
    x = leaf(1, 2)
    y = x * 2
    z = y * x
    change(y)
    with pytest.raises(RuntimeError, match="mul: its gradient needs operand a"):
        z.sum().backward()


def test_what_no_gradient_reads_may_be_changed():
    x, w = leaf(1, 2), tg.tensor([3.0, 4.0], dtype=tg.float64)
    y = x * 2
    z = y + w      # reads neither
    u = y * w      # reads w alone
    y.zero_()
    (z + u).sum().backward()
    assert x.grad.tolist() == [8, 10]


def test_a_result_that_its_own_gradient_reads_is_kept():
    """Where PyTorch refuses: the value that exp's slope is gets a copy before it is overwritten."""
    assert gradient(lambda x: x.exp().mul_(2), 0.0) == [2.0]
    assert gradient(lambda x: x.exp().mul_(x), 1.0) == pytest.approx([2 * np.e])
    x = leaf(1, 1)
    y = x.exp()
    y[0].zero_()
    y.sum().backward()
    assert x.grad.tolist() == [0, pytest.approx(np.e)]


def test_versions_are_counted_once_for_all_views():
    x = tg.zeros(4)
    view = x.reshape(2, 2)
    view.add_(1)
    x[0] = 5
    assert x._version == view._version == x.detach()._version == 2
    assert x.data._version == 0


def test_data_is_not_watched():
    x = leaf(1, 2)
    y = x * x
    x.data.mul_(10)
    y.sum().backward()  # reads the new values, as in PyTorch
    assert x.grad.tolist() == [20, 40]


# ── refusals ────────────────────────────────────────────────────────────────────────────────────

def test_refusals():
    x = leaf(1, 2)
    for error, pattern, f in [
        (RuntimeError, "add_: changes in place a leaf that requires grad", lambda: x.add_(1)),
        (RuntimeError, r"x\[i\] = v: .* a leaf", lambda: x.__setitem__(0, 1.0)),
        (RuntimeError, "mul_: changes in place a view of a leaf", lambda: x[:1].mul_(2)),
        (RuntimeError, "zero_: .* share it", lambda: tg.zeros(1).expand(3).zero_()),
        (ValueError, r"add_: the result has shape \(2, 3\), .* \(3,\)",
         lambda: tg.zeros(3).add_(tg.zeros(2, 3))),
        (RuntimeError, "div_: the result is of torch.float32, which torch.int64 cannot hold",
         lambda: tg.tensor([1, 2]).div_(2)),
        (RuntimeError, "add_: .* torch.int64, which torch.bool", lambda: tg.tensor([True]).add_(1)),
        (ValueError, r"value of shape \(3,\) does not fit in shape \(2,\)",
         lambda: tg.zeros(3).__setitem__(slice(2), tg.zeros(3))),
        (TypeError, "copy_: wants a Tensor, got int", lambda: tg.zeros(3).copy_(1)),
        (IndexError, "index 5", lambda: tg.zeros(3).__setitem__(5, 1.0)),
    ]:
        with pytest.raises(error, match=pattern):
            f()
    with tg.no_grad():
        x.add_(1)
        x[0] = 9
    assert x.tolist() == [9, 3] and x.requires_grad


def test_augmented_operators_change_in_place():
    x = tg.ones(2)
    alias = x
    x += 1
    x *= 3
    x -= 1
    x /= 5
    x **= 2
    assert alias is x and x.tolist() == [1, 1]
    i = tg.tensor([7, 8])
    i //= 2
    i %= 3
    assert i.tolist() == [0, 1]


def test_resize():
    x = tg.arange(6.0)
    part = x[:4]
    assert x.resize_(2, 2) is x and x.tolist() == [[0, 1], [2, 3]]
    x[0, 0] = 7.0
    assert part.tolist() == [7, 1, 2, 3] and x.resize_((5,))[:4].tolist() == [7, 1, 2, 3]
    assert x.resize_as_(tg.ones(1, 2)).tolist() == [[7, 1]] and x.resize_(size=(0,)).shape == (0,)
    with pytest.raises(RuntimeError, match=r"^resize_: .* requires grad"):
        tg.ones(2, requires_grad=True).resize_(1)
    w, x = tg.ones(2, 2, requires_grad=True), tg.ones(2, 2)
    y = (w * x).sum()
    x.resize_(4)
    with pytest.raises(RuntimeError, match="in place"):
        y.backward()


@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="processes are forked on Unix only")
def test_processes_share_parameters():
    layer = tg.nn.Linear(2, 1)
    before = layer.weight.tolist()
    assert not layer.weight.is_shared() and layer.share_memory() is layer and layer.weight.is_shared()
    assert layer.weight.tolist() == before and layer.weight.requires_grad
    optimizer = tg.optim.SGD(layer.parameters(), lr=1.0)

    def step():
        layer(tg.ones(1, 2)).sum().backward()
        optimizer.step()

    process = get_context("fork").Process(target=step)
    process.start()
    process.join()
    assert np.allclose(layer.weight.tolist(), [[w - 1 for w in before[0]]])
    assert layer.weight.grad is None
