"""Tensor: the graph, its walks, dtypes, shapes, indexing and errors."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_pt as tg
from tinygrad_pt import autograd, func
from tinygrad_pt.gradcheck import check


def leaf(data, dtype=tg.float64):
    return tg.tensor(data, dtype=dtype, requires_grad=True)


# ── the graph ───────────────────────────────────────────────────────────────────────────────────

def test_leaves_accumulate_and_interiors_do_not():
    x = leaf(3.0)
    y = x ** 4
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 216 and y.grad is None


def test_backward_through_a_freed_graph_names_retain_graph():
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"sum: .*retain_graph=True"):
        y.backward()


def test_a_shared_operand_collects_from_every_use():
    x = leaf([1.0, 2.0])
    y = x * x + x
    (y * y).sum().backward()  # d/dx (x² + x)² = 2 (x² + x)(2x + 1)
    assert x.grad.tolist() == [12.0, 60.0]


def test_gradients_do_not_share_memory():
    a, b = leaf([1.0]), leaf([2.0])
    seed = tg.ones(1, dtype=tg.float64)
    (a + b).backward(seed)
    assert not np.shares_memory(a.grad.array, b.grad.array)
    assert not np.shares_memory(a.grad.array, seed.array)
    x = leaf([[1.0, 2.0]])
    x.T.backward(tg.ones(2, 1, dtype=tg.float64))
    x.grad.array[...] = 5  # not a view, and writable
    y = leaf([1.0, 2.0])
    y.sum().backward()
    y.grad.array[0] = 7
    assert y.grad.tolist() == [7.0, 1.0]


def test_no_grad_as_context_and_decorator():
    x = leaf(2.0)
    with tg.no_grad():
        assert not (x * x).requires_grad and not tg.is_grad_enabled()
        with tg.enable_grad():
            assert (x * x).requires_grad
    assert tg.is_grad_enabled()

    @tg.no_grad()
    def f(n):
        assert not tg.is_grad_enabled()
        return x * x if n == 0 else f(n - 1)

    assert not f(3).requires_grad and tg.is_grad_enabled()
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert tg.is_grad_enabled()


def test_detach_shares_memory_and_leaves_the_graph():
    x = leaf([1.0, 2.0])
    d = x.detach()
    assert not d.requires_grad and np.shares_memory(d.numpy(), x.array)
    with pytest.raises(RuntimeError, match="detach"):
        x.numpy()
    (x * x.detach()).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]


def test_derivatives_of_any_order():
    x = leaf(0.7)
    y, signs = tg.sin(x), [np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin]
    for k in range(6):
        [y] = autograd.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(signs[k % 4](0.7))


def test_backward_with_create_graph_can_be_differentiated():
    x = leaf([1.0, 2.0])
    (x ** 3).sum().backward(create_graph=True)
    [second] = autograd.grad(x.grad.sum(), x)
    assert second.tolist() == [6.0, 12.0]


def test_grad_leaves_grad_alone_and_stops_where_it_is_asked():
    x, w = leaf(2.0), leaf(3.0)
    h = x * w
    y = h * h
    gx, gh = autograd.grad(y, [x, h], retain_graph=True)
    assert (gx.item(), gh.item()) == (36.0, 12.0) and x.grad is None and w.grad is None
    with pytest.raises(RuntimeError, match=r"input 1, of shape .*allow_unused"):
        autograd.grad(y, [x, leaf(1.0)], retain_graph=True)
    assert autograd.grad(y, [x, leaf(1.0)], allow_unused=True)[1] is None


def test_hessian_vector_product_by_forward_over_reverse():
    def f(x):
        return (x ** 3).sum() + (x[0] * x[1])

    def slope(x):
        return autograd.grad(f(x), x, create_graph=True)[0]

    x, v = tg.tensor(np.array([1.0, 2.0])), tg.tensor(np.array([1.0, -1.0]))
    _, hv = func.jvp(slope, [x], [v])
    assert hv.tolist() == [6.0 - 1.0, 1.0 - 12.0]


@pytest.mark.parametrize("walk", [True, False])
def test_a_long_chain_neither_recurses_nor_crashes(walk):
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + x
    if walk:
        y.backward()
        assert x.grad.item() == 100_001
    del y


def test_errors_of_backward():
    x = leaf([1.0, 2.0])
    for pattern, f in [
        (r"shape \(2,\) needs a gradient=", lambda: (x * x).backward()),
        (r"gradient has shape \(3,\), the tensor \(2,\)", lambda: (x * x).backward(tg.ones(3))),
        (r"does not require grad", lambda: tg.ones(1).backward()),
        (r"only floating point", lambda: tg.tensor([1, 2], requires_grad=True)),
        (r"made by mul; use .detach", lambda: setattr(x * x, "requires_grad", False)),
    ]:
        with pytest.raises(RuntimeError, match=pattern):
            f()


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────

def test_dtypes():
    assert tg.tensor([1.0]).dtype == tg.float32 and tg.tensor([1]).dtype == tg.int64
    assert tg.tensor(True).dtype == tg.bool and tg.tensor(np.ones(2)).dtype == tg.float64
    i, f, d = tg.tensor([1, 2]), tg.ones(2), tg.ones(2, dtype=tg.float64)
    for y, dtype in [(i + 1, "int64"), (i + 0.5, "float32"), (f + 1, "float32"), (i * f, "float32"),
                     (f * d, "float64"), (i / 2, "float32"), (tg.exp(i), "float32"),
                     (f + tg.tensor(1.0, dtype=tg.float64), "float32"),
                     (i + tg.tensor(1.0, dtype=tg.float64), "float64"), (i ** 2, "int64"),
                     (2 - i, "int64"), (i.sum(), "int64"), (i > 1, "bool"), (-f, "float32"),
                     (np.float64(2) * f, "float32"), ((i > 1).sum(), "int64"),
                     (tg.where(i > 1, f, 0), "float32")]:
        assert y.dtype == dtype
    with pytest.raises(TypeError, match="complex128"):
        tg.tensor([1j])
    with pytest.raises(TypeError, match="wants numbers, got list of <U1"):
        tg.tensor(["a"])


def test_gradients_pass_through_a_change_of_dtype():
    x = leaf([1.0, 2.0], tg.float32)
    (x.double() * leaf([3.0, 4.0])).sum().backward()
    assert x.grad.dtype == tg.float32 and x.grad.tolist() == [3.0, 4.0]


def test_python_protocols():
    x = tg.tensor([[1.5, 2.0]])
    assert (len(x), x.shape, x.ndim, x.numel(), x.size(-1)) == (1, (1, 2), 2, 2, 2)
    assert x.tolist() == [[1.5, 2.0]] and [r.tolist() for r in x] == [[1.5, 2.0]]
    assert float(x[0, 0]) == 1.5 and int(x[0, 1]) == 2 and [10, 20, 30][tg.tensor(2)] == 30
    assert bool(tg.tensor(1.0)) and x in [x] and len({x, x}) == 1
    assert repr(tg.tensor([1.0, 2.0], requires_grad=True)) == "tensor([1., 2.], requires_grad=True)"
    assert repr(tg.tensor([0.5]) * 1) == "tensor([0.5000])"
    assert "grad_fn=<MulBackward0>" in repr(leaf([1.0]) * 2)
    assert repr(tg.tensor([1, 2])) == "tensor([1, 2])"
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    with pytest.raises(ValueError, match=r"item: .* shape \(1, 2\)"):
        x.item()


def test_leaves_are_copied_and_pickled_others_refuse():
    x = leaf([1.0, 2.0])
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert y.tolist() == [1.0, 2.0] and y.requires_grad and y.dtype == x.dtype
        assert not np.shares_memory(y.array, x.array)
    with pytest.raises(RuntimeError, match="only leaf tensors"):
        copy.deepcopy(x * 2)


# ── shapes and parts ────────────────────────────────────────────────────────────────────────────

COMPOSITES = {
    "mean": (lambda x: x.mean(1, keepdim=True), (2, 3)),
    "sum": (lambda x: x.sum((0, -1)), (2, 3, 2)),
    "flatten": (lambda x: x.flatten(1) ** 2, (2, 3, 2)),
    "unsqueeze": (lambda x: x.unsqueeze(1).squeeze(1).squeeze() * 2, (2, 1, 3)),
    "transpose": (lambda x: x.transpose(0, -1).reshape(-1, 2) ** 2, (2, 3, 2)),
    "stack": (lambda x: tg.stack([x, x * x], 1), (2, 3)),
    "cat": (lambda x: tg.cat([x, x[:1] * 3], 0), (2, 3)),
    "pad": (lambda x: tg.pad(x, (1, 2, -1, 1), 3.0) ** 2, (3, 2)),
    "gather": (lambda x: x.gather(1, tg.tensor([[0, 0, 2], [1, 0, 1]])), (2, 3)),
    "index": (lambda x: x[tg.tensor([0, 0, 1]), 1:] ** 2, (2, 3)),
    "mask": (lambda x: x[x > 0] ** 2, (2, 3)),
    "newaxis": (lambda x: x[..., None, ::-1] ** 2, (2, 3)),
    "softmax": (lambda x: x.softmax(-1), (2, 3)),
    "log_softmax": (lambda x: x.log_softmax(0), (2, 3)),
    "logsumexp": (lambda x: x.logsumexp(1), (2, 3)),
    "clamp": (lambda x: x.clamp(min=-0.5) + x.clamp(max=0.5) + x.clamp(-1, 1), (2, 3)),
    "matmul": (lambda x: x @ x.T @ x[:, 0], (2, 3)),
    "vectors": (lambda x: x[0] @ x[1] + x[0] @ x.T, (2, 3)),
    "expand": (lambda x: x.expand(4, -1, 3) ** 2, (2, 1)),
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_gradients_of_composites(name):
    f, shape = COMPOSITES[name]
    x = tg.tensor(np.random.default_rng(1).normal(size=shape))
    report = check(f, x)
    assert report, report


@given(st.data())
def test_indexing_is_numpys(data):
    a = np.random.default_rng(0).normal(size=data.draw(hnp.array_shapes(min_side=0, max_side=4)))
    index = data.draw(hnp.basic_indices(a.shape, allow_newaxis=True, allow_ellipsis=True)
                      | (hnp.integer_array_indices(a.shape) if a.size else st.nothing()))
    x = leaf(a)
    y = x[index]
    np.testing.assert_array_equal(y.array, a[index])
    y.backward(tg.ones(*y.shape, dtype=tg.float64))
    counts = np.zeros_like(a)
    np.add.at(counts, index, 1)
    np.testing.assert_array_equal(x.grad.array, counts)


def test_errors_of_shapes():
    x = tg.zeros(2, 3)
    for error, pattern, f in [
        (RuntimeError, r"reshape: shape \(4, -1\) .* 6 elements .*\(2, 3\)", lambda: x.reshape(4, -1)),
        (ValueError, r"reshape: shape \(7,\) .* \(2, 3\)", lambda: x.reshape(7)),
        (IndexError, r"dimension 2 is out of range .*\(2, 3\)", lambda: x.sum(2)),
        (ValueError, r"permute: \(0, 0\)", lambda: x.permute(0, 0)),
        (RuntimeError, r"matmul: shapes \(2, 3\) and \(2, 3\)", lambda: x @ x),
        (RuntimeError, r"matmul: wants one dtype", lambda: x @ x.double().T),
        (IndexError, r"index 5", lambda: x[5]),
        (IndexError, r"integers or bools, got float32", lambda: x[tg.ones(2)]),
        (TypeError, r"indices are .* got str", lambda: x["a"]),
        (ValueError, r"cat: shapes \(2, 3\), \(3,\)", lambda: tg.cat([x, tg.zeros(3)])),
        (ValueError, r"cat: wants one or more Tensors", lambda: tg.cat([])),
        (ValueError, r"rows of unequal length", lambda: tg.tensor([[1.0], [1.0, 2.0]])),
        (RuntimeError, r"x\[i\] = v: changes in place a leaf", lambda: leaf([1.0]).__setitem__(0, 2.0)),
        (ValueError, r"less: shapes", lambda: x < tg.zeros(4)),
    ]:
        with pytest.raises(error, match=pattern):
            f()


def test_assignment_outside_of_the_graph():
    x = leaf([1.0, 2.0, 3.0])
    with tg.no_grad():
        x[1:] = tg.tensor([5.0, 6.0])
    assert x.tolist() == [1.0, 5.0, 6.0] and x.requires_grad


def test_zeros_are_zeros_also_in_the_shape_of_nan():
    x = tg.tensor([float("nan"), float("inf")])
    for m in (tg, tg.primitives, tg.ops.arrays):
        assert m.zeros_like(x.array if m is tg.ops.arrays else x).tolist() == [0.0, 0.0]


def test_a_shape_is_a_tuple_that_prints_as_pytorchs():
    x = tg.zeros(2, 3)
    assert x.shape == (2, 3) and isinstance(x.shape, tuple) and f"{x.shape}" == "torch.Size([2, 3])"
    assert repr(x.shape[1:] + x.shape[:1]) == "torch.Size([3, 2])"
    assert x.shape.numel() == 6 and x.shape[0] == 2
    assert x.size() == x.shape and isinstance(x.size(), tg.Size)


def test_memory_is_used_again_only_when_nobody_holds_it():
    def fresh():
        return tg.ones(7, 3) * 2

    held = [fresh().numpy(), fresh().array[1:], memoryview(fresh().array), fresh().detach(),
            np.from_dlpack(fresh()), fresh().reshape(3, 7), fresh().T, fresh() * leaf([1.0])]
    for _ in range(50):
        tg.zeros(7, 3) + 5
    for x in held:
        x = x.detach().array if isinstance(x, tg.Tensor) else np.asarray(x)
        assert (x == 2).all()
    x = leaf([1.0, 2.0, 3.0])
    y = (x * 2).exp()  # the operand of exp dies, its array lives on in the graph
    for _ in range(50):
        tg.zeros(3, dtype=tg.float64) + 5
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp(2 * np.array([1.0, 2.0, 3.0])))


def test_methods_of_tensor_can_be_replaced_as_in_pytorch(monkeypatch):
    seen = []
    backward = tg.Tensor.backward
    monkeypatch.setattr(tg.Tensor, "backward", lambda x, *a: (seen.append(x.item()), backward(x, *a)))
    add = tg.Tensor.__add__
    monkeypatch.setattr(tg.Tensor, "__add__", lambda x, y: add(x, y) * 2)
    x = tg.ones(3, requires_grad=True)
    (x + 1).sum().backward()
    monkeypatch.undo()
    assert seen == [12] and x.grad.tolist() == [2, 2, 2] and (x + 1).tolist() == [2, 2, 2]


LISTS = ["[m.ones(1), 2.0, m.tensor([[3]])]", "[np.float32(1), 2.0]", "[2.0, np.float64(1)]", "[[]]",
         "[np.float64(1), 2]", "[m.tensor(1), 2.0]", "[[1, m.tensor(2.0)], [3.0, True]]",
         "[np.ones(2, np.float32), [1, 2.0]]", "[np.int32(1)]", "np.float64(1)", "[True, 2.5]"]


@pytest.mark.parametrize("data", LISTS)
@pytest.mark.filterwarnings("ignore:Creating a tensor from a list")
def test_what_a_list_holds_decides_the_dtype_as_in_pytorch(data):
    torch = pytest.importorskip("torch")
    ours, theirs = (eval(f"m.tensor({data})", {"m": m, "np": np}) for m in (tg, torch))
    assert repr(ours) == repr(theirs) and str(ours.dtype) == str(theirs.dtype)


def test_a_dtype_is_pytorchs_to_look_at_and_numpys_to_compute_with():
    d = tg.ones(2).dtype
    assert d is tg.float32 is tg.float and str(d) == repr(d) == f"{d}" == "torch.float32"
    assert d == np.float32 == d and d == "float32" and d not in (tg.float64, 3, None)
    assert {d: 1}[np.dtype("float32")] == 1 and np.zeros(2, d).dtype == d
    assert np.result_type(d, tg.float64) == tg.float64 and d.itemsize == 4 and tg.int8.is_signed
    assert d.is_floating_point and not tg.int64.is_floating_point
    assert isinstance(d, tg.dtype) and pickle.loads(pickle.dumps(d)) is d is copy.deepcopy(d)
    assert tg.zeros(2, dtype=np.dtype("int64")).dtype is tg.zeros(2, dtype="int64").dtype is tg.int64
